//! Ingresses whose backend does not exist, and routes and gateways that are not
//! accepted.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::text::condition_text;
use crate::cluster::Resource;
use crate::cluster::types::{
    Gateway, HttpRoute, Ingress, IngressService, ObjectMeta, Service, SharedStr,
};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// Gateways and Services of one sync are created within minutes of each other.
const GRACE: TimeDelta = TimeDelta::minutes(2);

/// Checks ingresses, routes and gateways.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects;
    let mut findings = Vec::new();
    if index.snapshot.is_read(Resource::Services) {
        findings.extend(objects.ingresses.iter().filter_map(|i| ingress(index, i)));
    }
    findings.extend(objects.http_routes.iter().filter_map(|r| route(index, r)));
    findings.extend(objects.gateways.iter().filter_map(|g| gateway(index, g)));
    findings
}

/// A finding, unless it is too recent.
fn settled_finding(
    index: &ClusterIndex,
    reason: Reason,
    kind: &str,
    meta: &ObjectMeta,
    since: Option<Time>,
) -> Option<Finding> {
    let since = since
        .or(meta.creation_timestamp)
        .unwrap_or(index.now() - GRACE);
    if index.now() - since < GRACE {
        return None;
    }
    let reference = ObjectRef::new(kind, &meta.namespace, &meta.name);
    Some(Finding::new(reason, reference, since, Effect::Impaired))
}

fn ingress(index: &ClusterIndex, ingress: &Ingress) -> Option<Finding> {
    let meta = &ingress.metadata;
    let paths = ingress
        .spec
        .rules
        .iter()
        .flat_map(|r| r.http.paths.iter().map(move |p| (r.host.as_str(), p)));
    let backends: Vec<_> = paths
        .filter_map(|(host, p)| Some((host, p.path.as_str(), p.backend.service.as_ref()?)))
        .collect();
    let missing: Vec<_> = backends
        .iter()
        .filter_map(|(host, path, b)| {
            Some((*host, *path, missing_backend(index, &meta.namespace, b)?))
        })
        .collect();
    let (host, path, what) = missing.first()?;
    let mut finding = settled_finding(index, Reason::IngressBackendMissing, "Ingress", meta, None)?;
    finding.service = owner(index, meta, missing.iter().map(|(host, ..)| *host));
    // Users reach the service by this host, and none of its paths has a backend.
    let listed = index.monitored.iter().any(|s| {
        Some(&s.name) == finding.service.as_ref()
            && missing
                .iter()
                .any(|(host, ..)| s.ingress.iter().any(|h| h == host))
    });
    if listed && missing.len() == backends.len() {
        finding.effect = Effect::CutOff;
    }
    finding.message = format!("{host}{path} has no backend: {what}");
    for (host, path, what) in &missing {
        finding.fact(FactKind::Object, format!("{host}{path}: {what}"));
    }
    Some(finding)
}

/// The Service or port that a backend names and that does not exist.
fn missing_backend(
    index: &ClusterIndex,
    namespace: &str,
    backend: &IngressService,
) -> Option<String> {
    let Some(service) = index.kubernetes_service(namespace, &backend.name) else {
        return Some(format!(
            "Service {} does not exist in {namespace}",
            backend.name
        ));
    };
    if index.unjudged.is("Service", &service.metadata) {
        return None;
    }
    let port = &backend.port;
    let has = |s: &Service| {
        s.spec.ports.iter().any(|p| match port.number {
            Some(number) => p.port == number,
            None => p.name == port.name,
        })
    };
    let names_port = port.number.is_some() || !port.name.is_empty();
    let checkable =
        names_port && service.spec.kind != "ExternalName" && !service.spec.ports.is_empty();
    (checkable && !has(service)).then(|| {
        let missing = port
            .number
            .map_or_else(|| port.name.to_string(), |n| n.to_string());
        let ports: Vec<_> = service
            .spec
            .ports
            .iter()
            .map(|p| p.port.to_string())
            .collect();
        format!(
            "Service {} has no port {missing}, only {}",
            backend.name,
            ports.join(", ")
        )
    })
}

/// The service of a host by the services file, else by namespace and name.
fn owner<'h>(
    index: &ClusterIndex,
    meta: &ObjectMeta,
    hosts: impl Iterator<Item = &'h str>,
) -> Option<String> {
    let mut by_host = hosts.flat_map(|host| index.matcher.of_host(host));
    let by_host = by_host.next().map(|&at| &index.monitored[at]);
    by_host
        .or_else(|| index.service_of_object(meta))
        .map(|s| s.name.clone())
}

/// The gateway reports for each route whether it is accepted and its backends exist.
fn route(index: &ClusterIndex, route: &HttpRoute) -> Option<Finding> {
    let meta = &route.metadata;
    let rejected = route
        .status
        .parents
        .iter()
        .flat_map(|p| &p.conditions)
        .find(|c| matches!(c.kind.as_str(), "Accepted" | "ResolvedRefs") && c.is_false())?;
    let mut finding = settled_finding(
        index,
        Reason::RouteInvalid,
        "HTTPRoute",
        meta,
        rejected.last_transition_time,
    )?;
    finding.service = owner(
        index,
        meta,
        route.spec.hostnames.iter().map(SharedStr::as_str),
    );
    finding.message = format!(
        "the route for {} is not in effect: {}",
        route.spec.hostnames.join(", "),
        rejected.message
    );
    finding.fact(FactKind::Object, condition_text(rejected));
    Some(finding)
}

fn gateway(index: &ClusterIndex, gateway: &Gateway) -> Option<Finding> {
    let meta = &gateway.metadata;
    let rejected = gateway
        .status
        .conditions
        .iter()
        .find(|c| matches!(c.kind.as_str(), "Accepted" | "Programmed") && c.is_false())?;
    let mut finding = settled_finding(
        index,
        Reason::RouteInvalid,
        "Gateway",
        meta,
        rejected.last_transition_time,
    )?;
    finding.service = owner(index, meta, std::iter::empty());
    finding.message = format!("the gateway is not in effect: {}", rejected.message);
    finding.fact(FactKind::Object, condition_text(rejected));
    Some(finding)
}
