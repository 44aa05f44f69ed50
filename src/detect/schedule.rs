//! Cron jobs that missed a run. A run that never started leaves no job, pod or
//! event.

use chrono::TimeDelta;
use chrono_tz::Tz;
use croner::Cron;

use super::batch;
use super::index::ClusterIndex;
use super::text::minute;
use crate::cluster::Resource;
use crate::cluster::types::CronJob;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// A run may start this late: the controller checks every ten seconds, and a
/// control plane that restarts catches up within minutes.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// Checks every cron job that is not suspended. Backups are checked by their age.
pub fn detect<'a>(index: &'a ClusterIndex) -> impl Iterator<Item = Finding> + 'a {
    let objects = &index.snapshot.objects;
    let is_read = index.snapshot.is_read(Resource::Jobs);
    objects
        .cron_jobs
        .iter()
        .filter(move |c| is_read && !c.spec.suspend && !batch::is_backup(index, c))
        .filter_map(|c| check(index, c))
}

fn check(index: &ClusterIndex, cron: &CronJob) -> Option<Finding> {
    let meta = &cron.metadata;
    let last = cron.status.last_schedule_time?;
    let due = next_run(cron, last)?;
    // A schedule without a time zone uses the control plane's, which is unknown:
    // only a whole interval without a run is certain.
    let interval = next_run(cron, due)? - due;
    let late = cron
        .spec
        .starting_deadline_seconds
        .and_then(TimeDelta::try_seconds)
        .map_or(LATE, |d| d.max(LATE));
    let since_last = index.now() - last;
    if index.now() - due <= late || since_last <= interval + late || is_running(index, cron) {
        return None;
    }
    let reference = ObjectRef::new("CronJob", &meta.namespace, &meta.name);
    let mut finding = Finding::new(Reason::CronJobMissed, reference, due, Effect::Impaired);
    let service = index.service_of_cron_job(meta);
    finding.service = service.map(|s| s.name.clone());
    let zone = if cron.spec.time_zone.is_empty() {
        "UTC"
    } else {
        &cron.spec.time_zone
    };
    let last = minute(last);
    finding.message = format!(
        "was due at {} and did not run; last run {last}",
        minute(due)
    );
    finding.fact(
        FactKind::Object,
        format!(
            "schedule {:?} ({zone}), last scheduled {last}",
            cron.spec.schedule
        ),
    );
    Some(finding)
}

/// The next run after a time, by the schedule in its own time zone.
#[must_use]
pub fn next_run(cron: &CronJob, after: Time) -> Option<Time> {
    let mut pattern = cron.spec.schedule.trim();
    let mut zone = cron.spec.time_zone.as_str();
    // The old syntax for the time zone.
    for mark in ["CRON_TZ=", "TZ="] {
        if let Some((inline, rest)) = pattern.strip_prefix(mark).and_then(|p| p.split_once(' ')) {
            (zone, pattern) = (inline, rest.trim());
        }
    }
    let zone: Tz = if zone.is_empty() {
        Tz::UTC
    } else {
        zone.parse().ok()?
    };
    let schedule: Cron = pattern.parse().ok()?;
    let next = schedule
        .find_next_occurrence(&after.with_timezone(&zone), false)
        .ok()?;
    Some(next.to_utc())
}

/// Whether a run is still active that must end before the next one.
fn is_running(index: &ClusterIndex, cron: &CronJob) -> bool {
    cron.spec.concurrency_policy == "Forbid"
        && index.snapshot.objects.jobs.iter().any(|j| {
            j.status.active > 0
                && j.metadata.namespace == cron.metadata.namespace
                && j.metadata
                    .controller()
                    .is_some_and(|o| o.kind == "CronJob" && o.name == cron.metadata.name)
        })
}
