//! The document: incidents, messages on their way, silences, counts.
//!
//! Fields may be added within a schema version: what an older document lacks
//! has its default, what a newer one adds is skipped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::serde_str;
use crate::detect::RestartCounts;
use crate::model::{IncidentState, Severity, Tier, Time};

/// Value of the document's `schema`.
pub const SCHEMA: &str = "k8s-monitor/state/v1";

/// Everything that one cycle leaves to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct State {
    /// The moment of the last cycle.
    pub last_cycle: Option<Time>,
    /// Open incidents, and resolved ones for 30 days.
    pub incidents: Vec<IncidentRecord>,
    /// Messages that Slack has not accepted yet.
    pub outbox: Vec<OutboxMessage>,
    /// Number of the last message that was put into the outbox.
    pub last_message: u64,
    /// The cycle that is sending what the outbox holds.
    pub sending: Option<Sending>,
    /// Silences from the command line; those of the configuration are not here.
    pub silences: Vec<Silence>,
    /// Restarts by `namespace/pod/container`, as counted at `restarts_at`.
    pub restarts: RestartCounts,
    /// When `restarts` were counted.
    pub restarts_at: Option<Time>,
    /// The last incident number given out on each date.
    pub numbers: BTreeMap<String, u32>,
    /// What the model has cost this month.
    pub spend: Spend,
    /// Answers worth keeping (model, GitHub), by a key of their owner's making.
    pub cache: BTreeMap<String, Cached>,
}

/// One incident, as remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentRecord {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// As the last cycle that saw it computed it.
    pub fingerprint: String,
    /// Where it stood in its life in the last cycle.
    #[serde(with = "serde_str::life")]
    pub state: IncidentState,
    /// How bad it was in the last cycle that saw it.
    #[serde(with = "serde_str::severity")]
    pub severity: Severity,
    /// Name of the rule that decided so.
    pub rule: String,
    /// One line for people.
    pub title: String,
    /// The service at its root.
    #[serde(default)]
    pub service: Option<String>,
    /// Its tier.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// When it began.
    pub since: Time,
    /// The first cycle that saw it.
    pub first_seen: Time,
    /// The last cycle that saw it.
    pub last_seen: Time,
    /// The first cycle that could have seen it and did not.
    #[serde(default)]
    pub resolved_at: Option<Time>,
    /// When it last became worse.
    #[serde(default)]
    pub escalated_at: Option<Time>,
    /// Since when it has been better than what was last said.
    #[serde(default)]
    pub better_since: Option<Time>,
    /// Since when its first message has been due without having been accepted.
    #[serde(default)]
    pub due_since: Option<Time>,
    /// The finding that explains the others.
    pub root: RootFinding,
    /// What a reader would call a change.
    #[serde(default)]
    pub facts: ChangeKey,
    /// Names of the kinds that must have been read to call it absent.
    #[serde(default)]
    pub rests_on: Vec<String>,
    /// The silence that hides it.
    #[serde(default)]
    pub silenced: Option<ActiveSilence>,
    /// When a silence that hid it ended.
    #[serde(default)]
    pub unsilenced_at: Option<Time>,
    /// The incident that it has become a part of, for as long as it is.
    #[serde(default)]
    pub part_of: Option<String>,
    /// What people know of it; none: nobody was told.
    #[serde(default)]
    pub told: Option<Notified>,
    /// What was sent, oldest first, the last few only.
    #[serde(default)]
    pub sent: Vec<Sent>,
}

impl IncidentRecord {
    /// Whether it is not resolved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// Whether people are owed a word about its end.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        match &self.told {
            Some(told) => !self.is_open() && !told.resolved,
            None => !self.is_open() && self.due_since.is_some(),
        }
    }
}

/// The root finding without its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootFinding {
    /// The symptom.
    pub reason: String,
    /// The cause, where it is known.
    #[serde(default)]
    pub cause: Option<String>,
    /// Kind of the object.
    pub kind: String,
    /// Its namespace, or empty.
    #[serde(default)]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Class of the cause, as in the fingerprint.
    pub class: String,
    /// Whether it says how a service is, as opposed to something beside it.
    #[serde(default)]
    pub of_health: bool,
    /// One sentence, redacted.
    #[serde(default)]
    pub message: String,
}

/// What makes an incident another to its readers. No durations, no counters
/// that only ever grow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangeKey {
    /// The diagnosed cause.
    pub cause: Option<String>,
    /// Other services that suffer.
    pub affects: Vec<String>,
    /// How many objects show it.
    pub objects: usize,
    /// How many pods show it.
    pub pods: usize,
}

