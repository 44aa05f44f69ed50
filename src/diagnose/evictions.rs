//! Pods that the kubelet evicts: for their own use of local storage, or because
//! the node is short of something.

use super::text::between;
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::Pod;
use crate::model::{Cause, ObjectRef, Reason};

/// Limits of the pod count before the state of the node.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::EphemeralStorageExceeded, own_storage),
    Rule::new(Cause::MemoryPressure, |c| {
        by_node(c, &["memory", "MemoryPressure"])
    }),
    Rule::new(Cause::DiskPressure, |c| {
        by_node(
            c,
            &[
                "ephemeral-storage",
                "inodes",
                "nodefs",
                "imagefs",
                "DiskPressure",
            ],
        )
    }),
    Rule::new(Cause::PidPressure, |c| by_node(c, &["pids", "PIDPressure"])),
];

/// The pods of the finding that were evicted.
fn evicted<'a>(context: &RuleContext<'a>) -> impl Iterator<Item = &'a Pod> {
    let pods = context.pods.iter().copied();
    let is_eviction = context.is(&[Reason::Evicted]);
    pods.filter(move |pod| is_eviction && pod.status.reason == "Evicted")
}

fn own_storage(context: &RuleContext) -> Option<Proof> {
    evicted(context).find_map(|pod| {
        let message = pod.status.message.trim();
        let what = exceeded(message)?;
        Some(
            Proof::object(format!("pod {}: Evicted: {message}", pod.metadata.name))
                .message(format!("evicted because {what}")),
        )
    })
}

/// What exceeds which limit, by the words of the kubelet.
fn exceeded(message: &str) -> Option<String> {
    if let Some((_, limit)) = message.split_once("exceeds the total limit of containers ") {
        let limit = limit.trim_end_matches('.').trim();
        return Some(format!(
            "its containers use more local storage than their limits allow: {limit}"
        ));
    }
    if let Some(limit) = between(message, "local ephemeral storage limit \"", "\"") {
        let name = between(message, "Container ", " exceeded").unwrap_or("of the pod");
        return Some(format!(
            "container {name} uses more local storage than its limit of {limit}"
        ));
    }
    let limit = between(message, "exceeds the limit \"", "\"")?;
    let volume = between(message, "EmptyDir volume \"", "\"")?;
    Some(format!(
        "its emptyDir volume {volume} is larger than its limit of {limit}"
    ))
}

/// The node was short of one of these.
fn by_node(context: &RuleContext, of: &[&str]) -> Option<Proof> {
    let (pod, state) = evicted(context).find_map(|pod| {
        let message = &pod.status.message;
        let state = match message.split_once("low on resource: ") {
            Some((_, rest)) => {
                let resource = rest.split_once('.').map_or(rest, |(resource, _)| resource);
                format!("was low on {}", resource.trim())
            }
            None => format!(
                "had condition {}",
                between(message, "had condition: [", "]")?
            ),
        };
        of.iter()
            .any(|name| state.contains(name))
            .then_some((pod, state))
    })?;
    let node = ObjectRef::new("Node", "", pod.node());
    let message = pod.status.message.trim();
    let proof = Proof::object(format!("pod {}: Evicted: {message}", pod.metadata.name))
        .message(format!("evicted because node {} {state}", pod.node()));
    Some(if context.has_finding(&node) {
        proof.group_key(node.to_string())
    } else {
        proof
    })
}
