//! Runs that were due and did not start.

use chrono::TimeDelta;

use super::{CronContext, HANGS, LATE};
use crate::cluster::Resource;
use crate::detect::pod_status::pod_refs;
use crate::detect::runs::job::started_at;
use crate::detect::text::minute;
use crate::model::{Effect, FactKind, Finding, Reason};

impl CronContext<'_, '_> {
    /// Runs that were due while the one before them did not end.
    pub(super) fn held_back(&self) -> Option<Finding> {
        let late = self.lateness?;
        if self.cron.spec.concurrency_policy != "Forbid" {
            return None;
        }
        let hung = self.unfinished().min_by_key(|job| started_at(job))?;
        let began = started_at(hung)?;
        let lasts = self.index.now() - began;
        let usual = self.usual_duration();
        let is_long = match usual {
            Some(usual) => lasts > (usual * HANGS).max(late.interval),
            None => late.by >= late.interval * 2,
        };
        if !is_long || !self.is_overdue() {
            return None;
        }
        let mut finding = self.new_finding(Reason::CronJobMissed, late.due, Effect::Impaired);
        finding.effect = self.effect_of_failure();
        let (name, began) = (&hung.metadata.name, minute(began));
        finding.message = format!(
            "job {name} has not ended since {began}, and concurrencyPolicy Forbid starts no other"
        );
        finding.fact(FactKind::Object, self.schedule_text());
        finding.fact(FactKind::Object, self.last_success_text());
        if let Some(usual) = usual {
            let minutes = usual.num_minutes();
            let fact = format!("the longest run that succeeded took {minutes} min");
            finding.fact(FactKind::Object, fact);
        }
        let meta = &hung.metadata;
        let pods = self.index.runs.of("Job", &meta.namespace, &meta.name);
        finding.pods = pod_refs(pods.iter().copied());
        Some(finding)
    }

    /// Whether a run is at work that must end before the next one starts.
    fn waits_for_a_run(&self) -> bool {
        self.cron.spec.concurrency_policy == "Forbid"
            && (self.unfinished().next().is_some()
                || !self.index.snapshot.is_read(Resource::Jobs)
                    && !self.cron.status.active.is_empty())
    }

    /// A run that was due and did not start. Backups are checked by their last success.
    pub(super) fn missed(&self) -> Option<Finding> {
        if self.state.is_backup || self.is_catching_up || self.waits_for_a_run() {
            return None;
        }
        let deadline = self.cron.spec.starting_deadline_seconds;
        let deadline = deadline.and_then(TimeDelta::try_seconds);
        let may_be_late = deadline.map_or(LATE, |d| d.max(LATE));
        let due = self.plan.as_ref()?;
        let due = due.unstarted(self.index.now(), may_be_late)?;
        let mut finding = self.new_finding(Reason::CronJobMissed, due, Effect::Impaired);
        let last = self
            .cron
            .status
            .last_schedule_time
            .map_or_else(|| "never".to_owned(), minute);
        finding.message = format!(
            "was due at {} and did not run; last run {last}",
            minute(due)
        );
        finding.fact(FactKind::Object, self.schedule_text());
        finding.evidence.extend(self.event());
        Some(finding)
    }
}
