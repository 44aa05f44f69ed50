//! Whether a change can lead to a cause, as tables. A new cause goes into [`EXACT`] or [`PLAUSIBLE`].

use serde::Serialize;

use super::change::{Change, Direction};
use crate::model::{Cause, ChangeKind, Reason};

/// How well a change explains a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Relevance {
    /// It cannot lead to the cause.
    None,
    /// Any change may break anything.
    Weak,
    /// It leads to the cause at times.
    Plausible,
    /// It leads directly to the cause.
    Exact,
}

use Cause as C;
use ChangeKind as K;

/// Causes and the changes that lead directly to them.
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

/// Causes and the changes that lead to them at times.
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

/// Changes that can break a pod when the cause is not known.
#[rustfmt::skip]
const OF_PODS: &[ChangeKind] = &[
    K::Image, K::Env, K::Config, K::Command, K::SecretReference, K::Secret, K::LivenessProbe,
    K::ReadinessProbe, K::StartupProbe, K::Probe, K::Volume, K::Security, K::MemoryLimit,
    K::ContainerPort, K::Scheduling,
];

/// Causes that no commit leads to.
#[rustfmt::skip]
const OF_NODES: &[Cause] = &[
    C::NodeNotReady, C::KubeletUnavailable, C::ContainerRuntimeUnavailable,
    C::KubeProxyUnavailable, C::MemoryPressure, C::DiskPressure, C::PidPressure, C::NodeCordoned,
    C::MonitoringBlind, C::InventoryInvalid, C::SchedulerUnavailable,
];

/// How well a change explains a reason with its cause.
#[must_use]
pub fn relevance(cause: Option<Cause>, reason: Reason, change: &Change) -> Relevance {
    if change.kind == K::Metadata || contradicts(cause, change) {
        return Relevance::None;
    }
    match cause {
        Some(cause) if OF_NODES.contains(&cause) => Relevance::None,
        Some(cause) => of_cause(cause, change),
        None => of_reason(reason, change),
    }
}

fn of_cause(cause: Cause, change: &Change) -> Relevance {
    let has = |table: &[(&[Cause], &[ChangeKind])]| {
        table
            .iter()
            .any(|(causes, kinds)| causes.contains(&cause) && kinds.contains(&change.kind))
    };
    match change.kind {
        // A removed object is missing for everything that uses it.
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
        // A new object can fail in any way.
        K::Added => Relevance::Plausible,
        // A new version of a chart may change anything.
        K::Chart | K::Source if !has(EXACT) => Relevance::Plausible,
        // Any manifest can make a sync fail.
        _ if matches!(cause, C::ArgoSyncFailed | C::ArgoDegraded) && !has(EXACT) => {
            Relevance::Plausible
        }
        _ if has(EXACT) => Relevance::Exact,
        _ if has(PLAUSIBLE) => Relevance::Plausible,
        _ => Relevance::Weak,
    }
}

#[allow(clippy::match_same_arms, reason = "one row per reason")]
fn of_reason(reason: Reason, change: &Change) -> Relevance {
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

/// Whether a change works against a cause, as a higher memory limit works against OOMKilled.
fn contradicts(cause: Option<Cause>, change: &Change) -> bool {
    let Some(cause) = cause else { return false };
    match (change.kind, change.direction) {
        (K::MemoryLimit, Direction::Raised | Direction::Removed) => cause == C::OOMKilled,
        (K::CpuLimit, Direction::Raised | Direction::Removed) => matches!(
            cause,
            C::CpuSaturated
                | C::LivenessProbeTiming
                | C::LivenessProbeFailing
                | C::ReadinessProbeFailing
                | C::StartupProbeFailing
        ),
        (K::MemoryRequest, Direction::Lowered | Direction::Removed) => {
            matches!(cause, C::InsufficientMemory | C::MemoryQuotaExceeded)
        }
        (K::CpuRequest, Direction::Lowered | Direction::Removed) => {
            matches!(cause, C::InsufficientCpu | C::CpuQuotaExceeded)
        }
        (K::Replicas, Direction::Lowered) => matches!(
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
        (K::Replicas, Direction::Raised) => matches!(cause, C::CpuSaturated | C::ScaledToZero),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, direction: Direction) -> Change {
        Change {
            kind,
            direction,
            text: String::new(),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn relevance_depends_on_cause_kind_and_direction() {
        for (cause, kind, direction, expected) in [
            (C::OOMKilled, K::MemoryLimit, Direction::Lowered, Relevance::Exact),
            (C::OOMKilled, K::MemoryLimit, Direction::Raised, Relevance::None),
            (C::OOMKilled, K::Image, Direction::Changed, Relevance::Plausible),
            (C::OOMKilled, K::Ingress, Direction::Changed, Relevance::Weak),
            (C::ImageNotFound, K::Image, Direction::Changed, Relevance::Exact),
            (C::ImageNotFound, K::MemoryLimit, Direction::Lowered, Relevance::Weak),
            (C::ReadinessProbePort, K::ReadinessProbe, Direction::Changed, Relevance::Exact),
            (C::ReadinessProbePort, K::LivenessProbe, Direction::Changed, Relevance::Weak),
            (C::AppCrash, K::Config, Direction::Changed, Relevance::Exact),
            (C::AppCrash, K::Chart, Direction::Changed, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Raised, Relevance::Exact),
            (C::InsufficientCpu, K::CpuRequest, Direction::Lowered, Relevance::None),
            (C::ScaledToZero, K::Replicas, Direction::Lowered, Relevance::Exact),
            (C::ScaledToZero, K::Replicas, Direction::Raised, Relevance::None),
            (C::WorkloadMissing, K::Removed, Direction::Removed, Relevance::Exact),
            (C::ServiceSelectorMismatch, K::Selector, Direction::Changed, Relevance::Exact),
            (C::IngressBackendMissing, K::Ingress, Direction::Changed, Relevance::Exact),
            (C::NodeNotReady, K::Image, Direction::Changed, Relevance::None),
            (C::DiskPressure, K::Other, Direction::Changed, Relevance::None),
            (C::AppCrash, K::Metadata, Direction::Changed, Relevance::None),
            (C::AppCrash, K::Unread, Direction::Changed, Relevance::Weak),
            (C::ArgoSyncFailed, K::Ingress, Direction::Changed, Relevance::Plausible),
        ] {
            let found = relevance(Some(cause), Reason::CrashLoopBackOff, &change(kind, direction));
            assert_eq!(found, expected, "{cause} {kind:?} {direction:?}");
        }
    }

    #[test]
    fn without_a_cause_the_reason_decides() {
        for (reason, kind, expected) in [
            (Reason::CrashLoopBackOff, K::Image, Relevance::Plausible),
            (Reason::CrashLoopBackOff, K::Ingress, Relevance::Weak),
            (Reason::ImagePullBackOff, K::Image, Relevance::Exact),
            (Reason::NoReadyEndpoints, K::Selector, Relevance::Exact),
            (Reason::NodeNotReady, K::Image, Relevance::None),
        ] {
            let found = relevance(None, reason, &change(kind, Direction::Changed));
            assert_eq!(found, expected, "{reason} {kind:?}");
        }
    }

    /// A cause without a row would never be explained by a commit.
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
