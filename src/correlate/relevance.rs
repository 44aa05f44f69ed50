//! Whether a change can have a cause as its consequence: one table. To teach
//! it a cause, add a row; the first that names cause and kind decides.

use serde::Serialize;

use super::change::{Change, Direction};
use crate::model::{Cause, ChangeKind, Reason};

/// How well a change explains a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Relevance {
    /// Not at all.
    None,
    /// As any change may break anything.
    Weak,
    /// It is known to do this at times.
    Plausible,
    /// This is what it does.
    Exact,
}

use Cause as C;
use ChangeKind as K;

/// Causes, and the changes that have just this consequence.
#[rustfmt::skip]
const EXACT: &[(&[Cause], &[ChangeKind])] = &[
    (&[C::ImageNotFound, C::InvalidImageName], &[K::Image, K::Chart]),
    (&[C::ImagePullUnauthorized, C::RegistryUnreachable, C::RegistryRateLimited], &[K::Image]),
    (&[C::ImagePullUnauthorized], &[K::SecretReference, K::Secret, K::ServiceAccount]),
    (&[C::ConfigMapMissing], &[K::Config]),
    (&[C::SecretMissing], &[K::SecretReference, K::Secret]),
    (&[C::ServiceAccountMissing], &[K::ServiceAccount]),
    (&[C::VolumeMountFailed], &[K::Volume, K::Storage, K::Config, K::SecretReference]),
    (&[C::VolumePermissionDenied], &[K::Security, K::Volume]),
    (&[C::ContainerCommandInvalid], &[K::Command, K::Image]),
    (&[C::OOMKilled], &[K::MemoryLimit]),
    (&[C::AppCrash], &[K::Config, K::Env, K::Image, K::Command, K::Chart]),
    (&[C::LivenessProbePort, C::LivenessProbeProtocol, C::LivenessProbeTiming, C::LivenessProbeFailing], &[K::LivenessProbe, K::Probe]),
    (&[C::ReadinessProbePort, C::ReadinessProbeProtocol, C::ReadinessProbeFailing], &[K::ReadinessProbe, K::Probe]),
    (&[C::StartupProbeFailing], &[K::StartupProbe, K::Probe]),
    (&[C::LivenessProbePort, C::ReadinessProbePort, C::PortConflict], &[K::ContainerPort]),
    (&[C::DatabaseAuthFailed], &[K::Secret, K::SecretReference, K::Env, K::Config]),
    (&[C::DatabaseUnreachable, C::DnsResolutionFailed, C::NetworkDegraded], &[K::Env, K::Config, K::Policy]),
    (&[C::DatabaseConnectionsExhausted], &[K::Replicas, K::Config, K::Env]),
    (&[C::DatabaseReadOnly], &[K::Config, K::Command, K::Volume]),
    (&[C::EnvAddressMismatch], &[K::Env, K::Config, K::ServicePort]),
    (&[C::CpuSaturated], &[K::CpuLimit, K::Replicas]),
    (&[C::InsufficientCpu, C::CpuQuotaExceeded], &[K::CpuRequest, K::CpuLimit, K::Replicas]),
    (&[C::InsufficientMemory, C::MemoryQuotaExceeded], &[K::MemoryRequest, K::MemoryLimit, K::Replicas]),
    (&[C::TooManyPods, C::PodQuotaExceeded], &[K::Replicas, K::Autoscaler]),
    (&[C::CpuQuotaExceeded, C::MemoryQuotaExceeded, C::PodQuotaExceeded, C::ServiceQuotaExceeded, C::StorageQuotaExceeded], &[K::Quota]),
    (&[C::StorageQuotaExceeded], &[K::Storage]),
    (&[C::ServiceQuotaExceeded], &[K::ServicePort, K::Selector]),
    (&[C::NodeSelectorMismatch, C::NodeAffinityMismatch, C::PodAntiAffinityConflict, C::UntoleratedTaint, C::VolumeNodeAffinity, C::SchedulerUnavailable], &[K::Scheduling]),
    (&[C::PodAntiAffinityConflict], &[K::Replicas]),
    (&[C::VolumeNodeAffinity, C::StorageClassMissing, C::PvcAccessModeMismatch, C::PvcCapacityMismatch, C::PvcSelectorMismatch, C::PvAlreadyBound, C::ProvisionerFailed, C::VolumeFull], &[K::Storage, K::Volume]),
    (&[C::AdmissionDenied], &[K::Security, K::Policy, K::Quota]),
    (&[C::ServiceSelectorMismatch, C::ServiceNoReadyEndpoints], &[K::Selector]),
    (&[C::ServicePortMismatch, C::ServiceProtocolMismatch, C::ServiceNoReadyEndpoints], &[K::ServicePort, K::ContainerPort]),
    (&[C::ServiceNoReadyEndpoints], &[K::ReadinessProbe]),
    (&[C::IngressBackendMissing, C::RouteInvalid], &[K::Ingress, K::ServicePort]),
    (&[C::ScaledToZero], &[K::Replicas, K::Autoscaler]),
    (&[C::WorkloadMissing], &[K::Source]),
    (&[C::HpaCannotScale], &[K::Autoscaler, K::CpuRequest, K::MemoryRequest]),
    (&[C::BackupOverdue, C::CronJobMissed], &[K::Schedule]),
    (&[C::JobFailed, C::BackupOverdue], &[K::Command, K::Image]),
    (&[C::CertificateExpired, C::CertificateOverdue, C::IssuerNotReady], &[K::Certificate]),
    (&[C::ArgoSyncFailed], &[K::Source, K::Chart]),
    (&[C::SecretStoreNotReady, C::ExternalSecretFailed], &[K::SecretReference]),
];

