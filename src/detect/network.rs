//! Kubernetes Services without endpoints although their pods are ready.
//!
//! A Service whose pods are down is only a consequence. Services without a
//! selector, of type ExternalName or with a workload scaled to zero are normal.

use std::collections::{HashMap, HashSet};

use super::index::ClusterIndex;
use super::pod_status::{SETTLING, is_ready};
use super::ports;
use super::selection::{Selected, selected};
use super::workload::Workload;
use crate::cluster::Resource;
use crate::cluster::types::{
    Endpoint, EndpointSlice, Pod, Service, ServicePort, TextMap, condition,
};
use crate::model::{Cause, Effect, Fact, FactKind, Finding, ObjectRef, Reason, Time};

/// Checks every Service that selects pods.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    if !index.snapshot.is_read(Resource::Pods) || !index.snapshot.is_read(Resource::EndpointSlices)
    {
        return Vec::new();
    }
    let services = index.snapshot.objects.services.iter();
    let services: Vec<_> = services.filter(|s| selects_pods(s)).collect();
    let network = Network::new(index, &services);
    let mut by_namespace: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, service) in services.iter().enumerate() {
        let here = by_namespace.entry(&service.metadata.namespace);
        here.or_default().push(at);
    }
    // The selected pods are kept for one namespace at a time, to save memory.
    let mut findings = Vec::new();
    for (namespace, here) in by_namespace {
        let own: Vec<_> = here.iter().map(|&at| services[at]).collect();
        let selected = selected(index.workloads_in(namespace), &own);
        let pairs = here.into_iter().zip(own.iter().zip(&selected));
        findings.extend(
            pairs.filter_map(|(at, (service, pods))| Some((at, network.check(service, pods)?))),
        );
    }
    findings.sort_unstable_by_key(|(at, _)| *at);
    findings.into_iter().map(|(_, finding)| finding).collect()
}

fn selects_pods(service: &Service) -> bool {
    let spec = &service.spec;
    !spec.selector.is_empty() && spec.kind != "ExternalName" && spec.cluster_ip != "None"
}

/// The objects that Services are checked against, besides their pods.
struct Network<'v, 'a> {
    index: &'v ClusterIndex<'a>,
    /// By namespace and Service.
    slices: HashMap<(&'a str, &'a str), Vec<&'a EndpointSlice>>,
    /// How many Services of a namespace select pods.
    services_in: HashMap<&'a str, usize>,
    /// The Services that are backends of ingresses and routes.
    routed: HashSet<(&'a str, &'a str)>,
}

