//! For every reason: which kinds must have been read before its incident is resolved.

use std::collections::BTreeSet;

use k8s_monitor::assess::Incident;
use k8s_monitor::cluster::{Read, Resource, Snapshot, Source, Unread, UnreadReason};
use k8s_monitor::lifecycle;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{CustomKind, Effect, IncidentState, ObjectRef, Reason};

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

/// The incident of a custom resource, and the names that the state keeps of its kind.
fn custom_incident() -> Incident {
    let mut incident = incident_of("shop", Sev1);
    let root = &mut incident.findings[0];
    root.reason = Reason::ResourceDegraded;
    root.effect = Effect::Impaired;
    root.resource = ObjectRef::custom("longhorn.io", "Node", "longhorn-system", "node-1");
    incident
}

#[test]
fn a_custom_resource_is_resolved_only_when_its_own_kind_was_read() {
    for (unread, unread_custom, expected) in [
        (vec![], vec!["Node.longhorn.io"], IncidentState::Ongoing),
        (
            vec![],
            vec!["Volume.longhorn.io", "Node.metallb.io"],
            IncidentState::Resolved,
        ),
        (vec![Resource::Nodes], vec![], IncidentState::Resolved),
    ] {
        let mut harness = Harness::new(config(""), START);
        harness.cycle(vec![custom_incident()]);
        harness.unread = unread;
        harness.unread_custom = unread_custom.into_iter().map(str::to_owned).collect();
        let step = harness.cycle(vec![]);
        assert_eq!(life(&step, "shop"), expected, "{:?}", harness.unread_custom);
        harness.unread = Vec::new();
        harness.unread_custom = Vec::new();
        let step = harness.cycle(vec![]);
        assert_ne!(step.state.incidents[0].resolved_at, None);
    }
}

/// A kind that the API server refuses, or that does not answer, is not gone. One that it no longer
/// has is.
#[test]
fn a_custom_kind_that_could_not_be_listed_is_not_read() {
    use UnreadReason::{Forbidden, Timeout};
    let unread = |reason| Unread {
        reason,
        message: "why".to_owned(),
    };
    let nodes = CustomKind {
        group: "longhorn.io".to_owned(),
        version: "v1beta2".to_owned(),
        plural: "nodes".to_owned(),
        kind: "Node".to_owned(),
    };
    for (read, undiscovered, source, expected) in [
        (Some(Read::Complete), None, Source::Live, true),
        (Some(Read::Absent), None, Source::Live, true),
        (None, None, Source::Live, true),
        (
            Some(Read::Unread(unread(Forbidden))),
            None,
            Source::Live,
            false,
        ),
        (
            Some(Read::Unread(unread(Timeout))),
            None,
            Source::Live,
            false,
        ),
        (None, Some(unread(Timeout)), Source::Live, false),
        (None, None, Source::Dump, false),
    ] {
        let snapshot = Snapshot {
            source,
            custom_reads: read
                .clone()
                .map(|read| (nodes.clone(), read))
                .into_iter()
                .collect(),
            undiscovered: undiscovered.clone(),
            ..Snapshot::default()
        };
        let is_read = lifecycle::all_read(&custom_incident().findings, &|kind, namespace| {
            snapshot.is_read_in(kind, namespace)
        });
        assert_eq!(is_read, expected, "{read:?} {undiscovered:?}");
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
