//! Messages to people: what they say, where they go, and how they are stored until they are sent.
//!
//! A [`Message`] has no markup of any receiver. The notifier of its destination renders it when it
//! is sent, so one message can go to several receivers and look native in each.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Severity, ShellCommand, Time, command, named_enum};

/// The receiver of entries that an earlier version stored without one.
pub const DEFAULT_RECEIVER: &str = "slack";

named_enum! {
    /// Why a message is sent.
    pub enum MessageKind {
        /// Full: the first message of an incident.
        New = "new",
        /// Full: the incident is still open after the repeat interval.
        Repeat = "repeat",
        /// Full: the severity is higher than in the last message.
        Escalated = "escalated",
        /// Full, in the incident's thread where there is one: open again after it was resolved.
        Reopened = "reopened",
        /// Full: one message for many incidents.
        Digest = "digest",
        /// A reply: something changed.
        Update = "update",
        /// A reply: the severity is lower than in the last message.
        DeEscalated = "de-escalated",
        /// A reply, and an edit of the incident's first messages. Without a thread a message of
        /// its own: the incident began and ended before anything could be delivered.
        Resolved = "resolved",
    }
}

impl MessageKind {
    /// Whether the message stands for itself, as opposed to one that adds to a thread.
    #[must_use]
    pub fn is_full(self) -> bool {
        match self {
            Self::New | Self::Repeat | Self::Escalated | Self::Reopened | Self::Digest => true,
            Self::Update | Self::DeEscalated | Self::Resolved => false,
        }
    }
}

/// What a message says. All texts are clean, redacted and cut; none is escaped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The whole message in one line, for a lock screen and for receivers that take no more.
    #[serde(rename = "text")]
    pub summary: String,
    /// The headline.
    #[serde(default)]
    pub title: String,
    /// The highest severity of its incidents.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Whether it is short: its title is a line of the text, not a header above it.
    #[serde(default)]
    pub is_short: bool,
    /// The body.
    #[serde(default)]
    pub blocks: Vec<Block>,
}

impl Message {
    /// A message of one line.
    #[must_use]
    pub fn line(text: String) -> Self {
        Self {
            summary: text,
            ..Self::default()
        }
    }

    /// Whether an earlier version stored it as Slack's Block Kit.
    #[must_use]
    pub fn is_block_kit(&self) -> bool {
        self.blocks.iter().any(|b| matches!(b, Block::BlockKit(_)))
    }
}

/// A part of a message's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// Lines of text.
    Section(Section),
    /// Short values with labels.
    Facts(Vec<Fact>),
    /// Where the message comes from; each part may be left out.
    Footer(Vec<Line>),
    /// A block that an earlier version stored in Slack's own form.
    #[serde(untagged)]
    BlockKit(Value),
}

named_enum! {
    /// What a section is about. A notifier decides by it how much of the section it shows.
    pub enum Topic {
        /// The first sentences: what is wrong and whom it affects.
        Lead = "lead",
        /// The findings and their evidence.
        Findings = "findings",
        /// The root cause.
        Cause = "cause",
        /// The commits that may have caused it.
        Commits = "commits",
        /// The events before the onset.
        Timeline = "timeline",
        /// Commands that help.
        Actions = "actions",
        /// How to undo the change that caused it.
        Rollback = "rollback",
        /// Namespace, manifests, known issues.
        References = "references",
        /// One line for each incident.
        Incidents = "incidents",
        /// An additional sentence.
        Note = "note",
    }
}

/// Lines of text under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What they are about.
    pub topic: Topic,
    /// The heading, or empty.
    #[serde(default)]
    pub heading: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A value with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Fact {
    pub label: String,
    pub value: String,
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it begins with.
    #[serde(default)]
    pub marker: Marker,
    /// Its text.
    pub spans: Vec<Span>,
    /// A command to copy, below the text.
    #[serde(default, deserialize_with = "command::stored")]
    pub command: Option<ShellCommand>,
}

