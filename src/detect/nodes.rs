//! Nodes that are not ready, or short of memory, disk or process ids. Other
//! conditions (K3s adds `EtcdIsVoter`) and cordons are not findings.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::flapping::node_not_ready;
use super::index::ClusterIndex;
use super::text::{condition_text, minute};
use crate::cluster::types::{Event, Node, condition};
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

/// Checks every node. The findings about workloads show which nodes are missed.
#[must_use]
pub fn detect(index: &ClusterIndex, findings: &[Finding]) -> Vec<Finding> {
    let unstable = unstable(index);
    let missed: HashSet<&str> = findings
        .iter()
        .filter(|f| f.is_of_health())
        .flat_map(|f| f.pods.iter().map(|pod| pod.node.as_str()))
        .collect();
    let nodes = index.snapshot.objects.nodes.iter();
    let of_node = |node: &Node| {
        let name = node.metadata.name.as_str();
        let is_expected = index.is_rebooting(name) && !missed.contains(name);
        not_ready(index, node)
            .filter(|_| !is_expected)
            .or_else(|| silent(index, node))
            .or_else(|| under_pressure(index, node))
            .or_else(|| flapping(node, unstable.get(name)?))
    };
    nodes.filter_map(of_node).collect()
}

/// A node that nobody has marked as not ready, because the controller that would
/// notice is silent too.
fn silent(index: &ClusterIndex, node: &Node) -> Option<Finding> {
    let last = index.silent_since(&node.metadata.name)?;
    let mut finding = node_finding(Reason::NodeNotReady, node, last);
    finding.cause = Some(Cause::KubeletUnavailable);
    finding.message = format!(
        "the kubelet has not reported since {}, although the node says Ready",
        minute(last)
    );
    let heartbeat = last.format("%F %H:%M:%S UTC");
    finding.fact(FactKind::Object, format!("last heartbeat at {heartbeat}"));
    Some(finding)
}

/// Of each node that was not ready again and again, the event that says so most often.
fn unstable<'a>(index: &ClusterIndex<'a>) -> HashMap<&'a str, &'a Event> {
    let mut unstable: HashMap<&str, &Event> = HashMap::new();
    let pods = index.workloads.iter().flat_map(|w| &w.pods);
    for (pod, event) in pods.filter_map(|pod| Some((*pod, node_not_ready(index, pod)?))) {
        let known = unstable.entry(pod.node()).or_insert(event);
        *known = std::cmp::max_by_key(*known, event, |e| e.times());
    }
    unstable
}

fn flapping(node: &Node, event: &Event) -> Option<Finding> {
    let (first, last) = (event.first()?, event.last()?);
    let mut finding = node_finding(Reason::NodeFlapping, node, first);
    finding.cause = Some(Cause::NodeNotReady);
    finding.message = format!(
        "was not ready {} times, last at {}; it is ready now",
        event.times(),
        minute(last)
    );
    finding.fact(
        FactKind::Event,
        format!(
            "{} ({} times): {}",
            event.reason,
            event.times(),
            event.message
        ),
    );
    Some(finding)
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