/// Causes, and the changes that are known to lead there at times.
#[rustfmt::skip]
const PLAUSIBLE: &[(&[Cause], &[ChangeKind])] = &[
    (&[C::OOMKilled], &[K::Image, K::Env, K::Config, K::Command]),
    (&[C::AppCrash], &[K::Secret, K::SecretReference, K::Volume, K::Security, K::MemoryLimit, K::Policy]),
    (&[C::LivenessProbePort, C::LivenessProbeProtocol, C::LivenessProbeTiming, C::LivenessProbeFailing, C::ReadinessProbePort, C::ReadinessProbeProtocol, C::ReadinessProbeFailing, C::StartupProbeFailing],
        &[K::Image, K::Config, K::Env, K::Command, K::CpuLimit, K::Secret, K::SecretReference, K::Policy, K::ContainerPort]),
    (&[C::DatabaseAuthFailed, C::DatabaseUnreachable, C::DatabaseReadOnly, C::DatabaseConnectionsExhausted, C::EnvAddressMismatch, C::PortConflict],
        &[K::Image, K::Command, K::ServicePort, K::Selector, K::Secret, K::SecretReference]),
    (&[C::CpuSaturated], &[K::Image, K::Config]),
    (&[C::ContainerCommandInvalid], &[K::Config, K::Volume, K::Security]),
    (&[C::ImageNotFound, C::ConfigMapMissing, C::SecretMissing, C::VolumeMountFailed], &[K::Source]),
    (&[C::SecretMissing, C::ConfigMapMissing], &[K::Env, K::Volume]),
    (&[C::VolumePermissionDenied], &[K::Image, K::Storage]),
    (&[C::ServiceSelectorMismatch], &[K::Ingress, K::ServicePort]),
    (&[C::RolloutStuck], &[K::Image, K::Config, K::Env, K::Command, K::ReadinessProbe, K::LivenessProbe, K::StartupProbe, K::Probe, K::Scheduling, K::MemoryRequest, K::CpuRequest, K::Volume, K::Security, K::SecretReference, K::ContainerPort]),
    (&[C::JobFailed, C::BackupOverdue], &[K::Env, K::Config, K::SecretReference, K::Secret, K::Volume]),
    (&[C::CertificateExpired, C::CertificateOverdue, C::IssuerNotReady], &[K::Ingress, K::SecretReference, K::Secret]),
    (&[C::SecretStoreNotReady, C::ExternalSecretFailed], &[K::Secret, K::ServiceAccount, K::Policy]),
    (&[C::VaultSealed], &[K::Image, K::Config, K::Env, K::Command, K::Volume, K::Replicas]),
    (&[C::WebhookBackendDown], &[K::Image, K::Config, K::Policy, K::Selector, K::ServicePort]),
    (&[C::AdmissionDenied], &[K::Image, K::MemoryLimit, K::CpuLimit, K::Volume, K::ServiceAccount]),
];

