//! When the runs of a cron job are due, and how late its next success is.

use chrono::TimeDelta;

use crate::cluster::types::CronJob;
use crate::model::{Schedule, Time, Zone};

/// Schedules that have no zone may move by this much when the control plane's clock changes.
const CLOCK_CHANGE: TimeDelta = TimeDelta::hours(1);

/// The schedule of a cron job, in the zone in which the controller reads it.
pub struct Plan {
    schedule: Schedule,
    /// The last run that was started, by its time on the schedule.
    last_run: Option<Time>,
    /// How much later a run may start than the schedule says.
    slack: TimeDelta,
    /// Whether the last run fits the schedule. If not, the schedule was changed since.
    fits: bool,
}

/// How late the next success is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lateness {
    /// When its run was due.
    pub due: Time,
    /// How long ago that is.
    pub by: TimeDelta,
    /// From that run to the next.
    pub interval: TimeDelta,
}

impl Plan {
    /// The plan of a cron job; none if the controller cannot read its schedule.
    pub fn of(cron: &CronJob) -> Option<Self> {
        let schedule = Schedule::parse(&cron.spec.schedule, &cron.spec.time_zone)?;
        let last_run = cron.status.last_schedule_time;
        let plan = |schedule, slack, fits| Self {
            schedule,
            last_run,
            slack,
            fits,
        };
        let Some(last) = last_run.filter(|_| schedule.lacks_zone()) else {
            return Some(plan(schedule, TimeDelta::zero(), true));
        };
        // The controller uses the zone of its host, which no object names. The time of the last
        // run shows how far it is ahead of UTC.
        if schedule.is_due(last) {
            return Some(plan(schedule, TimeDelta::zero(), true));
        }
        let mut elsewhere = offsets()
            .filter_map(Zone::ahead)
            .map(|zone| schedule.in_zone(zone));
        Some(match elsewhere.find(|schedule| schedule.is_due(last)) {
            Some(found) => plan(found, CLOCK_CHANGE, true),
            None => plan(schedule, TimeDelta::zero(), false),
        })
    }

    /// When the run after the last one that was started was due, if that is longer
    /// ago than it may start late.
    pub fn unstarted(&self, now: Time, may_be_late: TimeDelta) -> Option<Time> {
        let last = self.last_run?;
        let due = self.schedule.next(last)?;
        let interval = self.schedule.next(due)? - due;
        let is_certain = self.fits || now - last > interval + may_be_late;
        (now - due > may_be_late + self.slack && is_certain).then_some(due)
    }

    /// How late the next success after this one is; none if it is not due.
    pub fn lateness(&self, success: Time, now: Time) -> Option<Lateness> {
        let due = self.due_after(success)?;
        let interval = self.schedule.next(due)? - due;
        let by = now - due;
        (by > TimeDelta::zero()).then_some(Lateness { due, by, interval })
    }

    /// When the run after the one that succeeded at this time is due.
    fn due_after(&self, success: Time) -> Option<Time> {
        self.schedule.next(self.run_of(success))
    }

    /// When the run that succeeded at this time was due.
    fn run_of(&self, success: Time) -> Time {
        let Some(last) = self.last_run else {
            return success;
        };
        if last <= success {
            return last;
        }
        // Runs with a fixed delay count from one another.
        let Some(delay) = self.schedule.delay() else {
            return success;
        };
        let runs = (last - success).num_seconds() / delay.num_seconds().max(1) + 1;
        let back = TimeDelta::try_seconds(runs.saturating_mul(delay.num_seconds()));
        let run = back.and_then(|back| last.checked_sub_signed(back));
        run.unwrap_or(success)
    }

    /// How long after a success the next one may come: the time between the two runs.
    pub fn wait_after(&self, success: Time) -> Option<TimeDelta> {
        let before = self.schedule.previous(success)?;
        Some(self.schedule.next(success)? - before)
    }
}

/// Whole hours from UTC first, because most zones are.
fn offsets() -> impl Iterator<Item = TimeDelta> {
    let minutes = [0, 30, 45, 15];
    let ahead = |part: i64| (0..=14).map(move |hours| hours * 60 + part);
    minutes
        .into_iter()
        .flat_map(ahead)
        .flat_map(|minutes| [minutes, -minutes])
        .map(TimeDelta::minutes)
}
