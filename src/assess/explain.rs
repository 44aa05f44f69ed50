//! Whether trouble of one service explains trouble of another that depends on it.

use crate::inventory::Service;
use crate::model::{Cause, Finding, Reason};

/// What a service needs of another, which decides what an outage of the other explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyKind {
    /// It talks to it all the time: databases, backends, cluster DNS.
    Runtime,
    /// It gets its secrets there, and keeps what it has until it starts again.
    Secrets,
    /// It can pull images because of it.
    Images,
    /// Only its users come through it.
    Ingress,
}

/// What `dependent` needs of `dependency`, by the note in the services file and
/// by what the dependency is.
#[must_use]
pub fn need(dependency: &Service, note: Option<&str>) -> DependencyKind {
    let note = note.unwrap_or_default().to_lowercase();
    let is_called = |word: &str| {
        std::iter::once(&dependency.name)
            .chain(&dependency.aliases)
            .any(|n| n.to_lowercase().contains(word))
    };
    if note.contains("image") || is_called("ecr-") || is_called("registry") {
        DependencyKind::Images
    } else if dependency.ingress_controller {
        DependencyKind::Ingress
    } else if ["secret", "password", "credential"]
        .iter()
        .any(|w| note.contains(w))
        || is_called("vault")
        || is_called("external-secrets")
    {
        DependencyKind::Secrets
    } else {
        DependencyKind::Runtime
    }
}

/// Whether a finding can be the consequence of a need that is not met.
#[must_use]
pub fn explains(need: DependencyKind, finding: &Finding) -> bool {
    match need {
        DependencyKind::Runtime => is_soft(finding),
        DependencyKind::Secrets => {
            matches!(
                finding.cause,
                Some(
                    Cause::SecretMissing | Cause::ExternalSecretFailed | Cause::SecretStoreNotReady
                )
            ) || finding.cause.is_none() && finding.reason == Reason::CreateContainerConfigError
        }
        DependencyKind::Images => {
            finding.cause == Some(Cause::ImagePullUnauthorized)
                || finding.cause.is_none()
                    && matches!(
                        finding.reason,
                        Reason::ImagePullBackOff | Reason::ErrImagePull
                    )
        }
        DependencyKind::Ingress => false,
    }
}

/// A program that runs and is unhappy, as opposed to one that was never
/// placed, pulled, configured or wanted.
fn is_soft(finding: &Finding) -> bool {
    let by_reason = matches!(
        finding.reason,
        Reason::CrashLoopBackOff
            | Reason::Error
            | Reason::ContainersNotReady
            | Reason::BackOff
            | Reason::Unhealthy
            | Reason::ProgressDeadlineExceeded
    );
    by_reason
        && matches!(
            finding.cause,
            None | Some(
                Cause::AppCrash
                    | Cause::DatabaseUnreachable
                    | Cause::DatabaseReadOnly
                    | Cause::DatabaseConnectionsExhausted
                    | Cause::DnsResolutionFailed
                    | Cause::ReadinessProbeFailing
                    | Cause::LivenessProbeFailing
                    | Cause::StartupProbeFailing
                    | Cause::RolloutStuck
            )
        )
}
