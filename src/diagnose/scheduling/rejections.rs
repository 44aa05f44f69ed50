//! Candidate nodes that reject the pod or cannot attach its volume.

use super::scheduler_message::pending;
use crate::cluster::types::Node;
use crate::diagnose::node_fit::{self, CandidateNodes, NodeRejection};
use crate::diagnose::text::{has_any, listed};
use crate::diagnose::{Proof, RuleContext};
use crate::model::{FactKind, ObjectRef};

/// What the scheduler says of a node that cannot attach the pod's volume; the second
/// wording since 1.35.
const VOLUME_CLAUSES: &[&str] = &[
    "volume node affinity conflict",
    "PersistentVolume's node affinity",
];

/// A volume that is only on nodes that the pod cannot run on. The scheduler has to name the
/// volume: else it is the taint or the cordon that, once lifted, lets the pod run.
pub fn volume(context: &RuleContext) -> Option<Proof> {
    let (message, spec, candidates) = pending(context)?;
    if !has_any(message, VOLUME_CLAUSES) {
        return None;
    }
    let namespace = context.namespace();
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    let claims = spec
        .volumes
        .iter()
        .filter_map(|v| v.persistent_volume_claim.as_ref());
    let local = claims
        .filter_map(|c| context.index.claim(namespace, &c.claim_name))
        .filter_map(|c| {
            volumes
                .iter()
                .find(|v| v.metadata.name == c.spec.volume_name)
        })
        .filter_map(|v| Some((v, v.spec.node_affinity.as_ref()?.required.as_ref()?)));
    let mut is_known = false;
    for (volume, required) in local {
        is_known = true;
        let reaches = |n: &&Node| {
            required
                .node_selector_terms
                .iter()
                .any(|t| node_fit::holds(t, n))
        };
        if candidates.accepted.iter().any(reaches) {
            continue;
        }
        let name = &volume.metadata.name;
        let nodes = &context.index.snapshot.objects.nodes;
        let names: Vec<_> = nodes
            .iter()
            .filter(reaches)
            .map(|n| n.metadata.name.as_str())
            .collect();
        let lost = names.iter().find(|n| context.index.is_lost(n));
        let location = match names[..] {
            [] => "is on a node that no longer exists".to_owned(),
            _ => format!("is only on {}", listed(&names)),
        };
        let proof = Proof::object(format!("volume {name} {location}"))
            .and(FactKind::Object, format!("scheduler: {message}"))
            .message(format!(
                "its volume {name} {location}, where the pod cannot run"
            ));
        return Some(match lost {
            Some(node) => proof.group_key(ObjectRef::new("Node", "", node).to_string()),
            None => proof,
        });
    }
    // A node that has the volume and accepts the pod rejects it for another reason.
    (!is_known).then(|| {
        Proof::object(format!("scheduler: {message}"))
            .message("its volume is on a node where the pod cannot run")
    })
}

/// Other nodes may be a choice that something else rules out.
fn not_ready(names: &[&str], candidates: &CandidateNodes) -> String {
    let others = candidates.rejected.iter();
    let others = others.filter(|(_, rejection)| *rejection != NodeRejection::NotReady);
    let others: Vec<_> = others.map(|(n, _)| n.metadata.name.as_str()).collect();
    match others[..] {
        [] => format!("can only run on {}, which is not ready", listed(names)),
        _ => format!(
            "{} is not ready, and {} takes no new pods",
            listed(names),
            listed(&others)
        ),
    }
}

/// Whether the scheduler says it too. What a node is now may be younger than the
/// reason that the pod waits for.
fn is_named(message: &str, rejection: NodeRejection) -> bool {
    let words: &[&str] = match rejection {
        NodeRejection::NotReady => &["taint", "not ready", "not-ready", "unreachable"],
        NodeRejection::Tainted => &["taint"],
        NodeRejection::Cordoned => &["unschedulable"],
    };
    words.iter().any(|word| message.contains(word))
}

/// The rejection of most candidate nodes. Control plane nodes count only where
/// there are no others.
pub fn rejected(context: &RuleContext, rejection: NodeRejection) -> Option<Proof> {
    let (message, spec, candidates) = pending(context)?;
    if !candidates.accepted.is_empty() || candidates.rejected.is_empty() {
        return None;
    }
    if !is_named(message, rejection) {
        return None;
    }
    let mut relevant: Vec<_> = candidates
        .rejected
        .iter()
        .filter(|(n, _)| !node_fit::is_control_plane(n))
        .collect();
    if relevant.is_empty() {
        relevant = candidates.rejected.iter().collect();
    }
    let of = |wanted: NodeRejection| relevant.iter().filter(|(_, b)| *b == wanted).count();
    let most = [
        NodeRejection::NotReady,
        NodeRejection::Tainted,
        NodeRejection::Cordoned,
    ]
    .into_iter()
    .max_by_key(|b| (of(*b), std::cmp::Reverse(*b)))?;
    // A node that is not ready may come back, so it explains a pod that only it would accept.
    if most != rejection {
        return None;
    }
    let nodes: Vec<_> = candidates
        .rejected
        .iter()
        .filter(|(_, b)| *b == rejection)
        .map(|(n, _)| *n)
        .collect();
    let names: Vec<_> = nodes.iter().map(|n| n.metadata.name.as_str()).collect();
    let proof = match rejection {
        NodeRejection::NotReady => Proof::object(format!("node {} is not ready", listed(&names)))
            .message(not_ready(&names, &candidates))
            .group_key(ObjectRef::new("Node", "", names.first()?).to_string()),
        NodeRejection::Cordoned => {
            Proof::object(format!("cordoned: {}", listed(&names))).message(format!(
                "every node that it could run on is cordoned: {}",
                listed(&names)
            ))
        }
        NodeRejection::Tainted => {
            let mut taints: Vec<_> = nodes
                .iter()
                .filter_map(|n| node_fit::untolerated(spec, n))
                .map(|t| format!("{}={}:{}", t.key, t.value, t.effect).replace("=:", ":"))
                .collect();
            taints.sort();
            taints.dedup();
            let tolerations: Vec<_> = spec
                .tolerations
                .iter()
                .filter(|t| !t.key.starts_with("node.kubernetes.io/"))
                .map(|t| format!("{} {}", t.key, t.value))
                .collect();
            let tolerations = if tolerations.is_empty() {
                "none".to_owned()
            } else {
                tolerations.join(", ")
            };
            Proof::object(format!(
                "taint {} on {}; the pod's tolerations: {tolerations}",
                listed(&taints),
                listed(&names)
            ))
            .message(format!(
                "it does not tolerate the taint {} of the nodes it could run on",
                listed(&taints)
            ))
        }
    };
    Some(proof.and(FactKind::Object, format!("scheduler: {message}")))
}
