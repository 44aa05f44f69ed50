//! Pods that no node takes: the scheduler's own count of the nodes, checked
//! against the pod and the nodes, so that the one constraint that can be met
//! nowhere is named with the values side by side.
//!
//! The nodes are narrowed down as the pod's author meant it: by selector, by
//! affinity, by its volumes; then what bars those that are left; then their
//! room. What bars the others (a control plane that is always cordoned) is
//! beside the point.

mod capacity;
mod scheduler;
mod scheduler_message;
mod unschedulable_nodes;

use capacity::{anti_affinity, short};
use scheduler::scheduler;
use scheduler_message::pending;
use unschedulable_nodes::{barred, volume};

use super::node_fit::{self, NodeRejection};
use super::text::listed;
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::Node;
use crate::model::Cause;

/// Constraints of the pod outrank the state of the nodes, which outranks their room.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::SchedulerUnavailable,
        proof: scheduler,
    },
    Rule {
        cause: Cause::NodeSelectorMismatch,
        proof: selector,
    },
    Rule {
        cause: Cause::NodeAffinityMismatch,
        proof: affinity,
    },
    Rule {
        cause: Cause::VolumeNodeAffinity,
        proof: volume,
    },
    Rule {
        cause: Cause::NodeNotReady,
        proof: |c| barred(c, NodeRejection::Lost),
    },
    Rule {
        cause: Cause::UntoleratedTaint,
        proof: |c| barred(c, NodeRejection::Tainted),
    },
    Rule {
        cause: Cause::NodeCordoned,
        proof: |c| barred(c, NodeRejection::Cordoned),
    },
    Rule {
        cause: Cause::PodAntiAffinityConflict,
        proof: anti_affinity,
    },
    Rule {
        cause: Cause::InsufficientMemory,
        proof: |c| short(c, "memory"),
    },
    Rule {
        cause: Cause::InsufficientCpu,
        proof: |c| short(c, "cpu"),
    },
    Rule {
        cause: Cause::TooManyPods,
        proof: |c| short(c, "pods"),
    },
];

fn selector(context: &RuleContext) -> Option<Proof> {
    let (said, spec, choice) = pending(context)?;
    if !choice.selected.is_empty()
        || !said.contains("affinity/selector") && !said.contains("node selector")
    {
        return None;
    }
    let nodes = &context.index.snapshot.objects.nodes;
    // The label of which no node has the value, else all of them together.
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
        "nodeSelector {}; no node has it ({})",
        wanted.join(","),
        carried(nodes, key)
    );
    Some(Proof::object(fact).saying(format!(
        "no node carries the label {key}={value} that its nodeSelector asks for"
    )))
}

/// What nodes carry instead.
fn carried(nodes: &[Node], key: &str) -> String {
    let mut values: Vec<_> = nodes
        .iter()
        .filter_map(|n| node_fit::label(n, key))
        .map(|v| format!("{key}={v}"))
        .collect();
    values.sort();
    values.dedup();
    match values[..] {
        [] => format!("no node carries a label {key}"),
        _ => format!("nodes carry {}", listed(&values)),
    }
}

fn affinity(context: &RuleContext) -> Option<Proof> {
    let (said, spec, choice) = pending(context)?;
    let required = spec
        .affinity()
        .node_affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    let by_accident =
        |n: &&Node| node_fit::is_control_plane(n) && !node_fit::is_on_purpose(required);
    let none_meant = choice.open.is_empty() && choice.allowed.iter().all(by_accident);
    let only_control = choice
        .selected
        .iter()
        .all(|n| node_fit::is_control_plane(n));
    if !none_meant || only_control && !choice.allowed.is_empty() || !said.contains("affinity") {
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
    let there: Vec<_> = keys.map(|e| carried(nodes, &e.key)).collect();
    let fact = format!(
        "required node affinity {}; no node meets it ({})",
        terms.join(", "),
        there.join("; ")
    );
    Some(Proof::object(fact).saying(format!(
        "no node meets its required node affinity: {}",
        terms.join(", ")
    )))
}
