//! Backups that other projects schedule: judged by their last success, like those of cron jobs.

use chrono::TimeDelta;

use super::{pause, runs, service};
use crate::cluster::types::CustomObject;
use crate::detect::index::ClusterIndex;
use crate::detect::text::minute;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Schedule, Time};

/// The age at which a backup is overdue, unless the services file sets another or its schedule
/// makes fewer.
const MAX_AGE: TimeDelta = TimeDelta::hours(26);
/// A backup may take so much longer than the one before.
const MARGIN: TimeDelta = TimeDelta::hours(2);

/// A series of backups.
struct Series<'a> {
    object: &'a CustomObject,
    schedule: String,
    last_success: Option<Time>,
    /// What its last attempt said.
    said: &'a str,
}

/// Findings about backups that have not succeeded for too long.
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects.custom;
    let is_active = |object: &&CustomObject| {
        object.metadata.deletion_timestamp.is_none() && !pause::is_paused(object)
    };
    let mut series: Vec<_> = objects
        .iter()
        .filter(is_active)
        .filter_map(|object| scheduled(objects, object))
        .collect();
    series.extend(volumes(objects));
    series
        .iter()
        .filter_map(|series| overdue(index, series))
        .collect()
}

fn overdue(index: &ClusterIndex, series: &Series) -> Option<Finding> {
    let meta = &series.object.metadata;
    let schedule = Schedule::parse(&series.schedule, "")?;
    let since = series.last_success.or(meta.creation_timestamp)?;
    let service = service::of(index, series.object);
    let of_file = service
        .as_deref()
        .and_then(|name| index.service(name)?.backup_max_age);
    let of_file = of_file.and_then(|age| TimeDelta::from_std(age).ok());
    let of_schedule = schedule.previous(since).zip(schedule.next(since));
    let of_schedule = of_schedule.map(|(before, next)| next - before + MARGIN);
    let max_age = of_file.unwrap_or(MAX_AGE);
    let max_age = of_schedule.map_or(max_age, |age| age.max(max_age));
    if index.now() - since <= max_age {
        return None;
    }
    let reference = series.object.reference();
    let mut finding = Finding::new(
        Reason::BackupOverdue,
        reference,
        since + max_age,
        Effect::AtRisk,
    );
    finding.service = service;
    finding.message = match series.last_success {
        Some(success) => format!("the last successful backup was at {}", minute(success)),
        None => format!("no backup has succeeded since {}", minute(since)),
    };
    if !series.said.is_empty() {
        finding.message = format!("{}; its last attempt: {}", finding.message, series.said);
    }
    let hours = max_age.num_hours();
    let fact = format!("schedule {}, maximum age {hours} h", series.schedule);
    finding.fact(FactKind::Object, fact);
    Some(finding)
}

fn scheduled<'a>(objects: &'a [CustomObject], object: &'a CustomObject) -> Option<Series<'a>> {
    match (object.group(), object.kind.as_str()) {
        ("velero.io", "Schedule") => {
            let name = object.metadata.name.as_str();
            let own = of_namespace(objects, object, "Backup")
                .filter(|backup| backup.metadata.label("velero.io/schedule-name") == Some(name));
            let (last_success, said) = attempts(own, "completionTimestamp", "Completed");
            Some(Series {
                object,
                schedule: object.spec_text(&["schedule"]).to_owned(),
                last_success,
                said,
            })
        }
        ("volsync.backube", "ReplicationSource") => Some(Series {
            object,
            schedule: object.spec_text(&["trigger", "schedule"]).to_owned(),
            last_success: object.status_text(&["lastSyncTime"]).parse().ok(),
            said: object.status_text(&["latestMoverStatus", "logs"]),
        }),
        ("postgresql.cnpg.io", "ScheduledBackup") => {
            let cluster = object.spec_text(&["cluster", "name"]);
            let own = of_namespace(objects, object, "Backup")
                .filter(|backup| backup.spec_text(&["cluster", "name"]) == cluster);
            let (of_backups, said) = attempts(own, "stoppedAt", "completed");
            let of_cluster = of_namespace(objects, object, "Cluster")
                .find(|found| found.metadata.name == cluster)
                .and_then(|found| found.status_text(&["lastSuccessfulBackup"]).parse().ok());
            Some(Series {
                object,
                schedule: without_seconds(object.spec_text(&["schedule"])),
                last_success: of_backups.max(of_cluster),
                said,
            })
        }
        _ => None,
    }
}

