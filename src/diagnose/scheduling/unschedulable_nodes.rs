//! Nodes that the pod may choose and that do not take it, or not its volume.

use super::scheduler_message::pending;
use crate::cluster::types::Node;
use crate::diagnose::node_fit::{self, NodeRejection};
use crate::diagnose::text::listed;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{FactKind, ObjectRef};

/// A volume that lies on nodes that the pod cannot go to.
pub fn volume(context: &RuleContext) -> Option<Proof> {
    let (said, spec, choice) = pending(context)?;
    let namespace = context.namespace();
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    let claims = spec
        .volumes
        .iter()
        .filter_map(|v| v.persistent_volume_claim.as_ref());
    let tied = claims
        .filter_map(|c| context.index.claim(namespace, &c.claim_name))
        .filter_map(|c| {
            volumes
                .iter()
                .find(|v| v.metadata.name == c.spec.volume_name)
        })
        .filter_map(|v| Some((v, v.spec.node_affinity.as_ref()?.required.as_ref()?)));
    for (volume, required) in tied {
        let reaches = |n: &&Node| {
            required
                .node_selector_terms
                .iter()
                .any(|t| node_fit::holds(t, n))
        };
        if choice.open.iter().any(reaches) {
            continue;
        }
        let name = &volume.metadata.name;
        let nodes = &context.index.snapshot.objects.nodes;
        let homes: Vec<_> = nodes
            .iter()
            .filter(reaches)
            .map(|n| n.metadata.name.as_str())
            .collect();
        let lost = homes.iter().find(|n| context.index.is_lost(n));
        let place = match homes[..] {
            [] => "on a node that is gone".to_owned(),
            _ => format!("only on {}", listed(&homes)),
        };
        let proof = Proof::object(format!("volume {name} can be reached {place}"))
            .and(FactKind::Object, format!("scheduler: {said}"))
            .saying(format!(
                "its volume {name} can be reached {place}, where the pod cannot run"
            ));
        return Some(match lost {
            Some(node) => proof.group_key(ObjectRef::new("Node", "", node).to_string()),
            None => proof,
        });
    }
    said.contains("volume node affinity conflict").then(|| {
        Proof::object(format!("scheduler: {said}"))
            .saying("its volume lies on a node where the pod cannot run")
    })
}

/// What bars most of the nodes that the pod may choose from. The control plane
/// is left out of the count where there are other nodes.
pub fn barred(context: &RuleContext, bar: NodeRejection) -> Option<Proof> {
    let (said, spec, choice) = pending(context)?;
    if !choice.open.is_empty() || choice.barred.is_empty() {
        return None;
    }
    let mut relevant: Vec<_> = choice
        .barred
        .iter()
        .filter(|(n, _)| !node_fit::is_control_plane(n))
        .collect();
    if relevant.is_empty() {
        relevant = choice.barred.iter().collect();
    }
    let of = |wanted: NodeRejection| relevant.iter().filter(|(_, b)| *b == wanted).count();
    let most = [
        NodeRejection::Lost,
        NodeRejection::Tainted,
        NodeRejection::Cordoned,
    ]
    .into_iter()
    .max_by_key(|b| (of(*b), std::cmp::Reverse(*b)))?;
    // A lost node may come back and be taken; so it explains whatever waits for it alone.
    if most != bar {
        return None;
    }
    let nodes: Vec<_> = choice
        .barred
        .iter()
        .filter(|(_, b)| *b == bar)
        .map(|(n, _)| *n)
        .collect();
    let names: Vec<_> = nodes.iter().map(|n| n.metadata.name.as_str()).collect();
    let proof = match bar {
        NodeRejection::Lost => Proof::object(format!("node {} does not report", listed(&names)))
            .saying(format!(
                "can only run on {}, which does not report",
                listed(&names)
            ))
            .group_key(ObjectRef::new("Node", "", names.first()?).to_string()),
        NodeRejection::Cordoned => {
            Proof::object(format!("cordoned: {}", listed(&names))).saying(format!(
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
            let borne: Vec<_> = spec
                .tolerations
                .iter()
                .filter(|t| !t.key.starts_with("node.kubernetes.io/"))
                .map(|t| format!("{} {}", t.key, t.value))
                .collect();
            let borne = if borne.is_empty() {
                "none".to_owned()
            } else {
                borne.join(", ")
            };
            Proof::object(format!(
                "taint {} on {}; the pod's tolerations: {borne}",
                listed(&taints),
                listed(&names)
            ))
            .saying(format!(
                "it does not tolerate the taint {} of the nodes it could run on",
                listed(&taints)
            ))
        }
    };
    Some(proof.and(FactKind::Object, format!("scheduler: {said}")))
}
