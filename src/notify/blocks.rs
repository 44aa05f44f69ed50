//! Block Kit within its limits. Pure.
//!
//! The parts of a message have budgets, in the units of [`text::cost`]; their
//! sum, with what JSON adds, stays below what Slack takes. That is checked
//! when this file is compiled, not when a message is sent.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Message;
use super::text::{self, cost};

/// Budgets of the parts.
pub const HEADER: usize = 150;
pub const LEAD: usize = 900;
pub const FIELD: usize = 160;
pub const WRONG: usize = 1_200;
pub const CAUSE: usize = 800;
pub const COMMITS: usize = 800;
pub const TIMELINE: usize = 600;
pub const ACTIONS: usize = 1_650;
pub const ROLLBACK: usize = 800;
pub const REFERENCES: usize = 600;
pub const FOOTER: usize = 500;
/// Of the one-line form of a message.
pub const PREVIEW: usize = 400;

/// How many fields a message has at most; Slack takes ten.
const FIELDS: usize = 4;
/// What JSON adds to a block or a field, generously.
const FRAME: usize = 90;
/// Slack refuses messages near 13 000 characters.
const MESSAGE: usize = 10_000;
/// The text of a section.
const SECTION: usize = 3_000;

const _: () = {
    let parts = HEADER + LEAD + FIELDS * FIELD + WRONG + CAUSE + COMMITS + ACTIONS;
    let parts = parts + TIMELINE + ROLLBACK + REFERENCES + FOOTER;
    assert!(parts + (11 + FIELDS) * FRAME < MESSAGE);
    assert!(ACTIONS < SECTION && WRONG < SECTION);
    // Without blocks all of it is one text; Slack asks for 4 000 there and
    // takes ten times as much.
    assert!(PREVIEW < FOOTER);
};

/// The blocks of a message, in the order in which they are added.
#[derive(Debug, Default)]
pub struct SlackBlocks(Vec<Value>);

impl SlackBlocks {
    /// The headline: text without markup.
    pub fn header(&mut self, text: &str) {
        debug_assert!(cost(text) <= HEADER, "{text}");
        let text = json!({ "type": "plain_text", "text": text, "emoji": false });
        self.0.push(json!({ "type": "header", "text": text }));
    }

    /// A paragraph; nothing for nothing.
    pub fn section(&mut self, text: &str) {
        debug_assert!(cost(text) <= SECTION, "{text}");
        if !text.is_empty() {
            self.0
                .push(json!({ "type": "section", "text": mrkdwn(text) }));
        }
    }

    /// Facts side by side, where there is room.
    pub fn fields(&mut self, fields: &[String]) {
        debug_assert!(fields.len() <= FIELDS);
        let fields: Vec<Value> = fields.iter().map(|field| mrkdwn(field)).collect();
        if !fields.is_empty() {
            self.0.push(json!({ "type": "section", "fields": fields }));
        }
    }

    /// Small print.
    pub fn footer(&mut self, text: &str) {
        debug_assert!(cost(text) <= FOOTER, "{text}");
        if !text.is_empty() {
            self.0
                .push(json!({ "type": "context", "elements": [mrkdwn(text)] }));
        }
    }

    /// The message, with its one-line form.
    pub fn message(self, text: String) -> Message {
        debug_assert!(cost(&text) <= PREVIEW, "{text}");
        Message {
            text,
            blocks: Value::Array(self.0),
        }
    }
}

/// `verbatim` keeps Slack from finding links, channels and people by itself.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Lines that share a budget: what does not fit is counted, not shown.
pub struct Lines {
    text: String,
    cap: usize,
    left_out: usize,
}

/// Room for the line that says how much is missing.
const MORE: usize = 40;

impl Lines {
    /// Room for so much.
    pub fn new(cap: usize) -> Self {
        Self {
            text: String::new(),
            cap,
            left_out: 0,
        }
    }

    /// Adds a finished line, if it fits and nothing before it was left out.
    pub fn push(&mut self, line: &str) {
        if self.left_out > 0 || cost(&self.text) + cost(line) + 2 + MORE > self.cap {
            self.left_out += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    /// How many lines did not fit.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The text.
    pub fn finish(mut self) -> String {
        if self.left_out > 0 {
            let _ = write!(self.text, "\n… and {} more", self.left_out);
        }
        self.text
    }
}

/// All text of a message, without blocks: nothing that was to be read is lost.
pub fn plain(message: &Message) -> String {
    let mut lines = Vec::new();
    for block in message.blocks.as_array().into_iter().flatten() {
        let fields = block["fields"].as_array().into_iter().flatten();
        let elements = block["elements"].as_array().into_iter().flatten();
        for object in std::iter::once(&block["text"])
            .chain(fields)
            .chain(elements)
        {
            let text = object["text"].as_str().unwrap_or_default();
            // A field is a label over a value: here they share a line.
            let text = match block["fields"] {
                Value::Null => text.to_owned(),
                _ => text.replacen('\n', " ", 1),
            };
            lines.extend((!text.is_empty()).then_some(text));
        }
    }
    if lines.is_empty() {
        return message.text.clone();
    }
    lines.join("\n")
}

/// Finished parts joined by a dot, while they fit.
pub fn dotted(parts: impl IntoIterator<Item = String>, cap: usize) -> String {
    let mut joined = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let separator = if joined.is_empty() { "" } else { " · " };
        if text::cost(&joined) + text::cost(&part) + separator.len() <= cap {
            joined += separator;
            joined += &part;
        }
    }
    joined
}
