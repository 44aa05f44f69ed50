//! Runs: jobs, cron jobs, and pods that end. A run is no replica; what counts is whether it can
//! start, whether it ends, and whether the work was done when it was due.

mod control_plane;
mod cron;
mod job;
mod loose;
mod plan;
mod presence;
mod series;
mod trouble;

pub use control_plane::back_since;
pub use cron::CronState;
pub use presence::{RunPresence, presence};

use std::collections::BTreeSet;

use self::series::{JobIndex, cron_job_of};
use super::index::ClusterIndex;
use super::pod_status::pod_refs;
use super::self_exclusion;
use crate::cluster::types::{Job, condition};
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

/// Checks cron jobs, jobs, and the pods of other runs.
#[must_use]
pub fn detect(index: &ClusterIndex) -> (Vec<CronState>, Vec<Finding>) {
    let objects = &index.snapshot.objects;
    let judged = objects.jobs.iter();
    let judged = judged.filter(|job| !index.unjudged.is("Job", &job.metadata));
    let jobs = JobIndex::new(judged);
    let mut findings = Vec::new();
    let mut states = Vec::new();
    let mut known = BTreeSet::new();
    for cron in &objects.cron_jobs {
        let (state, finding) = cron::check(index, cron, jobs.runs_of(cron));
        states.extend(state);
        findings.extend(finding);
        known.insert((
            cron.metadata.namespace.as_str(),
            cron.metadata.name.as_str(),
        ));
    }
    // A job whose cron job is deleted or unread stands alone.
    let standalone = objects.jobs.iter().filter(|job| {
        let meta = &job.metadata;
        let cron = cron_job_of(meta).map(|name| (meta.namespace.as_str(), name));
        cron.is_none_or(|cron| !known.contains(&cron)) && !self_exclusion::is_ours(meta)
    });
    findings.extend(standalone.filter_map(|job| loose::job(index, &jobs, job)));
    findings.extend(loose::pods(index));
    (states, findings)
}

/// The finding about a job that has failed for good, whoever owns it.
fn failed_job(
    index: &ClusterIndex,
    job: &Job,
    resource: ObjectRef,
    service: Option<&Service>,
    effect: Effect,
) -> Option<Finding> {
    let since = job::failed_at(job)?;
    let failed = condition(&job.status.conditions, "Failed")?;
    let meta = &job.metadata;
    let mut finding = Finding::new(Reason::JobFailed, resource, since, effect);
    finding.service = service.map(|s| s.name.clone());
    finding.message = format!("job {} failed: {}", meta.name, failed.message);
    finding.fact(
        FactKind::Object,
        format!(
            "job {}: condition Failed ({}): {}",
            meta.name, failed.reason, failed.message
        ),
    );
    let pods = index.runs.of("Job", &meta.namespace, &meta.name).iter();
    let failed = pods.copied().filter(|pod| pod.status.phase != "Succeeded");
    finding.pods = pod_refs(failed);
    Some(finding)
}
