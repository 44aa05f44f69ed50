//! The way between pods: sandboxes without network, the proxy of a node,
//! addresses that lead nowhere.

use super::text::has_any;
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind, Reason};

/// The node's own parts outrank what its pods name.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::NetworkDegraded,
        proof: sandbox,
    },
    Rule {
        cause: Cause::KubeProxyUnavailable,
        proof: kube_proxy,
    },
    Rule {
        cause: Cause::EnvAddressMismatch,
        proof: address,
    },
    Rule {
        cause: Cause::ServiceNoReadyEndpoints,
        proof: no_service,
    },
    Rule {
        cause: Cause::IngressBackendMissing,
        proof: |c| Proof::detected(c, Reason::IngressBackendMissing),
    },
    Rule {
        cause: Cause::RouteInvalid,
        proof: |c| Proof::detected(c, Reason::RouteInvalid),
    },
];

/// The network plugin could not connect the pod.
fn sandbox(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::ContainerCreating]) {
        return None;
    }
    let events = context.events_of(&["FailedCreatePodSandBox", "NetworkNotReady"]);
    let event = events.into_iter().find(|e| {
        has_any(
            &e.message.to_lowercase(),
            &[
                "network for sandbox",
                "cni",
                "network is not ready",
                "network plugin",
                "ipam",
                "no ip addresses",
            ],
        )
    })?;
    let node = context
        .pods
        .iter()
        .map(|p| p.node())
        .find(|n| !n.is_empty())
        .unwrap_or_default();
    Some(
        Proof::event(event.message.clone())
            .saying(format!(
                "the network plugin on node {node} cannot connect the pod"
            ))
            .group_key(format!("network of node {node}")),
    )
}

/// Without the proxy of its node, a pod reaches no Service that changed since.
fn kube_proxy(context: &RuleContext) -> Option<Proof> {
    let meta = context.workload?.meta;
    let is_proxy = meta.namespace == "kube-system"
        && (meta.name == "kube-proxy"
            || meta.label("k8s-app") == Some("kube-proxy")
            || meta.label("component") == Some("kube-proxy"));
    if !is_proxy {
        return None;
    }
    let mut nodes: Vec<_> = context
        .pods
        .iter()
        .map(|p| p.node())
        .filter(|n| !n.is_empty())
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let places = if nodes.is_empty() {
        "some nodes".to_owned()
    } else {
        nodes.join(", ")
    };
    Some(
        Proof::object(format!(
            "kube-proxy on {places}: {}",
            context.finding.message
        ))
        .saying(format!(
            "kube-proxy does not run on {places}: Services are not reached from there"
        )),
    )
}

fn address(context: &RuleContext) -> Option<Proof> {
    (context.is(&[Reason::ServiceNotFound]) && context.finding.resource.kind != "Service")
        .then(Proof::default)
}

/// A Service that others ask for and that is simply not there.
fn no_service(context: &RuleContext) -> Option<Proof> {
    (context.is(&[Reason::ServiceNotFound]) && context.finding.resource.kind == "Service").then(
        || {
            Proof::of(
                FactKind::Object,
                format!("Service {} does not exist", context.finding.resource.name),
            )
        },
    )
}
