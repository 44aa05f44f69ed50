//! Where a pod could run: its own constraints against every node's labels,
//! taints, cordons and room, as the scheduler looks at them.

use super::RuleContext;
use crate::cluster::quantity;
use crate::cluster::types::{
    Condition, Node, NodeSelector, NodeSelectorTerm, PodSpec, Taint, Toleration, condition,
};
use crate::detect::requested;

/// Labels that every cluster gives its control plane.
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// What keeps a pod off a node that its selector and affinity allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeRejection {
    /// The node does not report.
    Lost,
    /// The node is cordoned.
    Cordoned,
    /// The node has a taint that the pod does not bear.
    Tainted,
}

/// The nodes that a pod's selector and affinity leave it.
pub struct CandidateNodes<'a> {
    /// Nodes that carry what the nodeSelector asks for.
    pub selected: Vec<&'a Node>,
    /// Those of them that the required node affinity allows too.
    pub allowed: Vec<&'a Node>,
    /// Of those, what bars each.
    pub barred: Vec<(&'a Node, NodeRejection)>,
    /// Those that nothing bars.
    pub open: Vec<&'a Node>,
}

/// Goes through the nodes; none where nodes were not read.
#[must_use]
pub fn choose<'a>(context: &RuleContext<'a>, spec: &PodSpec) -> Option<CandidateNodes<'a>> {
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
    let (mut barred, mut open) = (Vec::new(), Vec::new());
    for node in &allowed {
        match bar(context, spec, node) {
            Some(bar) => barred.push((*node, bar)),
            None => open.push(*node),
        }
    }
    Some(CandidateNodes {
        selected,
        allowed,
        barred,
        open,
    })
}

fn is_selected(spec: &PodSpec, node: &Node) -> bool {
    spec.node_selector
        .iter()
        .all(|(key, value)| label(node, key) == Some(value))
}

/// A label of a node. The kubelet sets the host name, which is the node's name
/// unless somebody chose another.
#[must_use]
pub fn label<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let by_name = (key == "kubernetes.io/hostname").then_some(node.metadata.name.as_str());
    node.metadata.label(key).or(by_name)
}

/// Whether required node affinity picks nodes by what they are. One that only
/// says what they must not be lets a control plane through by accident.
#[must_use]
pub fn is_on_purpose(required: &NodeSelector) -> bool {
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

fn bar(context: &RuleContext, spec: &PodSpec, node: &Node) -> Option<NodeRejection> {
    let ready = condition(&node.status.conditions, "Ready").is_none_or(Condition::is_true);
    if !ready || context.index.is_lost(&node.metadata.name) {
        return Some(NodeRejection::Lost);
    }
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        effect: "NoSchedule".into(),
        ..Taint::default()
    };
    if node.spec.unschedulable && !bears(spec, &cordon) {
        return Some(NodeRejection::Cordoned);
    }
    untolerated(spec, node).map(|_| NodeRejection::Tainted)
}

/// The first taint that keeps the pod off; a cordon's own taint is no other.
#[must_use]
pub fn untolerated<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    node.spec
        .taints
        .iter()
        .filter(|t| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute"))
        .filter(|t| t.key != "node.kubernetes.io/unschedulable")
        .find(|t| !bears(spec, t))
}

fn bears(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().any(|t| tolerates(t, taint))
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let exists = toleration.operator == "Exists";
    let key = toleration.key == taint.key || toleration.key.is_empty() && exists;
    effect && key && (exists || toleration.value == taint.value)
}

/// Whether a node is of the control plane, where few pods are meant to run.
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

/// What is left on a node of a resource, and what it has of it.
#[must_use]
pub fn room(context: &RuleContext, node: &Node, resource: &str) -> Option<(f64, f64)> {
    let all = quantity::parse(&node.status.allocatable.get(resource)?.0)?;
    let used = context.index.requests_on(&node.metadata.name);
    let used = match resource {
        "cpu" => used.cpu,
        "memory" => used.memory,
        _ => used.pods,
    };
    Some((all - used, all))
}

/// Whether no node at all is large enough, even empty.
#[must_use]
pub fn is_beyond_all(context: &RuleContext, spec: &PodSpec, resource: &str) -> bool {
    let asks = requested(spec, resource);
    let nodes = &context.index.snapshot.objects.nodes;
    let mut sizes = nodes
        .iter()
        .filter_map(|n| quantity::parse(&n.status.allocatable.get(resource)?.0));
    asks > 0.0 && sizes.all(|size| asks > size)
}
