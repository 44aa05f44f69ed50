//! Ingresses and routes of Traefik: the Services that they name, matched as their controller
//! matches them.

use serde_json::Value;

use super::{Served, is_cut_off, owner, settled_finding};
use crate::cluster::types::{Ingress, IngressRoute, ObjectMeta, Service, ServicePort};
use crate::detect::index::ClusterIndex;
use crate::model::{Effect, FactKind, Finding, Reason};

/// The name of a port that stands for an action of the controller, not for a Service.
const ACTION: &str = "use-annotation";

/// An ingress, or a route of Traefik.
pub struct Entry<'a> {
    kind: &'static str,
    meta: &'a ObjectMeta,
    controller: Controller,
    backends: Vec<Backend<'a>>,
}

/// How a controller matches the port of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Controller {
    /// By the port of the Service or its name.
    Traefik,
    /// By the port of the Service, its name or its target, as ingress-nginx does. Where the
    /// controller is not known, a port that only some of them find is no outage.
    Other,
}

struct Backend<'a> {
    host: &'a str,
    path: &'a str,
    namespace: &'a str,
    service: &'a str,
    /// The port as text; empty where the backend names none.
    port: String,
}

/// What is wrong with a backend.
enum Fault {
    /// No controller can serve it.
    Missing(String),
    /// Some controllers do not find the port.
    Unusual(String),
}

/// All ingresses and routes of Traefik.
pub fn entries<'a>(index: &ClusterIndex<'a>) -> Vec<Entry<'a>> {
    let objects = &index.snapshot.objects;
    let ingresses = objects.ingresses.iter();
    let ingresses = ingresses.map(|i| Entry::of_ingress(index, i));
    let routes = objects.ingress_routes.iter().map(Entry::of_traefik);
    ingresses.chain(routes).collect()
}

impl<'a> Entry<'a> {
    fn of_ingress(index: &ClusterIndex<'a>, ingress: &'a Ingress) -> Self {
        let meta = &ingress.metadata;
        let by_annotation = meta.annotation("kubernetes.io/ingress.class");
        let class = by_annotation.unwrap_or(&ingress.spec.ingress_class_name);
        // K3s brings Traefik, which serves ingresses without a class.
        let is_default = class.is_empty() && index.service_called("traefik").is_some();
        let paths = ingress.spec.rules.iter().flat_map(|r| {
            let paths = r.http.paths.iter();
            paths.map(move |p| (&*r.host, &*p.path, &p.backend))
        });
        let backends = paths.filter_map(|(host, path, backend)| {
            let service = backend.service.as_ref()?;
            let number = service.port.number.map(|n| n.to_string());
            Some(Backend {
                host,
                path,
                namespace: &meta.namespace,
                service: &service.name,
                port: number.unwrap_or_else(|| service.port.name.to_string()),
            })
        });
        Self {
            kind: "Ingress",
            meta,
            controller: if class.to_lowercase().contains("traefik") || is_default {
                Controller::Traefik
            } else {
                Controller::Other
            },
            backends: backends.filter(|b| b.port != ACTION).collect(),
        }
    }

    fn of_traefik(route: &'a IngressRoute) -> Self {
        let meta = &route.metadata;
        let backends = route.spec.routes.iter().flat_map(|rule| {
            let services = rule.services.iter();
            let named = services.filter(|s| matches!(s.kind.as_str(), "" | "Service"));
            named.flat_map(move |service| {
                hosts(&rule.rule).map(move |host| Backend {
                    host,
                    path: "",
                    namespace: match service.namespace.as_str() {
                        "" => &meta.namespace,
                        other => other,
                    },
                    service: &service.name,
                    port: match &service.port {
                        Value::Null => String::new(),
                        Value::String(name) => name.clone(),
                        other => other.to_string(),
                    },
                })
            })
        });
        Self {
            kind: "IngressRoute",
            meta,
            controller: Controller::Traefik,
            backends: backends.collect(),
        }
    }

