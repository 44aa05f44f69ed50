//! Detection: findings from the current state of the objects.
//!
//! Each file covers one family of kinds. A detector turns a [`ClusterIndex`]
//! into findings; tiers, severities and causes are not its concern. To add one,
//! write its `detect(&ClusterIndex)`, call it in [`detect`], add failing and
//! healthy fixtures below `tests/fixtures/detect/`, and add its reason to
//! `src/model/reason.rs`.

use std::collections::HashMap;

use crate::model::Finding;

mod addresses;
mod autoscaling;
mod backing;
mod by_name;
mod certificates;
mod control_plane;
mod create_failure;
mod custom;
mod damage;
mod failures;
mod flapping;
mod index;
mod limits;
mod load_balancers;
mod membership;
mod missing;
mod mounts;
mod network;
mod node_certificates;
mod nodes;
mod owners;
pub mod ownership;
mod platform;
mod pod_counts;
mod pod_owner;
pub mod pod_status;
mod pods;
mod ports;
mod principal;
mod pulls;
mod recovery;
mod requests;
mod rollout;
mod routes;
mod run_pods;
mod running;
mod runs;
mod scale_to_zero;
mod selection;
mod self_exclusion;
mod storage;
mod terminating;
mod text;
mod visibility;
mod waiting;
mod workload;
mod workloads;

pub use addresses::{Address, Fault, ServiceRegistry, WrongAddress};
pub use custom::{ResourcePresence, backup_schedule, complaint};
pub use flapping::{restart_counts, restarts_at};
pub use index::{ClusterIndex, RestartCounts, workloads_are_read};
pub use load_balancers::daemon_set as load_balancer_pods;
pub use platform::target as target_secret;
pub use principal::{deciding, principal, scaled_to_zero};
pub use pulls::waits_for as pull_before;
pub use recovery::recoveries;
pub use requests::requested;
pub use routes::hosts_of_rule;
pub use running::{running_containers, runs_on};
pub use runs::{CronState, RunPresence};
pub use self_exclusion::is_ours;
pub use storage::storage_class;
pub use visibility::{invalid_inventory, missing_nodes, unplaced_services, unread_resources};
pub use workload::Workload;
pub use workloads::{Health, WorkloadState};

/// The result of detection.
pub struct Detection {
    /// States in the order of the index's workloads.
    pub workloads: Vec<WorkloadState>,
    /// States of the cron jobs.
    pub crons: Vec<CronState>,
    /// Services with other runs, by their position in `ClusterIndex::monitored`.
    pub runs: HashMap<usize, RunPresence>,
    /// Services without workloads that have other resources, by the same position.
    pub resources: HashMap<usize, ResourcePresence>,
    /// Findings in the order of the detectors.
    pub findings: Vec<Finding>,
}

/// Runs every detector.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Detection {
    let (mut workloads, mut findings) = workloads::detect(index);
    scale_to_zero::settle(index, &mut workloads);
    backing::mark(index, &mut workloads);
    let (crons, of_runs) = runs::detect(index);
    findings.extend(of_runs);
    findings.extend(mounts::detect(index));
    let runs = runs::presence(index);
    let of_nodes = nodes::detect(index, &findings);
    findings.extend(of_nodes);
    findings.extend(control_plane::detect(index));
    findings.extend(terminating::detect(index));
    findings.extend(node_certificates::detect(index));
    findings.extend(network::detect(index));
    load_balancers::attribute(index, &mut findings);
    findings.extend(load_balancers::detect(index, &workloads));
    findings.extend(storage::detect(index));
    findings.extend(limits::detect(index));
    findings.extend(addresses::detect(index));
    findings.extend(routes::detect(index));
    findings.extend(autoscaling::detect(index));
    findings.extend(platform::detect(index));
    findings.extend(certificates::detect(index));
    findings.extend(custom::detect(index));
    let resources = custom::presence(index, &findings);
    let others = missing::Others {
        crons: &crons,
        runs: &runs,
        resources: &resources,
    };
    missing::detect(index, &workloads, &others, &mut findings);
    findings.retain(|found| {
        let object = &found.resource;
        !index
            .unjudged
            .has(&object.kind, &object.namespace, &object.name)
    });
    // Where another clock is ahead, a finding must not start in the future.
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
        runs,
        resources,
        findings,
    }
}
