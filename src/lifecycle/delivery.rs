//! The way of a message through the outbox, as marks on the state. Pure.

use super::grouping::Due;
use crate::model::Time;
use crate::state::{
    IncidentRecord, Message, MessageKind, MessageTarget, Notified, OutboxMessage, Sent, State,
    Thread,
};

/// So much is remembered of what was sent about one incident.
const HISTORY: usize = 20;

/// A message that is due, in words.
pub struct Rendered {
    /// What to say.
    pub message: Message,
    /// What earlier messages are to say from now on.
    pub edits: Vec<(Thread, Message)>,
}

/// Puts a rendered message and its edits into the outbox. The state is to be
/// saved before anything is sent.
pub fn enqueue(state: &mut State, due: &Due, rendered: Rendered, now: Time) {
    let queued = due.queued.as_ref();
    let place = match &due.thread {
        Some(thread) => MessageTarget::Thread {
            of: thread.clone(),
            broadcast: due.broadcast,
        },
        None => MessageTarget::Channel,
    };
    let edits = rendered.edits.into_iter();
    let edits = edits.map(|(of, message)| (MessageTarget::Edit { of }, message));
    for (place, message) in [(place, rendered.message)].into_iter().chain(edits) {
        state.last_message += 1;
        state.outbox.push(OutboxMessage {
            id: state.last_message,
            created: queued.map_or(due.since.min(now), |q| q.created),
            incident_ids: due.incidents.clone(),
            kind: due.kind,
            channel: due.channel.clone(),
            place,
            message,
            attempts: queued.map_or(0, |q| q.attempts),
            last_error: queued.and_then(|q| q.last_error.clone()),
        });
    }
}

/// Notes that there is nobody to tell: nothing of what is due will ever be sent.
pub fn unsaid(state: &mut State, due: &[Due]) {
    for incident in &mut state.incidents {
        if due.iter().any(|d| d.incidents.contains(&incident.id)) {
            incident.due_since = None;
        }
    }
}

/// Notes that a message was refused or did not get through. It stays due.
pub fn failed(state: &mut State, message: u64, error: &str) {
    if let Some(found) = state.outbox.iter_mut().find(|m| m.id == message) {
        found.attempts = found.attempts.saturating_add(1);
        found.last_error = Some(error.to_owned());
    }
}

/// Takes out a message that has become pointless: an edit of what is gone.
pub fn dropped(state: &mut State, message: u64) {
    state.outbox.retain(|m| m.id != message);
}

/// Notes that Slack accepted a message: it leaves the outbox, and its
/// incidents know what people were told. `at` is the moment of the cycle, from
/// which repetitions are counted; `posted` is what Slack answered. Of a message
/// that is not in the outbox nothing is noted: it was before.
pub fn delivered(state: &mut State, message: u64, at: Time, posted: &Thread) {
    let Some(place) = state.outbox.iter().position(|m| m.id == message) else {
        return;
    };
    let message = state.outbox.remove(place);
    if !message.counts() {
        return;
    }
    for incident in &mut state.incidents {
        if message.incident_ids.contains(&incident.id) {
            mark(incident, &message, at, posted);
        }
    }
}

fn mark(incident: &mut IncidentRecord, message: &OutboxMessage, at: Time, posted: &Thread) {
    incident.due_since = None;
    let begins = message.place == MessageTarget::Channel;
    let is_return = incident.told.as_ref().is_some_and(|told| {
        message.kind == MessageKind::Reopened
            || message.kind == MessageKind::Escalated && incident.severity >= told.worst
    });
    let told = incident.told.get_or_insert_with(|| Notified {
        full_at: at,
        severity: incident.severity,
        worst: incident.severity,
        channel: message.channel.clone(),
        thread: posted.clone(),
        heads: vec![posted.clone()],
        facts: incident.facts.clone(),
        resolved: false,
        last_return: None,
    });
    if begins {
        // A repetition leaves the thread where it is; what is worse, or goes
        // elsewhere, begins one.
        let repeats = matches!(message.kind, MessageKind::Repeat | MessageKind::Digest);
        if !repeats || told.channel != message.channel {
            told.thread = posted.clone();
            if !told.heads.contains(posted) {
                told.heads.push(posted.clone());
            }
        }
        told.channel.clone_from(&message.channel);
    }
    if message.kind.is_full() {
        told.full_at = at;
        told.worst = told.worst.min(incident.severity);
    }
    if is_return {
        told.last_return = Some(at);
    }
    told.severity = incident.severity;
    told.facts = incident.facts.clone();
    told.resolved = incident.resolved_at.is_some();
    incident.better_since = None;
    incident.sent.push(Sent {
        at,
        kind: message.kind,
        channel: message.channel.clone(),
    });
    let surplus = incident.sent.len().saturating_sub(HISTORY);
    incident.sent.drain(..surplus);
}
