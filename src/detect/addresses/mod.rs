//! Addresses in the environment of containers that lead nowhere: a Service that
//! does not exist, or a port that it does not have.
//!
//! Plain values only. Many images carry addresses of parts that an installation
//! leaves out, so a name that nothing here resembles is no trouble by itself:
//! it must be nearly an existing one, be meant for one by the variable's name,
//! or the container's own log must complain of it.

mod address;
mod service_registry;

use std::collections::BTreeMap;

pub use address::Address;
pub use service_registry::{Fault, ServiceRegistry, WrongAddress};

use super::index::ClusterIndex;
use super::pods;
use super::workload::Workload;
use crate::cluster::types::selects;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

/// What a client says of a name or address that it cannot use.
const COMPLAINTS: &[&str] = &[
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

/// Checks the environment of every workload that runs.
#[must_use]
pub fn detect(view: &ClusterIndex) -> Vec<Finding> {
    let Some(directory) = ServiceRegistry::new(view) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut gaps: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for workload in view
        .workloads
        .iter()
        .filter(|w| w.pods.iter().any(|p| pods::is_ready(p)))
    {
        let Some(spec) = workload.pod_spec() else {
            continue;
        };
        let mut wrong = directory.wrong(spec, &workload.meta.namespace);
        wrong.retain(|w| {
            let is_gap = matches!(w.fault, Fault::NoSuchService(_))
                && keeper(view, &w.namespace, &w.service).is_some();
            if is_gap {
                let callers = gaps
                    .entry((w.namespace.clone(), w.service.clone()))
                    .or_default();
                callers.push(format!(
                    "{} ({}={})",
                    workload.name, w.variable.name, w.variable.value
                ));
            }
            !is_gap && is_certain(view, workload, w)
        });
        findings.extend(misaddressed(view, workload, &wrong));
    }
    findings.extend(
        gaps.iter()
            .filter_map(|((namespace, name), callers)| gap(view, namespace, name, callers)),
    );
    findings
}

/// A running workload of that name, which only lacks its Service.
fn keeper<'v, 'a>(
    view: &'v ClusterIndex<'a>,
    namespace: &str,
    name: &str,
) -> Option<&'v Workload<'a>> {
    let workload = view.workloads_in(namespace).find(|w| {
        (w.name == name || view.service_of(w).is_some_and(|s| s.is_called(name)))
            && w.pods.iter().any(|p| pods::is_ready(p))
    })?;
    let labels = &workload.pods.first()?.metadata.labels;
    let mut services = view.snapshot.objects.services.iter();
    let selected = services.any(|s| {
        s.metadata.namespace == namespace
            && !s.spec.selector.is_empty()
            && selects(&s.spec.selector, labels)
    });
    (!selected).then_some(workload)
}

fn is_certain(view: &ClusterIndex, workload: &Workload, wrong: &WrongAddress) -> bool {
    match &wrong.fault {
        Fault::NoSuchPort(_) | Fault::NoSuchService(Some(_)) => true,
        Fault::NoSuchService(None) => complaint(view, workload, wrong.address.host).is_some(),
    }
}

/// A line of the workload's log that complains of the host.
fn complaint<'a>(view: &ClusterIndex<'a>, workload: &Workload, host: &str) -> Option<&'a str> {
    let is_own = |namespace: &str, pod: &str| {
        let metas = workload.pods.iter().map(|p| &p.metadata);
        metas
            .into_iter()
            .any(|m| m.name == pod && m.namespace == namespace)
    };
    let logs = view
        .snapshot
        .logs
        .iter()
        .filter(|l| is_own(&l.namespace, &l.pod));
    logs.flat_map(|l| l.text.lines().rev().take(200))
        .find(|line| {
            line.contains(host) && {
                let lower = line.to_lowercase();
                COMPLAINTS.iter().any(|c| lower.contains(c))
            }
        })
}

fn misaddressed(
    view: &ClusterIndex,
    workload: &Workload,
    wrong: &[WrongAddress],
) -> Option<Finding> {
    let first = wrong.first()?;
    let since = workload
        .pods
        .iter()
        .filter_map(|p| p.metadata.creation_timestamp)
        .min();
    let since = since.filter(|t| view.now() - *t >= pods::SETTLING)?;
    let mut finding = Finding::new(
        Reason::ServiceNotFound,
        workload.reference(),
        since,
        Effect::Impaired,
    );
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message = format!(
        "{} leads nowhere: {}",
        first.variable.name,
        first.in_words()
    );
    for w in wrong {
        finding.fact(
            FactKind::Object,
            format!("{}={}: {}", w.variable.name, w.variable.value, w.in_words()),
        );
        if let Some(line) = complaint(view, workload, w.address.host) {
            let line: String = line.chars().take(200).collect();
            finding.fact(FactKind::Log, line.trim());
        }
    }
    Some(finding)
}

/// A workload that others ask for by the name of a Service that is not there.
fn gap(view: &ClusterIndex, namespace: &str, name: &str, callers: &[String]) -> Option<Finding> {
    let workload = keeper(view, namespace, name)?;
    let since = workload
        .pods
        .iter()
        .filter_map(|p| p.metadata.creation_timestamp)
        .min();
    let since = since.filter(|t| view.now() - *t >= pods::SETTLING)?;
    let resource = ObjectRef::new("Service", namespace, name);
    let mut finding = Finding::new(Reason::ServiceNotFound, resource, since, Effect::CutOff);
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message = format!(
        "{} runs, and the Service {name} that leads to it does not exist",
        workload.reference()
    );
    finding.fact(
        FactKind::Object,
        format!("no Service selects the pods of {}", workload.reference()),
    );
    finding.fact(
        FactKind::Object,
        format!("asked for by {}", callers.join(", ")),
    );
    Some(finding)
}
