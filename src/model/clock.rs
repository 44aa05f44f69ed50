//! The wall clock.

use chrono::{DateTime, SubsecRound as _, Utc};

/// A time in UTC.
pub type Time = DateTime<Utc>;

/// The current time in whole seconds. Pure modules take `now` as an argument instead.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the only caller")]
pub fn now() -> Time {
    Utc::now().trunc_subsecs(0)
}
