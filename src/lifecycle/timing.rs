//! Time between messages.

use std::time::Duration;

use chrono::TimeDelta;

use crate::model::Time;
use crate::state::{Notified, State};

/// What is back this soon is the same incident.
pub const REOPEN: TimeDelta = TimeDelta::hours(3);
/// What came back within this time flaps: it is not said to be better until it
/// has stayed so for [`REOPEN`].
const FLAPPING: TimeDelta = TimeDelta::hours(12);

/// Time passed by the minutes of the clock: cycles that start by the clock do
/// not start at the same second of it.
pub fn passed(from: Time, to: Time) -> TimeDelta {
    let minute = |time: Time| time.timestamp().div_euclid(60);
    TimeDelta::minutes(minute(to) - minute(from))
}

/// Whether a repetition is due.
pub fn is_due(last: Time, every: Duration, now: Time) -> bool {
    TimeDelta::from_std(every).is_ok_and(|every| passed(last, now) >= every)
}

/// When a repetition will be due.
pub fn next(last: Time, every: Duration) -> Option<Time> {
    last.checked_add_signed(TimeDelta::from_std(every).ok()?)
}

/// Whether it was said to be back not long ago.
pub fn flaps(told: &Notified, now: Time) -> bool {
    told.last_return
        .is_some_and(|at| passed(at, now) < FLAPPING)
}

/// A moment in words.
pub fn moment(time: Time) -> String {
    time.format("%F %H:%M UTC").to_string()
}

/// After a clock was set back, what lies in the future counts as just now:
/// nothing is said again at once, and nothing is kept back for long.
pub fn set_right(state: &mut State, now: Time) {
    let back = |time: &mut Time| *time = (*time).min(now);
    let back_if = |time: &mut Option<Time>| {
        if let Some(time) = time {
            *time = (*time).min(now);
        }
    };
    back_if(&mut state.restarts_at);
    for incident in &mut state.incidents {
        back(&mut incident.first_seen);
        back(&mut incident.last_seen);
        back_if(&mut incident.resolved_at);
        back_if(&mut incident.escalated_at);
        back_if(&mut incident.better_since);
        back_if(&mut incident.due_since);
        back_if(&mut incident.unsilenced_at);
        if let Some(told) = &mut incident.told {
            back(&mut told.full_at);
            back_if(&mut told.last_return);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_by_the_minute() {
        let time = |text: &str| text.parse::<Time>().expect(text);
        let hour = Duration::from_secs(3600);
        for (last, now, due) in [
            ("2026-11-02T10:00:09Z", "2026-11-02T11:00:01Z", true),
            ("2026-11-02T10:00:00Z", "2026-11-02T10:59:59Z", false),
            ("2026-11-02T10:00:00Z", "2026-11-02T09:00:00Z", false),
            ("1969-12-31T23:00:30Z", "1970-01-01T00:00:00Z", true),
        ] {
            assert_eq!(is_due(time(last), hour, time(now)), due, "{last} {now}");
        }
    }
}
