//! The nodes that a pod could run on: its constraints against the labels, taints,
//! cordons and free resources of every node, as the scheduler checks them.

use super::RuleContext;
use crate::cluster::quantity;
use crate::cluster::types::{Node, NodeSelector, NodeSelectorTerm, PodSpec, Taint, Toleration};
use crate::detect::requested;

/// Labels of control plane nodes.
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// Why a node that a pod's selector and affinity allow does not accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeRejection {
    /// The node is not ready.
    NotReady,
    /// The node is cordoned.
    Cordoned,
    /// The node has a taint that the pod does not tolerate.
    Tainted,
}

/// The nodes that a pod's selector and affinity allow.
pub struct CandidateNodes<'a> {
    /// Nodes with the labels of the nodeSelector.
    pub selected: Vec<&'a Node>,
    /// Of those, the nodes that the required node affinity allows.
    pub allowed: Vec<&'a Node>,
    /// Of those, the nodes that do not accept the pod, and why.
    pub rejected: Vec<(&'a Node, NodeRejection)>,
    /// The nodes that accept the pod.
    pub accepted: Vec<&'a Node>,
}

/// Checks all nodes; none where nodes were not read.
#[must_use]
pub fn candidates<'a>(context: &RuleContext<'a>, spec: &PodSpec) -> Option<CandidateNodes<'a>> {
    let nodes = &context.index.snapshot.objects.nodes;
    if nodes.is_empty() {
        return None;
    }
    let selected: Vec<_> = nodes.iter().filter(|n| is_selected(spec, n)).collect();
    let allowed: Vec<_> = selected
        .iter()
        .copied()
        .filter(|n| is_allowed(spec, n))
        .collect();
    let (mut rejected, mut accepted) = (Vec::new(), Vec::new());
    for node in &allowed {
        match rejection(context, spec, node) {
            Some(rejection) => rejected.push((*node, rejection)),
            None => accepted.push(*node),
        }
    }
    Some(CandidateNodes {
        selected,
        allowed,
        rejected,
        accepted,
    })
}

fn is_selected(spec: &PodSpec, node: &Node) -> bool {
    spec.node_selector
        .iter()
        .all(|(key, value)| label(node, key) == Some(value))
}

/// A label of a node. The hostname label is the node's name unless it was
/// overridden.
#[must_use]
pub fn label<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let by_name = (key == "kubernetes.io/hostname").then_some(node.metadata.name.as_str());
    node.metadata.label(key).or(by_name)
}

/// Whether required node affinity selects nodes by labels that they have. With
/// negative expressions only, it allows control plane nodes unintentionally.
#[must_use]
pub fn is_positive(required: &NodeSelector) -> bool {
    required.node_selector_terms.iter().any(|t| {
        let positive = |operator: &str| !matches!(operator, "NotIn" | "DoesNotExist");
        t.match_expressions
            .iter()
            .chain(&t.match_fields)
            .any(|e| positive(&e.operator))
    })
}

fn is_allowed(spec: &PodSpec, node: &Node) -> bool {
    let required = &spec
        .affinity()
        .node_affinity
        .required_during_scheduling_ignored_during_execution;
    required
        .as_ref()
        .is_none_or(|r| r.node_selector_terms.iter().any(|term| holds(term, node)))
}

/// Whether a term of required node affinity, or of a volume's, holds on a node.
#[must_use]
pub fn holds(term: &NodeSelectorTerm, node: &Node) -> bool {
    let fields = term.match_fields.iter().all(|f| {
        let named = f.values.contains(&node.metadata.name);
        if f.operator == "NotIn" { !named } else { named }
    });
    fields
        && term
            .match_expressions
            .iter()
            .all(|e| e.matches(&node.metadata.labels))
}

fn rejection(context: &RuleContext, spec: &PodSpec, node: &Node) -> Option<NodeRejection> {
    if context.index.is_lost(&node.metadata.name) {
        return Some(NodeRejection::NotReady);
    }
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        effect: "NoSchedule".into(),
        ..Taint::default()
    };
    if node.spec.unschedulable && !tolerates_taint(spec, &cordon) {
        return Some(NodeRejection::Cordoned);
    }
    untolerated(spec, node).map(|_| NodeRejection::Tainted)
}

/// The first taint that the pod does not tolerate, without the taint of a cordon.
#[must_use]
pub fn untolerated<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    let mut taints = untolerated_all(spec, node);
    taints.find(|t| t.key != "node.kubernetes.io/unschedulable")
}

/// The taints that the pod does not tolerate.
pub fn untolerated_all<'a>(spec: &PodSpec, node: &'a Node) -> impl Iterator<Item = &'a Taint> {
    let taints = node.spec.taints.iter();
    taints
        .filter(|t| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute"))
        .filter(move |t| !tolerates_taint(spec, t))
}

fn tolerates_taint(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().any(|t| tolerates(t, taint))
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let exists = toleration.operator == "Exists";
    let key = toleration.key == taint.key || toleration.key.is_empty() && exists;
    effect && key && (exists || toleration.value == taint.value)
}

/// Whether a node belongs to the control plane, where few pods should run.
#[must_use]
pub fn is_control_plane(node: &Node) -> bool {
    CONTROL_PLANE
        .iter()
        .any(|label| node.metadata.label(label).is_some())
        || matches!(
            node.metadata.label("kubernetes.io/role"),
            Some("master" | "control-plane")
        )
}

/// The free and the allocatable amount of a resource on a node.
#[must_use]
pub fn free_and_allocatable(
    context: &RuleContext,
    node: &Node,
    resource: &str,
) -> Option<(f64, f64)> {
    let allocatable = quantity::parse(&node.status.allocatable.get(resource)?.0)?;
    let used = context.index.requests_on(&node.metadata.name);
    let used = match resource {
        "cpu" => used.cpu,
        "memory" => used.memory,
        _ => used.pods,
    };
    Some((allocatable - used, allocatable))
}

/// Whether no node is large enough for the request, even without other pods.
#[must_use]
pub fn exceeds_all_nodes(context: &RuleContext, spec: &PodSpec, resource: &str) -> bool {
    let request = requested(spec, resource);
    let nodes = &context.index.snapshot.objects.nodes;
    let mut sizes = nodes
        .iter()
        .filter_map(|n| quantity::parse(&n.status.allocatable.get(resource)?.0));
    request > 0.0 && sizes.all(|size| request > size)
}
