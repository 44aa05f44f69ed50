//! The network between pods: sandboxes without network, kube-proxy, wrong
//! addresses.

use super::text::has_any;
use super::{Proof, Rule, RuleContext};
use crate::detect::{Workload, load_balancer_pods};
use crate::model::{Cause, FactKind, ObjectRef, Reason};

/// Components of nodes count before addresses in pods.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::NetworkDegraded, sandbox),
    Rule::new(Cause::KubeProxyUnavailable, kube_proxy),
    Rule::new(Cause::EnvAddressMismatch, address),
    Rule::new(Cause::ServiceNoReadyEndpoints, no_service),
    Rule::new(Cause::IngressBackendMissing, |c| {
        Proof::detected(c, Reason::IngressBackendMissing)
    }),
    Rule::new(Cause::LoadBalancerPending, load_balancer),
    Rule::new(Cause::RouteInvalid, |c| {
        Proof::detected(c, Reason::RouteInvalid)
    }),
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
            .message(format!(
                "the network plugin on node {node} cannot connect the pod"
            ))
            .group_key(format!("network of node {node}")),
    )
}

/// Without kube-proxy on its node, a pod cannot reach Services that changed since.
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
    let location = if nodes.is_empty() {
        "some nodes".to_owned()
    } else {
        nodes.join(", ")
    };
    Some(
        Proof::object(format!(
            "kube-proxy on {location}: {}",
            context.finding.message
        ))
        .message(format!(
            "kube-proxy does not run on {location}: Services cannot be reached from there"
        )),
    )
}

/// K3s's pods for the Service, where they fail, are why it has no address.
fn load_balancer(context: &RuleContext) -> Option<Proof> {
    let proof = Proof::detected(context, Reason::LoadBalancerPending)?;
    let ObjectRef {
        namespace, name, ..
    } = &context.finding.resource;
    let service = context.index.kubernetes_service(namespace, name)?;
    let daemon_set = load_balancer_pods(context.index, service).map(Workload::reference);
    Some(match daemon_set.filter(|pods| context.has_finding(pods)) {
        Some(pods) => proof.group_key(pods.to_string()),
        None => proof,
    })
}

fn address(context: &RuleContext) -> Option<Proof> {
    (context.is(&[Reason::ServiceNotFound]) && !context.finding.resource.is("Service"))
        .then(Proof::default)
}

/// A Service that others use and that does not exist.
fn no_service(context: &RuleContext) -> Option<Proof> {
    (context.is(&[Reason::ServiceNotFound]) && context.finding.resource.is("Service")).then(|| {
        Proof::of(
            FactKind::Object,
            format!("Service {} does not exist", context.finding.resource.name),
        )
    })
}
