//! The document's text.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::model::{SCHEMA, State};
use super::retention::trim;

/// No document is larger, in bytes: a `ConfigMap` holds 1 MiB with everything around it.
pub const LIMIT: usize = 900 * 1024;

/// What JSON's numbers can count to.
const MOST: u64 = 1 << 53;

/// Why a text is no state that this program can use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// It is damaged, or something else.
    #[error("it is corrupt ({0})")]
    Corrupt(String),
    /// A newer program wrote it.
    #[error("it has the newer schema {0:?}, and this program reads {SCHEMA:?}")]
    Newer(String),
}

impl Unusable {
    /// The word for the name under which it is set aside.
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
/// When it is damaged or from a newer program; the text is not quoted.
pub fn parse(text: &str) -> Result<State, Unusable> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let corrupt = |error: serde_json::Error| {
        Unusable::Corrupt(format!("line {}, column {}", error.line(), error.column()))
    };
    let Head { schema } = serde_json::from_str(text).map_err(corrupt)?;
    if schema != SCHEMA {
        let version = schema.strip_prefix("k8s-monitor/state/v");
        let is_newer = version.is_some_and(|v| v.parse::<u32>().is_ok_and(|v| v > 1));
        return Err(if is_newer {
            Unusable::Newer(schema)
        } else {
            Unusable::Corrupt("its schema is not one of this program".to_owned())
        });
    }
    let mut state: State = serde_json::from_str(text).map_err(corrupt)?;
    keep_first(&mut state);
    Ok(state)
}

/// What stands twice in a document that somebody edited would be said twice.
fn keep_first(state: &mut State) {
    let mut ids = BTreeSet::new();
    state.incidents.retain(|r| ids.insert(r.id.clone()));
    let mut ids = BTreeSet::new();
    state.outbox.retain(|message| ids.insert(message.id));
    state.last_message = state.last_message.max(ids.last().copied().unwrap_or(0));
    // Nobody has sent so many: the count begins anew.
    if state.last_message >= MOST {
        state.last_message = 0;
        for message in &mut state.outbox {
            state.last_message += 1;
            message.id = state.last_message;
        }
    }
}

/// Writes a document, of a state that is too large a trimmed one.
///
/// # Errors
/// When the state cannot be brought below [`LIMIT`]: the size that remains.
pub fn render(state: &State) -> Result<String, usize> {
    let text = whole(state);
    if text.len() <= LIMIT {
        return Ok(text);
    }
    let mut smaller = state.clone();
    trim(&mut smaller);
    let text = whole(&smaller);
    if text.len() <= LIMIT {
        Ok(text)
    } else {
        Err(text.len())
    }
}

/// Size of the untrimmed document in bytes.
#[must_use]
pub fn size(state: &State) -> usize {
    whole(state).len()
}

fn whole(state: &State) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        #[serde(flatten)]
        state: &'a State,
    }
    let document = Document {
        schema: SCHEMA,
        state,
    };
    // Maps with text keys and plain values: there is nothing that could fail.
    serde_json::to_string(&document).unwrap_or_default()
}
