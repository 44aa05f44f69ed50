//! What is wrong, by the objects' current state.
//!
//! One file a family of kinds; each turns a [`View`] into findings and knows
//! nothing of services' tiers, severities or causes. To add a detector, write
//! its `detect(&View)`, call it in [`detect`], give it its failing cases and
//! its healthy look-alikes in `tests/detect`, and document its reason in
//! `docs/findings.md`.

use crate::model::Finding;

mod addresses;
mod autoscaling;
mod batch;
mod by_name;
mod certificates;
mod create_failure;
mod flapping;
mod index;
mod limits;
mod missing;
mod network;
mod nodes;
pub mod ownership;
mod platform;
mod pod_counts;
pub mod pod_status;
mod pods;
mod ports;
mod requests;
mod rollout;
mod routes;
mod schedule;
mod selection;
mod self_exclusion;
mod storage;
mod visibility;
mod workload;
mod workloads;

pub use addresses::{Address, Fault, ServiceRegistry, WrongAddress};
pub use batch::CronState;
pub use flapping::{restart_counts, restarts_at};
pub use index::{ClusterIndex, RestartCounts, workloads_are_read};
pub use missing::main_workload;
pub use platform::target as secret_of;
pub use requests::requested;
pub use self_exclusion::is_ours;
pub use storage::storage_class;
pub use visibility::{invalid_inventory, unread_resources};
pub use workload::Workload;
pub use workloads::{Health, WorkloadState};

/// What the detectors saw.
pub struct Detection {
    /// States in the order of the index's workloads.
    pub workloads: Vec<WorkloadState>,
    /// States of the cron jobs.
    pub crons: Vec<CronState>,
    /// Symptoms, in the order of the detectors.
    pub findings: Vec<Finding>,
}

/// Runs every detector.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Detection {
    let (mut workloads, mut findings) = workloads::detect(index);
    let (crons, of_batch) = batch::detect(index);
    findings.extend(of_batch);
    findings.extend(nodes::detect(index));
    findings.extend(network::detect(index));
    findings.extend(storage::detect(index));
    findings.extend(limits::detect(index));
    findings.extend(addresses::detect(index));
    findings.extend(routes::detect(index));
    findings.extend(autoscaling::detect(index));
    findings.extend(schedule::detect(index));
    findings.extend(platform::detect(index));
    findings.extend(certificates::detect(index));
    missing::detect(index, &workloads, &crons, &mut findings);
    // Where a clock is ahead, nothing has lasted for a negative time.
    let now = index.now();
    for finding in &mut findings {
        finding.since = finding.since.min(now);
    }
    for workload in &mut workloads {
        workload.since = workload.since.map(|t| t.min(now));
    }
    Detection {
        workloads,
        crons,
        findings,
    }
}