/// What a line begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Marker {
    /// Nothing.
    #[default]
    None,
    /// A bullet.
    Bullet,
    /// A bullet below a bullet.
    SubBullet,
    /// A number.
    Number(u32),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Span {
    /// Plain.
    Text(String),
    /// Bold.
    Strong(String),
    /// A name or a value, in a fixed-width font.
    Code(String),
    /// A link.
    Link {
        /// What is shown.
        text: String,
        /// An https address.
        url: String,
    },
}

impl Span {
    /// The text without its form.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Strong(text) | Self::Code(text) | Self::Link { text, .. } => {
                text
            }
        }
    }
}

impl Line {
    /// A line of plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::default().and(text)
    }

    /// A label in bold and the text after it.
    #[must_use]
    pub fn labelled(label: &str, text: impl AsRef<str>) -> Self {
        Self::default()
            .strong(label)
            .and(format!(" {}", text.as_ref()))
    }

    /// The same line with this before it.
    #[must_use]
    pub fn marked(self, marker: Marker) -> Self {
        Self { marker, ..self }
    }

    /// Adds plain text.
    #[must_use]
    pub fn and(self, text: impl Into<String>) -> Self {
        self.with(Span::Text(text.into()))
    }

    /// Adds bold text.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.with(Span::Strong(text.into()))
    }

    /// Adds a name or a value.
    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.with(Span::Code(text.into()))
    }

    /// Adds a span, unless it is empty. Plain text after plain text becomes one span, so that a
    /// notifier escapes it as a whole.
    #[must_use]
    pub fn with(mut self, span: Span) -> Self {
        match (self.spans.last_mut(), span) {
            (Some(Span::Text(last)), Span::Text(text)) => last.push_str(&text),
            (_, span) if span.text().is_empty() => {}
            (_, span) => self.spans.push(span),
        }
        self
    }

    /// Adds the spans of another line.
    #[must_use]
    pub fn append(self, other: Self) -> Self {
        other.spans.into_iter().fold(self, Self::with)
    }

    /// Its text without markup and without its command.
    #[must_use]
    pub fn plain(&self) -> String {
        self.spans.iter().map(Span::text).collect()
    }
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// The name of the notifier that delivers it.
    #[serde(default = "default_receiver")]
    pub receiver: String,
    /// The channel, topic or address within the receiver, as configured.
    pub channel: String,
}

fn default_receiver() -> String {
    DEFAULT_RECEIVER.to_owned()
}

impl Destination {
    /// A channel of a receiver.
    #[must_use]
    pub fn new(receiver: &str, channel: &str) -> Self {
        Self {
            receiver: receiver.to_owned(),
            channel: channel.to_owned(),
        }
    }
}

/// A delivered message, in the terms of the notifier that delivered it. Nothing else reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageHandle {
    /// Where it is. In Slack the channel's id.
    pub channel: String,
    /// Which one it is there. In Slack the timestamp.
    #[serde(rename = "ts")]
    pub id: String,
}

/// A message in the outbox: stored before it is sent, removed when it is delivered. One entry has
/// one destination: a message to several receivers is several entries, each with its own attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMessage {
    /// Its number; never used twice.
    pub id: u64,
    /// When it first became due. The oldest is sent first.
    pub created: Time,
    /// The incidents that it is about.
    pub incident_ids: Vec<String>,
    /// Why it is sent.
    pub kind: MessageKind,
    /// Where it goes.
    #[serde(flatten)]
    pub destination: Destination,
    /// How it relates to messages that are there.
    #[serde(rename = "place")]
    pub target: MessageTarget,
    /// What it says.
    pub message: Message,
    /// Failed attempts so far.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last attempt failed.
    #[serde(default)]
    pub last_error: Option<String>,
}

impl OutboxMessage {
    /// Whether it counts as a message in the report. An edit does not.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.target, MessageTarget::Edit { .. })
    }
}

/// How a message relates to those that are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum MessageTarget {
    /// A new message, which may begin a thread.
    Channel,
    /// A reply.
    #[serde(rename = "thread")]
    Reply {
        /// The message that it replies to.
        #[serde(rename = "of")]
        to: MessageHandle,
        /// Whether it is shown in the channel as well.
        broadcast: bool,
    },
    /// A new text for a message that is there.
    Edit {
        /// That message.
        of: MessageHandle,
    },
}
