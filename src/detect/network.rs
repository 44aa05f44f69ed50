//! Services that reach nobody although their pods are ready.
//!
//! A Service without endpoints whose pods are down is a consequence, and those
//! without a selector, of type ExternalName or scaled to zero are no trouble.

use std::collections::BTreeMap;

use serde_json::Value;

use super::finding::{Cause, Effect, FactKind, Finding, ObjectRef, Reason};
use super::pods;
use super::view::{View, Workload};
use crate::cluster::Resource;
use crate::cluster::objects::{EndpointSlice, Pod, PodSpec, Service, ServicePort, Time, selects};

/// Checks every Service that selects pods.
#[must_use]
pub fn detect(view: &View) -> Vec<Finding> {
    if !view.snapshot.is_read(Resource::Pods) || !view.snapshot.is_read(Resource::EndpointSlices) {
        return Vec::new();
    }
    view.snapshot
        .objects
        .services
        .iter()
        .filter(|s| selects_pods(s))
        .filter_map(|s| check(view, s))
        .collect()
}

fn selects_pods(service: &Service) -> bool {
    let spec = &service.spec;
    !spec.selector.is_empty() && spec.kind != "ExternalName" && spec.cluster_ip != "None"
}

fn check(view: &View, service: &Service) -> Option<Finding> {
    let namespace = &service.metadata.namespace;
    let selected: Vec<&Pod> = view
        .snapshot
        .objects
        .pods
        .iter()
        .filter(|p| p.metadata.namespace == *namespace)
        .filter(|p| selects(&service.spec.selector, &p.metadata.labels))
        .filter(|p| !matches!(p.status.phase.as_str(), "Succeeded" | "Failed"))
        .collect();
    if selected.is_empty() {
        return selects_nothing(view, service);
    }
    if !selected.iter().any(|p| pods::is_ready(p)) {
        return None;
    }
    reaches_nobody(view, service, &selected)
}

/// No pod carries the labels: wrong when the service's own workload has ready pods.
fn selects_nothing(view: &View, service: &Service) -> Option<Finding> {
    let workload = meant(view, service)?;
    if !workload.pods.iter().any(|p| pods::is_ready(p)) {
        return None;
    }
    let mut finding = draft(view, service, workload);
    finding.cause = Some(Cause::ServiceSelectorMismatch);
    let labels = &workload.pods[0].metadata.labels;
    let wrong = differing(&service.spec.selector, labels);
    finding.message = format!(
        "selects no pod: {wrong}; the pods of {} are ready",
        workload.reference()
    );
    finding.fact(
        FactKind::Object,
        format!(
            "Service {} selects {}",
            service.metadata.name,
            pairs(&service.spec.selector)
        ),
    );
    finding.fact(
        FactKind::Object,
        format!("pods of {} carry {}", workload.reference(), pairs(labels)),
    );
    Some(finding)
}

/// The workload that a Service without pods is meant for: the one of its name,
/// else the only one that shares most of the selector.
fn meant<'v, 'a>(view: &'v View<'a>, service: &Service) -> Option<&'v Workload<'a>> {
    let meta = &service.metadata;
    let here = || {
        view.workloads
            .iter()
            .filter(|w| w.meta.namespace == meta.namespace && !w.pods.is_empty())
    };
    here().find(|w| w.meta.name == meta.name).or_else(|| {
        let called = |w: &&Workload| view.service_of(w).is_some_and(|s| s.is_called(&meta.name));
        here().find(called)
    })
}

