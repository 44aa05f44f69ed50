//! Nodes: ready, and not short of memory, disk or process ids. Other
//! conditions (K3s adds `EtcdIsVoter`) and cordons are no trouble of a node.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use crate::cluster::types::{Condition, Node, condition};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason};

/// A node that just joined is not ready for a while.
const JOINING: TimeDelta = TimeDelta::minutes(5);

/// Conditions that must not be true, and the cause each of them is.
const PRESSURES: &[(&str, Cause)] = &[
    ("MemoryPressure", Cause::MemoryPressure),
    ("DiskPressure", Cause::DiskPressure),
    ("PIDPressure", Cause::PidPressure),
    ("NetworkUnavailable", Cause::NetworkDegraded),
];

/// Checks every node.
pub fn detect<'a>(index: &'a ClusterIndex) -> impl Iterator<Item = Finding> + 'a {
    index
        .snapshot
        .objects
        .nodes
        .iter()
        .filter_map(|node| not_ready(index, node).or_else(|| under_pressure(index, node)))
}

fn not_ready(index: &ClusterIndex, node: &Node) -> Option<Finding> {
    let ready = condition(&node.status.conditions, "Ready")?;
    let joined = node.metadata.creation_timestamp;
    let joining = joined.is_some_and(|t| index.now() - t < JOINING)
        && ready.is_false()
        && joined
            .zip(ready.last_transition_time)
            .is_none_or(|(j, t)| t - j < JOINING);
    if ready.is_true() || joining {
        return None;
    }
    let since = ready.last_transition_time.unwrap_or(index.now());
    let mut finding = draft(Reason::NodeNotReady, node, since);
    finding.message = if ready.status == "Unknown" {
        "the kubelet stopped reporting".to_owned()
    } else {
        format!("the kubelet reports: {}", ready.message)
    };
    finding.fact(FactKind::Object, said(ready));
    Some(finding)
}

fn under_pressure(index: &ClusterIndex, node: &Node) -> Option<Finding> {
    let (pressure, cause) = PRESSURES.iter().find_map(|(kind, cause)| {
        let found = condition(&node.status.conditions, kind)?;
        found.is_true().then_some((found, *cause))
    })?;
    let since = pressure.last_transition_time.unwrap_or(index.now());
    let mut finding = draft(Reason::NodeUnderPressure, node, since);
    finding.cause = Some(cause);
    finding.message = format!(
        "the kubelet reports {}: {}",
        pressure.kind, pressure.message
    );
    finding.fact(FactKind::Object, said(pressure));
    Some(finding)
}

fn draft(reason: Reason, node: &Node, since: crate::model::Time) -> Finding {
    let reference = ObjectRef::new("Node", "", &node.metadata.name);
    Finding::new(reason, reference, since, Effect::Degraded)
}

fn said(condition: &Condition) -> String {
    format!(
        "condition {}={} ({}): {}",
        condition.kind, condition.status, condition.reason, condition.message
    )
}
