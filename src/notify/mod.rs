//! Messages to people, and how they are delivered.
//!
//! ```text
//! MessageContext ──► compose ──► Message ──► state::OutboxMessage ──► deliver ──► Notifier
//!                    incident,               stored first             oldest      renders and
//!                    reply, digest                                    first       sends
//! ```
//!
//! [`compose`] writes a message without markup. It is pure and cannot fail. All text from the
//! cluster, from GitHub and from the model is cleaned, redacted and cut by [`text`]. [`deliver`]
//! gives the guarantees: nothing lost, nothing twice, oldest first. A [`Notifier`] renders the
//! message in the form of its receiver; [`slack`] is one.

mod digest;
mod due_message;
mod incident_message;
mod limits;
mod notifier;
mod outbox;
mod parts;
mod plain;
pub mod receivers;
mod reply;
pub mod slack;
mod text;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::inventory;
use crate::model::Severity;
use crate::report::{Action, Incident};

pub use crate::agents::ModelText;
pub use crate::state::{
    ActiveSilence, Destination, Message, MessageHandle, MessageKind, MessageTarget,
};
pub use digest::ResolvedIncident;
pub use due_message::{MessageExtras, RenderContext, render};
pub use notifier::{Capabilities, ErrorScope, Notifier, NotifyError};
pub use outbox::{Delivery, Outbox, OutboxError, deliver};
pub use plain::plain_text;

/// All that a message is made of.
#[derive(Debug, Clone)]
pub struct MessageContext<'a> {
    /// Why it is sent.
    pub kind: MessageKind,
    /// The incidents that it is about. A reply or a digest may have several.
    pub incidents: Vec<&'a Incident>,
    /// The services file, for references and maximum downtimes.
    pub services: &'a [inventory::Service],
    /// Name of the cluster.
    pub cluster: &'a str,
    /// Id of the cycle.
    pub cycle: &'a str,
    /// The time of the cycle.
    pub now: DateTime<Utc>,
    /// The time zone in which times are shown.
    pub zone: Tz,
    /// Why it is sent now, as a sentence.
    pub why: &'a str,
    /// The model's headline and summary.
    pub model_text: Option<ModelText<'a>>,
    /// What the model contributed; none: nothing.
    pub model_note: Option<&'a str>,
    /// Why the model cannot be called until somebody acts.
    pub model_refused: Option<&'a str>,
    /// How to undo the change that caused it, where a commit is suspected.
    pub rollback: &'a [Action],
    /// The severity in the last message.
    pub previous_severity: Option<Severity>,
    /// The silence that hides the incident, or that an escalation breaks.
    pub silence: Option<&'a ActiveSilence>,
    /// When the next repetition is due, if nothing changes.
    pub next_repeat: Option<DateTime<Utc>>,
    /// Whether it was resolved before any message could be delivered.
    pub is_undelivered: bool,
}

impl<'a> MessageContext<'a> {
    /// A context without anything optional.
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
            model_text: None,
            model_note: None,
            model_refused: None,
            rollback: &[],
            previous_severity: None,
            silence: None,
            next_repeat: None,
            is_undelivered: false,
        }
    }

    /// The services file's entry for an incident's service.
    fn service(&self, incident: &Incident) -> Option<&'a inventory::Service> {
        let name = incident.service.as_deref()?;
        self.services.iter().find(|service| service.is_called(name))
    }
}

/// Writes a message.
#[must_use]
pub fn compose(context: &MessageContext) -> Message {
    let Some(incident) = context.incidents.first() else {
        return parts::empty(context);
    };
    match context.kind {
        MessageKind::Digest => digest::digest(context),
        _ if context.incidents.len() > 1 => reply::several(context),
        MessageKind::New | MessageKind::Repeat | MessageKind::Escalated => {
            incident_message::full(context, incident)
        }
        MessageKind::Resolved if context.is_undelivered => {
            incident_message::resolved(context, incident)
        }
        MessageKind::Resolved => reply::resolved(context, incident),
        MessageKind::Reopened => reply::reopened(context, incident),
        MessageKind::Update => reply::update(context, incident),
        MessageKind::DeEscalated => reply::de_escalated(context, incident),
    }
}

/// The new text of an incident's first message when the incident is resolved.
#[must_use]
pub fn compose_resolved(context: &MessageContext) -> Message {
    match context.incidents.first() {
        Some(incident) => incident_message::resolved(context, incident),
        None => parts::empty(context),
    }
}

/// The new text of a digest when all its incidents are resolved.
#[must_use]
pub fn compose_digest_resolved(
    context: &MessageContext,
    incidents: &[ResolvedIncident],
) -> Message {
    digest::resolved(context, incidents)
}
