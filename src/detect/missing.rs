//! Services that should run and do not: scaled to zero, without any workload, or
//! run by cron jobs whose last success is too old.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::batch::CronState;
use super::index::{ClusterIndex, workloads_are_read};
use super::text::minute;
use super::workload::Workload;
use super::workloads::{Health, WorkloadState};
use crate::cluster::Source;
use crate::cluster::types::ObjectMeta;
use crate::inventory::Service;
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Tier};

/// Checks every service of the roster. A failed cron job affects the service if
/// it has no other workloads.
pub fn detect(
    index: &ClusterIndex,
    states: &[WorkloadState],
    crons: &[CronState],
    findings: &mut Vec<Finding>,
) {
    let mut runs_of: HashMap<usize, Vec<&CronState>> = HashMap::new();
    for cron in crons.iter().filter(|c| !c.is_backup) {
        if let Some(service) = cron.service {
            runs_of.entry(service).or_default().push(cron);
        }
    }
    for (at, service) in index.roster.iter().enumerate() {
        let workloads: Vec<_> = index
            .workloads_of(at)
            .iter()
            .map(|&at| (&index.workloads[at], &states[at]))
            .collect();
        let runs: Vec<_> = runs_of.remove(&at).unwrap_or_default();
        if workloads.is_empty() && !runs.is_empty() {
            let active = runs.iter().filter(|c| !c.is_idle && !c.is_unjudged);
            active.for_each(|cron| cron_only(index, service, cron, findings));
        } else if must_exist(service) {
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
        let is_known = workloads_are_read(index.snapshot)
            && !is_outside_dump(index, service)
            && !index.unjudged.may_hide_workload(namespace);
        return (is_required && is_known).then(|| missing(index, service));
    }
    let at = main_workload(service, workloads.iter().map(|(w, _)| *w))?;
    let (workload, state) = workloads[at];
    if state.health != Health::ScaledToZero {
        return None;
    }
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
    finding.fact(
        FactKind::Object,
        format!("{}: spec.replicas is 0", workload.reference()),
    );
    Some(finding)
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

/// The position of a service's main workload: the one with its name, else the
/// first that the services file lists, else the first.
pub fn main_workload<'a>(
    service: &Service,
    workloads: impl Iterator<Item = &'a Workload<'a>>,
) -> Option<usize> {
    workloads
        .enumerate()
        .min_by_key(|(at, w)| {
            let listed = service
                .workloads
                .iter()
                .position(|l| l.kind.as_str() == w.kind && l.name == w.name);
            (
                !service.is_called(w.name),
                listed.unwrap_or(usize::MAX),
                *at,
            )
        })
        .map(|(at, _)| at)
}

/// A service without other workloads is available if its cron job succeeded
/// recently enough.
fn cron_only(
    index: &ClusterIndex,
    service: &Service,
    cron: &CronState,
    findings: &mut Vec<Finding>,
) {
    let limit = service
        .max_downtime
        .limit()
        .and_then(|d| TimeDelta::from_std(d).ok());
    let stale = cron.last_success.zip(limit).and_then(|(last, limit)| {
        // A tolerance of zero means that no run may fail, not that one must always be running.
        (limit > TimeDelta::zero() && index.now() - last > limit).then_some(last)
    });
    let zero_tolerance = limit == Some(TimeDelta::zero());
    let effect = match (stale, cron.last_run_failed) {
        (Some(_), _) => Effect::Unavailable,
        (None, Some(_)) if zero_tolerance => Effect::Unavailable,
        (None, Some(_)) => Effect::Degraded,
        (None, None) => return,
    };
    let since = stale.or(cron.last_run_failed).unwrap_or(index.now());
    let known = findings
        .iter_mut()
        .find(|f| f.reason == Reason::JobFailed && f.resource == cron.reference);
    if let Some(finding) = known {
        finding.effect = effect;
        finding.since = since;
        return;
    }
    let mut finding = Finding::new(
        Reason::CronJobFailing,
        cron.reference.clone(),
        since,
        effect,
    );
    finding.service = Some(service.name.clone());
    let last = minute(since);
    finding.message = format!("last success {last}");
    finding.fact(
        FactKind::Object,
        format!("{}: last success {last}", cron.reference),
    );
    findings.push(finding);
}
