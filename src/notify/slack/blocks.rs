//! Block Kit within Slack's limits. Pure.
//!
//! Each part of a message has a budget, in the units of [`markup::cost`]. The sum of the budgets,
//! with what JSON adds, stays below what Slack takes. The compiler checks that.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::markup::{self, cost};
use crate::notify::limits::{FACT, FOOTER, HEADLINE, LEAD, REFERENCES, SUMMARY};
use crate::notify::text::cut;
use crate::state::{Block, Fact, Line, Message, Topic};

const FINDINGS: usize = 1_200;
const CAUSE: usize = 800;
const COMMITS: usize = 800;
const TIMELINE: usize = 600;
const ACTIONS: usize = 1_650;
const ROLLBACK: usize = 800;
/// The lead of a short message, which begins with its title.
const SHORT_LEAD: usize = LEAD + 200;
/// The actions of a short message.
const SHORT_ACTIONS: usize = 1_000;
const NOTE: usize = 400;
/// A section of incidents, and how many sections they may take.
const INCIDENTS: usize = 2_900;
const INCIDENT_SECTIONS: usize = 2;
/// The most facts in a message. Slack takes ten.
const FACTS: usize = 4;

/// What JSON adds to a block or a fact, rounded up.
const FRAME: usize = 90;
/// Slack refuses messages of about 13 000 characters.
const MESSAGE: usize = 10_000;
/// Slack's limit for the text of a section.
const SECTION: usize = 3_000;
/// Space for the line that counts the lines left out.
const MORE: usize = 40;

const _: () = {
    let parts = HEADLINE + LEAD + FACTS * FACT + FINDINGS + CAUSE + COMMITS + ACTIONS;
    let parts = parts + TIMELINE + ROLLBACK + REFERENCES + FOOTER;
    assert!(parts + (11 + FACTS) * FRAME < MESSAGE);
    let digest = HEADLINE + LEAD + INCIDENT_SECTIONS * INCIDENTS + NOTE + FOOTER;
    assert!(digest + (4 + INCIDENT_SECTIONS) * FRAME < MESSAGE);
    assert!(ACTIONS < SECTION && FINDINGS < SECTION && INCIDENTS < SECTION);
    assert!(SUMMARY < FOOTER);
};

/// A message as Slack takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackMessage {
    /// The message in one line, for notifications.
    pub text: String,
    /// Block Kit.
    pub blocks: Value,
}

impl SlackMessage {
    /// All text without blocks, for when Slack refuses them.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut lines = Vec::new();
        for block in self.blocks.as_array().into_iter().flatten() {
            let fields = block["fields"].as_array().into_iter().flatten();
            let elements = block["elements"].as_array().into_iter().flatten();
            let texts = std::iter::once(&block["text"])
                .chain(fields)
                .chain(elements);
            for text in texts.filter_map(|object| object["text"].as_str()) {
                // A fact is a label above a value. Here they share a line.
                let text = match block["fields"] {
                    Value::Null => text.to_owned(),
                    _ => text.replacen('\n', " ", 1),
                };
                lines.extend((!text.is_empty()).then_some(text));
            }
        }
        if lines.is_empty() {
            return self.text.clone();
        }
        lines.join("\n")
    }
}

/// Renders a message. One that an earlier version stored as Block Kit stays as it is.
#[must_use]
pub fn render(message: &Message) -> SlackMessage {
    if message.is_block_kit() {
        let stored = message.blocks.iter().filter_map(|block| match block {
            Block::BlockKit(block) => Some(block.clone()),
            Block::Section(_) | Block::Facts(_) | Block::Footer(_) => None,
        });
        return SlackMessage {
            text: message.summary.clone(),
            blocks: stored.collect(),
        };
    }
    let mut blocks = Blocks::default();
    let mut title = cut(&message.title, HEADLINE);
    if !message.is_short && !title.is_empty() {
        blocks.header(&markup::prose(&std::mem::take(&mut title)));
    }
    for block in &message.blocks {
        match block {
            Block::Section(section) if section.topic == Topic::Incidents => {
                blocks.incidents(&section.lines);
            }
            Block::Section(section) => {
                let mut lines = Lines::new(budget(section.topic, message.is_short));
                // The title of a short message begins its first section.
                let title = std::mem::take(&mut title);
                for heading in [&title, &section.heading] {
                    if !heading.is_empty() {
                        lines.push(&markup::strong(heading));
                    }
                }
                lines.extend(&section.lines);
                blocks.section(&lines.finish());
            }
            Block::Facts(facts) => blocks.facts(facts),
            Block::Footer(parts) => blocks.footer(parts),
            Block::BlockKit(_) => {}
        }
    }
    SlackMessage {
        text: markup::prose(&cut(&message.summary, SUMMARY)),
        blocks: Value::Array(blocks.0),
    }
}

