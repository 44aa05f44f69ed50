//! Cron schedules as Kubernetes reads them: five fields, a word such as `@hourly`, or `@every`
//! with a duration.
//!
//! A run is due in each minute whose local time fits the fields, as in robfig/cron, the library
//! of the CronJob controller: a time that a change of the clock skips does not exist, and one
//! that it repeats exists twice.

mod every;
mod fields;
mod zone;

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};

pub use self::every::delay;
use self::fields::Fields;
pub use self::zone::Zone;
use super::clock::Time;

/// A schedule without a match for so long has none.
const HORIZON: TimeDelta = TimeDelta::days(5 * 366);

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    times: Times,
    /// The zone of its fields; none where only the control plane knows it.
    zone: Option<Zone>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Times {
    Fields(Fields),
    /// So long after the run before.
    Every(TimeDelta),
}

impl Schedule {
    /// Parses a schedule and the name of its time zone, which may be empty. None where the
    /// controller would refuse it.
    #[must_use]
    pub fn parse(text: &str, zone: &str) -> Option<Self> {
        let (mut text, mut zone) = (text.trim(), zone);
        // The old syntax for the time zone.
        for mark in ["CRON_TZ=", "TZ="] {
            if let Some((inline, rest)) = text.strip_prefix(mark).and_then(|t| t.split_once(' ')) {
                zone = if zone.is_empty() { inline } else { zone };
                text = rest.trim();
            }
        }
        let zone = match zone {
            "" | "Local" => None,
            name => Some(Zone::named(name)?),
        };
        let times = match text.strip_prefix("@every ") {
            Some(delay) => Times::Every(every::delay(delay)?),
            None => Times::Fields(Fields::parse(text)?),
        };
        Some(Self { times, zone })
    }

    /// Whether the zone of its times is unknown: the fields count in the control plane's own.
    #[must_use]
    pub fn lacks_zone(&self) -> bool {
        self.zone.is_none() && matches!(self.times, Times::Fields(_))
    }

    /// The same schedule in another zone.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self {
            times: self.times.clone(),
            zone: Some(zone),
        }
    }

    /// The time between two runs, where it is a fixed one.
    #[must_use]
    pub fn delay(&self) -> Option<TimeDelta> {
        match self.times {
            Times::Every(delay) => Some(delay),
            Times::Fields(_) => None,
        }
    }

    /// Whether a run is due at this minute.
    #[must_use]
    pub fn is_due(&self, at: Time) -> bool {
        match &self.times {
            Times::Every(_) => whole_second(at) == whole_minute(at),
            Times::Fields(fields) => {
                let zone = self.zone.unwrap_or(Zone::UTC);
                is_near(at) && misfit(fields, zone.local(whole_minute(at))).is_none()
            }
        }
    }

    /// The first time after `after` at which a run is due.
    #[must_use]
    pub fn next(&self, after: Time) -> Option<Time> {
        match &self.times {
            Times::Every(delay) => whole_second(after).checked_add_signed(*delay),
            Times::Fields(fields) => {
                let start = whole_minute(after).checked_add_signed(TimeDelta::minutes(1))?;
                self.search(fields, start, forwards)
            }
        }
    }

    /// The last time at or before `at` at which a run was due. Of a fixed delay, whose runs count
    /// from one another, the time itself.
    #[must_use]
    pub fn previous(&self, at: Time) -> Option<Time> {
        match &self.times {
            Times::Every(_) => Some(whole_second(at)),
            Times::Fields(fields) => self.search(fields, whole_minute(at), backwards),
        }
    }

    /// Goes from minute to minute, over hours, days and months that cannot fit, until the fields do.
    fn search(
        &self,
        fields: &Fields,
        start: Time,
        step: fn(NaiveDateTime, Misfit) -> TimeDelta,
    ) -> Option<Time> {
        let zone = self.zone.unwrap_or(Zone::UTC);
        let mut at = Some(start).filter(|at| is_near(*at))?;
        while (at - start).abs() <= HORIZON {
            let local = zone.local(at);
            let Some(misfit) = misfit(fields, local) else {
                return Some(at);
            };
            at = at.checked_add_signed(step(local, misfit))?;
        }
        None
    }
}

/// The largest part of a local time that does not fit.
#[derive(Clone, Copy)]
enum Misfit {
    Month,
    Day,
    Hour,
    Minute,
}

fn misfit(fields: &Fields, local: NaiveDateTime) -> Option<Misfit> {
    if !fields.has_month(local.month()) {
        Some(Misfit::Month)
    } else if !fields.has_day(local.date()) {
        Some(Misfit::Day)
    } else if !fields.has_hour(local.hour()) {
        Some(Misfit::Hour)
    } else if !fields.has_minute(local.minute()) {
        Some(Misfit::Minute)
    } else {
        None
    }
}

/// To the next time that may fit. The last days of a month and the last hours of a day are taken
/// one by one, because months differ and the clock may change.
fn forwards(local: NaiveDateTime, misfit: Misfit) -> TimeDelta {
    let day = i64::from(local.day());
    let (hour, minute) = (i64::from(local.hour()), i64::from(local.minute()));
    match misfit {
        Misfit::Month if day < 27 => TimeDelta::days(27 - day),
        Misfit::Month | Misfit::Day if hour < 20 => TimeDelta::hours(20 - hour),
        Misfit::Month | Misfit::Day | Misfit::Hour => TimeDelta::minutes(60 - minute),
        Misfit::Minute => TimeDelta::minutes(1),
    }
}

/// The same in the other direction, with the first days and hours one by one.
fn backwards(local: NaiveDateTime, misfit: Misfit) -> TimeDelta {
    let day = i64::from(local.day());
    let (hour, minute) = (i64::from(local.hour()), i64::from(local.minute()));
    match misfit {
        Misfit::Month if day > 4 => TimeDelta::days(4 - day),
        Misfit::Month | Misfit::Day if hour > 4 => TimeDelta::hours(4 - hour),
        Misfit::Month | Misfit::Day | Misfit::Hour => TimeDelta::minutes(-1 - minute),
        Misfit::Minute => TimeDelta::minutes(-1),
    }
}

/// Far from here a zone may lead outside of what a time can be.
fn is_near(time: Time) -> bool {
    (1900..3000).contains(&time.year())
}

fn whole_second(time: Time) -> Time {
    time.with_nanosecond(0).unwrap_or(time)
}

fn whole_minute(time: Time) -> Time {
    whole_second(time).with_second(0).unwrap_or(time)
}

#[cfg(test)]
mod tests;
