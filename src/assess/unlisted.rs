//! Workloads that no service of the services file names: their tier, and which of them are down.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::service::ServiceState;
use crate::cluster::types::CronJob;
use crate::detect::{ClusterIndex, Detection, Health, is_ours};
use crate::model::{Effect, Finding, ObjectRef, Reason, ServiceStatus, Tier, Time, Tolerance};

/// The tier while a services file names something that runs.
const MINOR: Tier = Tier::P3;
/// The tier while nothing that runs is listed: an outage must not pass as unimportant only
/// because nobody has written a services file yet.
const WITHOUT_SERVICES: Tier = Tier::P1;

/// The workloads that no service names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// Their tier.
    pub tier: Tier,
    /// Listed services that have something in the cluster, the monitor itself aside.
    pub matched: usize,
    /// Those without a ready pod.
    pub down: Vec<ObjectRef>,
}

impl Unlisted {
    /// Finds them. `listed` is the number of services of the file, which come first in
    /// `index.monitored`.
    #[must_use]
    pub fn of(
        index: &ClusterIndex,
        detection: &Detection,
        listed: usize,
        configured: Option<Tier>,
    ) -> Self {
        let matched = Self::matched(index, detection, listed).len();
        let by_match = if matched == 0 {
            WITHOUT_SERVICES
        } else {
            MINOR
        };
        let states = index.workloads.iter().zip(&detection.workloads);
        let down = states.filter(|(workload, state)| {
            workload.service.is_none()
                && state.health == Health::Unavailable
                && !is_ours(workload.meta)
        });
        Self {
            tier: configured.unwrap_or(by_match),
            matched,
            down: down.map(|(workload, _)| workload.reference()).collect(),
        }
    }

    /// The positions of the listed services that have something in the cluster. The shipped file
    /// lists only the monitor, which says nothing about the cluster.
    #[must_use]
    pub fn matched(index: &ClusterIndex, detection: &Detection, listed: usize) -> HashSet<usize> {
        let crons = &index.snapshot.objects.cron_jobs;
        let service = |cron: &CronJob| index.matcher.of_cron_job(&cron.metadata);
        let (own, others): (Vec<_>, Vec<_>) =
            crons.iter().partition(|cron| is_ours(&cron.metadata));
        let own: HashSet<usize> = own.into_iter().filter_map(service).collect();
        let mut matched: HashSet<usize> = others.into_iter().filter_map(service).collect();
        let presences = detection.runs.keys().chain(detection.resources.keys());
        matched.extend(presences.filter(|at| !own.contains(at)));
        let workloads = index.workloads.iter().filter(|w| !is_ours(w.meta));
        matched.extend(workloads.filter_map(|w| w.service));
        matched.retain(|at| *at < listed);
        matched
    }
}

/// What the findings say about things that no service names, as the state of one service of their
/// tier.
pub(super) fn state<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    tier: Tier,
    now: Time,
) -> Option<ServiceState> {
    let findings: Vec<_> = findings.collect();
    let worst = findings.iter().map(|finding| finding.effect).max()?;
    let status = match worst {
        Effect::Unavailable | Effect::CutOff => ServiceStatus::Unavailable,
        Effect::Degraded => ServiceStatus::Degraded,
        Effect::Starting => ServiceStatus::Starting,
        Effect::AtRisk | Effect::Impaired => ServiceStatus::Healthy,
    };
    let of_worst = findings.iter().filter(|finding| finding.effect == worst);
    let since = of_worst.map(|finding| finding.since).min();
    let is_down = status == ServiceStatus::Unavailable;
    Some(ServiceState {
        name: String::new(),
        tier,
        namespace: None,
        status,
        since,
        downtime: since
            .filter(|_| is_down)
            .map(|since| (now - since).max(TimeDelta::zero())),
        max_downtime: Tolerance::default_of(tier),
        ready: 0,
        desired: 0,
        is_short: matches!(worst, Effect::Unavailable | Effect::Degraded),
        is_cluster_dns: false,
        is_ingress_controller: false,
        is_data_layer: false,
    })
}

/// Whether a finding is about something of an application that no service names.
pub(super) fn is_unlisted(finding: &Finding) -> bool {
    finding.service.is_none() && !has_no_service(finding)
}

/// Whether a finding is about the cluster as a whole: a node, unread kinds, the services file.
pub(super) fn has_no_service(root: &Finding) -> bool {
    // Custom resources of these kinds have a namespace.
    let is_of_cluster = root.resource.namespace.is_empty()
        && root.resource.group.is_empty()
        && matches!(
            root.resource.kind.as_str(),
            "Node" | "Cluster" | "Inventory"
        );
    is_of_cluster || root.reason == Reason::ControlPlaneSilent
}
