//! Ways in from outside that lead to nothing: ingresses whose backend does not
//! exist, routes that their gateway does not accept.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use crate::cluster::Resource;
use crate::cluster::types::{
    Condition, Gateway, HttpRoute, Ingress, IngressService, ObjectMeta, Service, SharedStr,
};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

/// Gateways and Services of one sync follow each other within minutes.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

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

fn draft(
    index: &ClusterIndex,
    reason: Reason,
    kind: &str,
    meta: &ObjectMeta,
    since: Option<crate::model::Time>,
) -> Option<Finding> {
    let since = since
        .or(meta.creation_timestamp)
        .unwrap_or(index.now() - PATIENCE);
    if index.now() - since < PATIENCE {
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
        .filter_map(|(host, path, b)| Some((*host, *path, lacking(index, &meta.namespace, b)?)))
        .collect();
    let (host, path, what) = missing.first()?;
    let mut finding = draft(index, Reason::IngressBackendMissing, "Ingress", meta, None)?;
    finding.service = owner(index, meta, missing.iter().map(|(host, ..)| *host));
    // Its users come in by this host, and none of its paths leads anywhere.
    let listed = index.roster.iter().any(|s| {
        Some(&s.name) == finding.service.as_ref()
            && missing
                .iter()
                .any(|(host, ..)| s.ingress.iter().any(|h| h == host))
    });
    if listed && missing.len() == backends.len() {
        finding.effect = Effect::CutOff;
    }
    finding.message = format!("{host}{path} leads nowhere: {what}");
    for (host, path, what) in &missing {
        finding.fact(FactKind::Object, format!("{host}{path}: {what}"));
    }
    Some(finding)
}

/// What a backend names and is not there.
fn lacking(index: &ClusterIndex, namespace: &str, backend: &IngressService) -> Option<String> {
    let Some(service) = index.kubernetes_service(namespace, &backend.name) else {
        return Some(format!(
            "Service {} does not exist in {namespace}",
            backend.name
        ));
    };
    let port = &backend.port;
    let has = |s: &Service| {
        s.spec.ports.iter().any(|p| match port.number {
            Some(number) => p.port == number,
            None => p.name == port.name,
        })
    };
    let asks = port.number.is_some() || !port.name.is_empty();
    let checkable = asks && service.spec.kind != "ExternalName" && !service.spec.ports.is_empty();
    (checkable && !has(service)).then(|| {
        let asked = port
            .number
            .map_or_else(|| port.name.to_string(), |n| n.to_string());
        let ports: Vec<_> = service
            .spec
            .ports
            .iter()
            .map(|p| p.port.to_string())
            .collect();
        format!(
            "Service {} has no port {asked}, only {}",
            backend.name,
            ports.join(", ")
        )
    })
}

/// The service that a host belongs to by the services file, else by namespace and name.
fn owner<'h>(
    index: &ClusterIndex,
    meta: &ObjectMeta,
    hosts: impl Iterator<Item = &'h str>,
) -> Option<String> {
    let mut by_host = hosts.flat_map(|host| index.matcher.of_host(host));
    let by_host = by_host.next().map(|&at| &index.roster[at]);
    let by_name = || {
        let at = index.matcher.of_object(meta)?;
        Some(&index.roster[at])
    };
    by_host.or_else(by_name).map(|s| s.name.clone())
}

/// A gateway says of each route whether it takes it and finds its backends.
fn route(index: &ClusterIndex, route: &HttpRoute) -> Option<Finding> {
    let meta = &route.metadata;
    let refused = route
        .status
        .parents
        .iter()
        .flat_map(|p| &p.conditions)
        .find(|c| matches!(c.kind.as_str(), "Accepted" | "ResolvedRefs") && c.is_false())?;
    let mut finding = draft(
        index,
        Reason::RouteInvalid,
        "HTTPRoute",
        meta,
        refused.last_transition_time,
    )?;
    finding.service = owner(
        index,
        meta,
        route.spec.hostnames.iter().map(SharedStr::as_str),
    );
    finding.message = format!(
        "{} leads nowhere: {}",
        route.spec.hostnames.join(", "),
        refused.message
    );
    finding.fact(FactKind::Object, said(refused));
    Some(finding)
}

fn gateway(index: &ClusterIndex, gateway: &Gateway) -> Option<Finding> {
    let meta = &gateway.metadata;
    let refused = gateway
        .status
        .conditions
        .iter()
        .find(|c| matches!(c.kind.as_str(), "Accepted" | "Programmed") && c.is_false())?;
    let mut finding = draft(
        index,
        Reason::RouteInvalid,
        "Gateway",
        meta,
        refused.last_transition_time,
    )?;
    finding.service = owner(index, meta, std::iter::empty());
    finding.message = format!("the gateway is not in force: {}", refused.message);
    finding.fact(FactKind::Object, said(refused));
    Some(finding)
}

fn said(condition: &Condition) -> String {
    format!(
        "condition {}={} ({}): {}",
        condition.kind, condition.status, condition.reason, condition.message
    )
}
