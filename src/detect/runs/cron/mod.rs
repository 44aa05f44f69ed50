//! Cron jobs: whether their runs start, end and succeed when they are due.
//!
//! A cron job has one finding, which shows what explains most: the run that cannot start, the
//! newest run that failed, or the run that was due and never started.

mod backup;
mod missed;

use chrono::TimeDelta;

use super::control_plane;
use super::job::{failed_at, is_complete, is_unfinished, newest_ended, started_at};
use super::plan::{Lateness, Plan};
use super::trouble::{self, Patience, Trouble};
use crate::cluster::Resource;
use crate::cluster::types::{CronJob, Job};
use crate::detect::index::ClusterIndex;
use crate::detect::pod_status::pod_refs;
use crate::detect::self_exclusion;
use crate::detect::text::minute;
use crate::inventory::Service;
use crate::model::{Cause, Effect, Fact, FactKind, Finding, ObjectRef, Reason, Time, Tolerance};

/// A run may start this late: the controller checks every ten seconds, and a
/// control plane that restarts catches up within minutes.
const LATE: TimeDelta = TimeDelta::minutes(10);
/// A run that takes so many times as long as the one before hangs.
const HANGS: i32 = 3;

/// The state of one cron job, for services without other workloads.
#[derive(Debug, Clone)]
pub struct CronState {
    /// The position of its service in [`ClusterIndex::monitored`].
    pub service: Option<usize>,
    /// It is a backup, which does not decide the status of its database's service.
    pub is_backup: bool,
    /// It has the name of its service: the service is what it does.
    pub is_service: bool,
    /// Suspended, or not yet run.
    pub is_idle: bool,
    /// Only its name is known.
    pub is_unjudged: bool,
}

/// Whether all that matters about a cron job's jobs was read.
struct CronContext<'v, 'a> {
    index: &'v ClusterIndex<'a>,
    cron: &'v CronJob,
    jobs: &'v [&'a Job],
    service: Option<&'a Service>,
    state: CronState,
    /// The service has no other workloads.
    is_all: bool,
    plan: Option<Plan>,
    last_success: Option<Time>,
    lateness: Option<Lateness>,
    /// The control plane has been back for minutes only.
    is_catching_up: bool,
}

/// The state of a cron job, and the finding about it.
pub fn check(
    index: &ClusterIndex,
    cron: &CronJob,
    jobs: &[&Job],
) -> (Option<CronState>, Option<Finding>) {
    let context = CronContext::new(index, cron, jobs);
    if self_exclusion::is_ours(&cron.metadata) {
        return context.of_the_monitor();
    }
    let finding = context.finding();
    (Some(context.state), finding)
}