fn reaches_nobody(view: &View, service: &Service, selected: &[&Pod]) -> Option<Finding> {
    let slices: Vec<&EndpointSlice> = view
        .snapshot
        .objects
        .endpoint_slices
        .iter()
        .filter(|s| s.metadata.namespace == service.metadata.namespace)
        .filter(|s| s.metadata.label("kubernetes.io/service-name") == Some(&service.metadata.name))
        .collect();
    let workload = view
        .workloads
        .iter()
        .find(|w| w.pods.iter().any(|p| std::ptr::eq(*p, selected[0])))?;
    let spec = &selected[0].spec;
    let dead: Vec<&ServicePort> = service
        .spec
        .ports
        .iter()
        .filter(|p| nobody_listens(p, spec))
        .collect();
    let foreign = service
        .spec
        .ports
        .iter()
        .filter_map(|p| Some((p, other_protocol(p, spec)?)))
        .collect::<Vec<_>>();
    let all = service.spec.ports.len().max(1);
    let unreached = slices.iter().all(|s| {
        s.ports.is_empty()
            || !s
                .endpoints
                .iter()
                .any(super::super::cluster::objects::Endpoint::is_ready)
    });
    if dead.len() < all && foreign.len() < all && !unreached {
        return None;
    }
    // Slices follow within seconds; a snapshot taken in between shows none.
    let settled = selected.iter().any(|p| {
        crate::cluster::objects::condition(&p.status.conditions, "Ready")
            .and_then(|c| c.last_transition_time)
            .is_none_or(|t| view.now() - t > pods::SETTLING)
    });
    if !settled {
        return None;
    }
    let mut finding = draft(view, service, workload);
    if let Some(port) = dead.first() {
        finding.cause = Some(Cause::ServicePortMismatch);
        finding.message = format!(
            "port {} forwards to {}, where no container listens",
            port.port,
            target(port)
        );
        finding.fact(
            FactKind::Object,
            format!("containers listen on {}", listened(spec)),
        );
    } else if let Some((port, spoken)) = foreign.first() {
        let asked = protocol_of(&port.protocol);
        finding.cause = Some(Cause::ServiceProtocolMismatch);
        finding.message = format!(
            "port {} forwards {asked} to {}, where the container speaks {spoken}",
            port.port,
            target(port)
        );
        finding.fact(
            FactKind::Object,
            format!("Service port {} is {asked}; container port {} is {spoken}", port.port, target(port)),
        );
    } else {
        finding.cause = Some(Cause::ServiceNoReadyEndpoints);
        finding.message = format!(
            "has no ready endpoint although pods of {} are ready",
            workload.reference()
        );
    }
    finding.fact(
        FactKind::Object,
        format!(
            "Service {} selects {} pods",
            service.metadata.name,
            selected.len()
        ),
    );
    Some(finding)
}

/// Only what can be proved: a named port that no container has, or a number
/// other than every declared one. Containers may listen on ports that they do
/// not declare, so a number that a probe uses is listened on too.
fn nobody_listens(port: &ServicePort, spec: &PodSpec) -> bool {
    let declared = || spec.containers.iter().flat_map(|c| &c.ports);
    match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => declared().all(|p| p.name != *name),
        other => {
            let number = number(other).unwrap_or(port.port);
            declared().next().is_some()
                && declared().all(|p| p.container_port != number)
                && !probed(spec, number)
        }
    }
}

fn protocol_of(text: &str) -> &str {
    if text.is_empty() { "TCP" } else { text }
}

/// The protocol that containers declare for the port, where it is another than
/// the Service forwards.
fn other_protocol<'a>(port: &ServicePort, spec: &'a PodSpec) -> Option<&'a str> {
    let asked = protocol_of(&port.protocol);
    let is_target = |p: &&crate::cluster::objects::ContainerPort| match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => p.name == *name,
        other => p.container_port == number(other).unwrap_or(port.port),
    };
    let declared = || spec.containers.iter().flat_map(|c| &c.ports).filter(is_target);
    let first = declared().next()?;
    declared()
        .all(|p| protocol_of(&p.protocol) != asked)
        .then(|| protocol_of(&first.protocol))
}

