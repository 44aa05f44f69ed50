//! The monitor's own findings: resources that it could not read, and errors in
//! the services file.

use super::index::ClusterIndex;
use crate::cluster::{Snapshot, UnreadReason};
use crate::inventory::{Inventory, Level};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason};

/// How many pods a finding names.
const SHOWN: usize = 5;

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

/// No nodes, or pods on nodes that do not exist. What such pods report is of an earlier time, or
/// the list of nodes is wrong.
#[must_use]
pub fn missing_nodes(index: &ClusterIndex) -> Option<Finding> {
    let snapshot = index.snapshot;
    let pods = snapshot.objects.pods.iter();
    let mut pods: Vec<_> = pods.filter(|pod| index.missing_nodes.has(pod)).collect();
    let has_no_node = index.missing_nodes.has_no_node();
    if pods.is_empty() && !has_no_node {
        return None;
    }
    pods.sort_by_key(|pod| (&pod.metadata.namespace, &pod.metadata.name));
    let cluster = ObjectRef::new("Cluster", "", &snapshot.cluster);
    let reason = Reason::MonitoringBlind;
    let mut finding = Finding::new(reason, cluster, snapshot.now, Effect::Impaired);
    finding.cause = Some(Cause::MonitoringBlind);
    finding.message = if has_no_node {
        "the API server lists no nodes: no pod can run, whatever its status says".to_owned()
    } else {
        let (pods, nodes) = match pods.len() {
            1 => ("1 pod is".to_owned(), "a node that does not exist"),
            many => (format!("{many} pods are"), "nodes that do not exist"),
        };
        format!("{pods} said to run on {nodes}: whether they run is not known")
    };
    for pod in pods.iter().take(SHOWN) {
        let meta = &pod.metadata;
        let place = match pod.node() {
            "" => "without a node".to_owned(),
            node => format!("on node {node}, which is not listed"),
        };
        let fact = format!("Pod {}/{} is {place}", meta.namespace, meta.name);
        finding.fact(FactKind::Object, fact);
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
