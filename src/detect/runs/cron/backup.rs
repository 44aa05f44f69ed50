//! Backups, which are judged by their last success.

use chrono::TimeDelta;

use super::CronContext;
use crate::cluster::types::CronJob;
use crate::detect::pod_status::pod_refs;
use crate::detect::runs::trouble::Trouble;
use crate::detect::text::minute;
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, Reason};

/// The age at which a backup is overdue, unless the services file sets another
/// or its schedule makes fewer.
const BACKUP_MAX_AGE: TimeDelta = TimeDelta::hours(26);
/// A backup may take so much longer than the one before.
const BACKUP_MARGIN: TimeDelta = TimeDelta::hours(2);
impl CronContext<'_, '_> {
    /// A backup that has not succeeded for too long.
    pub(super) fn backup_overdue(&self, trouble: Option<&Trouble>) -> Option<Finding> {
        if !self.state.is_backup || self.is_catching_up {
            return None;
        }
        let since = self
            .last_success
            .or(self.cron.metadata.creation_timestamp)?;
        let of_file = self.service.and_then(|s| s.backup_max_age);
        let of_file = of_file.and_then(|d| TimeDelta::from_std(d).ok());
        let by_schedule = self.plan.as_ref().and_then(|plan| plan.wait_after(since));
        let by_schedule = by_schedule.map(|wait| wait + BACKUP_MARGIN);
        let max_age = of_file.unwrap_or(BACKUP_MAX_AGE);
        let max_age = by_schedule.map_or(max_age, |wait| wait.max(max_age));
        if self.index.now() - since <= max_age {
            return None;
        }
        let overdue = since + max_age;
        let mut finding = self.new_finding(Reason::BackupOverdue, overdue, Effect::AtRisk);
        finding.message = match self.last_success {
            Some(success) => format!("the last successful backup was at {}", minute(success)),
            None => format!(
                "no backup has succeeded since the cron job was created at {}",
                minute(since)
            ),
        };
        let hours = max_age.num_hours();
        let fact = format!("{}, maximum age {hours} h", self.last_success_text());
        finding.fact(FactKind::Object, fact);
        finding.fact(FactKind::Object, self.schedule_text());
        self.explain(&mut finding, trouble);
        Some(finding)
    }

    /// Why a backup is overdue: its run that cannot start or failed.
    fn explain(&self, finding: &mut Finding, trouble: Option<&Trouble>) {
        if let Some(trouble) = trouble {
            let (reason, message) = (trouble.symptom.reason, &trouble.symptom.message);
            finding.fact(FactKind::Object, format!("its run: {reason}: {message}"));
            finding.message = format!("{}; its run cannot end: {message}", finding.message);
            finding.pods = pod_refs(trouble.pods.iter().copied());
        } else if let Some(failed) = self.last_run_failed() {
            finding.message = format!("{}; {}", finding.message, failed.message);
            finding.pods = failed.pods;
            finding.evidence.extend(failed.evidence);
        } else if let Some(held) = self.held_back() {
            finding.message = format!("{}; {}", finding.message, held.message);
            finding.pods = held.pods;
        }
    }
}

/// A cron job is a backup if its name contains the word or its service has a
/// maximum backup age. One with the name of the service is the service itself.
pub(super) fn is_backup(cron: &CronJob, service: Option<&Service>) -> bool {
    let name = &cron.metadata.name;
    let has_key = service.is_some_and(|s| s.backup_max_age.is_some() && !s.is_called(name));
    name.contains("backup") || has_key
}
