//! Whether an outage of one service explains a finding of another one that depends on it.

use crate::inventory::Service;
use crate::model::{DependencyKind, Finding};

/// What a service needs from `dependency`, by the note in the services file and by the name of
/// the dependency.
#[must_use]
pub fn kind(dependency: &Service, note: Option<&str>) -> DependencyKind {
    let note = note.unwrap_or_default().to_lowercase();
    let name_contains = |text: &str| {
        std::iter::once(&dependency.name)
            .chain(&dependency.aliases)
            .any(|n| n.to_lowercase().contains(text))
    };
    if note.contains("image") || name_contains("ecr-") || name_contains("registry") {
        DependencyKind::Images
    } else if dependency.ingress_controller {
        DependencyKind::Ingress
    } else if ["secret", "password", "credential"]
        .iter()
        .any(|text| note.contains(text))
        || name_contains("vault")
        || name_contains("external-secrets")
    {
        DependencyKind::Secrets
    } else {
        DependencyKind::Runtime
    }
}

/// Whether an outage of such a dependency can cause the finding.
#[must_use]
pub fn explains(dependency: DependencyKind, finding: &Finding) -> bool {
    let by_reason = finding.reason.row().explained_by == Some(dependency);
    let Some(cause) = finding.cause else {
        return by_reason;
    };
    // Only a program that runs can fail for a dependency that it needs while it runs.
    let can_be = by_reason || dependency != DependencyKind::Runtime;
    can_be && cause.row().explained_by == Some(dependency)
}
