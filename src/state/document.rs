//! Reads and writes the state's document.

use std::collections::BTreeSet;

use serde::Deserialize;
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
