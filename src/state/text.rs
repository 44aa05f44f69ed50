//! The text of a state, and its limit.

use serde::Serialize;

use super::model::{SCHEMA, State};

/// The largest document, in bytes. A `ConfigMap` holds 1 MiB, including its metadata.
pub const LIMIT: usize = 900 * 1024;

/// The size of the document in bytes, before it is trimmed.
#[must_use]
pub fn size(state: &State) -> usize {
    to_text(state).len()
}

/// The whole state.
pub fn to_text(state: &State) -> String {
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
    // Keys are text and values are plain, so this cannot fail.
    serde_json::to_string(&document).unwrap_or_default()
}