/// The budget of a section.
fn budget(topic: Topic, is_short: bool) -> usize {
    match topic {
        Topic::Lead if is_short => SHORT_LEAD,
        Topic::Lead => LEAD,
        Topic::Findings => FINDINGS,
        Topic::Cause => CAUSE,
        Topic::Commits => COMMITS,
        Topic::Timeline => TIMELINE,
        Topic::Actions if is_short => SHORT_ACTIONS,
        Topic::Actions => ACTIONS,
        Topic::Rollback => ROLLBACK,
        Topic::References => REFERENCES,
        Topic::Incidents => INCIDENTS,
        Topic::Note => NOTE,
    }
}

/// The blocks of a message, in the order in which they are added.
#[derive(Default)]
struct Blocks(Vec<Value>);

impl Blocks {
    /// The headline, as plain text.
    fn header(&mut self, text: &str) {
        let text = json!({ "type": "plain_text", "text": text, "emoji": false });
        self.0.push(json!({ "type": "header", "text": text }));
    }

    fn section(&mut self, text: &str) {
        debug_assert!(cost(text) <= SECTION, "{text}");
        if !text.is_empty() {
            self.0
                .push(json!({ "type": "section", "text": mrkdwn(text) }));
        }
    }

    /// Values with labels, side by side where the screen is wide enough.
    fn facts(&mut self, facts: &[Fact]) {
        let field = |fact: &Fact| {
            let label = cut(&fact.label, 20);
            let value = markup::prose(&cut(&fact.value, FACT - 30));
            mrkdwn(&format!("{}\n{value}", markup::strong(&label)))
        };
        let fields: Vec<Value> = facts.iter().take(FACTS).map(field).collect();
        if !fields.is_empty() {
            self.0.push(json!({ "type": "section", "fields": fields }));
        }
    }

    /// One line for each incident, in as many sections as they may take.
    fn incidents(&mut self, lines: &[Line]) {
        let mut rest = lines;
        for section in 1..=INCIDENT_SECTIONS {
            let mut text = Lines::new(INCIDENTS);
            text.extend(rest);
            let fitting = rest.len() - text.left_out;
            if fitting < rest.len() && section < INCIDENT_SECTIONS {
                // The next section holds the rest, so no count of lines left out.
                text = Lines::new(INCIDENTS);
                text.extend(&rest[..fitting]);
            }
            self.section(&text.finish());
            rest = &rest[fitting..];
            if rest.is_empty() {
                return;
            }
        }
    }

    /// Small print: the parts that fit, with dots between them.
    fn footer(&mut self, parts: &[Line]) {
        let mut text = String::new();
        for part in parts.iter().map(markup::line).filter(|p| !p.is_empty()) {
            let separator = if text.is_empty() { "" } else { " · " };
            if cost(&text) + separator.len() + cost(&part) <= FOOTER {
                text.push_str(separator);
                text.push_str(&part);
            }
        }
        if !text.is_empty() {
            self.0
                .push(json!({ "type": "context", "elements": [mrkdwn(&text)] }));
        }
    }
}

/// `verbatim` keeps Slack from finding links, channels and people in the text.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Lines that share a budget. Those that do not fit are counted.
struct Lines {
    text: String,
    cap: usize,
    left_out: usize,
}

impl Lines {
    fn new(cap: usize) -> Self {
        Self {
            text: String::new(),
            cap,
            left_out: 0,
        }
    }

    fn extend(&mut self, lines: &[Line]) {
        for line in lines {
            self.push(&markup::line(line));
        }
    }

    /// Adds a line, if it fits and no line before it was left out.
    fn push(&mut self, line: &str) {
        if self.left_out > 0 || cost(&self.text) + cost(line) + 2 + MORE > self.cap {
            self.left_out += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let _ = write!(self.text, "\n… and {} more", self.left_out);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use crate::state::Section;

    use super::*;

    #[test]
    fn blocks_of_an_earlier_version_are_sent_as_they_are() {
        let stored = json!({ "text": "a &amp; b", "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": "A" } },
            { "type": "section", "text": mrkdwn("*b* &amp; c") },
        ] });
        let message: Message = serde_json::from_value(stored.clone()).unwrap();
        let rendered = render(&message);
        assert_eq!(rendered.text, stored["text"]);
        assert_eq!(rendered.blocks, stored["blocks"]);
        assert_eq!(rendered.plain(), "A\n*b* &amp; c");
    }

    #[test]
    fn no_message_exceeds_the_limits_whatever_is_in_it() {
        let long = "<".repeat(5_000);
        let lines = vec![Line::text(long.clone()).code(long.clone()); 9];
        let section = |topic| {
            Block::Section(Section {
                topic,
                heading: long.clone(),
                lines: lines.clone(),
            })
        };
        let mut blocks: Vec<_> = Topic::ALL.into_iter().map(section).collect();
        let fact = Fact {
            label: long.clone(),
            value: long.clone(),
        };
        blocks.push(Block::Facts(vec![fact; 12]));
        blocks.push(Block::Footer(lines));
        let message = Message {
            summary: long.clone(),
            title: long,
            severity: None,
            is_short: false,
            blocks,
        };
        let rendered = render(&message);
        assert!(rendered.blocks.to_string().len() < MESSAGE);
        assert!(cost(&rendered.text) <= SUMMARY);
    }
}
