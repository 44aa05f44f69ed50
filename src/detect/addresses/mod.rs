//! Wrong addresses in the environment of containers: of a Service that does not
//! exist, or with a port that the Service does not have.
//!
//! Only plain values are checked. While a program serves, a name proves nothing:
//! many images have addresses of components that are not installed, and a name may
//! be one of the local network, whose search domains pods inherit. So the
//! container's log must have an error about it. A Service of another namespace is
//! found missing only by the log of a program that the services file names as its
//! dependent. A Service is also missing if a workload of its name runs in the same
//! namespace: nothing else leads to that one's pods.

mod address;
mod service_registry;

use std::collections::BTreeMap;

pub use address::Address;
pub use service_registry::{Fault, ServiceRegistry, WrongAddress};

use super::index::ClusterIndex;
use super::pod_status::{SETTLING, is_ready};
use super::workload::Workload;
use crate::cluster::types::{PodSpec, selects};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// Errors of clients that cannot resolve or reach a host.
const CLIENT_ERRORS: &[&str] = &[
    "no such host",
    "not known",
    "enotfound",
    "eai_again",
    "name resolution",
    "resolution failed",
    "unknownhost",
    "could not resolve",
    "unabletoconnect",
    "unable to connect",
    "failed to connect",
    "connection refused",
    "econnrefused",
    "lookup ",
];

/// Checks the environment of every workload that has a ready pod.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let Some(registry) = ServiceRegistry::new(index) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    // Missing Services by namespace and name, with the workloads that use them.
    let mut missing: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for workload in index.workloads.iter().filter(|w| has_ready_pod(w)) {
        let Some(spec) = workload.pod_spec() else {
            continue;
        };
        let mut wrong = registry.wrong(spec, &workload.meta.namespace);
        wrong.retain(|w| {
            let is_missing = shows_missing_service(index, workload, w);
            if is_missing {
                let key = (w.namespace.clone(), w.service.clone());
                let clients = missing.entry(key).or_default();
                let (name, variable) = (workload.name, w.variable);
                clients.push(format!("{name} ({}={})", variable.name, variable.value));
            }
            !is_missing && is_certain(index, workload, w)
        });
        findings.extend(wrong_addresses(index, workload, &wrong));
    }
    findings.extend(missing.iter().filter_map(|((namespace, name), clients)| {
        missing_service(index, namespace, name, clients)
    }));
    findings
}

fn has_ready_pod(workload: &Workload) -> bool {
    workload.pods.iter().any(|p| is_ready(p))
}

/// Whether a wrong address shows that the Service of a running workload is missing.
fn shows_missing_service(index: &ClusterIndex, client: &Workload, wrong: &WrongAddress) -> bool {
    let server = without_service(index, &wrong.namespace, &wrong.service);
    matches!(wrong.fault, Fault::NoSuchService(_))
        && server.is_some_and(|server| {
            let is_near = client.meta.namespace == server.meta.namespace;
            let has_error = || log_line(index, client, wrong.address.host).is_some();
            is_near || is_dependent(index, client, server) && has_error()
        })
}

/// Whether by the services file the service of one workload depends on that of another and is at
/// least as critical.
fn is_dependent(index: &ClusterIndex, client: &Workload, server: &Workload) -> bool {
    let services = index.service_of(client).zip(index.service_of(server));
    services.is_some_and(|(client, server)| {
        let mut dependencies = client.dependencies.iter();
        let is_listed = dependencies.any(|d| d.service.as_ref() == Some(&server.name));
        is_listed && client.tier <= server.tier
    })
}

