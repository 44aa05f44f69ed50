//! Services of type `LoadBalancer` without an address, and the pods with which K3s serves them.
//!
//! K3s runs a daemon set `svclb-NAME-ID` in kube-system for every such Service; its labels name the
//! Service. Its troubles are those of the service behind.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::network::routed;
use super::pod_status::is_ready;
use super::running::running_containers;
use super::workload::Workload;
use super::workloads::{Health, WorkloadState};
use crate::cluster::types::Service as KubernetesService;
use crate::inventory::Service;
use crate::model::{Cause, Effect, Fact, FactKind, Finding, ObjectRef, Reason, Time};

/// The time in which a controller sets the address.
const GRACE: TimeDelta = TimeDelta::minutes(10);
/// Where K3s runs its load balancer pods.
const K3S_NAMESPACE: &str = "kube-system";

/// Checks every Service of type `LoadBalancer`.
#[must_use]
pub fn detect(index: &ClusterIndex, states: &[WorkloadState]) -> Vec<Finding> {
    let services = index.snapshot.objects.services.iter();
    services
        .filter(|service| is_pending(service) && !index.unjudged.is("Service", &service.metadata))
        .filter_map(|service| pending(index, states, service))
        .collect()
}

/// Gives findings about K3s's load balancer pods to the service behind their Service.
pub fn attribute(index: &ClusterIndex, findings: &mut [Finding]) {
    for finding in findings {
        let object = &finding.resource;
        let Some(daemon_set) = index.workload(&object.kind, &object.namespace, &object.name) else {
            continue;
        };
        let Some(service) = served_by(index, daemon_set) else {
            continue;
        };
        let Some(listed) = listed_behind(index, service) else {
            continue;
        };
        finding.service = Some(listed.name.clone());
        finding.effect = match finding.effect {
            Effect::Starting => Effect::Starting,
            _ if is_pending(service) => effect(index, service, Some(listed)),
            _ => Effect::Impaired,
        };
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        finding.fact(
            FactKind::Object,
            format!("it serves the LoadBalancer Service {namespace}/{name}"),
        );
    }
}

fn is_pending(service: &KubernetesService) -> bool {
    service.spec.kind == "LoadBalancer"
        && service.metadata.deletion_timestamp.is_none()
        && service
            .status
            .as_ref()
            .is_some_and(|status| status.load_balancer.ingress.is_empty())
}

/// The Service that a daemon set of K3s serves.
fn served_by<'a>(index: &ClusterIndex<'a>, daemon_set: &Workload) -> Option<&'a KubernetesService> {
    let meta = daemon_set.meta;
    let is_of_k3s = daemon_set.kind == "DaemonSet"
        && meta.namespace == K3S_NAMESPACE
        && meta.name.starts_with("svclb-");
    let label = |key| meta.label(key).filter(|_| is_of_k3s);
    let namespace = label("svccontroller.k3s.cattle.io/svcnamespace")?;
    let name = label("svccontroller.k3s.cattle.io/svcname")?;
    index.kubernetes_service(namespace, name)
}

/// K3s's daemon set for a Service.
#[must_use]
pub fn daemon_set<'v>(
    index: &'v ClusterIndex,
    service: &KubernetesService,
) -> Option<&'v Workload<'v>> {
    let mut candidates = index.workloads_in(K3S_NAMESPACE);
    candidates.find(|workload| {
        served_by(index, workload).is_some_and(|served| {
            served.metadata.name == service.metadata.name
                && served.metadata.namespace == service.metadata.namespace
        })
    })
}

/// The listed service whose pods a Service selects.
fn listed_behind<'a>(index: &ClusterIndex<'a>, service: &KubernetesService) -> Option<&'a Service> {
    let workload = index.workload_behind(service)?;
    index.service_of(workload)
}

