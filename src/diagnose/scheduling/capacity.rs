//! Nodes that would take the pod and have no room for it.

use super::scheduler_message::{counts, verdict};
use crate::detect::requested;
use crate::diagnose::{Proof, RuleContext, node_fit};
use crate::model::FactKind;

pub fn anti_affinity(context: &RuleContext) -> Option<Proof> {
    let said = verdict(context)?;
    let hits = counts(said, "anti-affinity rules") + counts(said, "pod affinity rules");
    if hits == 0 || hits < counts(said, "Insufficient") {
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
        .and(FactKind::Object, format!("scheduler: {said}"))
        .saying(format!(
            "each node that it could run on already runs a pod that it may not be beside ({})",
            terms.join("; ")
        )),
    )
}

/// Short of one resource. Of several the one that no node has at all, else the
/// one that more nodes lack.
pub fn short(context: &RuleContext, resource: &str) -> Option<Proof> {
    let said = verdict(context)?;
    let words = |r: &str| match r {
        "pods" => "Too many pods".to_owned(),
        r => format!("Insufficient {r}"),
    };
    let lacking = |r: &str| counts(said, &words(r));
    if lacking(resource) == 0 {
        return None;
    }
    let spec = context.spec()?;
    let weight = |r: &str| (node_fit::is_beyond_all(context, spec, r), lacking(r));
    if ["memory", "cpu", "pods"]
        .iter()
        .any(|other| weight(other) > weight(resource))
    {
        return None;
    }
    let nodes = &context.index.snapshot.objects.nodes;
    let rooms: Vec<_> = nodes
        .iter()
        .filter_map(|n| Some((n, node_fit::room(context, n, resource)?)))
        .filter(|(n, _)| !n.spec.unschedulable)
        .collect();
    let best = rooms.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let asks = requested(spec, resource);
    let unit = |v: f64| match resource {
        "cpu" => format!("{v:.2} cores"),
        "memory" => format!("{:.0} Mi", v / 1_048_576.0),
        _ => format!("{v:.0} pods"),
    };
    let there = best.map_or_else(String::new, |(n, (free, all))| {
        format!(
            "; most is free on {}: {} of {}",
            n.metadata.name,
            unit(free.max(0.0)),
            unit(*all)
        )
    });
    let words = words(resource);
    let asked = match resource {
        "pods" => String::new(),
        _ if asks == 0.0 => String::new(),
        _ => format!(": it asks for {}", unit(asks)),
    };
    let message = format!("no node has room for it ({words}){asked}{there}");
    Some(
        Proof::object(format!("scheduler: {said}"))
            .and(FactKind::Object, format!("{words}{asked}{there}"))
            .saying(message),
    )
}
