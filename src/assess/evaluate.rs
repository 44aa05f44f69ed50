//! The evaluation of a cycle: from snapshot, services file and previous cycle to services and
//! incidents. No I/O and no clock.

use std::time::Duration;

use crate::assess::{self, Incident, Outages, ServiceState, Unlisted};
use crate::cluster::Snapshot;
use crate::detect::{self, ClusterIndex, RestartCounts};
use crate::diagnose;
use crate::inventory::{Inventory, Service};
use crate::model::{Finding, ObjectRef, ServiceStatus, Tier, Time};

/// The result of an evaluation.
pub struct Verdict {
    /// The monitored services: those of the services file, and the components of K3s.
    pub monitored: Vec<Service>,
    /// The state of each, in the same order.
    pub services: Vec<ServiceState>,
    /// The incidents, the most severe first.
    pub incidents: Vec<Incident>,
    /// The workloads that no listed service names.
    pub unlisted: Unlisted,
    /// Since when healthy objects have been healthy, where the cluster has the time.
    pub recoveries: Vec<(ObjectRef, Time)>,
}

/// The input of an evaluation besides the snapshot.
pub struct EvaluateInput<'a> {
    /// The services file.
    pub inventory: &'a Inventory,
    /// Interval between cycles.
    pub look_back: Duration,
    /// Restart counts of the previous cycle.
    pub restarts: &'a RestartCounts,
    /// Since when services have been unavailable, from the previous cycle. Used where no
    /// object has the time: for a stateful set without pods, or a workload that was scaled to
    /// zero or deleted.
    pub outages: &'a Outages,
    /// Tier of workloads that are not in the services file; `None`: P3, but P1 while nothing that
    /// runs is listed.
    pub unlisted: Option<Tier>,
}

/// The listed services of which nothing is known because their namespace is not.
fn unplaced<'s>(index: &ClusterIndex, services: &'s [ServiceState]) -> Vec<&'s str> {
    if !detect::workloads_are_read(index.snapshot) {
        return Vec::new();
    }
    let is_unplaced = |service: &&ServiceState| {
        service.namespace.is_none() && service.status == ServiceStatus::Unknown
    };
    let unplaced = services.iter().filter(is_unplaced);
    unplaced.map(|service| service.name.as_str()).collect()
}

/// Evaluates a snapshot.
#[must_use]
pub fn evaluate(snapshot: &Snapshot, input: &EvaluateInput) -> Verdict {
    let inventory = input.inventory;
    let monitored = assess::monitored_services(inventory, &snapshot.objects);
    let index = ClusterIndex::new(snapshot, &monitored, input.look_back, input.restarts)
        .with_outages(input.outages);
    let mut detection = detect::detect(&index);
    diagnose::diagnose(&index, &mut detection.findings);
    let services = assess::services(&index, &detection, input.outages);
    let unlisted = Unlisted::of(&index, &detection, inventory.services.len(), input.unlisted);
    let mut findings = detection.findings;
    findings.extend(detect::unread_resources(snapshot));
    findings.extend(detect::missing_nodes(&index));
    let unplaced = unplaced(&index, &services);
    let invalid = detect::invalid_inventory(inventory, snapshot);
    findings.extend(invalid.or_else(|| detect::unplaced_services(&unplaced, snapshot)));
    findings.iter_mut().for_each(Finding::bound);
    let incidents = assess::incidents(
        &snapshot.cluster,
        (unlisted.tier, index.now()),
        inventory,
        &monitored,
        &services,
        findings,
    );
    let recoveries = detect::recoveries(&index);
    Verdict {
        monitored,
        services,
        incidents,
        unlisted,
        recoveries,
    }
}
