//! Conditions and times in the messages of findings.

use crate::cluster::types::Condition;
use crate::model::Time;

/// A condition with its reason and message.
#[must_use]
pub fn condition_text(condition: &Condition) -> String {
    format!(
        "condition {}={} ({}): {}",
        condition.kind, condition.status, condition.reason, condition.message
    )
}

/// A time to the minute: `2026-03-02 11:20 UTC`.
#[must_use]
pub fn minute(time: Time) -> String {
    time.format("%F %H:%M UTC").to_string()
}
