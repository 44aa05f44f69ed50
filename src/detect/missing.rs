//! Services that should run and do not: scaled to zero, or without any workload.

use std::collections::{HashMap, HashSet};

use super::custom::ResourcePresence;
use super::index::{ClusterIndex, workloads_are_read};
use super::principal::scaled_to_zero;
use super::runs::{CronState, RunPresence};
use super::workload::Workload;
use super::workloads::WorkloadState;
use crate::cluster::Source;
use crate::cluster::types::{Endpoint, ObjectMeta};
use crate::inventory::Service;
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, ServiceStatus, Tier};

/// What a service may consist of besides workloads.
pub struct Others<'a> {
    /// Its cron jobs.
    pub crons: &'a [CronState],
    /// Its other runs, by its position.
    pub runs: &'a HashMap<usize, RunPresence>,
    /// Its Application and custom resources, by its position.
    pub resources: &'a HashMap<usize, ResourcePresence>,
}

/// Checks every monitored service. One that consists of runs has no
/// workloads, and its runs are judged by themselves.
pub fn detect(
    index: &ClusterIndex,
    states: &[WorkloadState],
    others: &Others,
    findings: &mut Vec<Finding>,
) {
    let crons = others.crons.iter().filter(|c| !c.is_backup || c.is_service);
    let mut has_runs: HashSet<usize> = crons.filter_map(|c| c.service).collect();
    has_runs.extend(others.runs.keys());
    let is_there = |presence: &ResourcePresence| {
        !matches!(
            presence.status,
            ServiceStatus::Unavailable | ServiceStatus::Unknown
        )
    };
    let resources = others.resources.iter();
    has_runs.extend(resources.filter(|(_, p)| is_there(p)).map(|(at, _)| *at));
    for (at, service) in index.monitored.iter().enumerate() {
        let workloads: Vec<_> = index
            .workloads_of(at)
            .iter()
            .map(|&at| (&index.workloads[at], &states[at]))
            .collect();
        let consists_of_runs = workloads.is_empty() && has_runs.contains(&at);
        if must_exist(service) && !consists_of_runs {
            findings.extend(absent(index, service, &workloads));
        }
    }
}

/// Services of P2 and P3 may be switched off, and so may components of K3s that
/// were replaced.
fn must_exist(service: &Service) -> bool {
    service.tier <= Tier::P1
}

fn absent(
    index: &ClusterIndex,
    service: &Service,
    workloads: &[(&Workload, &WorkloadState)],
) -> Option<Finding> {
    if workloads.is_empty() {
        // K3s runs without some of its components, but not without its DNS.
        let is_required = service.builtin.is_none() || service.is_cluster_dns();
        let namespace = service.namespace.as_deref().unwrap_or_default();
        let is_known = service.namespace.is_some()
            && workloads_are_read(index.snapshot)
            && !is_outside_dump(index, service)
            && !is_kept_outside(index, service)
            && !index.unjudged.may_hide_workload(namespace);
        return (is_required && is_known).then(|| missing(index, service));
    }
    let (workload, _) = scaled_to_zero(service, workloads)?;
    // Without a workload or replica set that says zero, its pods have only ended.
    workload.desired?;
    // No object has the time of the change: conditions stay as they were.
    let mut finding = Finding::new(
        Reason::ScaledToZero,
        workload.reference(),
        index.now(),
        Effect::Unavailable,
    );
    finding.cause = Some(Cause::ScaledToZero);
    finding.service = Some(service.name.clone());
    finding.message = "scaled to zero replicas".to_owned();
    finding.fact(FactKind::Object, zero_by(workload));
    Some(finding)
}

/// The field that says zero.
fn zero_by(workload: &Workload) -> String {
    if let Some(owner) = &workload.owner {
        return format!("{}: {}", workload.reference(), owner.said_by);
    }
    let set = workload.replica_sets.last();
    let object = match set.filter(|_| workload.template.is_none()) {
        Some(set) => ObjectRef::new("ReplicaSet", &set.metadata.namespace, &set.metadata.name),
        None => workload.reference(),
    };
    format!("{object}: spec.replicas is 0")
}