impl<'v, 'a> CronContext<'v, 'a> {
    fn new(index: &'v ClusterIndex<'a>, cron: &'v CronJob, jobs: &'v [&'a Job]) -> Self {
        let at = index.matcher.of_cron_job(&cron.metadata);
        let service = at.map(|at| &index.monitored[at]);
        let is_idle =
            cron.spec.suspend || cron.status.last_schedule_time.is_none() && jobs.is_empty();
        let back = control_plane::back_since(index);
        let mut context = Self {
            index,
            cron,
            jobs,
            service,
            state: CronState {
                service: at,
                is_backup: backup::is_backup(cron, service),
                is_service: service.is_some_and(|s| s.is_called(&cron.metadata.name)),
                is_idle,
                is_unjudged: index.unjudged.is("CronJob", &cron.metadata),
            },
            is_all: at.is_some_and(|at| index.workloads_of(at).is_empty()),
            plan: Plan::of(cron),
            last_success: last_success(cron, jobs),
            lateness: None,
            is_catching_up: back.is_some_and(|t| index.now() - t < LATE),
        };
        context.lateness = context.lateness();
        context
    }

    /// How late the next success is; the first counts from the creation.
    fn lateness(&self) -> Option<Lateness> {
        let since = self
            .last_success
            .or(self.cron.metadata.creation_timestamp)?;
        let is_due = !self.is_catching_up && !self.state.is_idle;
        let plan = self.plan.as_ref().filter(|_| is_due)?;
        let late = plan.lateness(since, self.index.now())?;
        (!self.is_at_work(late.due)).then_some(late)
    }

    /// Whether the run that was due is at work and takes no longer than usual.
    fn is_at_work(&self, due: Time) -> bool {
        let Some(usual) = self.usual_duration() else {
            return false;
        };
        let began = self.unfinished().filter_map(started_at);
        began
            .filter(|began| *began <= due + LATE)
            .any(|began| self.index.now() - began <= usual * HANGS)
    }

    /// How long the successful runs took that are still known.
    fn usual_duration(&self) -> Option<TimeDelta> {
        let complete = self.jobs.iter().filter(|job| is_complete(job));
        let lasted = complete.filter_map(|j| Some(j.status.completion_time? - started_at(j)?));
        lasted.max()
    }

    fn reference(&self) -> ObjectRef {
        let meta = &self.cron.metadata;
        ObjectRef::new("CronJob", &meta.namespace, &meta.name)
    }

    fn new_finding(&self, reason: Reason, since: Time, effect: Effect) -> Finding {
        let mut finding = Finding::new(reason, self.reference(), since, effect);
        finding.service = self.service.map(|s| s.name.clone());
        finding
    }

    fn finding(&self) -> Option<Finding> {
        if self.state.is_idle {
            return None;
        }
        let trouble = self.trouble();
        if let Some(overdue) = self.backup_overdue(trouble.as_ref()) {
            return Some(overdue);
        }
        let found = trouble
            .map(|trouble| self.in_trouble(trouble))
            .or_else(|| self.last_run_failed())
            .or_else(|| self.held_back().or_else(|| self.missed()))
            .or_else(|| self.without_success());
        match (found, self.outage()) {
            (Some(mut finding), Some(late)) => {
                finding.effect = Effect::Unavailable;
                finding.since = late.due;
                finding.fact(FactKind::Object, self.last_success_text());
                Some(finding)
            }
            (None, Some(late)) => Some(self.late(late, Effect::Unavailable)),
            (found, None) => found,
        }
    }

    /// The lateness, if the service consists of cron jobs and is down for it.
    fn outage(&self) -> Option<Lateness> {
        let late = self.lateness?;
        let limit = match self.service.filter(|_| self.is_all)?.max_downtime {
            Tolerance::Limit(limit) => TimeDelta::from_std(limit).ok()?,
            Tolerance::Unlimited => return None,
        };
        let is_down = late.by > limit && late.by >= late.interval;
        (is_down && !self.state.is_backup).then_some(late)
    }

    /// What a failure means for the service: if it consists of cron jobs, its
    /// work is not done.
    fn effect_of_failure(&self) -> Effect {
        if self.is_all && !self.state.is_backup {
            Effect::Degraded
        } else {
            Effect::Impaired
        }
    }

    /// A run is expected, did not come, and at least one more was due since.
    fn is_overdue(&self) -> bool {
        self.lateness
            .is_some_and(|late| late.by >= late.interval + LATE)
    }

    fn unfinished(&self) -> impl Iterator<Item = &'a Job> {
        self.jobs.iter().copied().filter(|job| is_unfinished(job))
    }

