//! Silences from the command line: added, listed, removed. Pure.

use std::time::Duration;

use chrono::TimeDelta;

use super::model::{Silence, SilenceTarget, State};
use crate::model::Time;

/// The longest silence.
const LONGEST: TimeDelta = TimeDelta::days(366);

impl SilenceTarget {
    /// The target as text: `service n8n`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Service(name) => format!("service {name}"),
            Self::ReasonCode(reason) => format!("reason {reason}"),
            Self::Incident(id) => format!("incident {id}"),
        }
    }
}

/// Adds a silence that begins at `now`. It lasts a year at most.
pub fn add(
    state: &mut State,
    target: SilenceTarget,
    length: Duration,
    reason: &str,
    now: Time,
) -> Silence {
    prune(state, now);
    let length = TimeDelta::from_std(length).map_or(LONGEST, |l| l.min(LONGEST));
    let until = now + length;
    let mut number = hash(&format!("{} {until} {reason}", target.describe()));
    let mut id = format!("s-{number:04x}");
    while state.silences.iter().any(|s| s.id == id) {
        number = number.wrapping_add(1);
        id = format!("s-{number:04x}");
    }
    let silence = Silence {
        id,
        target,
        created: now,
        until,
        reason: reason.trim().to_owned(),
    };
    state.silences.push(silence.clone());
    silence
}

/// Removes a silence and returns it; none if there is none with that id.
pub fn remove(state: &mut State, id: &str) -> Option<Silence> {
    let at = state
        .silences
        .iter()
        .position(|s| s.id.eq_ignore_ascii_case(id))?;
    Some(state.silences.remove(at))
}

/// Drops silences that have ended.
pub fn prune(state: &mut State, now: Time) {
    state.silences.retain(|s| now < s.until);
}

/// The silences in force at `now`, in the order in which they end.
#[must_use]
pub fn in_force(state: &State, now: Time) -> Vec<&Silence> {
    let mut silences: Vec<_> = state.silences.iter().filter(|s| now < s.until).collect();
    silences.sort_by(|a, b| (a.until, &a.id).cmp(&(b.until, &b.id)));
    silences
}

/// FNV-1a, folded to 16 bits so that an id is short to type.
fn hash(text: &str) -> u16 {
    let full = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let [a, b, c, d] = full.to_be_bytes();
    u16::from_be_bytes([a ^ c, b ^ d])
}
