//! Nodes that are not ready: the component that failed.

use super::{Proof, Rule, RuleContext};
use crate::cluster::types::{Condition, condition};
use crate::model::{Cause, Reason};

/// What the kubelet reports counts before the fact that it stopped reporting.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::ContainerRuntimeUnavailable, runtime),
    Rule::new(Cause::NetworkDegraded, plugin),
    Rule::new(Cause::KubeletUnavailable, kubelet),
    Rule::new(Cause::NodeNotReady, other),
];

fn ready<'a>(context: &RuleContext<'a>) -> Option<&'a Condition> {
    if !context.is(&[Reason::NodeNotReady]) {
        return None;
    }
    condition(
        &context
            .index
            .node(&context.finding.resource.name)?
            .status
            .conditions,
        "Ready",
    )
}

/// Whether the message is about the network plugin, which also reports through
/// the runtime.
fn is_network(message: &str) -> bool {
    message.contains("network plugin") || message.contains("cni")
}

fn runtime(context: &RuleContext) -> Option<Proof> {
    let ready = ready(context)?;
    let message = ready.message.to_lowercase();
    let names = ["container runtime", "containerd", "cri", "pleg", "docker"];
    let names_it = names.iter().any(|w| message.contains(w));
    (ready.is_false() && names_it && !is_network(&message)).then(|| {
        Proof::object(ready.message.clone()).message(format!(
            "the container runtime on {} does not respond to the kubelet",
            context.finding.resource.name
        ))
    })
}

fn plugin(context: &RuleContext) -> Option<Proof> {
    let ready = ready(context)?;
    is_network(&ready.message.to_lowercase()).then(|| {
        Proof::object(ready.message.clone()).message(format!(
            "the network plugin on {} is not ready",
            context.finding.resource.name
        ))
    })
}

fn kubelet(context: &RuleContext) -> Option<Proof> {
    let ready = ready(context)?;
    (ready.status == "Unknown")
        .then(|| Proof::object(format!("{}: {}", ready.reason, ready.message)))
}

fn other(context: &RuleContext) -> Option<Proof> {
    let ready = ready(context)?;
    Some(Proof::object(format!(
        "{}: {}",
        ready.reason, ready.message
    )))
}
