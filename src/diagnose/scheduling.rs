//! Pods that no node takes: the scheduler's own count of the nodes, checked
//! against the pod and the nodes, so that the one constraint that can be met
//! nowhere is named with the values side by side.
//!
//! The nodes are narrowed down as the pod's author meant it: by selector, by
//! affinity, by its volumes; then what bars those that are left; then their
//! room. What bars the others (a control plane that is always cordoned) is
//! beside the point.

use super::placement::{self, Bar, Choice, choose};
use super::scene::requested;
use super::text::listed;
use super::{Case, Proof, Rule};
use crate::cluster::objects::{Lease, Node, PodSpec};
use crate::detect::{Cause, FactKind, ObjectRef, Reason};

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
        proof: |c| barred(c, Bar::Lost),
    },
    Rule {
        cause: Cause::UntoleratedTaint,
        proof: |c| barred(c, Bar::Tainted),
    },
    Rule {
        cause: Cause::NodeCordoned,
        proof: |c| barred(c, Bar::Cordoned),
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

/// What the scheduler said of the nodes, without what it said of preemption.
fn verdict<'a>(case: &Case<'a>) -> Option<&'a str> {
    if !case.is(&[Reason::FailedScheduling, Reason::ProgressDeadlineExceeded]) {
        return None;
    }
    let message = case.finding.message.as_str();
    let (_, said) = message.split_once("nodes are available: ")?;
    Some(said.split(" preemption:").next().unwrap_or(said))
}

/// The clauses of the scheduler's verdict, each with how many nodes it counts.
fn clauses(verdict: &str) -> impl Iterator<Item = (usize, &str)> {
    verdict.split(", ").filter_map(|clause| {
        let (count, what) = clause.trim().trim_end_matches('.').split_once(' ')?;
        Some((count.parse().ok()?, what))
    })
}

fn counts(verdict: &str, words: &str) -> usize {
    clauses(verdict)
        .filter(|(_, what)| what.contains(words))
        .map(|(count, _)| count)
        .sum()
}

fn pending<'a>(case: &Case<'a>) -> Option<(&'a str, &'a PodSpec, Choice<'a>)> {
    let said = verdict(case)?;
    let pod = case.pods.iter().find(|p| p.node().is_empty())?;
    let choice = choose(case, &pod.spec)?;
    Some((said, &pod.spec, choice))
}

fn selector(case: &Case) -> Option<Proof> {
    let (said, spec, choice) = pending(case)?;
    if !choice.selected.is_empty()
        || !said.contains("affinity/selector") && !said.contains("node selector")
    {
        return None;
    }
    let nodes = &case.view.snapshot.objects.nodes;
    // The label of which no node has the value, else all of them together.
    let (key, value) = spec
        .node_selector
        .iter()
        .find(|(k, v)| {
            nodes
                .iter()
                .all(|n| placement::label(n, k) != Some(v.as_str()))
        })
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
        .filter_map(|n| placement::label(n, key))
        .map(|v| format!("{key}={v}"))
        .collect();
    values.sort();
    values.dedup();
    match values[..] {
        [] => format!("no node carries a label {key}"),
        _ => format!("nodes carry {}", listed(&values)),
    }
}