fn probed(spec: &PodSpec, number: i32) -> bool {
    spec.containers
        .iter()
        .flat_map(|c| [&c.readiness_probe, &c.liveness_probe, &c.startup_probe])
        .flatten()
        .flat_map(|p| {
            let http = p.http_get.as_ref().map(|h| &h.port);
            let tcp = p.tcp_socket.as_ref().map(|t| &t.port);
            let grpc = p.grpc.as_ref().map(|g| &g.port);
            [http, tcp, grpc].into_iter().flatten()
        })
        .any(|p| self::number(p) == Some(number))
}

fn number(value: &Value) -> Option<i32> {
    match value {
        Value::Number(n) => n
            .as_i64()
            .and_then(|n| i32::try_from(n).ok())
            .filter(|n| *n != 0),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

fn target(port: &ServicePort) -> String {
    match &port.target_port {
        Value::String(name) => format!("\"{name}\""),
        other => number(other).unwrap_or(port.port).to_string(),
    }
}

fn listened(spec: &PodSpec) -> String {
    let ports: Vec<_> = spec
        .containers
        .iter()
        .flat_map(|c| &c.ports)
        .map(|p| {
            if p.name.is_empty() {
                p.container_port.to_string()
            } else {
                format!("{} ({})", p.container_port, p.name)
            }
        })
        .collect();
    if ports.is_empty() {
        "no declared port".to_owned()
    } else {
        ports.join(", ")
    }
}

/// A finding on a Service. It cuts the operator's service off when users come
/// in by this Service, which is the one of its name or the only one.
fn draft(view: &View, service: &Service, workload: &Workload) -> Finding {
    let meta = &service.metadata;
    let owner = view.service_of(workload);
    let siblings = view
        .snapshot
        .objects
        .services
        .iter()
        .filter(|s| s.metadata.namespace == meta.namespace && selects_pods(s))
        .count();
    let principal = siblings == 1
        || meta.name == workload.meta.name
        || owner.is_some_and(|s| s.is_called(&meta.name))
        || routed(view, service);
    let effect = if principal {
        Effect::CutOff
    } else {
        Effect::Impaired
    };
    let reference = ObjectRef::new("Service", &meta.namespace, &meta.name);
    let mut finding = Finding::new(
        Reason::NoReadyEndpoints,
        reference,
        changed(view, service),
        effect,
    );
    finding.service = owner.map(|s| s.name.clone());
    finding
}

fn routed(view: &View, service: &Service) -> bool {
    view.snapshot
        .objects
        .ingresses
        .iter()
        .filter(|i| i.metadata.namespace == service.metadata.namespace)
        .flat_map(|i| &i.spec.rules)
        .flat_map(|r| &r.http.paths)
        .filter_map(|p| p.backend.service.as_ref())
        .any(|s| s.name == service.metadata.name)
}

/// When the endpoints changed last; the moment of the snapshot where nobody says.
fn changed(view: &View, service: &Service) -> Time {
    view.snapshot
        .objects
        .endpoint_slices
        .iter()
        .filter(|s| s.metadata.namespace == service.metadata.namespace)
        .filter(|s| s.metadata.label("kubernetes.io/service-name") == Some(&service.metadata.name))
        .filter_map(|s| {
            s.metadata
                .annotation("endpoints.kubernetes.io/last-change-trigger-time")
        })
        .filter_map(|t| chrono::DateTime::parse_from_rfc3339(t).ok())
        .map(|t| t.to_utc())
        .max()
        .unwrap_or(view.now())
}

fn differing(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> String {
    let wrong: Vec<_> = selector
        .iter()
        .filter(|(k, v)| labels.get(*k) != Some(v))
        .map(|(k, v)| match labels.get(k) {
            Some(have) => format!("{k} is {have} on the pods, not {v}"),
            None => format!("the pods have no label {k}={v}"),
        })
        .collect();
    wrong.join(", ")
}

fn pairs(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = labels
        .iter()
        .filter(|(k, _)| !k.ends_with("-hash"))
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    pairs.join(",")
}