/// Whether a dump has no object of the service's namespace. A dump may cover only
/// some namespaces, or another cluster: the service is not known to be missing.
fn is_outside_dump(index: &ClusterIndex, service: &Service) -> bool {
    if index.snapshot.source != Source::Dump {
        return false;
    }
    let objects = &index.snapshot.objects;
    let namespace = service.namespace.as_deref().unwrap_or_default();
    let is_here = |meta: &ObjectMeta| meta.namespace == namespace;
    let has_objects = objects
        .namespaces
        .iter()
        .any(|n| n.metadata.name == namespace)
        || index.workloads.iter().any(|w| is_here(w.meta))
        || objects.services.iter().any(|s| is_here(&s.metadata))
        || objects.claims.iter().any(|c| is_here(&c.metadata));
    !has_objects
}

/// Whether the service runs outside the cluster: a Kubernetes Service with its name is an
/// ExternalName, or has no selector and addresses that somebody wrote. A claim that a workload left
/// shows that it ran in the cluster.
fn is_kept_outside(index: &ClusterIndex, service: &Service) -> bool {
    let namespace = service.namespace.as_deref().unwrap_or_default();
    let objects = &index.snapshot.objects;
    let mut here = index.kubernetes_services_in(namespace).iter();
    let names_outside = here.any(|found| {
        let name = found.metadata.name.as_str();
        let leads_out = match found.spec.kind.as_str() {
            "ExternalName" => !is_inside(&found.spec.external_name),
            _ => found.spec.selector.is_empty() && has_written_addresses(index, namespace, name),
        };
        let is_own =
            service.is_called(name) || service.name.to_ascii_lowercase().replace(' ', "-") == name;
        is_own && leads_out
    });
    let mut claims = objects.claims.iter();
    names_outside && !claims.any(|claim| claim.metadata.namespace == namespace)
}

/// Whether a name is one of the cluster's own.
fn is_inside(host: &str) -> bool {
    host.split('.').any(|label| label == "svc")
}

/// Whether an endpoint slice has addresses of no pod.
fn has_written_addresses(index: &ClusterIndex, namespace: &str, service: &str) -> bool {
    let slices = index.snapshot.objects.endpoint_slices.iter();
    let mut own = slices.filter(|slice| {
        slice.metadata.namespace == namespace
            && slice.metadata.label("kubernetes.io/service-name") == Some(service)
    });
    own.any(|slice| {
        let is_outside = |endpoint: &Endpoint| {
            let target = endpoint.target_ref.as_ref();
            target.is_none_or(|target| target.kind != "Pod")
        };
        slice.endpoints.iter().any(is_outside)
    })
}

fn missing(index: &ClusterIndex, service: &Service) -> Finding {
    let namespace = service.namespace.as_deref().unwrap_or_default();
    let objects = &index.snapshot.objects;
    let exists = objects
        .namespaces
        .iter()
        .any(|n| n.metadata.name == namespace);
    let resource = match service.workloads.first() {
        Some(listed) => ObjectRef::new(listed.kind.as_str(), namespace, &listed.name),
        None => ObjectRef::new("Namespace", "", namespace),
    };
    let mut finding = Finding::new(
        Reason::WorkloadMissing,
        resource,
        index.now(),
        Effect::Unavailable,
    );
    finding.cause = Some(Cause::WorkloadMissing);
    finding.service = Some(service.name.clone());
    finding.message = if exists || namespace.is_empty() {
        format!("no workload of {} exists", service.name)
    } else {
        format!("namespace {namespace} does not exist")
    };
    finding.fact(
        FactKind::Object,
        format!("namespace {namespace} has no deployment, stateful set, daemon set or cron job of this service"),
    );
    finding
}
