//! Jobs and cron jobs. Only the newest run of a cron job counts.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::self_exclusion;
use super::text::minute;
use crate::cluster::types::{CronJob, Job, ObjectMeta, Pod, condition};
use crate::detect::pod_status::pod_ref;
use crate::inventory::Service;
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// The age at which a backup is overdue, unless the services file sets another.
const BACKUP_MAX_AGE: TimeDelta = TimeDelta::hours(26);

/// The state of one cron job, for services without other workloads.
#[derive(Debug, Clone)]
pub struct CronState {
    /// The position of its service in the roster.
    pub service: Option<usize>,
    /// It is a backup, which does not decide the status of its database's service.
    pub is_backup: bool,
    /// Suspended, or not yet run.
    pub is_idle: bool,
    /// Only its name is known.
    pub is_unjudged: bool,
    /// When the newest run that has ended failed; none if it succeeded.
    pub last_run_failed: Option<Time>,
    /// The last success, else the creation of the cron job.
    pub last_success: Option<Time>,
    /// The cron job.
    pub reference: ObjectRef,
}

/// Checks cron jobs and jobs.
#[must_use]
pub fn detect(index: &ClusterIndex) -> (Vec<CronState>, Vec<Finding>) {
    let objects = &index.snapshot.objects;
    let jobs_by_owner = JobIndex::new(index);
    let mut findings = Vec::new();
    let mut states = Vec::new();
    for cron in &objects.cron_jobs {
        let jobs = jobs_by_owner.runs_of(cron);
        if self_exclusion::is_ours(&cron.metadata) {
            states.extend(own_state(index, cron, jobs));
            continue;
        }
        let state = cron_state(index, cron, jobs);
        let service = state.service.map(|i| &index.roster[i]);
        let overdue = state
            .is_backup
            .then(|| backup_overdue(index, cron, &state, service))
            .flatten();
        let failed = overdue.or_else(|| {
            let job = newest_ended(jobs).filter(|_| !state.is_idle)?;
            failed_job(&jobs_by_owner, job, &state.reference, service)
        });
        findings.extend(failed);
        states.push(state);
    }
    let standalone = objects
        .jobs
        .iter()
        .filter(|j| !self_exclusion::is_ours(&j.metadata));
    let standalone =
        standalone.filter(|j| j.metadata.controller().is_none() && !jobs_by_owner.is_superseded(j));
    findings.extend(standalone.filter_map(|job| {
        let meta = &job.metadata;
        let service = index.matcher.of_cron_job(meta).map(|i| &index.roster[i]);
        let reference = ObjectRef::new("Job", &meta.namespace, &meta.name);
        failed_job(&jobs_by_owner, job, &reference, service)
    }));
    (states, findings)
}

/// Jobs by cron job and series, and pods by job.
struct JobIndex<'a> {
    /// Runs by namespace and cron job.
    runs: HashMap<(&'a str, &'a str), Vec<&'a Job>>,
    /// The newest success by namespace and stem of the name or label.
    successes: HashMap<(&'a str, JobSeries<'a>), Time>,
    /// Pods by namespace and job.
    pods: HashMap<(&'a str, &'a str), Vec<&'a Pod>>,
}