/// What people have been told, as far as Slack accepted it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notified {
    /// The cycle of the last full message.
    pub full_at: Time,
    /// The severity that was said last.
    #[serde(with = "serde_str::severity")]
    pub severity: Severity,
    /// The worst that was ever said in a full message.
    #[serde(with = "serde_str::severity")]
    pub worst: Severity,
    /// The channel of the last full message, as configured.
    pub channel: String,
    /// Where replies go.
    pub thread: Thread,
    /// The messages that began a thread: the first one, and each escalation's.
    pub heads: Vec<Thread>,
    /// The facts that were said last.
    #[serde(default)]
    pub facts: ChangeKey,
    /// Whether the last that was said is that it is resolved.
    #[serde(default)]
    pub resolved: bool,
    /// The last time that it was said to be back: reopened, or as bad again.
    #[serde(default)]
    pub last_return: Option<Time>,
}

/// A message in Slack, by Slack's own ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Thread {
    /// The channel's id, which `chat.postMessage` returned.
    pub channel: String,
    /// The message's timestamp, a text.
    pub ts: String,
}

/// The silence that hides an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSilence {
    /// Its id, or `calendar` for one of the configuration.
    pub by: String,
    /// When it ends.
    pub until: Time,
    /// Why it was made.
    pub reason: String,
}

/// One accepted message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The cycle.
    pub at: Time,
    /// What it was.
    pub kind: MessageKind,
    /// Where it went, as configured.
    pub channel: String,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// Full: nobody was told before.
    New,
    /// Full: still open.
    Repeat,
    /// Full: worse than what was said.
    Escalated,
    /// Full, in its old thread where there is one: back after it was resolved.
    Reopened,
    /// Full: more incidents than are said one by one.
    Digest,
    /// A reply: something changed.
    Update,
    /// A reply: better than what was said.
    DeEscalated,
    /// A reply, and an edit of what it replies to; without a thread a message
    /// of its own: came and went unsaid.
    Resolved,
}

impl MessageKind {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Repeat => "repeat",
            Self::Escalated => "escalated",
            Self::Reopened => "reopened",
            Self::Digest => "digest",
            Self::Update => "update",
            Self::DeEscalated => "de-escalated",
            Self::Resolved => "resolved",
        }
    }

    /// Whether it says everything, as opposed to what is new in a thread.
    #[must_use]
    pub fn is_full(self) -> bool {
        !matches!(self, Self::Update | Self::DeEscalated | Self::Resolved)
    }
}

/// A message that is stored before it is sent, and removed after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMessage {
    /// Names it; never used twice.
    pub id: u64,
    /// When it first became due, by which messages are ordered.
    pub created: Time,
    /// What it is about.
    pub incident_ids: Vec<String>,
    /// What it is.
    pub kind: MessageKind,
    /// Where it goes, as configured.
    pub channel: String,
    /// Where in the channel.
    pub place: MessageTarget,
    /// What it says.
    pub message: Message,
    /// How often it was tried in vain.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last try failed.
    #[serde(default)]
    pub last_error: Option<String>,
}

impl OutboxMessage {
    /// Whether it counts as a message; an edit does not.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.place, MessageTarget::Edit { .. })
    }
}

/// Where in a channel a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum MessageTarget {
    /// It stands for itself and may begin a thread.
    Channel,
    /// A reply.
    Thread {
        /// To this message.
        of: Thread,
        /// Shown in the channel as well.
        broadcast: bool,
    },
    /// In place of a message that is there.
    Edit {
        /// Of this one.
        of: Thread,
    },
}

/// A message as Slack takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The whole of it in one line: what a phone shows before it is unlocked.
    pub text: String,
    /// Block Kit.
    pub blocks: Value,
}

/// A cycle that sends: another one that reads this waits for its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    /// The cycle's moment.
    pub cycle: Time,
    /// It has come to its end by then, marked or killed.
    pub until: Time,
}

/// A silence from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Like `s-1a2b`.
    pub id: String,
    /// What it hides.
    pub target: SilenceTarget,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub until: Time,
    /// Why.
    pub reason: String,
}

/// What a silence hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SilenceTarget {
    /// Incidents with this service at their root.
    Service(String),
    /// Incidents whose root finding has this reason or cause.
    ReasonCode(String),
    /// One incident.
    Incident(String),
}

/// What the model has cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spend {
    /// The month that the sums are of, `YYYY-MM`, in UTC.
    pub month: String,
    /// In US dollars.
    #[serde(deserialize_with = "crate::cluster::types::null_as_default")]
    pub usd: f64,
    /// Answers paid for.
    pub calls: u32,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cached {
    /// When it was last of use; the oldest go first.
    pub at: Time,
    /// The answer.
    pub value: Value,
}