fn pending(
    index: &ClusterIndex,
    states: &[WorkloadState],
    service: &KubernetesService,
) -> Option<Finding> {
    let meta = &service.metadata;
    let workload = index.workload_behind(service);
    // Pods that are down are the trouble.
    if workload.is_some_and(|workload| !workload.pods.iter().any(|pod| is_ready(pod))) {
        return None;
    }
    let events = index.events("Service", &meta.namespace, &meta.name);
    let first = events.iter().filter_map(|event| event.first()).min();
    let began = since(index, states, service)
        .or(first)
        .or(meta.creation_timestamp);
    let began = began.unwrap_or(index.now());
    if index.now() - began < GRACE {
        return None;
    }
    let listed = workload.and_then(|workload| index.service_of(workload));
    let reference = ObjectRef::new("Service", &meta.namespace, &meta.name);
    let mut finding = Finding::new(
        Reason::LoadBalancerPending,
        reference,
        began,
        effect(index, service, listed),
    );
    finding.cause = Some(Cause::LoadBalancerPending);
    finding.service = listed.map(|listed| listed.name.clone());
    let newest = events.iter().max_by_key(|event| event.last());
    let why = newest.map_or_else(String::new, |event| format!(": {}", event.message));
    finding.message = format!("has no address for clients outside the cluster{why}");
    finding.fact(
        FactKind::Object,
        "type LoadBalancer, status.loadBalancer.ingress is empty",
    );
    if let Some(event) = newest {
        let text = format!("{}: {}", event.reason, event.message);
        finding.evidence.push(Fact {
            kind: FactKind::Event,
            text,
        });
    }
    if let Some(daemon_set) = daemon_set(index, service) {
        let reference = daemon_set.reference();
        finding.fact(FactKind::Object, format!("K3s serves it with {reference}"));
    }
    Some(finding)
}

/// Since when K3s's pods for the Service have been down.
fn since(
    index: &ClusterIndex,
    states: &[WorkloadState],
    service: &KubernetesService,
) -> Option<Time> {
    let daemon_set = daemon_set(index, service)?;
    let at = index.workloads.iter().position(|workload| {
        workload.kind == daemon_set.kind
            && workload.name == daemon_set.name
            && workload.meta.namespace == daemon_set.meta.namespace
    })?;
    let state = states.get(at)?;
    let is_down = matches!(
        state.health,
        Health::Unavailable | Health::Degraded | Health::Starting
    );
    state.since.filter(|_| is_down)
}

/// What the missing address means for the listed service.
fn effect(index: &ClusterIndex, service: &KubernetesService, listed: Option<&Service>) -> Effect {
    let Some(listed) = listed else {
        return Effect::Impaired;
    };
    if has_another_way(index, service) {
        Effect::Impaired
    } else if listed.ingress_controller || !is_used_inside(listed) {
        Effect::CutOff
    } else {
        // Its clients in the cluster reach it.
        Effect::Degraded
    }
}

fn is_used_inside(listed: &Service) -> bool {
    listed.data_layer || !listed.dependents.is_empty()
}

/// Whether the pods are reached from outside all the same: by ports of their node, by another
/// Service, or through an Ingress.
fn has_another_way(index: &ClusterIndex, service: &KubernetesService) -> bool {
    let Some(workload) = index.workload_behind(service) else {
        return false;
    };
    let by_node = workload.pods.iter().any(|pod| {
        let mut ports = running_containers(&pod.spec).flat_map(|container| container.ports.iter());
        pod.spec.host_network || ports.any(|port| port.host_port.is_some_and(|port| port > 0))
    });
    let others = index.kubernetes_services_in(&service.metadata.namespace);
    let mut others = others.iter().filter(|other| workload.is_selected_by(other));
    by_node
        || !service.spec.external_ips.is_empty()
        || others.any(|other| {
            other.metadata.name != service.metadata.name
                && (other.spec.kind == "NodePort"
                    || other.spec.kind == "LoadBalancer" && !is_pending(other)
                    || is_routed(index, other))
        })
        || is_routed(index, service)
}

/// Whether an Ingress or a route leads to the Service.
fn is_routed(index: &ClusterIndex, service: &KubernetesService) -> bool {
    let meta = &service.metadata;
    routed(index).contains(&(meta.namespace.as_str(), meta.name.as_str()))
}