/// What the repeated jobs of a chart or of one person have in common.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum JobSeries<'a> {
    Stem(&'a str),
    App(&'a str),
}

impl<'a> JobIndex<'a> {
    fn new(index: &ClusterIndex<'a>) -> Self {
        let objects = &index.snapshot.objects;
        let mut jobs = Self {
            runs: HashMap::new(),
            successes: HashMap::new(),
            pods: HashMap::new(),
        };
        for job in &objects.jobs {
            let meta = &job.metadata;
            if index.unjudged.is("Job", meta) {
                continue;
            }
            if let Some(owner) = meta.controller().filter(|o| o.kind == "CronJob") {
                let key = (meta.namespace.as_str(), owner.name.as_str());
                jobs.runs.entry(key).or_default().push(job);
            }
            for series in series_of(meta).filter(|_| is_complete(job)) {
                let newest = jobs.successes.entry((&meta.namespace, series)).or_default();
                *newest = (*newest).max(started_at(job).unwrap_or_default());
            }
        }
        for pod in &objects.pods {
            let meta = &pod.metadata;
            if let Some(owner) = meta.controller().filter(|o| o.kind == "Job") {
                let key = (meta.namespace.as_str(), owner.name.as_str());
                jobs.pods.entry(key).or_default().push(pod);
            }
        }
        jobs
    }

    fn runs_of<'s>(&'s self, cron: &'s CronJob) -> &'s [&'a Job] {
        let key = (
            cron.metadata.namespace.as_str(),
            cron.metadata.name.as_str(),
        );
        self.runs.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Whether a later job of the same series succeeded.
    fn is_superseded(&self, job: &Job) -> bool {
        let started = started_at(job).unwrap_or_default();
        series_of(&job.metadata).any(|series| {
            let key = (job.metadata.namespace.as_str(), series);
            self.successes
                .get(&key)
                .is_some_and(|success| *success > started)
        })
    }
}

fn series_of(meta: &ObjectMeta) -> impl Iterator<Item = JobSeries<'_>> {
    let app = meta.label("app.kubernetes.io/name").map(JobSeries::App);
    std::iter::once(JobSeries::Stem(stem(&meta.name))).chain(app)
}

fn cron_state(index: &ClusterIndex, cron: &CronJob, jobs: &[&Job]) -> CronState {
    let meta = &cron.metadata;
    let service = index.matcher.of_cron_job(meta);
    let succeeded = jobs
        .iter()
        .filter(|j| is_complete(j))
        .filter_map(|j| j.status.completion_time)
        .max();
    CronState {
        service,
        is_backup: is_backup(index, cron),
        is_unjudged: index.unjudged.is("CronJob", meta),
        is_idle: cron.spec.suspend || cron.status.last_schedule_time.is_none() && jobs.is_empty(),
        last_run_failed: newest_ended(jobs).and_then(failed_at),
        last_success: cron
            .status
            .last_successful_time
            .max(succeeded)
            .or(meta.creation_timestamp),
        reference: ObjectRef::new("CronJob", &meta.namespace, &meta.name),
    }
}

/// The state of the monitor's own cron job, where the services file lists it.
/// Every run that ended was a success, whatever its exit status. A service that
/// only shares the namespace is not run by it.
fn own_state(index: &ClusterIndex, cron: &CronJob, jobs: &[&Job]) -> Option<CronState> {
    let state = cron_state(index, cron, jobs);
    let name = &cron.metadata.name;
    let service = &index.roster[state.service?];
    let is_listed = service.is_called(name) || service.workloads.iter().any(|w| w.name == *name);
    let ended = newest_ended(jobs).and_then(failed_at);
    is_listed.then(|| CronState {
        is_backup: false,
        last_run_failed: None,
        last_success: state.last_success.max(ended),
        ..state
    })
}

/// A cron job is a backup if its name contains the word or its service has a
/// maximum backup age.
#[must_use]
pub fn is_backup(index: &ClusterIndex, cron: &CronJob) -> bool {
    let service = index.matcher.of_cron_job(&cron.metadata);
    let has_key = service.is_some_and(|i| index.roster[i].backup_max_age.is_some());
    cron.metadata.name.contains("backup") || has_key && !is_named_like_service(index, service, cron)
}

/// A cron job with the name of the service is the service itself, not its backup.
fn is_named_like_service(index: &ClusterIndex, service: Option<usize>, cron: &CronJob) -> bool {
    service.is_some_and(|i| index.roster[i].is_called(&cron.metadata.name))
}

fn is_complete(job: &Job) -> bool {
    condition(&job.status.conditions, "Complete")
        .is_some_and(crate::cluster::types::Condition::is_true)
}

fn failed_at(job: &Job) -> Option<Time> {
    let failed = condition(&job.status.conditions, "Failed").filter(|c| c.is_true())?;
    failed.last_transition_time.or(started_at(job))
}

fn started_at(job: &Job) -> Option<Time> {
    job.status.start_time.or(job.metadata.creation_timestamp)
}

/// The newest run that has ended. A run that is still being retried does not count.
fn newest_ended<'a>(jobs: &[&'a Job]) -> Option<&'a Job> {
    jobs.iter()
        .copied()
        .filter(|j| is_complete(j) || failed_at(j).is_some())
        .max_by_key(|j| (started_at(j), &j.metadata.name))
}

/// A job's name without the number or hash at its end.
fn stem(name: &str) -> &str {
    name.rsplit_once('-')
        .filter(|(_, tail)| tail.chars().any(|c| c.is_ascii_digit()))
        .map_or(name, |(stem, _)| stem)
}

fn failed_job(
    jobs: &JobIndex,
    job: &Job,
    resource: &ObjectRef,
    service: Option<&Service>,
) -> Option<Finding> {
    let since = failed_at(job)?;
    let failed = condition(&job.status.conditions, "Failed")?;
    let mut finding = Finding::new(Reason::JobFailed, resource.clone(), since, Effect::Impaired);
    finding.cause = Some(Cause::JobFailed);
    finding.service = service.map(|s| s.name.clone());
    finding.message = format!("job {} failed: {}", job.metadata.name, failed.message);
    finding.fact(
        FactKind::Object,
        format!(
            "job {}: condition Failed ({}): {}",
            job.metadata.name, failed.reason, failed.message
        ),
    );
    let key = (job.metadata.namespace.as_str(), job.metadata.name.as_str());
    let pods = jobs.pods.get(&key).map_or(&[][..], Vec::as_slice);
    finding.pods = pods.iter().map(|pod| pod_ref(pod)).collect();
    Some(finding)
}

/// A backup that has not succeeded for too long. A backup that is suspended or
/// was never due is not overdue.
fn backup_overdue(
    index: &ClusterIndex,
    cron: &CronJob,
    state: &CronState,
    service: Option<&Service>,
) -> Option<Finding> {
    let max_age = service
        .and_then(|s| s.backup_max_age)
        .and_then(|d| TimeDelta::from_std(d).ok())
        .unwrap_or(BACKUP_MAX_AGE);
    let last = state.last_success?;
    if state.is_idle || index.now() - last <= max_age {
        return None;
    }
    let mut finding = Finding::new(
        Reason::BackupOverdue,
        state.reference.clone(),
        last + max_age,
        Effect::AtRisk,
    );
    finding.cause = Some(Cause::BackupOverdue);
    finding.service = service.map(|s| s.name.clone());
    let never = cron.status.last_successful_time.is_none()
        && Some(last) == cron.metadata.creation_timestamp;
    finding.message = if never {
        format!(
            "no backup has succeeded since the cron job was created at {}",
            minute(last)
        )
    } else {
        format!("the last successful backup was at {}", minute(last))
    };
    finding.fact(
        FactKind::Object,
        format!(
            "last success {}, maximum age {} h",
            minute(last),
            max_age.num_hours()
        ),
    );
    Some(finding)
}
