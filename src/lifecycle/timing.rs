//! Intervals between messages.

use std::time::Duration;

use chrono::TimeDelta;

use crate::model::Time;
use crate::state::{Notified, State};

/// An incident that is back within this time is the same incident, reopened.
pub const REOPEN: TimeDelta = TimeDelta::hours(3);
/// A crash loop that is only caught in ready moments keeps its severity for this long.
pub const READY_MOMENT: TimeDelta = TimeDelta::hours(1);
/// An incident that was back within this time is flapping. Its resolution is not sent before it has
/// stayed resolved for [`REOPEN`].
const FLAPPING: TimeDelta = TimeDelta::hours(12);

/// The time between two cycles, in whole minutes of the clock: a scheduled cycle does not start in
/// the same second each time.
pub fn elapsed(from: Time, to: Time) -> TimeDelta {
    let minute = |time: Time| time.timestamp().div_euclid(60);
    TimeDelta::minutes(minute(to) - minute(from))
}

/// Whether a repetition is due.
pub fn is_due(last: Time, interval: Duration, now: Time) -> bool {
    TimeDelta::from_std(interval).is_ok_and(|interval| elapsed(last, now) >= interval)
}

/// When the next repetition is due.
pub fn next(last: Time, interval: Duration) -> Option<Time> {
    last.checked_add_signed(TimeDelta::from_std(interval).ok()?)
}

/// Whether a message said not long ago that the incident is back.
pub fn is_flapping(notified: &Notified, now: Time) -> bool {
    notified
        .last_return
        .is_some_and(|at| elapsed(at, now) < FLAPPING)
}

/// A time as text.
pub fn format(time: Time) -> String {
    time.format("%F %H:%M UTC").to_string()
}

/// Moves times in the future to `now`. After the clock was set back, messages would otherwise be
/// held back until it has caught up.
pub fn clamp_future(state: &mut State, now: Time) {
    let clamp = |time: &mut Time| *time = (*time).min(now);
    let clamp_option = |time: &mut Option<Time>| {
        if let Some(time) = time {
            *time = (*time).min(now);
        }
    };
    clamp_option(&mut state.restarts_at);
    for incident in &mut state.incidents {
        clamp(&mut incident.first_seen);
        clamp(&mut incident.last_seen);
        clamp_option(&mut incident.resolved_at);
        clamp_option(&mut incident.ended_at);
        clamp_option(&mut incident.escalated_at);
        clamp_option(&mut incident.better_since);
        clamp_option(&mut incident.caught_ready_since);
        clamp_option(&mut incident.due_since);
        clamp_option(&mut incident.unsilenced_at);
        if let Some(notified) = &mut incident.notified {
            clamp(&mut notified.full_at);
            clamp_option(&mut notified.last_return);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_count_whole_minutes() {
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