impl<'v, 'a> Network<'v, 'a> {
    fn new(index: &'v ClusterIndex<'a>, services: &[&'a Service]) -> Self {
        let mut slices: HashMap<_, Vec<_>> = HashMap::new();
        for slice in &index.snapshot.objects.endpoint_slices {
            if let Some(service) = slice.metadata.label("kubernetes.io/service-name") {
                let key = (slice.metadata.namespace.as_str(), service);
                slices.entry(key).or_default().push(slice);
            }
        }
        let mut services_in: HashMap<_, usize> = HashMap::new();
        for service in services {
            *services_in
                .entry(service.metadata.namespace.as_str())
                .or_default() += 1;
        }
        Self {
            index,
            slices,
            services_in,
            routed: routed(index),
        }
    }

    fn check(&self, service: &Service, pods: &[Selected<'v, 'a>]) -> Option<Finding> {
        let ready: Vec<_> = pods
            .iter()
            .copied()
            .filter(|(_, pod)| is_ready(pod))
            .collect();
        match pods {
            _ if self.is_unjudged(service) => None,
            [] => self.selects_nothing(service),
            _ if ready.is_empty() => None,
            _ => self.without_endpoints(service, &ready),
        }
    }

    /// Whether the Service or its endpoints are known by name only.
    fn is_unjudged(&self, service: &Service) -> bool {
        let meta = &service.metadata;
        let key = (meta.namespace.as_str(), meta.name.as_str());
        let unjudged = &self.index.unjudged;
        let is_slice = |slice: &&EndpointSlice| unjudged.is("EndpointSlice", &slice.metadata);
        let slices = self.slices.get(&key).map_or(&[][..], Vec::as_slice);
        unjudged.is("Service", meta)
            || unjudged.unattributed(Resource::EndpointSlices, &meta.namespace) > 0
            || slices.iter().any(is_slice)
    }

    /// No pod has the labels of the selector. That is a fault if the workload
    /// that the Service is meant for has ready pods.
    fn selects_nothing(&self, service: &Service) -> Option<Finding> {
        let workload = self.intended_workload(service)?;
        let labels = &workload.pods.iter().find(|p| is_ready(p))?.metadata.labels;
        let selector = &service.spec.selector;
        let mut finding = self.finding(service, workload);
        finding.cause = Some(Cause::ServiceSelectorMismatch);
        let wrong = differing(selector, labels);
        let owner = workload.reference();
        finding.message = format!("selects no pod: {wrong}; the pods of {owner} are ready");
        let name = &service.metadata.name;
        finding.fact(
            FactKind::Object,
            format!("Service {name} selects {}", pairs(selector)),
        );
        finding.fact(
            FactKind::Object,
            format!("pods of {owner} have labels {}", pairs(labels)),
        );
        Some(finding)
    }

    /// The workload that a Service without pods is meant for: the one with its
    /// name, else one of the listed service with its name.
    fn intended_workload(&self, service: &Service) -> Option<&'v Workload<'a>> {
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        let named = ["Deployment", "StatefulSet", "DaemonSet"]
            .iter()
            .find_map(|kind| self.index.workload(kind, namespace, name));
        named.filter(|w| !w.pods.is_empty()).or_else(|| {
            let owner = self.index.matcher.called(namespace, name)?;
            let mut workloads = self
                .index
                .workloads_of(owner)
                .iter()
                .map(|&at| &self.index.workloads[at]);
            workloads.find(|w| !w.pods.is_empty())
        })
    }

    fn without_endpoints(&self, service: &Service, ready: &[Selected<'v, 'a>]) -> Option<Finding> {
        let slices = self.slices_of(service);
        let has_endpoint =
            |s: &&EndpointSlice| !s.ports.is_empty() && s.endpoints.iter().any(Endpoint::is_ready);
        let no_endpoint = !slices.iter().any(has_endpoint);
        let closed = closed_ports(service, ready);
        let workload = ready.first()?.0;
        let mismatched = protocol_mismatches(service, ready);
        // Containers need not declare their ports. Where endpoints are ready, a second fact
        // has to show that all ports of an entry point are wrong.
        let is_all = |count: usize| count > 0 && count == service.spec.ports.len();
        let otherwise = is_all(closed.len())
            .then(|| self.says_otherwise(&closed, ready))
            .flatten();
        let all_mismatched = is_all(mismatched.len())
            && ready.iter().all(|(_, pod)| {
                let mut ports = mismatched.iter();
                ports.all(|(port, _)| ports::answers_tcp(port, &pod.spec))
            });
        let all_wrong = otherwise.is_some() || all_mismatched;
        if !(no_endpoint || all_wrong && self.is_entry_point(service, workload)) {
            return None;
        }
        // Endpoint slices are updated within seconds after pods become ready.
        if !ready.iter().any(|(_, pod)| is_settled(self.index, pod)) {
            return None;
        }
        let mut finding = self.finding(service, workload);
        if let Some(port) = closed.first() {
            finding.cause = Some(Cause::ServicePortMismatch);
            let (port, target) = (port.port, ports::target(port));
            finding.message =
                format!("port {port} forwards to {target}, where no container listens");
            let declared = ports::declared_ports(&ready.first()?.1.spec);
            finding.fact(FactKind::Object, format!("containers declare {declared}"));
            if let Some(fact) = otherwise {
                finding.fact(fact.kind, fact.text);
            }
        } else if let Some((port, actual)) = mismatched.first() {
            finding.cause = Some(Cause::ServiceProtocolMismatch);
            let expected = ports::protocol(&port.protocol);
            let (port, target) = (port.port, ports::target(port));
            finding.message = format!(
                "port {port} forwards {expected} to {target}, where the container uses {actual}"
            );
            finding.fact(
                FactKind::Object,
                format!("Service port {port} is {expected}; container port {target} is {actual}"),
            );
        } else {
            finding.cause = Some(Cause::ServiceNoReadyEndpoints);
            let owner = workload.reference();
            finding.message = format!("has no ready endpoint although pods of {owner} are ready");
        }
        let (name, count) = (&service.metadata.name, ready.len());
        finding.fact(
            FactKind::Object,
            format!("Service {name} selects {count} ready pods"),
        );
        Some(finding)
    }

    /// What shows for all closed ports that the programs listen on others.
    fn says_otherwise(&self, closed: &[&ServicePort], ready: &[Selected<'v, 'a>]) -> Option<Fact> {
        let mut first = None;
        for port in closed {
            for (_, pod) in ready {
                let logs = self.index.logs(pod);
                let fact = ports::says_otherwise(port, &pod.spec, logs)?;
                first.get_or_insert(fact);
            }
        }
        first
    }

    fn slices_of<'s>(&'s self, service: &'s Service) -> &'s [&'a EndpointSlice] {
        let key = (
            service.metadata.namespace.as_str(),
            service.metadata.name.as_str(),
        );
        self.slices.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Whether users reach the workload by this Service: it has the name of the
    /// workload or of its service, is the only one of the namespace, or is the
    /// backend of an ingress or route.
    fn is_entry_point(&self, service: &Service, workload: &Workload) -> bool {
        let (namespace, name) = (
            service.metadata.namespace.as_str(),
            service.metadata.name.as_str(),
        );
        self.services_in.get(namespace) == Some(&1)
            || name == workload.name
            || self
                .index
                .service_of(workload)
                .is_some_and(|s| s.is_called(name))
            || self.routed.contains(&(namespace, name))
    }

    /// A finding about a Service. The listed service is cut off if users reach
    /// it by this Service.
    fn finding(&self, service: &Service, workload: &Workload) -> Finding {
        let effect = if self.is_entry_point(service, workload) {
            Effect::CutOff
        } else {
            Effect::Impaired
        };
        let meta = &service.metadata;
        let reference = ObjectRef::new("Service", &meta.namespace, &meta.name);
        let mut finding = Finding::new(
            Reason::NoReadyEndpoints,
            reference,
            self.changed(service),
            effect,
        );
        finding.service = self.index.service_of(workload).map(|s| s.name.clone());
        finding
    }

    /// When the endpoints last changed; the time of the snapshot where it is unknown.
    fn changed(&self, service: &Service) -> Time {
        let slices = self.slices_of(service).iter();
        let trigger = "endpoints.kubernetes.io/last-change-trigger-time";
        slices
            .filter_map(|s| s.metadata.annotation(trigger))
            .filter_map(|t| chrono::DateTime::parse_from_rfc3339(t).ok())
            .map(|t| t.to_utc())
            .max()
            .unwrap_or(self.index.now())
    }
}

/// The Services that are backends of ingresses and routes, by namespace and name.
pub fn routed<'a>(index: &ClusterIndex<'a>) -> HashSet<(&'a str, &'a str)> {
    let objects = &index.snapshot.objects;
    let by_ingress = objects.ingresses.iter().flat_map(|ingress| {
        let paths = ingress.spec.rules.iter().flat_map(|r| &r.http.paths);
        let backends = paths
            .map(|p| &p.backend)
            .chain(&ingress.spec.default_backend);
        let services = backends.filter_map(|b| b.service.as_ref());
        services.map(|s| (ingress.metadata.namespace.as_str(), s.name.as_str()))
    });
    let routes = objects.http_routes.iter();
    let routes = routes
        .chain(&objects.grpc_routes)
        .chain(&objects.tls_routes);
    let by_route = routes.flat_map(|route| {
        let backends = route.spec.rules.iter().flat_map(|r| &r.backend_refs);
        // A route of another namespace does not make a Service an entry point.
        let own = route.metadata.namespace.as_str();
        let backends = backends.filter(move |b| b.namespace.is_empty() || b.namespace == own);
        backends.map(move |b| (own, b.name.as_str()))
    });
    let by_traefik = objects.ingress_routes.iter().flat_map(|route| {
        let services = route.spec.routes.iter().flat_map(|r| &r.services);
        services.map(|s| {
            let own = route.metadata.namespace.as_str();
            let named = s.namespace.as_str();
            (if named.is_empty() { own } else { named }, s.name.as_str())
        })
    });
    by_ingress.chain(by_route).chain(by_traefik).collect()
}

/// The ports of a Service that none of its ready pods declares.
fn closed_ports<'s>(service: &'s Service, ready: &[Selected]) -> Vec<&'s ServicePort> {
    let is_closed = |port: &&ServicePort| {
        ready
            .iter()
            .all(|(_, pod)| ports::is_undeclared(port, &pod.spec))
    };
    service.spec.ports.iter().filter(is_closed).collect()
}