    fn trouble(&self) -> Option<Trouble<'a>> {
        let patience = if self.is_overdue() {
            Patience::None
        } else {
            Patience::Usual
        };
        let runs = self
            .unfinished()
            .filter_map(|job| trouble::of_job(self.index, job, self.service, patience));
        trouble::join(runs.collect())
    }

    fn in_trouble(&self, trouble: Trouble) -> Finding {
        let since = trouble.symptom.since;
        // Another run has done the work since.
        let is_made_up = self.last_success > Some(since);
        let effect = if is_made_up {
            Effect::Impaired
        } else {
            self.effect_of_failure()
        };
        let mut finding = self.new_finding(trouble.symptom.reason, since, effect);
        finding.message = trouble.symptom.message;
        finding.pods = pod_refs(trouble.pods.into_iter());
        let count = self.unfinished().count();
        if count > 1 {
            finding.extent = format!("{count} runs have not ended");
        }
        finding
    }

    fn last_run_failed(&self) -> Option<Finding> {
        let job = newest_ended(self.jobs)?;
        let failed = failed_at(job)?;
        // The job that succeeded since may be deleted.
        (self.last_success <= Some(failed)).then_some(())?;
        let effect = self.effect_of_failure();
        super::failed_job(self.index, job, self.reference(), self.service, effect)
    }

    /// Runs start, and none of them has succeeded for too long. They may leave
    /// no failed job behind.
    fn without_success(&self) -> Option<Finding> {
        let late = self.lateness.filter(|_| self.is_overdue())?;
        if self.state.is_backup {
            return None;
        }
        let mut finding = self.late(late, self.effect_of_failure());
        let last = self.cron.status.last_schedule_time;
        let are_read = self.index.snapshot.is_read(Resource::Jobs);
        if are_read && last > self.last_success && self.unfinished().next().is_none() {
            finding.cause = Some(Cause::JobFailed);
            let last = last.map_or_else(String::new, minute);
            let fact = format!("the run of {last} has ended and left no success");
            finding.fact(FactKind::Object, fact);
        }
        Some(finding)
    }

    fn late(&self, late: Lateness, effect: Effect) -> Finding {
        let mut finding = self.new_finding(Reason::CronJobFailing, late.due, effect);
        let due = minute(late.due);
        finding.message = match self.last_success {
            Some(success) => format!(
                "no run has succeeded since {}; the next success was due at {due}",
                minute(success)
            ),
            None => format!("no run has succeeded yet; the first was due at {due}"),
        };
        finding.fact(FactKind::Object, self.schedule_text());
        finding.fact(FactKind::Object, self.last_success_text());
        finding.evidence.extend(self.event());
        finding
    }

    /// The newest warning of the controller.
    fn event(&self) -> Option<Fact> {
        let meta = &self.cron.metadata;
        let events = self.index.events("CronJob", &meta.namespace, &meta.name);
        let newest = events.iter().max_by_key(|e| e.last())?;
        Some(Fact {
            kind: FactKind::Event,
            text: format!("{}: {}", newest.reason, newest.message),
        })
    }

    fn schedule_text(&self) -> String {
        let spec = &self.cron.spec;
        let zone = if spec.time_zone.is_empty() {
            "UTC"
        } else {
            &spec.time_zone
        };
        let last = self.cron.status.last_schedule_time;
        let last = last.map_or_else(|| "never".to_owned(), minute);
        format!(
            "schedule {:?} ({zone}), last scheduled {last}",
            spec.schedule
        )
    }

    fn last_success_text(&self) -> String {
        match self.last_success {
            Some(success) => format!("last success {}", minute(success)),
            None => "no success yet".to_owned(),
        }
    }

    /// The monitor's own cron job, where the services file lists it. Every run that ended was a
    /// success, whatever its exit status. A service that only shares the namespace is not run
    /// by it.
    fn of_the_monitor(mut self) -> (Option<CronState>, Option<Finding>) {
        let name = &self.cron.metadata.name;
        let is_listed = self.service.is_some_and(|service| {
            service.is_called(name) || service.workloads.iter().any(|w| w.name == *name)
        });
        self.state.is_backup = false;
        let ended = newest_ended(self.jobs).and_then(failed_at);
        self.last_success = self.last_success.max(ended);
        self.lateness = self.lateness();
        let missed = self.missed();
        if !is_listed {
            return (None, missed);
        }
        let late = self
            .outage()
            .map(|late| self.late(late, Effect::Unavailable));
        (Some(self.state), late.or(missed))
    }
}

/// The last success, as far as the cron job or its jobs tell.
fn last_success(cron: &CronJob, jobs: &[&Job]) -> Option<Time> {
    let complete = jobs.iter().filter(|job| is_complete(job));
    let succeeded = complete.filter_map(|job| job.status.completion_time).max();
    cron.status.last_successful_time.max(succeeded)
}
