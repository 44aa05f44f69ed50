//! For every reason: which kinds must have been read before its incident is resolved.

use std::collections::BTreeSet;

use k8s_monitor::assess::Incident;
use k8s_monitor::cluster::Resource;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{IncidentState, Reason};

use super::harness::{Harness, Sev1, config, incident_of, life};

const START: &str = "2026-11-02T00:00:00Z";

/// The kind of object that shows a symptom, where it is one that is read.
fn shown_by(reason: Reason) -> Option<Resource> {
    use Reason as S;
    use Resource as R;
    match reason {
        S::CrashLoopBackOff
        | S::Error
        | S::OOMKilled
        | S::ImagePullBackOff
        | S::ErrImagePull
        | S::ErrImageNeverPull
        | S::InvalidImageName
        | S::CreateContainerConfigError
        | S::CreateContainerError
        | S::RunContainerError
        | S::ContainerCreating
        | S::PodInitializing
        | S::ContainersNotReady
        | S::BackOff
        | S::Unhealthy
        | S::FailedMount
        | S::Evicted
        | S::Terminating
        | S::FailedScheduling
        | S::Pending
        | S::FailedCreate
        | S::MinimumReplicasUnavailable
        | S::ProgressDeadlineExceeded
        | S::ScaledToZero
        | S::WorkloadMissing
        | S::MemoryNearLimit
        | S::CpuNearLimit
        | S::ServiceNotFound => Some(R::Deployments),
        S::NoReadyEndpoints | S::LoadBalancerPending => Some(R::Services),
        S::IngressBackendMissing => Some(R::Ingresses),
        S::RouteInvalid => Some(R::HttpRoutes),
        S::ProvisioningFailed | S::ClaimLost => Some(R::PersistentVolumeClaims),
        S::NodeNotReady
        | S::NodeUnderPressure
        | S::NodeFlapping
        | S::NodeCertificateExpiring
        | S::ControlPlaneSilent => Some(R::Nodes),
        S::JobFailed => Some(R::Jobs),
        S::BackupOverdue | S::CronJobFailing | S::CronJobMissed => Some(R::CronJobs),
        S::HpaCannotScale => Some(R::HorizontalPodAutoscalers),
        S::ArgoSyncFailed | S::ArgoDegraded => Some(R::Applications),
        S::CertificateExpired | S::CertificateOverdue => Some(R::Certificates),
        S::IssuerNotReady => Some(R::Issuers),
        S::SecretStoreNotReady => Some(R::SecretStores),
        S::ExternalSecretFailed => Some(R::ExternalSecrets),
        S::MonitoringBlind | S::InventoryInvalid | S::ResourceDegraded => None,
    }
}

fn incident(reason: Reason) -> Incident {
    let mut incident = incident_of("shop", Sev1);
    let root = &mut incident.findings[0];
    root.reason = reason;
    root.resource.kind = shown_by(reason)
        .map_or("Cluster", |kind| kind.info().kind)
        .to_owned();
    incident
}

fn all_kinds() -> BTreeSet<Resource> {
    KINDS.iter().map(|row| row.resource).collect()
}

/// The state of an incident that is no longer found while these kinds are unread.
fn state_after(reason: Reason, unread: BTreeSet<Resource>) -> IncidentState {
    let mut harness = Harness::new(config(""), START);
    harness.cycle(vec![incident(reason)]);
    harness.unread = unread.into_iter().collect();
    let step = harness.cycle(vec![]);
    life(&step, "shop")
}

fn required(reason: Reason) -> BTreeSet<Resource> {
    reason
        .row()
        .rests_on
        .iter()
        .copied()
        .chain(shown_by(reason))
        .collect()
}

#[test]
fn every_reason_is_resolved_while_all_other_kinds_are_unread() {
    for reason in Reason::ALL {
        let others = &all_kinds() - &required(reason);
        assert_eq!(
            state_after(reason, others),
            IncidentState::Resolved,
            "{reason}"
        );
    }
}

#[test]
fn no_reason_is_resolved_while_a_required_kind_is_unread() {
    for reason in Reason::ALL {
        for kind in required(reason) {
            let state = state_after(reason, BTreeSet::from([kind]));
            assert_eq!(
                state,
                IncidentState::Ongoing,
                "{reason} without {}",
                kind.name()
            );
        }
    }
}

/// A certificate that `cert-manager` renewed is resolved without pods.
#[test]
fn a_certificate_is_resolved_while_pods_are_unread() {
    for reason in [
        Reason::CertificateExpired,
        Reason::CertificateOverdue,
        Reason::IssuerNotReady,
    ] {
        let state = state_after(reason, BTreeSet::from([Resource::Pods]));
        assert_eq!(state, IncidentState::Resolved, "{reason}");
    }
}