/// What may go wrong with anything that runs, where the cause is not known.
#[rustfmt::skip]
const OF_PODS: &[ChangeKind] = &[
    K::Image, K::Env, K::Config, K::Command, K::SecretReference, K::Secret, K::LivenessProbe,
    K::ReadinessProbe, K::StartupProbe, K::Probe, K::Volume, K::Security, K::MemoryLimit,
    K::ContainerPort, K::Scheduling,
];

/// Causes that have nothing to do with what stands in a repository.
#[rustfmt::skip]
const OF_NODES: &[Cause] = &[
    C::NodeNotReady, C::KubeletUnavailable, C::ContainerRuntimeUnavailable,
    C::KubeProxyUnavailable, C::MemoryPressure, C::DiskPressure, C::PidPressure, C::NodeCordoned,
    C::MonitoringBlind, C::InventoryInvalid, C::SchedulerUnavailable,
];

/// How well a change explains a symptom with its cause.
#[must_use]
pub fn fit(cause: Option<Cause>, reason: Reason, change: &Change) -> Relevance {
    if change.kind == K::Metadata || contradicts(cause, change) {
        return Relevance::None;
    }
    match cause {
        Some(cause) if OF_NODES.contains(&cause) => Relevance::None,
        Some(cause) => known(cause, change),
        None => unknown(reason, change),
    }
}

fn known(cause: Cause, change: &Change) -> Relevance {
    let has = |table: &[(&[Cause], &[ChangeKind])]| {
        table
            .iter()
            .any(|(causes, kinds)| causes.contains(&cause) && kinds.contains(&change.kind))
    };
    match change.kind {
        // What is gone is missed, and what uses it with it.
        K::Removed
            if matches!(
                cause,
                C::WorkloadMissing
                    | C::ServiceAccountMissing
                    | C::IngressBackendMissing
                    | C::ServiceNoReadyEndpoints
            ) =>
        {
            Relevance::Exact
        }
        // What is new can fail in every way.
        K::Added => Relevance::Plausible,
        // A new version of a chart may change anything.
        K::Chart | K::Source if !has(EXACT) => Relevance::Plausible,
        // Argo CD stumbles over any manifest.
        _ if matches!(cause, C::ArgoSyncFailed | C::ArgoDegraded) && !has(EXACT) => {
            Relevance::Plausible
        }
        _ if has(EXACT) => Relevance::Exact,
        _ if has(PLAUSIBLE) => Relevance::Plausible,
        _ => Relevance::Weak,
    }
}

#[allow(clippy::match_same_arms, reason = "a row a symptom")]
fn unknown(reason: Reason, change: &Change) -> Relevance {
    match (reason, change.kind) {
        (Reason::ScaledToZero, K::Replicas) | (Reason::WorkloadMissing, K::Removed) => {
            Relevance::Exact
        }
        (Reason::NoReadyEndpoints, K::Selector | K::ServicePort) => Relevance::Exact,
        (Reason::MemoryNearLimit, K::MemoryLimit) | (Reason::CpuNearLimit, K::CpuLimit) => {
            Relevance::Exact
        }
        (Reason::ImagePullBackOff | Reason::ErrImagePull | Reason::InvalidImageName, K::Image) => {
            Relevance::Exact
        }
        (Reason::CreateContainerConfigError, K::Config | K::SecretReference | K::Secret) => {
            Relevance::Exact
        }
        (
            Reason::NodeNotReady
            | Reason::NodeUnderPressure
            | Reason::MonitoringBlind
            | Reason::InventoryInvalid,
            _,
        ) => Relevance::None,
        (_, K::Added | K::Removed | K::Chart | K::Source) => Relevance::Plausible,
        (_, kind) if OF_PODS.contains(&kind) => Relevance::Plausible,
        _ => Relevance::Weak,
    }
}