/// The ports of a Service that all of its ready pods declare with another
/// protocol, and that protocol.
fn protocol_mismatches<'s>(
    service: &'s Service,
    ready: &[Selected<'_, 's>],
) -> Vec<(&'s ServicePort, &'s str)> {
    let mismatch = |port: &'s ServicePort| {
        let mut all = ready
            .iter()
            .map(|(_, pod)| ports::other_protocol(port, &pod.spec));
        let first = all.next()??;
        all.all(|other| other.is_some()).then_some((port, first))
    };
    service.spec.ports.iter().filter_map(mismatch).collect()
}

fn is_settled(index: &ClusterIndex, pod: &Pod) -> bool {
    condition(&pod.status.conditions, "Ready")
        .and_then(|c| c.last_transition_time)
        .is_none_or(|t| index.now() - t > SETTLING)
}

fn differing(selector: &TextMap, labels: &TextMap) -> String {
    let wrong: Vec<_> = selector
        .iter()
        .filter(|(k, v)| labels.get(k) != Some(v))
        .map(|(k, v)| match labels.get(k) {
            Some(have) => format!("{k} is {have} on the pods, not {v}"),
            None => format!("the pods have no label {k}={v}"),
        })
        .collect();
    wrong.join(", ")
}

fn pairs(labels: &TextMap) -> String {
    let pairs: Vec<_> = labels
        .iter()
        .filter(|(k, _)| !k.ends_with("-hash"))
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    pairs.join(",")
}
