//! Pods that cannot be scheduled: the scheduler's message, checked against the
//! pod and the nodes, so that the constraint that no node meets is named with
//! its values.
//!
//! The nodes are narrowed down by selector, by affinity and by volumes; then by
//! what makes the remaining nodes reject the pod; then by free resources. Why
//! other nodes reject the pod (a control plane that is always cordoned) does not
//! matter.

mod capacity;
mod placement;
mod pressure;
mod rejections;
mod scheduler;
mod scheduler_message;

use capacity::{anti_affinity, insufficient};
use placement::{gated, host_ports, topology_spread};
use pressure::pressure;
use rejections::{rejected, volume};
use scheduler::scheduler;
use scheduler_message::pending;

use super::node_fit::{self, NodeRejection};
use super::text::listed;
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::Node;
use crate::model::Cause;

/// Constraints of the pod count before the state of the nodes, and that before
/// their free resources.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::SchedulingGated, gated),
    Rule::new(Cause::SchedulerUnavailable, scheduler),
    Rule::new(Cause::NodeSelectorMismatch, selector),
    Rule::new(Cause::NodeAffinityMismatch, affinity),
    Rule::new(Cause::VolumeNodeAffinity, volume),
    Rule::new(Cause::DiskPressure, |c| {
        pressure(c, "DiskPressure", "node.kubernetes.io/disk-pressure")
    }),
    Rule::new(Cause::MemoryPressure, |c| {
        pressure(c, "MemoryPressure", "node.kubernetes.io/memory-pressure")
    }),
    Rule::new(Cause::PidPressure, |c| {
        pressure(c, "PIDPressure", "node.kubernetes.io/pid-pressure")
    }),
    Rule::new(Cause::NodeNotReady, |c| {
        rejected(c, NodeRejection::NotReady)
    }),
    Rule::new(Cause::UntoleratedTaint, |c| {
        rejected(c, NodeRejection::Tainted)
    }),
    Rule::new(Cause::NodeCordoned, |c| {
        rejected(c, NodeRejection::Cordoned)
    }),
    Rule::new(Cause::PodAntiAffinityConflict, anti_affinity),
    Rule::new(Cause::TopologySpreadConflict, topology_spread),
    Rule::new(Cause::PortConflict, host_ports),
    Rule::new(Cause::InsufficientMemory, |c| insufficient(c, "memory")),
    Rule::new(Cause::InsufficientCpu, |c| insufficient(c, "cpu")),
    Rule::new(Cause::TooManyPods, |c| insufficient(c, "pods")),
];

fn selector(context: &RuleContext) -> Option<Proof> {
    let (message, spec, candidates) = pending(context)?;
    if !candidates.selected.is_empty()
        || !message.contains("affinity/selector") && !message.contains("node selector")
    {
        return None;
    }
    let nodes = &context.index.snapshot.objects.nodes;
    // The label whose value no node has, else the first label.
    let (key, value) = spec
        .node_selector
        .iter()
        .find(|(k, v)| nodes.iter().all(|n| node_fit::label(n, k) != Some(&**v)))
        .or_else(|| spec.node_selector.iter().next())?;
    let wanted: Vec<_> = spec
        .node_selector
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let fact = format!(
        "nodeSelector {}; no node matches ({})",
        wanted.join(","),
        existing_labels(nodes, key)
    );
    Some(Proof::object(fact).message(format!(
        "no node has the label {key}={value} of its nodeSelector"
    )))
}

/// The values of a label that nodes have instead.
fn existing_labels(nodes: &[Node], key: &str) -> String {
    let mut values: Vec<_> = nodes
        .iter()
        .filter_map(|n| node_fit::label(n, key))
        .map(|v| format!("{key}={v}"))
        .collect();
    values.sort();
    values.dedup();
    match values[..] {
        [] => format!("no node has a label {key}"),
        _ => format!("nodes have {}", listed(&values)),
    }
}

fn affinity(context: &RuleContext) -> Option<Proof> {
    let (message, spec, candidates) = pending(context)?;
    let required = spec
        .affinity()
        .node_affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    let unintended = |n: &&Node| node_fit::is_control_plane(n) && !node_fit::is_positive(required);
    let none_intended = candidates.accepted.is_empty() && candidates.allowed.iter().all(unintended);
    let only_control_plane = candidates
        .selected
        .iter()
        .all(|n| node_fit::is_control_plane(n));
    if !none_intended
        || only_control_plane && !candidates.allowed.is_empty()
        || !message.contains("affinity")
    {
        return None;
    }
    let nodes = &context.index.snapshot.objects.nodes;
    let terms: Vec<_> = required
        .node_selector_terms
        .iter()
        .flat_map(|t| t.match_expressions.iter().chain(&t.match_fields))
        .map(|e| {
            format!("{} {} {}", e.key, e.operator, e.values.join("|"))
                .trim()
                .to_owned()
        })
        .collect();
    let keys = required
        .node_selector_terms
        .iter()
        .flat_map(|t| &t.match_expressions);
    let existing: Vec<_> = keys.map(|e| existing_labels(nodes, &e.key)).collect();
    let fact = format!(
        "required node affinity {}; no node matches ({})",
        terms.join(", "),
        existing.join("; ")
    );
    Some(Proof::object(fact).message(format!(
        "no node matches its required node affinity: {}",
        terms.join(", ")
    )))
}
