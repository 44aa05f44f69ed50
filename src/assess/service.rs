//! The status of each service, from the states of its workloads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;

use crate::detect::{ClusterIndex, Detection, Health, Workload, WorkloadState, main_workload};
use crate::inventory::Service;
use crate::model::{Effect, Finding, Scope, ServiceStatus, Tier, Time, Tolerance};

/// One service at the moment of the snapshot.
#[derive(Debug, Clone)]
pub struct ServiceState {
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// Its namespace.
    pub namespace: Option<String>,
    /// How it is.
    pub status: ServiceStatus,
    /// Since when it is not healthy.
    pub since: Option<Time>,
    /// How long it has been unavailable.
    pub downtime: Option<TimeDelta>,
    /// How long it may be.
    pub max_downtime: Tolerance,
    /// Pods that serve.
    pub ready: u32,
    /// Pods that should.
    pub desired: u32,
    /// Replicas are missing, as opposed to all of them being shaky.
    pub is_short: bool,
    /// It is down so that nobody resolves names.
    pub is_cluster_dns: bool,
    /// All traffic from outside comes through it.
    pub is_ingress_controller: bool,
    /// Others keep their data in it.
    pub is_data_layer: bool,
}

/// Since when services have been unavailable, as the previous cycle saw it, by name.
pub type Outages = BTreeMap<String, Time>;

/// The state of every service of the roster, in its order.
#[must_use]
pub fn services(
    view: &ClusterIndex,
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
        .filter(|c| !c.is_backup && !c.is_idle);
    let run_by_crons: HashSet<usize> = active.filter_map(|c| c.service).collect();
    let roster = view.roster.iter().enumerate();
    roster
        .map(|(index, service)| {
            let workloads = view.workloads_of(index).iter();
            let workloads: Vec<_> = workloads
                .map(|&at| (&view.workloads[at], &detection.workloads[at]))
                .collect();
            let findings = findings
                .get(service.name.as_str())
                .map_or(&[][..], Vec::as_slice);
            let (status, since) = if !workloads.is_empty() {
                of_workloads(service, &workloads)
            } else if run_by_crons.contains(&index) {
                of_crons(findings)
            } else {
                (ServiceStatus::Unknown, None)
            };
            let verdict = whole(findings, (status, since));
            let remembered = outages.get(&service.name).copied();
            judge(view, service, &workloads, verdict, remembered)
        })
        .collect()
}

/// What findings that speak of the whole service, not of one of its
/// workloads, make of its status.
fn whole(
    findings: &[&Finding],
    of_parts: (ServiceStatus, Option<Time>),
) -> (ServiceStatus, Option<Time>) {
    let is_down = |f: &&&Finding| match f.effect {
        Effect::CutOff => true,
        Effect::Unavailable => f.reason.row().scope == Scope::Service,
        Effect::Impaired | Effect::AtRisk | Effect::Starting | Effect::Degraded => false,
    };
    let since = findings.iter().filter(is_down).map(|f| f.since).min();
    match since {
        Some(_) if of_parts.0 != ServiceStatus::Unavailable => (ServiceStatus::Unavailable, since),
        _ => of_parts,
    }
}

fn judge(
    view: &ClusterIndex,
    service: &Service,
    workloads: &[(&Workload, &WorkloadState)],
    (status, since): (ServiceStatus, Option<Time>),
    remembered: Option<Time>,
) -> ServiceState {
    let now = view.now();
    let is_down = status == ServiceStatus::Unavailable;
    // Where no object says since when, the previous cycle may.
    let since = match remembered {
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
    let leading = main_workload(service, workloads.iter().map(|(w, _)| *w));
    let wanted: Vec<_> = workloads
        .iter()
        .enumerate()
        .filter(|(at, (_, s))| s.health != Health::ScaledToZero || Some(*at) == leading)
        .map(|(at, (_, s))| (at, *s))
        .collect();
    let led_by = |health: Health| {
        wanted
            .iter()
            .find(|(at, s)| Some(*at) == leading && s.health == health)
    };
    let first = |health: Health| {
        let times = wanted.iter().filter(|(_, s)| s.health == health);
        times.map(|(_, s)| s.since).min()
    };
    if let Some((_, down)) = led_by(Health::Unavailable) {
        return (ServiceStatus::Unavailable, down.since);
    }
    if wanted.iter().all(|(_, s)| s.health == Health::Unavailable) {
        let last = wanted.iter().filter_map(|(_, s)| s.since).max();
        return (ServiceStatus::Unavailable, last);
    }
    if led_by(Health::ScaledToZero).is_some() {
        return (ServiceStatus::Unknown, None);
    }
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

/// A service without workloads: its cron jobs speak for it.
fn of_crons(findings: &[&Finding]) -> (ServiceStatus, Option<Time>) {
    let of_crons = findings.iter().filter(|f| f.resource.kind == "CronJob");
    let trouble = of_crons
        .filter(|f| f.effect >= Effect::Degraded)
        .max_by_key(|f| (f.effect, Reverse(f.since)));
    match trouble {
        Some(f) if f.effect == Effect::Unavailable => (ServiceStatus::Unavailable, Some(f.since)),
        Some(f) => (ServiceStatus::Degraded, Some(f.since)),
        None => (ServiceStatus::Healthy, None),
    }
}