    /// The hosts of backends that exist.
    pub fn served(&self, index: &ClusterIndex) -> impl Iterator<Item = &'a str> {
        let found = self.backends.iter().filter(move |b| {
            let fault = self.fault(index, b);
            !matches!(fault, Some(Fault::Missing(_)))
        });
        found.map(|b| b.host)
    }

    /// A finding about the backends that do not exist.
    pub fn check(&self, index: &ClusterIndex, served: &Served) -> Option<Finding> {
        let faults = self.backends.iter();
        let faults: Vec<_> = faults
            .filter_map(|b| Some((b, self.fault(index, b)?)))
            .collect();
        let is_missing = |f: &Fault| matches!(f, Fault::Missing(_));
        let worst = faults.iter().find(|(_, f)| is_missing(f));
        let (backend, fault) = worst.or(faults.first())?;
        let reason = Reason::IngressBackendMissing;
        let mut finding = settled_finding(index, reason, self.kind, self.meta, None)?;
        let hosts = || faults.iter().map(|(b, _)| b.host);
        let service = owner(index, self.meta, hosts());
        finding.service = service.map(|s| s.name.clone());
        // Users reach the service by this host, and none of its paths has a backend.
        let all_missing =
            faults.len() == self.backends.len() && faults.iter().all(|(_, f)| is_missing(f));
        if all_missing && is_cut_off(service, served, hosts()) {
            finding.effect = Effect::CutOff;
        }
        let (host, path, what) = (backend.host, backend.path, fault.text());
        finding.message = if is_missing(fault) {
            format!("{host}{path} has no backend: {what}")
        } else {
            format!("{host}{path} may have no backend: {what}")
        };
        for (backend, fault) in &faults {
            let (host, path) = (backend.host, backend.path);
            finding.fact(FactKind::Object, format!("{host}{path}: {}", fault.text()));
        }
        Some(finding)
    }

    /// The Service or port that a backend names and that does not exist.
    fn fault(&self, index: &ClusterIndex, backend: &Backend) -> Option<Fault> {
        let (name, port) = (backend.service, backend.port.as_str());
        let Some(service) = index.kubernetes_service(backend.namespace, name) else {
            let namespace = backend.namespace;
            let what = format!("Service {name} does not exist in {namespace}");
            return Some(Fault::Missing(what));
        };
        if index.unjudged.is("Service", &service.metadata) {
            return None;
        }
        let ports = &service.spec.ports;
        let is_checkable =
            !port.is_empty() && service.spec.kind != "ExternalName" && !ports.is_empty();
        if !is_checkable || ports.iter().any(|p| is_port(p, port)) {
            return None;
        }
        let by_target = ports.iter().find(|p| target(p) == port);
        match (self.controller, by_target) {
            (Controller::Other, Some(_)) => None,
            (Controller::Traefik, Some(found)) => Some(Fault::Unusual(format!(
                "{port} is a target port of Service {name}, whose port is {}; Traefik does not accept it",
                found.port
            ))),
            (_, None) => Some(Fault::Missing(without_port(service, port))),
        }
    }
}

impl Fault {
    fn text(&self) -> &str {
        match self {
            Self::Missing(text) | Self::Unusual(text) => text,
        }
    }
}

fn without_port(service: &Service, port: &str) -> String {
    let ports = service.spec.ports.iter();
    let ports: Vec<_> = ports.map(|p| p.port.to_string()).collect();
    let name = &service.metadata.name;
    format!(
        "Service {name} has no port {port}, only {}",
        ports.join(", ")
    )
}

fn is_port(port: &ServicePort, wanted: &str) -> bool {
    port.port.to_string() == wanted || !port.name.is_empty() && port.name == *wanted
}

fn target(port: &ServicePort) -> String {
    match &port.target_port {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

/// The hosts of a rule: ``Host(`a`, `b`) && PathPrefix(`/x`)``. A rule without one counts as
/// one of an empty host.
pub fn hosts(rule: &str) -> impl Iterator<Item = &str> {
    let lists = rule.split("Host(").skip(1);
    let lists = lists.filter_map(|rest| Some(rest.split_once(')')?.0));
    let mut hosts: Vec<_> = lists
        .flat_map(|list| list.split(','))
        .map(|host| host.trim().trim_matches(['`', '"', '\'']))
        .filter(|host| !host.is_empty())
        .collect();
    if hosts.is_empty() {
        hosts.push("");
    }
    hosts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_from_rules_of_traefik() {
        let of = |rule| hosts(rule).collect::<Vec<_>>();
        assert_eq!(of("Host(`a.lan`) && PathPrefix(`/x`)"), ["a.lan"]);
        assert_eq!(
            of("Host(`a.lan`, `b.lan`) || Host(\"c.lan\")"),
            ["a.lan", "b.lan", "c.lan"]
        );
        assert_eq!(of("PathPrefix(`/x`)"), [""]);
        assert_eq!(of("Host(`a.lan"), [""]);
    }
}
