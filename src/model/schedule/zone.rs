//! The time zone of a schedule.

use chrono::{FixedOffset, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use crate::model::clock::Time;

/// A zone by name, or one of which only the present offset is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// By name.
    Named(Tz),
    /// By its offset from UTC.
    Fixed(FixedOffset),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// A zone of the tz database.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self::Named)
    }

    /// A zone this far ahead of UTC.
    #[must_use]
    pub fn ahead(by: TimeDelta) -> Option<Self> {
        let seconds = i32::try_from(by.num_seconds()).ok()?;
        FixedOffset::east_opt(seconds).map(Self::Fixed)
    }

    /// The time that its clocks show.
    #[must_use]
    pub fn local(&self, time: Time) -> NaiveDateTime {
        match self {
            Self::Named(zone) => time.with_timezone(zone).naive_local(),
            Self::Fixed(offset) => time.with_timezone(offset).naive_local(),
        }
    }
}