/// A running workload of that name that no Service selects.
fn without_service<'v, 'a>(
    index: &'v ClusterIndex<'a>,
    namespace: &str,
    name: &str,
) -> Option<&'v Workload<'a>> {
    let workload = index.workloads_in(namespace).find(|w| {
        (w.name == name || index.service_of(w).is_some_and(|s| s.is_called(name)))
            && has_ready_pod(w)
    })?;
    if workload.pod_spec().is_none_or(listens_at_its_node) {
        return None;
    }
    let labels = &workload.pods.first()?.metadata.labels;
    let mut selectors = index
        .kubernetes_services_in(namespace)
        .iter()
        .map(|s| &s.spec.selector);
    let is_selected = selectors.any(|s| !s.is_empty() && selects(s, labels));
    (!is_selected).then_some(workload)
}

/// Whether pods are reached by the address of their node and need no Service.
fn listens_at_its_node(spec: &PodSpec) -> bool {
    let mut ports = spec.containers.iter().flat_map(|c| c.ports.iter());
    spec.host_network || ports.any(|port| port.host_port.is_some_and(|port| port != 0))
}

/// Since when a workload has its pods; none while they have only just started.
fn settled_since(index: &ClusterIndex, workload: &Workload) -> Option<Time> {
    let created = workload.pods.iter();
    let since = created.filter_map(|p| p.metadata.creation_timestamp).min();
    since.filter(|t| index.now() - *t >= SETTLING)
}

fn is_certain(index: &ClusterIndex, workload: &Workload, wrong: &WrongAddress) -> bool {
    // The Services of a namespace that no service uses may change in any way.
    let is_listed = |namespace: &str| {
        let mut listed = index.monitored.iter();
        listed.any(|s| s.namespace.as_deref() == Some(namespace))
    };
    let is_known =
        wrong.namespace == workload.meta.namespace.as_str() || is_listed(&wrong.namespace);
    matches!(wrong.fault, Fault::NoSuchPort(_)) && is_known
        || log_line(index, workload, wrong.address.host).is_some()
}

/// A line of the workload's log with an error about the host.
fn log_line<'a>(index: &ClusterIndex<'a>, workload: &Workload, host: &str) -> Option<&'a str> {
    let logs = workload.pods.iter().flat_map(|pod| index.logs(pod));
    let mut lines = logs.flat_map(|log| log.text.lines().rev().take(200));
    lines.find(|line| {
        line.contains(host) && {
            let lower = line.to_lowercase();
            CLIENT_ERRORS.iter().any(|error| lower.contains(error))
        }
    })
}

fn wrong_addresses(
    index: &ClusterIndex,
    workload: &Workload,
    wrong: &[WrongAddress],
) -> Option<Finding> {
    let first = wrong.first()?;
    let since = settled_since(index, workload)?;
    let reason = Reason::ServiceNotFound;
    let mut finding = index.workload_finding(reason, workload, since, Effect::Impaired);
    finding.message = format!(
        "{} has a wrong address: {}",
        first.variable.name,
        first.description()
    );
    for w in wrong {
        finding.fact(
            FactKind::Object,
            format!(
                "{}={}: {}",
                w.variable.name,
                w.variable.value,
                w.description()
            ),
        );
        if let Some(line) = log_line(index, workload, w.address.host) {
            let line: String = line.chars().take(200).collect();
            finding.fact(FactKind::Log, line.trim());
        }
    }
    Some(finding)
}

/// A workload that others address by the name of a Service that does not exist.
fn missing_service(
    index: &ClusterIndex,
    namespace: &str,
    name: &str,
    clients: &[String],
) -> Option<Finding> {
    let workload = without_service(index, namespace, name)?;
    let since = settled_since(index, workload)?;
    let resource = ObjectRef::new("Service", namespace, name);
    let mut finding = Finding::new(Reason::ServiceNotFound, resource, since, Effect::CutOff);
    finding.service = index.service_of(workload).map(|s| s.name.clone());
    finding.message = format!(
        "{} is running but its Service {name} does not exist",
        workload.reference()
    );
    finding.fact(
        FactKind::Object,
        format!("no Service selects the pods of {}", workload.reference()),
    );
    finding.fact(FactKind::Object, format!("used by {}", clients.join(", ")));
    Some(finding)
}
