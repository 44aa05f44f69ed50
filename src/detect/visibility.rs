//! The monitor's own trouble: what it could not see, and what it could not
//! read of the services file.

use crate::cluster::{Snapshot, UnreadReason};
use crate::inventory::{Inventory, Level};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason};

/// Pods, nodes or workloads that exist and were not seen. What a dump leaves
/// out was left out on purpose.
#[must_use]
pub fn unread_resources(snapshot: &Snapshot) -> Option<Finding> {
    let unseen: Vec<_> = snapshot
        .unread()
        .filter(|(resource, unread)| {
            resource.is_vital() && unread.reason != UnreadReason::NotInSnapshot
        })
        .collect();
    if unseen.is_empty() {
        return None;
    }
    let names: Vec<_> = unseen.iter().map(|(resource, _)| resource.name()).collect();
    let cluster = ObjectRef::new("Cluster", "", &snapshot.cluster);
    let mut finding = Finding::new(
        Reason::MonitoringBlind,
        cluster,
        snapshot.now,
        Effect::Impaired,
    );
    finding.cause = Some(Cause::MonitoringBlind);
    finding.message = format!(
        "could not read {}: an outage there would go unseen",
        names.join(", ")
    );
    for (resource, unread) in unseen {
        finding.fact(
            FactKind::Object,
            format!(
                "{}: {:?}: {}",
                resource.name(),
                unread.reason,
                unread.message
            ),
        );
    }
    Some(finding)
}

/// Errors of the services file; what could be read of it is still watched.
#[must_use]
pub fn invalid_inventory(inventory: &Inventory, snapshot: &Snapshot) -> Option<Finding> {
    let errors: Vec<_> = inventory
        .diagnostics
        .iter()
        .filter(|d| d.level == Level::Error)
        .collect();
    let first = errors.first()?;
    let file = ObjectRef::new("Inventory", "", "services.txt");
    let mut finding = Finding::new(
        Reason::InventoryInvalid,
        file,
        snapshot.now,
        Effect::Impaired,
    );
    finding.cause = Some(Cause::InventoryInvalid);
    finding.message = format!(
        "the services file has {} error{}, the first in line {}: {}",
        errors.len(),
        if errors.len() == 1 { "" } else { "s" },
        first.line,
        first.message
    );
    for error in errors.iter().take(5) {
        finding.fact(
            FactKind::Inventory,
            format!("line {}:{}: {}", error.line, error.column, error.message),
        );
    }
    Some(finding)
}
