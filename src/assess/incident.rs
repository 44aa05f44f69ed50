//! An incident: findings with one root.

use super::severity::Rule;
use crate::model::{Cause, Finding, Reason, Severity, Tier, Time};

/// Findings with one root, judged.
#[derive(Debug, Clone)]
pub struct Incident {
    /// The same as long as it is the same trouble of the same thing; made of
    /// cluster, root resource and cause class, never of pod names.
    pub fingerprint: String,
    /// One line: what is wrong with what.
    pub title: String,
    /// The service at its root; none for nodes, blindness and the services file.
    pub service: Option<String>,
    /// Tier of that service; of a node, of the most critical service it hurts.
    pub tier: Option<Tier>,
    /// How much it matters.
    pub severity: Severity,
    /// The rule that says so.
    pub rule: Rule,
    /// Since when.
    pub since: Time,
    /// The other services that suffer from it.
    pub affects: Vec<String>,
    /// The root first.
    pub findings: Vec<Finding>,
}

impl Incident {
    /// The finding that explains the others.
    #[must_use]
    pub fn root(&self) -> &Finding {
        // `group::incidents` makes no incident without a finding.
        &self.findings[0]
    }

    /// Whether it is of the service, or affects it.
    #[must_use]
    pub fn concerns(&self, service: &str) -> bool {
        self.service.as_deref() == Some(service) || self.affects.iter().any(|a| a == service)
    }
}

/// What kind of trouble it is, coarse enough to stay the same while the
/// symptom changes from cycle to cycle.
#[must_use]
pub fn cause_class(finding: &Finding) -> &'static str {
    if let Some(class) = finding.cause.and_then(class_of_cause) {
        return class;
    }
    match finding.reason {
        Reason::ImagePullBackOff
        | Reason::ErrImagePull
        | Reason::ErrImageNeverPull
        | Reason::InvalidImageName => "image",
        Reason::CreateContainerConfigError
        | Reason::CreateContainerError
        | Reason::RunContainerError
        | Reason::ContainerCreating => "start",
        Reason::FailedScheduling | Reason::Pending => "scheduling",
        Reason::ProvisioningFailed | Reason::ClaimLost => "storage",
        Reason::FailedCreate => "admission",
        Reason::NoReadyEndpoints
        | Reason::ServiceNotFound
        | Reason::IngressBackendMissing
        | Reason::RouteInvalid => "network",
        Reason::NodeNotReady | Reason::NodeUnderPressure => "node",
        Reason::ScaledToZero | Reason::WorkloadMissing | Reason::MinimumReplicasUnavailable => {
            "presence"
        }
        Reason::ProgressDeadlineExceeded => "rollout",
        Reason::JobFailed | Reason::CronJobFailing | Reason::CronJobMissed => "job",
        Reason::BackupOverdue => "backup",
        Reason::MemoryNearLimit => "memory",
        Reason::CpuNearLimit => "cpu",
        Reason::HpaCannotScale => "scaling",
        Reason::CertificateExpired | Reason::CertificateOverdue | Reason::IssuerNotReady => {
            "certificate"
        }
        Reason::ArgoSyncFailed => "sync",
        Reason::ArgoDegraded => "argo",
        Reason::SecretStoreNotReady | Reason::ExternalSecretFailed => "secrets",
        Reason::MonitoringBlind => "blind",
        Reason::InventoryInvalid => "inventory",
        _ => "run",
    }
}

/// Causes whose class the symptom alone would not tell.
fn class_of_cause(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::SecretMissing | Cause::ConfigMapMissing | Cause::VolumeMountFailed => Some("start"),
        Cause::CertificateExpired | Cause::CertificateOverdue | Cause::IssuerNotReady => {
            Some("certificate")
        }
        _ => None,
    }
}
