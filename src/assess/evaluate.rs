//! The pure heart of a cycle: snapshot, services file and memory in, verdict
//! out. No I/O, no clock.

use std::time::Duration;

use crate::assess::{self, Incident, Outages, ServiceState};
use crate::cluster::Snapshot;
use crate::detect::{self, ClusterIndex, RestartCounts};
use crate::diagnose;
use crate::inventory::{Inventory, Service};
use crate::model::Tier;

/// What a cycle concludes.
pub struct Verdict {
    /// Listed services and K3s's own parts, as judged.
    pub roster: Vec<Service>,
    /// The state of each, in the same order.
    pub services: Vec<ServiceState>,
    /// What is wrong, most important first.
    pub incidents: Vec<Incident>,
}

/// What a verdict rests on besides the snapshot.
pub struct EvaluateInput<'a> {
    /// The services file.
    pub inventory: &'a Inventory,
    /// Time between cycles.
    pub look_back: Duration,
    /// Restart counts as the previous cycle saw them.
    pub restarts: &'a RestartCounts,
    /// Since when services have been unavailable, as the previous cycle saw
    /// it. Counts where no object says: of a stateful set without pods, of
    /// what was scaled to zero or deleted.
    pub outages: &'a Outages,
    /// Tier of workloads that the services file does not know.
    pub unlisted: Tier,
}

/// Judges a snapshot.
#[must_use]
pub fn evaluate(snapshot: &Snapshot, grounds: &EvaluateInput) -> Verdict {
    let inventory = grounds.inventory;
    let roster = assess::roster(inventory, &snapshot.objects);
    let view = ClusterIndex::new(snapshot, &roster, grounds.look_back, grounds.restarts);
    let mut detection = detect::detect(&view);
    diagnose::diagnose(&view, &mut detection.findings);
    let services = assess::services(&view, &detection, grounds.outages);
    let mut findings = detection.findings;
    findings.extend(detect::unread_resources(snapshot));
    findings.extend(detect::invalid_inventory(inventory, snapshot));
    let unlisted = grounds.unlisted;
    let incidents = assess::incidents(
        &snapshot.cluster,
        unlisted,
        inventory,
        &roster,
        &services,
        findings,
    );
    Verdict {
        roster,
        services,
        incidents,
    }
}