fn affinity(case: &Case) -> Option<Proof> {
    let (said, spec, choice) = pending(case)?;
    let required = spec
        .affinity
        .node_affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    let by_accident =
        |n: &&Node| placement::is_control_plane(n) && !placement::is_on_purpose(required);
    let none_meant = choice.open.is_empty() && choice.allowed.iter().all(by_accident);
    let only_control = choice
        .selected
        .iter()
        .all(|n| placement::is_control_plane(n));
    if !none_meant || only_control && !choice.allowed.is_empty() || !said.contains("affinity") {
        return None;
    }
    let nodes = &case.view.snapshot.objects.nodes;
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

/// A volume that lies on nodes that the pod cannot go to.
fn volume(case: &Case) -> Option<Proof> {
    let (said, spec, choice) = pending(case)?;
    let namespace = case.namespace();
    let volumes = &case.view.snapshot.objects.persistent_volumes;
    let claims = spec
        .volumes
        .iter()
        .filter_map(|v| v.persistent_volume_claim.as_ref());
    let tied = claims
        .filter_map(|c| case.scene.claim(namespace, &c.claim_name))
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
                .any(|t| placement::holds(t, n))
        };
        if choice.open.iter().any(reaches) {
            continue;
        }
        let name = &volume.metadata.name;
        let nodes = &case.view.snapshot.objects.nodes;
        let homes: Vec<_> = nodes
            .iter()
            .filter(reaches)
            .map(|n| n.metadata.name.as_str())
            .collect();
        let lost = homes.iter().find(|n| case.scene.is_lost(n));
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
            Some(node) => proof.shared(ObjectRef::new("Node", "", node).to_string()),
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
fn barred(case: &Case, bar: Bar) -> Option<Proof> {
    let (said, spec, choice) = pending(case)?;
    if !choice.open.is_empty() || choice.barred.is_empty() {
        return None;
    }
    let mut relevant: Vec<_> = choice
        .barred
        .iter()
        .filter(|(n, _)| !placement::is_control_plane(n))
        .collect();
    if relevant.is_empty() {
        relevant = choice.barred.iter().collect();
    }
    let of = |wanted: Bar| relevant.iter().filter(|(_, b)| *b == wanted).count();
    let most = [Bar::Lost, Bar::Tainted, Bar::Cordoned]
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
        Bar::Lost => Proof::object(format!("node {} does not report", listed(&names)))
            .saying(format!(
                "can only run on {}, which does not report",
                listed(&names)
            ))
            .shared(ObjectRef::new("Node", "", names.first()?).to_string()),
        Bar::Cordoned => Proof::object(format!("cordoned: {}", listed(&names))).saying(format!(
            "every node that it could run on is cordoned: {}",
            listed(&names)
        )),
        Bar::Tainted => {
            let mut taints: Vec<_> = nodes
                .iter()
                .filter_map(|n| placement::untolerated(spec, n))
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

fn anti_affinity(case: &Case) -> Option<Proof> {
    let said = verdict(case)?;
    let hits = counts(said, "anti-affinity rules") + counts(said, "pod affinity rules");
    if hits == 0 || hits < counts(said, "Insufficient") {
        return None;
    }
    let spec = case.spec()?;
    let anti = &spec
        .affinity
        .pod_anti_affinity
        .required_during_scheduling_ignored_during_execution;
    let with = &spec
        .affinity
        .pod_affinity
        .required_during_scheduling_ignored_during_execution;
    let terms: Vec<_> = anti
        .iter()
        .chain(with)
        .map(|t| {
            let selector = t.label_selector.as_ref();
            let labels = selector
                .into_iter()
                .flat_map(|s| &s.match_labels)
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
    let replicas = case.workload.and_then(|w| w.desired).unwrap_or(1);
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
fn short(case: &Case, resource: &str) -> Option<Proof> {
    let said = verdict(case)?;
    let words = |r: &str| match r {
        "pods" => "Too many pods".to_owned(),
        r => format!("Insufficient {r}"),
    };
    let lacking = |r: &str| counts(said, &words(r));
    if lacking(resource) == 0 {
        return None;
    }
    let spec = case.spec()?;
    let weight = |r: &str| (placement::is_beyond_all(case, spec, r), lacking(r));
    if ["memory", "cpu", "pods"]
        .iter()
        .any(|other| weight(other) > weight(resource))
    {
        return None;
    }
    let nodes = &case.view.snapshot.objects.nodes;
    let rooms: Vec<_> = nodes
        .iter()
        .filter_map(|n| Some((n, placement::room(case, n, resource)?)))
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

/// Nobody has even tried: the scheduler is gone, or has another name.
fn scheduler(case: &Case) -> Option<Proof> {
    if !case.is(&[Reason::Pending]) {
        return None;
    }
    let named = case.spec().map_or("", |s| s.scheduler_name.as_str());
    if !matches!(named, "" | "default-scheduler") {
        let fact =
            format!("schedulerName {named}; nothing of that name has tried to place the pod");
        return Some(Proof::object(fact).saying(format!("waits for a scheduler called {named}")));
    }
    let leases = &case.view.snapshot.objects.leases;
    let lease = leases
        .iter()
        .find(|l| l.metadata.name == "kube-scheduler" && l.metadata.namespace == "kube-system");
    let waits = "no scheduler has tried to place the pod: it has no condition PodScheduled";
    let Some(lease) = lease else {
        return Some(
            Proof::object(waits)
                .saying("no scheduler has tried to place it")
                .shared("scheduler"),
        );
    };
    let renewed = lease.spec.renew_time?;
    let held =
        chrono::TimeDelta::seconds(lease.spec.lease_duration_seconds.unwrap_or(15).max(12) * 5);
    if case.view.now() - renewed <= held {
        return None;
    }
    let fact = format!(
        "Lease kube-system/kube-scheduler was last renewed at {}",
        renewed.format("%F %H:%M:%S UTC")
    );
    let (root, place) = keeper(case, lease);
    Some(Proof::object(fact).and(FactKind::Object, waits).root(
        root,
        None,
        format!(
            "the scheduler{place} stopped at {}: no new pod is placed",
            renewed.format("%F %H:%M UTC")
        ),
    ))
}

/// The node that the scheduler ran on, where that is known.
fn keeper(case: &Case, lease: &Lease) -> (ObjectRef, String) {
    let holder = lease
        .spec
        .holder_identity
        .split('_')
        .next()
        .unwrap_or_default();
    let nodes = &case.view.snapshot.objects.nodes;
    let held = nodes.iter().find(|n| n.metadata.name == holder);
    let mut planes = nodes.iter().filter(|n| placement::is_control_plane(n));
    let only = match (planes.next(), planes.next()) {
        (Some(node), None) => Some(node),
        _ => None,
    };
    match held.or(only) {
        Some(node) => {
            let name = &node.metadata.name;
            (ObjectRef::new("Node", "", name), format!(" on node {name}"))
        }
        None => (
            ObjectRef::new("Lease", "kube-system", "kube-scheduler"),
            String::new(),
        ),
    }
}
