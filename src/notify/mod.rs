//! What is said in Slack, and how it gets there.
//!
//! ```text
//! Story ──► compose ──► Message ──► outbox::Entry ──► deliver ──► slack::Slack
//!           full, reply,            stored first      oldest      chat.postMessage
//!           digest                                    first       chat.update
//! ```
//!
//! Composing is pure and cannot fail. Every word of the cluster, of GitHub or
//! of the model goes through [`text`]: cleaned, redacted, cut, escaped.

mod blocks;
mod delivery;
mod digest;
mod full;
mod outbox;
mod parts;
mod refusal;
mod reply;
pub mod slack;
mod text;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::inventory;
use crate::report::{Action, Incident, Severity};

pub use delivery::{Delivery, Journal, JournalError, Post, deliver};
pub use outbox::{Entry, Place, enqueue, is_unsaid, take_delivered};
pub use slack::{Posted, Slack, SlackError};

/// What a message is about to say of its incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nobody was told of it before: in full.
    New,
    /// Still there after a while: in full again.
    Repeat,
    /// Worse than before: in full, a message of its own.
    Escalated,
    /// Gone, and back within hours: a reply, also shown in the channel.
    Reopened,
    /// Many new ones at once: a line each.
    Digest,
    /// Something about it changed: a short reply.
    Update,
    /// Better than before: a short reply.
    DeEscalated,
    /// Over: a reply, also shown in the channel.
    Resolved,
}

impl Kind {
    /// Whether it begins a thread, as opposed to replying in one.
    #[must_use]
    pub fn is_first(self) -> bool {
        matches!(
            self,
            Self::New | Self::Repeat | Self::Escalated | Self::Digest
        )
    }

    /// Whether a reply is shown in the channel too.
    #[must_use]
    pub fn is_broadcast(self) -> bool {
        matches!(self, Self::Reopened | Self::Resolved)
    }
}

/// A silence that lies on an incident, or lay on it until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silenced {
    /// When it ends or ended; `None`: with the incident.
    pub until: Option<DateTime<Utc>>,
    /// Why, in the words of whoever set it.
    pub reason: String,
}

/// All that a message is made of.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    /// What it is to say.
    pub kind: Kind,
    /// Of which incidents; more than one only in a digest.
    pub incidents: Vec<&'a Incident>,
    /// The services file, for references and tolerances.
    pub services: &'a [inventory::Service],
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Id of the cycle.
    pub cycle: &'a str,
    /// When it is said.
    pub now: DateTime<Utc>,
    /// The zone in which times are shown.
    pub zone: Tz,
    /// Why it is said now.
    pub why: &'a str,
    /// The model's headline and summary, where it wrote them.
    pub words: Option<Words<'a>>,
    /// What part the model had; `None`: none.
    pub model_note: Option<&'a str>,
    /// How to go back, where a commit is suspect.
    pub rollback: &'a [Action],
    /// The severity before this one.
    pub previous_severity: Option<Severity>,
    /// The silence that an escalation breaks, or that lies on it.
    pub was_silenced: Option<Silenced>,
    /// When it will be said in full again, if nothing changes.
    pub next_repeat: Option<DateTime<Utc>>,
    /// It came and went before anybody could be told.
    pub collapsed: bool,
}

/// What the model wrote for people to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a> {
    /// In place of the title.
    pub headline: &'a str,
    /// Two sentences.
    pub summary: &'a str,
}

impl<'a> Story<'a> {
    /// A story with nothing to it but what every one has.
    #[must_use]
    pub fn new(
        kind: Kind,
        incidents: Vec<&'a Incident>,
        cluster: &'a str,
        cycle: &'a str,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            kind,
            incidents,
            services: &[],
            cluster,
            cycle,
            now,
            zone: Tz::UTC,
            why: "",
            words: None,
            model_note: None,
            rollback: &[],
            previous_severity: None,
            was_silenced: None,
            next_repeat: None,
            collapsed: false,
        }
    }

    /// The services file's entry for an incident's service.
    fn service(&self, incident: &Incident) -> Option<&'a inventory::Service> {
        let name = incident.service.as_deref()?;
        self.services.iter().find(|service| service.is_called(name))
    }
}

/// A message as Slack takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The whole of it in one line: what a phone shows before it is unlocked.
    pub text: String,
    /// Block Kit.
    pub blocks: Value,
}

impl Message {
    /// The message without blocks, for a Slack that does not take them.
    #[must_use]
    pub fn plain(&self) -> String {
        blocks::plain(self)
    }
}

/// Writes the message.
#[must_use]
pub fn compose(story: &Story) -> Message {
    let Some(incident) = story.incidents.first() else {
        return parts::nothing(story);
    };
    match story.kind {
        Kind::Digest => digest::digest(story),
        Kind::New | Kind::Repeat | Kind::Escalated => full::full(story, incident),
        Kind::Resolved if story.collapsed => full::closed(story, incident),
        Kind::Resolved => reply::resolved(story, incident),
        Kind::Reopened => reply::reopened(story, incident),
        Kind::Update => reply::update(story, incident),
        Kind::DeEscalated => reply::better(story, incident),
    }
}

/// What the first message of an incident is edited to once it is over.
#[must_use]
pub fn compose_closed(story: &Story) -> Message {
    match story.incidents.first() {
        Some(incident) => full::closed(story, incident),
        None => parts::nothing(story),
    }
}
