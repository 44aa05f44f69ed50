//! Pods that nobody has tried to place.

use crate::cluster::types::Lease;
use crate::diagnose::{Proof, RuleContext, node_fit};
use crate::model::{FactKind, ObjectRef, Reason};

/// Nobody has even tried: the scheduler is gone, or has another name.
pub fn scheduler(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::Pending]) {
        return None;
    }
    let named = context.spec().map_or("", |s| s.scheduler_name.as_str());
    if !matches!(named, "" | "default-scheduler") {
        let fact =
            format!("schedulerName {named}; nothing of that name has tried to place the pod");
        return Some(Proof::object(fact).saying(format!("waits for a scheduler called {named}")));
    }
    let leases = &context.index.snapshot.objects.leases;
    let lease = leases
        .iter()
        .find(|l| l.metadata.name == "kube-scheduler" && l.metadata.namespace == "kube-system");
    let waits = "no scheduler has tried to place the pod: it has no condition PodScheduled";
    let Some(lease) = lease else {
        return Some(
            Proof::object(waits)
                .saying("no scheduler has tried to place it")
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
    let (root, place) = keeper(context, lease);
    Some(Proof::object(fact).and(FactKind::Object, waits).root(
        root,
        None,
        format!(
            "the scheduler{place} stopped at {}: no new pod is placed",
            renewed.format("%F %H:%M UTC")
        ),
    ))
}

/// The node that the scheduler ran on, where that is known.
fn keeper(context: &RuleContext, lease: &Lease) -> (ObjectRef, String) {
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
