//! The monitor's own findings: resources that it could not read, and errors in
//! the services file.

use crate::cluster::{Snapshot, UnreadReason};
use crate::inventory::{Inventory, Level};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason};

/// Pods, nodes or workloads that could not be read. Resources that a dump does
/// not have were left out on purpose.
#[must_use]
pub fn unread_resources(snapshot: &Snapshot) -> Option<Finding> {
    let unread: Vec<_> = snapshot
        .unread()
        .filter(|(resource, unread)| {
            resource.is_vital() && unread.reason != UnreadReason::NotInSnapshot
        })
        .collect();
    if unread.is_empty() {
        return None;
    }
    let names: Vec<_> = unread.iter().map(|(resource, _)| resource.name()).collect();
    let cluster = ObjectRef::new("Cluster", "", &snapshot.cluster);
    let mut finding = Finding::new(
        Reason::MonitoringBlind,
        cluster,
        snapshot.now,
        Effect::Impaired,
    );
    finding.cause = Some(Cause::MonitoringBlind);
    finding.message = format!(
        "could not read {}: outages there are not detected",
        names.join(", ")
    );
    for (resource, unread) in unread {
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

/// Services whose entry names no namespace, and whose name is that of no workload or of workloads in
/// several namespaces. Nothing is known of them.
#[must_use]
pub fn unplaced_services(unplaced: &[&str], snapshot: &Snapshot) -> Option<Finding> {
    let first = unplaced.first()?;
    let file = ObjectRef::new("Inventory", "", "services.txt");
    let mut finding = Finding::new(
        Reason::InventoryInvalid,
        file,
        snapshot.now,
        Effect::Impaired,
    );
    finding.cause = Some(Cause::InventoryInvalid);
    let more = unplaced.len() - 1;
    let and_more = if more == 0 {
        String::new()
    } else {
        format!(" and of {more} more")
    };
    finding.message = format!(
        "the namespace of service {first}{and_more} is not known: its entry names none, and its name is not that of workloads in exactly one namespace"
    );
    for name in unplaced.iter().take(5) {
        finding.fact(
            FactKind::Inventory,
            format!("service {name} has no Namespace"),
        );
    }
    Some(finding)
}

/// Errors in the services file. The services that could be read are still monitored.
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
        "the services file has {} error{}, the first on line {}: {}",
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
