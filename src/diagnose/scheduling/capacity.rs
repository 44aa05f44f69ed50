//! Nodes that accept the pod but do not have the free resources for it.

use super::scheduler_message::{count, node_message};
use crate::detect::requested;
use crate::diagnose::{Proof, RuleContext, node_fit};
use crate::model::FactKind;

/// Pods on every node exclude the pod by anti-affinity.
pub fn anti_affinity(context: &RuleContext) -> Option<Proof> {
    let message = node_message(context)?;
    let nodes = count(message, "anti-affinity rules") + count(message, "pod affinity rules");
    if nodes == 0 || nodes < count(message, "Insufficient") {
        return None;
    }
    let spec = context.spec()?;
    let anti = &spec
        .affinity()
        .pod_anti_affinity
        .required_during_scheduling_ignored_during_execution;
    let with = &spec
        .affinity()
        .pod_affinity
        .required_during_scheduling_ignored_during_execution;
    let terms: Vec<_> = anti
        .iter()
        .chain(with)
        .map(|t| {
            let selector = t.label_selector.as_ref();
            let labels = selector
                .into_iter()
                .flat_map(|s| s.match_labels.iter())
                .map(|(k, v)| format!("{k}={v}"));
            let sets = selector.into_iter().flat_map(|s| &s.match_expressions);
            let sets = sets.map(|e| format!("{} {} {}", e.key, e.operator, e.values.join("|")));
            format!(
                "{} per {}",
                labels.chain(sets).collect::<Vec<_>>().join(","),
                t.topology_key
            )
        })
        .collect();
    let replicas = context.workload.and_then(|w| w.desired).unwrap_or(1);
    Some(
        Proof::object(format!(
            "required pod anti-affinity: {}; {replicas} replicas",
            terms.join("; ")
        ))
        .and(FactKind::Object, format!("scheduler: {message}"))
        .message(format!(
            "every node that it could run on already has a pod that excludes it by anti-affinity ({})",
            terms.join("; ")
        )),
    )
}

/// The nodes do not have enough of one resource. Of several resources the one
/// that no node has enough of even when empty, else the one that more nodes lack.
pub fn insufficient(context: &RuleContext, resource: &str) -> Option<Proof> {
    let message = node_message(context)?;
    let phrase = |r: &str| match r {
        "pods" => "Too many pods".to_owned(),
        r => format!("Insufficient {r}"),
    };
    let nodes_without = |r: &str| count(message, &phrase(r));
    if nodes_without(resource) == 0 {
        return None;
    }
    let spec = context.spec()?;
    let rank = |r: &str| {
        let exceeds = node_fit::exceeds_all_nodes(context, spec, r);
        (exceeds, nodes_without(r))
    };
    if ["memory", "cpu", "pods"]
        .iter()
        .any(|other| rank(other) > rank(resource))
    {
        return None;
    }
    let nodes = &context.index.snapshot.objects.nodes;
    let free: Vec<_> = nodes
        .iter()
        .filter_map(|n| Some((n, node_fit::free_and_allocatable(context, n, resource)?)))
        .filter(|(n, _)| !n.spec.unschedulable)
        .collect();
    let most_free = free.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let request = requested(spec, resource);
    let unit = |v: f64| match resource {
        "cpu" => format!("{v:.2} cores"),
        "memory" => format!("{:.0} Mi", v / 1_048_576.0),
        _ => format!("{v:.0} pods"),
    };
    let free = most_free.map_or_else(String::new, |(n, (free, allocatable))| {
        format!(
            "; the most is free on {}: {} of {}",
            n.metadata.name,
            unit(free.max(0.0)),
            unit(*allocatable)
        )
    });
    let phrase = phrase(resource);
    let request = match resource {
        "pods" => String::new(),
        _ if request == 0.0 => String::new(),
        _ => format!(": it requests {}", unit(request)),
    };
    let details = format!("{phrase}{request}{free}");
    Some(
        Proof::object(format!("scheduler: {message}"))
            .and(FactKind::Object, details)
            .message(format!(
                "no node has enough free resources ({phrase}){request}{free}"
            )),
    )
}