/// More memory kills nobody, and fewer replicas need less.
fn contradicts(cause: Option<Cause>, change: &Change) -> bool {
    let Some(cause) = cause else { return false };
    match (change.kind, change.way) {
        (K::MemoryLimit, Direction::Up | Direction::Gone) => cause == C::OOMKilled,
        (K::CpuLimit, Direction::Up | Direction::Gone) => matches!(
            cause,
            C::CpuSaturated
                | C::LivenessProbeTiming
                | C::LivenessProbeFailing
                | C::ReadinessProbeFailing
                | C::StartupProbeFailing
        ),
        (K::MemoryRequest, Direction::Down | Direction::Gone) => {
            matches!(cause, C::InsufficientMemory | C::MemoryQuotaExceeded)
        }
        (K::CpuRequest, Direction::Down | Direction::Gone) => {
            matches!(cause, C::InsufficientCpu | C::CpuQuotaExceeded)
        }
        (K::Replicas, Direction::Down) => matches!(
            cause,
            C::InsufficientCpu
                | C::InsufficientMemory
                | C::TooManyPods
                | C::CpuQuotaExceeded
                | C::MemoryQuotaExceeded
                | C::PodQuotaExceeded
                | C::PodAntiAffinityConflict
                | C::DatabaseConnectionsExhausted
        ),
        (K::Replicas, Direction::Up) => matches!(cause, C::CpuSaturated | C::ScaledToZero),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, way: Direction) -> Change {
        Change {
            kind,
            way,
            text: String::new(),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn changes_explain_what_they_can_cause() {
        for (cause, kind, way, wanted) in [
            (C::OOMKilled, K::MemoryLimit, Direction::Down, Relevance::Exact),
            (C::OOMKilled, K::MemoryLimit, Direction::Up, Relevance::None),
            (C::OOMKilled, K::Image, Direction::Otherwise, Relevance::Plausible),
            (C::OOMKilled, K::Ingress, Direction::Otherwise, Relevance::Weak),
            (C::ImageNotFound, K::Image, Direction::Otherwise, Relevance::Exact),
            (C::ImageNotFound, K::MemoryLimit, Direction::Down, Relevance::Weak),
            (C::ReadinessProbePort, K::ReadinessProbe, Direction::Otherwise, Relevance::Exact),
            (C::ReadinessProbePort, K::LivenessProbe, Direction::Otherwise, Relevance::Weak),
            (C::AppCrash, K::Config, Direction::Otherwise, Relevance::Exact),
            (C::AppCrash, K::Chart, Direction::Otherwise, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Up, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Down, Relevance::None),
            (C::ScaledToZero, K::Replicas, Direction::Down, Relevance::Exact),
            (C::ScaledToZero, K::Replicas, Direction::Up, Relevance::None),
            (C::WorkloadMissing, K::Removed, Direction::Gone, Relevance::Exact),
            (C::ServiceSelectorMismatch, K::Selector, Direction::Otherwise, Relevance::Exact),
            (C::IngressBackendMissing, K::Ingress, Direction::Otherwise, Relevance::Exact),
            (C::NodeNotReady, K::Image, Direction::Otherwise, Relevance::None),
            (C::DiskPressure, K::Other, Direction::Otherwise, Relevance::None),
            (C::AppCrash, K::Metadata, Direction::Otherwise, Relevance::None),
            (C::AppCrash, K::Unread, Direction::Otherwise, Relevance::Weak),
            (C::ArgoSyncFailed, K::Ingress, Direction::Otherwise, Relevance::Plausible),
        ] {
            let found = fit(Some(cause), Reason::CrashLoopBackOff, &change(kind, way));
            assert_eq!(found, wanted, "{cause} {kind:?} {way:?}");
        }
    }

    #[test]
    fn without_a_cause_the_symptom_says_what_is_possible() {
        for (reason, kind, wanted) in [
            (Reason::CrashLoopBackOff, K::Image, Relevance::Plausible),
            (Reason::CrashLoopBackOff, K::Ingress, Relevance::Weak),
            (Reason::ImagePullBackOff, K::Image, Relevance::Exact),
            (Reason::NoReadyEndpoints, K::Selector, Relevance::Exact),
            (Reason::NodeNotReady, K::Image, Relevance::None),
        ] {
            let found = fit(None, reason, &change(kind, Direction::Otherwise));
            assert_eq!(found, wanted, "{reason} {kind:?}");
        }
    }

    /// A cause that no row names would never be found in a commit.
    #[test]
    fn every_cause_has_a_row() {
        #[rustfmt::skip]
        let others = [C::WorkloadMissing, C::ArgoDegraded];
        for cause in Cause::ALL {
            let named = EXACT
                .iter()
                .chain(PLAUSIBLE)
                .any(|(causes, _)| causes.contains(&cause));
            assert!(
                named || OF_NODES.contains(&cause) || others.contains(&cause),
                "{cause}"
            );
        }
    }
}
