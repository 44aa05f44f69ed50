//! The status of each service, from its workloads and findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;

use crate::detect::{
    ClusterIndex, Detection, Health, RunPresence, Workload, WorkloadState, deciding, principal,
    scaled_to_zero,
};
use crate::inventory::Service;
use crate::model::{Effect, Finding, Scope, ServiceStatus, Tier, Time, Tolerance};

/// A service at the time of the snapshot.
#[derive(Debug, Clone)]
pub struct ServiceState {
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its status.
    pub status: ServiceStatus,
    /// Since when it has not been healthy.
    pub since: Option<Time>,
    /// How long it has been unavailable.
    pub downtime: Option<TimeDelta>,
    /// How long it may be unavailable.
    pub max_downtime: Tolerance,
    /// Ready pods.
    pub ready: u32,
    /// Desired pods.
    pub desired: u32,
    /// Replicas are missing. Otherwise a degraded service only flaps.
    pub is_short: bool,
    /// It is the cluster DNS.
    pub is_cluster_dns: bool,
    /// It is the ingress controller or gateway.
    pub is_ingress_controller: bool,
    /// Other services store their data in it.
    pub is_data_layer: bool,
}

/// Since when services have been unavailable, from the previous cycle, by name.
pub type Outages = BTreeMap<String, Time>;

/// The state of every monitored service, in their order.
#[must_use]
pub fn services(
    index: &ClusterIndex,
    detection: &Detection,
    outages: &Outages,
) -> Vec<ServiceState> {
    let mut findings: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &detection.findings {
        if let Some(service) = &finding.service {
            findings.entry(service).or_default().push(finding);
        }
    }
    let active = detection
        .crons
        .iter()
        .filter(|c| (!c.is_backup || c.is_service) && !c.is_idle);
    let run_by_crons: HashSet<usize> = active.filter_map(|c| c.service).collect();
    let unjudged = detection.crons.iter().filter(|c| c.is_unjudged);
    let unjudged: HashSet<usize> = unjudged.filter_map(|c| c.service).collect();
    let monitored = index.monitored.iter().enumerate();
    monitored
        .map(|(at, service)| {
            let workloads = index.workloads_of(at).iter();
            let workloads: Vec<_> = workloads
                .map(|&w| (&index.workloads[w], &detection.workloads[w]))
                .collect();
            let findings = findings
                .get(service.name.as_str())
                .map_or(&[][..], Vec::as_slice);
            let (status, since) = if !workloads.is_empty() {
                of_workloads(service, &workloads)
            } else if unjudged.contains(&at) {
                (ServiceStatus::Unknown, None)
            } else if run_by_crons.contains(&at) {
                of_runs(findings, ServiceStatus::Healthy)
            } else if let Some(presence) = detection.runs.get(&at) {
                let status = match presence {
                    RunPresence::Working => ServiceStatus::Healthy,
                    RunPresence::Known => ServiceStatus::Unknown,
                };
                of_runs(findings, status)
            } else if let Some(presence) = detection.resources.get(&at) {
                (presence.status, presence.since)
            } else {
                (ServiceStatus::Unknown, None)
            };
            let status = of_service(findings, (status, since));
            let outage = outages.get(&service.name).copied();
            state(index.now(), service, &workloads, status, outage)
        })
        .collect()
}

/// The status after findings about the whole service, which its workloads alone do not show.
fn of_service(
    findings: &[&Finding],
    of_workloads: (ServiceStatus, Option<Time>),
) -> (ServiceStatus, Option<Time>) {
    let is_down = |f: &&&Finding| match f.effect {
        Effect::CutOff => true,
        Effect::Unavailable => f.reason.row().scope == Scope::Service,
        Effect::Impaired | Effect::AtRisk | Effect::Starting | Effect::Degraded => false,
    };
    let since = findings.iter().filter(is_down).map(|f| f.since).min();
    match since {
        Some(_) if of_workloads.0 != ServiceStatus::Unavailable => {
            (ServiceStatus::Unavailable, since)
        }
        _ => of_workloads,
    }
}

fn state(
    now: Time,
    service: &Service,
    workloads: &[(&Workload, &WorkloadState)],
    (status, since): (ServiceStatus, Option<Time>),
    outage: Option<Time>,
) -> ServiceState {
    let is_down = status == ServiceStatus::Unavailable;
    // Where no object has the time, the previous cycle has it.
    let since = match outage {
        Some(before) if is_down && since.is_none_or(|t| t >= now) => Some(before.min(now)),
        _ => since,
    };
    let downtime = since
        .filter(|_| is_down)
        .map(|t| (now - t).max(TimeDelta::zero()));
    let ready = workloads.iter().map(|(_, s)| s.ready).sum();
    let desired = workloads.iter().map(|(_, s)| s.desired).sum();
    ServiceState {
        name: service.name.clone(),
        tier: service.tier,
        namespace: service.namespace.clone(),
        status,
        since,
        downtime,
        max_downtime: service.max_downtime,
        ready,
        desired,
        is_short: workloads.iter().any(|(_, s)| is_down_or_short(s))
            || workloads.is_empty() && status == ServiceStatus::Degraded,
        is_cluster_dns: service.is_cluster_dns(),
        is_ingress_controller: service.ingress_controller,
        is_data_layer: service.data_layer,
    }
}

fn is_down_or_short(state: &WorkloadState) -> bool {
    matches!(state.health, Health::Degraded | Health::Unavailable)
}

fn of_workloads(
    service: &Service,
    workloads: &[(&Workload, &WorkloadState)],
) -> (ServiceStatus, Option<Time>) {
    let members = deciding(workloads);
    let running: Vec<_> = members
        .iter()
        .filter(|(_, s)| s.health.is_meant_to_run())
        .copied()
        .collect();
    let principal = principal(service, &running).map(|at| running[at].1);
    if let Some(down) = principal.filter(|s| s.health == Health::Unavailable) {
        return (ServiceStatus::Unavailable, down.since);
    }
    // Whether a service at zero is an outage depends on its tier; see `detect::missing`.
    if running.is_empty() || scaled_to_zero(service, workloads).is_some() {
        return (ServiceStatus::Unknown, None);
    }
    if running.iter().all(|(_, s)| s.health == Health::Unavailable) {
        let last = running.iter().filter_map(|(_, s)| s.since).max();
        return (ServiceStatus::Unavailable, last);
    }
    let first = |health: Health| {
        let times = workloads.iter().filter(|(_, s)| s.health == health);
        times.map(|(_, s)| s.since).min()
    };
    let short = [Health::Unavailable, Health::Degraded, Health::AtRisk];
    if let Some(since) = short.into_iter().filter_map(first).min() {
        return (ServiceStatus::Degraded, since);
    }
    if first(Health::Unknown).is_some() {
        return (ServiceStatus::Unknown, None);
    }
    match first(Health::Starting) {
        Some(since) => (ServiceStatus::Starting, since),
        None => (ServiceStatus::Healthy, None),
    }
}

/// The status of a service that consists of runs: that of the worst of them, else the one given.
fn of_runs(findings: &[&Finding], otherwise: ServiceStatus) -> (ServiceStatus, Option<Time>) {
    let is_down = |f: &&&Finding| matches!(f.effect, Effect::Degraded | Effect::Unavailable);
    let worst = findings
        .iter()
        .filter(is_down)
        .max_by_key(|f| (f.effect, Reverse(f.since)));
    match worst {
        Some(f) if f.effect == Effect::Unavailable => (ServiceStatus::Unavailable, Some(f.since)),
        Some(f) => (ServiceStatus::Degraded, Some(f.since)),
        None => (otherwise, None),
    }
}