/// The schedule that made a backup, by its label.
#[must_use]
pub fn schedule_of(objects: &[CustomObject], backup: &ObjectRef) -> Option<ObjectRef> {
    const SCHEDULES: &[(&str, &str, &str)] = &[
        ("velero.io", "Schedule", "velero.io/schedule-name"),
        (
            "postgresql.cnpg.io",
            "ScheduledBackup",
            "cnpg.io/scheduled-backup",
        ),
    ];
    let mut named = objects.iter().filter(|o| o.reference() == *backup);
    let (kind, name) = named.find_map(|o| {
        let (_, kind, label) = SCHEDULES.iter().find(|(group, ..)| o.is(group, "Backup"))?;
        Some((*kind, o.metadata.label(label)?))
    })?;
    let own = |o: &&CustomObject| {
        o.kind == kind && o.metadata.name == name && o.metadata.namespace == backup.namespace
    };
    objects.iter().find(own).map(CustomObject::reference)
}

/// The other objects of a kind in the group and namespace of an object.
fn of_namespace<'a>(
    objects: &'a [CustomObject],
    object: &'a CustomObject,
    kind: &'a str,
) -> impl Iterator<Item = &'a CustomObject> {
    objects.iter().filter(move |other| {
        other.is(object.group(), kind) && other.metadata.namespace == object.metadata.namespace
    })
}

/// When the last attempt succeeded, and the error of a later one that failed.
fn attempts<'a>(
    attempts: impl Iterator<Item = &'a CustomObject>,
    end: &str,
    success: &str,
) -> (Option<Time>, &'a str) {
    let mut attempts: Vec<_> = attempts
        .filter_map(|a| Some((runs::began(a)?, a)))
        .collect();
    attempts.sort_by_key(|(began, attempt)| (*began, &attempt.metadata.name));
    let ended = |attempt: &CustomObject| attempt.status_text(&[end]).parse().ok();
    let mut last = None;
    let mut said = "";
    for (began, attempt) in attempts {
        if attempt.status_text(&["phase"]) == success {
            last = ended(attempt).or(Some(began));
            said = "";
        } else {
            let texts = ["failureReason", "error"].map(|field| attempt.status_text(&[field]));
            said = texts
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or(said);
        }
    }
    (last, said)
}

/// Schedules of `ScheduledBackup` begin with seconds.
fn without_seconds(schedule: &str) -> String {
    let fields: Vec<_> = schedule.split_whitespace().collect();
    match fields.as_slice() {
        [_, rest @ ..] if fields.len() == 6 => rest.join(" "),
        _ => schedule.to_owned(),
    }
}

/// The volumes that a recurring job of Longhorn backs up.
fn volumes(objects: &[CustomObject]) -> Vec<Series<'_>> {
    let is_backup = |job: &&CustomObject| {
        job.is("longhorn.io", "RecurringJob") && job.spec_text(&["task"]).starts_with("backup")
    };
    let jobs: Vec<_> = objects.iter().filter(is_backup).collect();
    let mut series = Vec::new();
    for volume in objects
        .iter()
        .filter(|object| object.is("longhorn.io", "Volume"))
    {
        let Some(job) = jobs.iter().find(|job| backs_up(job, volume)) else {
            continue;
        };
        series.push(Series {
            object: volume,
            schedule: job.spec_text(&["cron"]).to_owned(),
            last_success: volume.status_text(&["lastBackupAt"]).parse().ok(),
            said: "",
        });
    }
    series
}

/// A volume names its jobs and groups by labels. Without any it is in the group `default`.
fn backs_up(job: &CustomObject, volume: &CustomObject) -> bool {
    const JOB: &str = "recurring-job.longhorn.io/";
    const GROUP: &str = "recurring-job-group.longhorn.io/";
    let labels = &volume.metadata.labels;
    let groups = job
        .spec_at(&["groups"])
        .and_then(|groups| groups.as_array());
    let mut groups = groups
        .into_iter()
        .flatten()
        .filter_map(|group| group.as_str());
    let is_labelled = labels
        .iter()
        .any(|(key, _)| key.starts_with(JOB) || key.starts_with(GROUP));
    let has =
        |prefix: &str, name: &str| volume.metadata.label(&format!("{prefix}{name}")).is_some();
    has(JOB, &job.metadata.name)
        || groups.any(|group| has(GROUP, group) || !is_labelled && group == "default")
}
