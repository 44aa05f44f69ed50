//! Nodes that are not ready, or short of memory, disk or process ids. Other
//! conditions (K3s adds `EtcdIsVoter`) and cordons are not findings.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::text::condition_text;
use crate::cluster::types::{Node, condition};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// A node that has just joined is not ready for a while.
const JOINING: TimeDelta = TimeDelta::minutes(5);

/// Conditions that must not be true, and their causes.
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
    let mut finding = node_finding(Reason::NodeNotReady, node, since);
    finding.message = if ready.status == "Unknown" {
        "the kubelet stopped reporting".to_owned()
    } else {
        format!("the kubelet reports: {}", ready.message)
    };
    finding.fact(FactKind::Object, condition_text(ready));
    Some(finding)
}

fn under_pressure(index: &ClusterIndex, node: &Node) -> Option<Finding> {
    let (pressure, cause) = PRESSURES.iter().find_map(|(kind, cause)| {
        let found = condition(&node.status.conditions, kind)?;
        found.is_true().then_some((found, *cause))
    })?;
    let since = pressure.last_transition_time.unwrap_or(index.now());
    let mut finding = node_finding(Reason::NodeUnderPressure, node, since);
    finding.cause = Some(cause);
    finding.message = format!(
        "the kubelet reports {}: {}",
        pressure.kind, pressure.message
    );
    finding.fact(FactKind::Object, condition_text(pressure));
    Some(finding)
}

fn node_finding(reason: Reason, node: &Node, since: Time) -> Finding {
    let reference = ObjectRef::new("Node", "", &node.metadata.name);
    Finding::new(reason, reference, since, Effect::Degraded)
}
