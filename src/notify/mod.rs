//! What is said in Slack, and how it gets there.
//!
//! ```text
//! Story ──► compose ──► Message ──► state::Outgoing ──► deliver ──► slack::Slack
//!           full, reply,            stored first        oldest      chat.postMessage
//!           digest                                      first       chat.update
//! ```
//!
//! Composing is pure and cannot fail. Every word of the cluster, of GitHub or
//! of the model goes through [`text`]: cleaned, redacted, cut, escaped.

mod blocks;
mod delivery;
mod digest;
mod error_codes;
mod fragments;
mod incident_message;
mod render;
mod reply;
pub mod slack;
mod text;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::inventory;
use crate::model::Severity;
use crate::report::{Action, Incident};

pub use crate::state::{Message, MessageKind, MessageTarget, Thread};
pub use delivery::{Delivery, Notifier, Outbox, OutboxError, deliver};
pub use digest::ResolvedIncident;
pub use render::{MessageExtras, RenderContext, render};
pub use slack::{Slack, SlackError};

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
pub struct MessageContext<'a> {
    /// What it is to say.
    pub kind: MessageKind,
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
    pub words: Option<ModelText<'a>>,
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
pub struct ModelText<'a> {
    /// In place of the title.
    pub headline: &'a str,
    /// Two sentences.
    pub summary: &'a str,
}

impl<'a> MessageContext<'a> {
    /// A story with nothing to it but what every one has.
    #[must_use]
    pub fn new(
        kind: MessageKind,
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

/// The message without blocks, for a Slack that does not take them and for a
/// reader without Slack.
#[must_use]
pub fn plain(message: &Message) -> String {
    blocks::plain(message)
}

/// Writes the message.
#[must_use]
pub fn compose(story: &MessageContext) -> Message {
    let Some(incident) = story.incidents.first() else {
        return fragments::nothing(story);
    };
    match story.kind {
        MessageKind::Digest => digest::digest(story),
        _ if story.incidents.len() > 1 => reply::several(story),
        MessageKind::New | MessageKind::Repeat | MessageKind::Escalated => {
            incident_message::full(story, incident)
        }
        MessageKind::Resolved if story.collapsed => incident_message::closed(story, incident),
        MessageKind::Resolved => reply::resolved(story, incident),
        MessageKind::Reopened => reply::reopened(story, incident),
        MessageKind::Update => reply::update(story, incident),
        MessageKind::DeEscalated => reply::better(story, incident),
    }
}

/// What the first message of an incident is edited to once it is over.
#[must_use]
pub fn compose_closed(story: &MessageContext) -> Message {
    match story.incidents.first() {
        Some(incident) => incident_message::closed(story, incident),
        None => fragments::nothing(story),
    }
}

/// What the message of many incidents is edited to once all of them are over.
#[must_use]
pub fn compose_all_closed(story: &MessageContext, ended: &[ResolvedIncident]) -> Message {
    digest::closed(story, ended)
}
