//! Services that consist of runs other than cron jobs.

use std::collections::HashMap;

use super::job::{is_complete, is_unfinished, newest_ended, stem};
use crate::cluster::types::Job;
use crate::detect::index::ClusterIndex;
use crate::detect::pod_status::is_ready;
use crate::detect::self_exclusion;
use crate::inventory::Service;

/// What is known of a service by its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunPresence {
    /// Something makes its runs, and none is at work.
    Known,
    /// A run with its name is at work or was the last to succeed.
    Working,
}

/// The presence of each service that has runs, by its position in [`ClusterIndex::monitored`].
#[must_use]
pub fn presence(index: &ClusterIndex) -> HashMap<usize, RunPresence> {
    let mut found: HashMap<usize, RunPresence> = HashMap::new();
    let mut add = |at: usize, presence: RunPresence| {
        let known = found.entry(at).or_insert(presence);
        *known = (*known).max(presence);
    };
    for (at, jobs) in jobs_by_service(index) {
        let is_its_own = |job: &&Job| is_service(&index.monitored[at], &job.metadata.name);
        let own: Vec<_> = jobs.iter().copied().filter(is_its_own).collect();
        let is_at_work = own.iter().any(|job| is_unfinished(job));
        if is_at_work || newest_ended(&own).is_some_and(is_complete) {
            add(at, RunPresence::Working);
        } else if !own.is_empty() || jobs.iter().any(|job| is_unfinished(job)) {
            // The migration that a deleted workload left behind keeps nothing.
            add(at, RunPresence::Known);
        }
    }
    for (kind, namespace, name) in index.runs.owners() {
        // A pod that a person started keeps nothing.
        if matches!(kind, "Job" | "Pod") {
            continue;
        }
        let pods = index.runs.of(kind, namespace, name);
        let Some(meta) = pods.first().map(|pod| &pod.metadata) else {
            continue;
        };
        let Some(at) = index.matcher.of_run(stem(name), meta) else {
            continue;
        };
        if is_service(&index.monitored[at], name) {
            let is_at_work = pods.iter().any(|pod| is_ready(pod));
            let working = is_at_work.then_some(RunPresence::Working);
            add(at, working.unwrap_or(RunPresence::Known));
        } else if index.kubernetes_services_in(namespace).is_empty() {
            // Where nothing is to be reached, runs may be all that there is.
            add(at, RunPresence::Known);
        }
    }
    found
}

fn jobs_by_service<'a>(index: &ClusterIndex<'a>) -> HashMap<usize, Vec<&'a Job>> {
    let mut by_service: HashMap<usize, Vec<_>> = HashMap::new();
    for job in &index.snapshot.objects.jobs {
        let meta = &job.metadata;
        if super::cron_job_of(meta).is_some() || self_exclusion::is_ours(meta) {
            continue;
        }
        if let Some(at) = index.matcher.of_run(stem(&meta.name), meta) {
            by_service.entry(at).or_default().push(job);
        }
    }
    by_service
}

/// Whether a run is the service itself, by its name or by the services file.
fn is_service(service: &Service, name: &str) -> bool {
    let stem = stem(name);
    service.is_called(stem) || service.workloads.iter().any(|w| w.name == stem)
}
