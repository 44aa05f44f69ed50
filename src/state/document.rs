//! Reads and writes the state's document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::model::{SCHEMA, State};
use super::retention::trim;
use super::text::to_text;

pub use super::text::{LIMIT, size};

/// The largest integer that every JSON parser reads exactly.
const MOST: u64 = 1 << 53;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// It is damaged, or it is not a state.
    #[error("it is corrupt ({0})")]
    Corrupt(String),
    /// A newer version wrote it.
    #[error("it has the newer schema {0:?}; this version reads {SCHEMA:?}")]
    Newer(String),
}

impl Unusable {
    /// The part of the name under which it is set aside.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Corrupt(_) => "corrupt",
            Self::Newer(_) => "newer",
        }
    }
}

/// Reads a document.
///
/// # Errors
/// When it is damaged or from a newer version. The error does not quote it.
pub fn parse(text: &str) -> Result<State, Unusable> {
    #[derive(Deserialize)]
    struct Header {
        schema: String,
    }
    let corrupt = |error: serde_json::Error| {
        Unusable::Corrupt(format!("line {}, column {}", error.line(), error.column()))
    };
    let Header { schema } = serde_json::from_str(text).map_err(corrupt)?;
    if schema != SCHEMA {
        let version = schema.strip_prefix("k8s-monitor/state/v");
        let is_newer = version.is_some_and(|v| v.parse::<u32>().is_ok_and(|v| v > 1));
        return Err(if is_newer {
            Unusable::Newer(schema)
        } else {
            Unusable::Corrupt("its schema is unknown".to_owned())
        });
    }
    let mut state: State = serde_json::from_str(text).map_err(corrupt)?;
    remove_duplicates(&mut state);
    Ok(state)
}

/// Reads what can be read of a document that is damaged: each incident, message and silence by
/// itself. Nothing where it is not JSON.
#[must_use]
pub fn salvage(text: &str) -> State {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else {
        return State::default();
    };
    if fields.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
        return State::default();
    }
    let mut take = |key: &str| fields.remove(key).unwrap_or_default();
    let mut state = State {
        last_cycle: field(take("lastCycle")),
        incidents: elements(take("incidents")),
        outbox: elements(take("outbox")),
        last_message: field(take("lastMessage")),
        sending: field(take("sending")),
        silences: elements(take("silences")),
        restarts: entries(take("restarts")),
        restarts_at: field(take("restartsAt")),
        numbers: entries(take("numbers")),
        spend: field(take("spend")),
        cache: entries(take("cache")),
    };
    remove_duplicates(&mut state);
    state
}

fn field<T: DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

fn elements<T: DeserializeOwned>(value: Value) -> Vec<T> {
    let Value::Array(list) = value else {
        return Vec::new();
    };
    let list = list.into_iter();
    list.filter_map(|value| serde_json::from_value(value).ok())
        .collect()
}

fn entries<T: DeserializeOwned>(value: Value) -> BTreeMap<String, T> {
    let Value::Object(map) = value else {
        return BTreeMap::new();
    };
    let map = map.into_iter();
    map.filter_map(|(key, value)| Some((key, serde_json::from_value(value).ok()?)))
        .collect()
}

/// Removes duplicates, which an edit by hand can leave, and which would be sent twice.
fn remove_duplicates(state: &mut State) {
    let mut ids = BTreeSet::new();
    state.incidents.retain(|r| ids.insert(r.id.clone()));
    let mut ids = BTreeSet::new();
    state.outbox.retain(|message| ids.insert(message.id));
    state.last_message = state.last_message.max(ids.last().copied().unwrap_or(0));
    // An edited number. Numbering begins again.
    if state.last_message >= MOST {
        state.last_message = 0;
        for message in &mut state.outbox {
            state.last_message += 1;
            message.id = state.last_message;
        }
    }
}

/// Writes a document. A state that is too large is trimmed.
///
/// # Errors
/// When the state cannot be brought below [`LIMIT`]: the size that remains.
pub fn render(state: &State) -> Result<String, usize> {
    let text = to_text(state);
    if text.len() <= LIMIT {
        return Ok(text);
    }
    let mut smaller = state.clone();
    trim(&mut smaller);
    let text = to_text(&smaller);
    if text.len() <= LIMIT {
        Ok(text)
    } else {
        Err(text.len())
    }
}
