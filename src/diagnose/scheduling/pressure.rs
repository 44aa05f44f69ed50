//! Nodes that take no pod because of their own condition: the taint goes when the
//! condition does, so a toleration is no remedy.

use super::scheduler_message::{count, pending};
use crate::cluster::types::{Condition, Node, condition};
use crate::diagnose::node_fit::{self, CandidateNodes};
use crate::diagnose::{Proof, RuleContext};
use crate::model::{FactKind, ObjectRef};

/// A node would take the pod if it were not under this pressure. Other nodes are
/// excluded, or the scheduler finds no room on them.
pub fn pressure(context: &RuleContext, kind: &str, taint: &str) -> Option<Proof> {
    let (message, spec, candidates) = pending(context)?;
    if count(message, "taint") == 0 || has_room(message, &candidates) {
        return None;
    }
    let is_under = |node: &&&Node| {
        let under = condition(&node.status.conditions, kind).is_some_and(Condition::is_true);
        let mut rejecting = node_fit::untolerated_all(spec, node);
        under && rejecting.next().is_some_and(|t| t.key == taint) && rejecting.next().is_none()
    };
    let rejected: Vec<_> = candidates.rejected.iter().map(|(n, _)| *n).collect();
    let node = rejected.iter().find(is_under)?;
    let name = &node.metadata.name;
    Some(
        Proof::object(format!("taint {taint} on {name}, condition {kind} is True"))
            .and(FactKind::Object, format!("scheduler: {message}"))
            .message(format!(
                "node {name} takes no pod while it reports {kind}, and no other node does"
            ))
            .group_key(ObjectRef::new("Node", "", name).to_string()),
    )
}

/// Whether the scheduler does not speak of some node that accepts the pod.
fn has_room(message: &str, candidates: &CandidateNodes) -> bool {
    let full = count(message, "Insufficient") + count(message, "Too many pods");
    candidates.accepted.len() > full
}
