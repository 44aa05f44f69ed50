//! Pods that no scheduler has tried to schedule.

use crate::cluster::types::Lease;
use crate::diagnose::{Proof, RuleContext, node_fit};
use crate::model::{FactKind, ObjectRef, Reason};

/// The scheduler does not run, or the pod names another one.
pub fn scheduler(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::Pending]) {
        return None;
    }
    let named = context.spec().map_or("", |s| s.scheduler_name.as_str());
    if !matches!(named, "" | "default-scheduler") {
        let fact = format!(
            "schedulerName {named}; no scheduler of that name has tried to schedule the pod"
        );
        return Some(Proof::object(fact).message(format!("waits for scheduler {named}")));
    }
    let leases = &context.index.snapshot.objects.leases;
    let lease = leases
        .iter()
        .find(|l| l.metadata.name == "kube-scheduler" && l.metadata.namespace == "kube-system");
    let not_tried = "no scheduler has tried to schedule the pod: it has no condition PodScheduled";
    let Some(lease) = lease else {
        return Some(
            Proof::object(not_tried)
                .message("no scheduler has tried to schedule it")
                .group_key("scheduler"),
        );
    };
    let renewed = lease.spec.renew_time?;
    let held =
        chrono::TimeDelta::seconds(lease.spec.lease_duration_seconds.unwrap_or(15).max(12) * 5);
    if context.index.now() - renewed <= held {
        return None;
    }
    let fact = format!(
        "Lease kube-system/kube-scheduler was last renewed at {}",
        renewed.format("%F %H:%M:%S UTC")
    );
    let (root, on_node) = scheduler_node(context, lease);
    Some(Proof::object(fact).and(FactKind::Object, not_tried).root(
        root,
        None,
        format!(
            "the scheduler{on_node} stopped at {}: no new pods are scheduled",
            renewed.format("%F %H:%M UTC")
        ),
    ))
}

/// The node that the scheduler ran on, where known, else its lease.
fn scheduler_node(context: &RuleContext, lease: &Lease) -> (ObjectRef, String) {
    let holder = lease
        .spec
        .holder_identity
        .split('_')
        .next()
        .unwrap_or_default();
    let nodes = &context.index.snapshot.objects.nodes;
    let held = nodes.iter().find(|n| n.metadata.name == holder);
    let mut planes = nodes.iter().filter(|n| node_fit::is_control_plane(n));
    let only = match (planes.next(), planes.next()) {
        (Some(node), None) => Some(node),
        _ => None,
    };
    match held.or(only) {
        Some(node) => {
            let name = &node.metadata.name;
            (ObjectRef::new("Node", "", name), format!(" on node {name}"))
        }
        None => (
            ObjectRef::new("Lease", "kube-system", "kube-scheduler"),
            String::new(),
        ),
    }
}
