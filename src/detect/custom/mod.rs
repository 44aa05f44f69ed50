//! Custom resources that say of themselves that they are broken.

mod backups;
mod cron_workflows;
mod judge;
mod pause;
mod presence;
mod runs;
mod service;

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::self_exclusion;
use crate::cluster::Objects;
use crate::cluster::types::CustomObject;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

use judge::Complaint;
pub use judge::complaint;
pub use presence::{ResourcePresence, presence};
pub use service::of as service_of;

/// Controllers try again. A complaint younger than this may be gone after the next attempt.
const GRACE: TimeDelta = TimeDelta::minutes(10);
/// The same for what is being made or changed.
const PROVISIONING: TimeDelta = TimeDelta::minutes(60);

/// Kinds whose objects are backups.
const BACKUPS: &[(&str, &str)] = &[
    ("postgresql.cnpg.io", "Backup"),
    ("postgresql.cnpg.io", "ScheduledBackup"),
    ("velero.io", "Backup"),
    ("velero.io", "Schedule"),
    ("velero.io", "BackupStorageLocation"),
    ("longhorn.io", "Backup"),
    ("longhorn.io", "BackupTarget"),
    ("volsync.backube", "ReplicationSource"),
    ("k3s.cattle.io", "ETCDSnapshotFile"),
];

/// The schedule that made a backup.
#[must_use]
pub fn backup_schedule(objects: &Objects, backup: &ObjectRef) -> Option<ObjectRef> {
    backups::schedule_of(&objects.custom, backup)
}

/// Findings about the objects of kinds that have no detector of their own.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects.custom;
    let superseded = runs::superseded(objects);
    objects
        .iter()
        .enumerate()
        .filter(|(at, object)| {
            !superseded.contains(at) && !self_exclusion::is_ours(&object.metadata)
        })
        .filter_map(|(_, object)| degraded(index, object))
        .chain(backups::detect(index))
        .chain(cron_workflows::detect(index))
        .collect()
}

fn degraded(index: &ClusterIndex, object: &CustomObject) -> Option<Finding> {
    let complaint = complaint(object)?;
    let created = object.metadata.creation_timestamp;
    let since = complaint
        .since
        .or(created)
        .unwrap_or(index.now() - PROVISIONING);
    let grace = if complaint.is_in_progress {
        PROVISIONING
    } else {
        GRACE
    };
    if index.now() - since < grace {
        return None;
    }
    let effect = if is_of_backup(object, &complaint) {
        Effect::AtRisk
    } else if object.is("longhorn.io", "Volume") && complaint.statement == "robustness faulted" {
        // Its data cannot be read.
        Effect::CutOff
    } else {
        Effect::Impaired
    };
    let reference = object.reference();
    let mut finding = Finding::new(Reason::ResourceDegraded, reference, since, effect);
    finding.service = service::of(index, object);
    finding.message = sentence(&complaint);
    let reason = match complaint.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let message = match complaint.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    finding.fact(
        FactKind::Object,
        format!("{}{reason}{message}", complaint.statement),
    );
    let phase = object.status_text(&["phase"]);
    if !phase.is_empty() && !complaint.statement.contains(phase) {
        let reason = object.status_text(&["phaseReason"]);
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        finding.fact(FactKind::Object, format!("phase {phase}{reason}"));
    }
    Some(finding)
}

/// Whether backups or the archive of a database fail.
fn is_of_backup(object: &CustomObject, complaint: &Complaint) -> bool {
    let of_condition = ["ContinuousArchiving", "LastBackupSucceeded"]
        .iter()
        .any(|kind| complaint.statement == format!("condition {kind}=False"));
    of_condition || BACKUPS.iter().any(|(group, kind)| object.is(group, kind))
}

fn sentence(complaint: &Complaint) -> String {
    let why = [&complaint.message, &complaint.reason];
    let why = why.into_iter().find(|text| !text.is_empty());
    match why {
        Some(why) => format!("{}: {why}", complaint.statement),
        None => complaint.statement.clone(),
    }
}
