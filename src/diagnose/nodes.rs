//! Nodes: who on the node stopped working.

use super::{Case, Proof, Rule};
use crate::cluster::objects::{Condition, condition};
use crate::detect::{Cause, FactKind, Reason};

/// The kubelet's own words outrank its silence.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::ContainerRuntimeUnavailable,
        proof: runtime,
    },
    Rule {
        cause: Cause::KubeletUnavailable,
        proof: silent,
    },
    Rule {
        cause: Cause::NodeNotReady,
        proof: other,
    },
];

fn ready<'a>(case: &Case<'a>) -> Option<&'a Condition> {
    if case.finding.reason != Reason::NodeNotReady {
        return None;
    }
    condition(
        &case
            .view
            .node(&case.finding.resource.name)?
            .status
            .conditions,
        "Ready",
    )
}

fn runtime(case: &Case) -> Option<Proof> {
    let ready = ready(case)?;
    let message = ready.message.to_lowercase();
    let names_it = ["container runtime", "containerd", "cri", "pleg"]
        .iter()
        .any(|w| message.contains(w));
    // Network plugins report through the runtime too.
    let is_network = message.contains("network plugin") || message.contains("cni");
    (ready.is_false() && names_it && !is_network)
        .then(|| Proof::of(FactKind::Object, ready.message.clone()))
}

fn silent(case: &Case) -> Option<Proof> {
    let ready = ready(case)?;
    (ready.status == "Unknown").then(|| {
        Proof::of(
            FactKind::Object,
            format!("{}: {}", ready.reason, ready.message),
        )
    })
}

fn other(case: &Case) -> Option<Proof> {
    let ready = ready(case)?;
    Some(Proof::of(
        FactKind::Object,
        format!("{}: {}", ready.reason, ready.message),
    ))
}
