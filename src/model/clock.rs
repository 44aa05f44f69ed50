//! The one place that reads the wall clock.

use chrono::{DateTime, SubsecRound as _, Utc};

/// A moment; all times are UTC.
pub type Time = DateTime<Utc>;

/// The current time, in whole seconds. Only edges call it: pure modules take `now` as an argument.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the edge where time enters")]
pub fn now() -> Time {
    Utc::now().trunc_subsecs(0)
}
