//! The outbox entries of the state: added, delivered, failed, dropped. Pure.

use super::grouping::Due;
use crate::model::Time;
use crate::state::{
    IncidentRecord, Message, MessageHandle, MessageKind, MessageTarget, Notified, OutboxMessage,
    Sent, State,
};

/// So many delivered messages are kept for each incident.
const HISTORY: usize = 20;

/// A message that is due, with its text.
pub struct Rendered {
    /// The text.
    pub message: Message,
    /// New texts for earlier messages.
    pub edits: Vec<(MessageHandle, Message)>,
}

/// Puts a message and its edits into the outbox. The state must be saved before anything is sent.
pub fn enqueue(state: &mut State, due: &Due, rendered: Rendered, now: Time) {
    let queued = due.queued.as_ref();
    let target = match &due.thread {
        Some(thread) => MessageTarget::Reply {
            to: thread.clone(),
            broadcast: due.broadcast,
        },
        None => MessageTarget::Channel,
    };
    let edits = rendered.edits.into_iter();
    let edits = edits.map(|(of, message)| (MessageTarget::Edit { of }, message));
    for (target, message) in [(target, rendered.message)].into_iter().chain(edits) {
        state.last_message += 1;
        state.outbox.push(OutboxMessage {
            id: state.last_message,
            created: queued.map_or(due.since.min(now), |q| q.created),
            incident_ids: due.incidents.clone(),
            kind: due.kind,
            destination: due.destination.clone(),
            target,
            message,
            attempts: queued.map_or(0, |q| q.attempts),
            last_error: queued.and_then(|q| q.last_error.clone()),
        });
    }
}

/// Marks that what is due will never be sent, because no receiver is configured.
pub fn discarded(state: &mut State, due: &[Due]) {
    for incident in &mut state.incidents {
        if due.iter().any(|d| d.incidents.contains(&incident.id)) {
            incident.due_since = None;
        }
    }
}

/// Marks an attempt to deliver an entry as failed. The entry stays due.
pub fn failed(state: &mut State, entry: u64, error: &str) {
    if let Some(found) = state.outbox.iter_mut().find(|m| m.id == entry) {
        found.attempts = found.attempts.saturating_add(1);
        found.last_error = Some(error.to_owned());
    }
}

/// Removes an entry that can no longer be delivered: an edit of a message that is gone.
pub fn dropped(state: &mut State, entry: u64) {
    state.outbox.retain(|m| m.id != entry);
}

/// Marks an entry as delivered: removes it from the outbox and records it on its incidents. `at` is
/// the time of the cycle, from which the repeat interval counts. An entry that is not in the outbox
/// was marked before.
pub fn delivered(state: &mut State, entry: u64, at: Time, handle: &MessageHandle) {
    let Some(index) = state.outbox.iter().position(|m| m.id == entry) else {
        return;
    };
    let entry = state.outbox.remove(index);
    if !entry.counts() {
        return;
    }
    for incident in &mut state.incidents {
        if entry.incident_ids.contains(&incident.id) {
            record(incident, &entry, at, handle);
        }
    }
}

fn record(incident: &mut IncidentRecord, entry: &OutboxMessage, at: Time, handle: &MessageHandle) {
    incident.due_since = None;
    let is_new_message = entry.target == MessageTarget::Channel;
    let is_return = incident.notified.as_ref().is_some_and(|notified| {
        entry.kind == MessageKind::Reopened
            || entry.kind == MessageKind::Escalated && incident.severity >= notified.worst
    });
    let notified = incident.notified.get_or_insert_with(|| Notified {
        full_at: at,
        severity: incident.severity,
        worst: incident.severity,
        destination: entry.destination.clone(),
        thread: handle.clone(),
        thread_roots: vec![handle.clone()],
        change_key: incident.change_key.clone(),
        resolved: false,
        last_return: None,
    });
    if is_new_message {
        // A repetition leaves the thread where it is. An escalation, or a message to another
        // channel, begins a new one.
        let is_repetition = matches!(entry.kind, MessageKind::Repeat | MessageKind::Digest);
        if !is_repetition || notified.destination != entry.destination {
            notified.thread = handle.clone();
            if !notified.thread_roots.contains(handle) {
                notified.thread_roots.push(handle.clone());
            }
        }
        notified.destination.clone_from(&entry.destination);
    }
    if entry.kind.is_full() {
        notified.full_at = at;
        notified.worst = notified.worst.min(incident.severity);
    }
    if is_return {
        notified.last_return = Some(at);
    }
    notified.severity = incident.severity;
    notified.change_key = incident.change_key.clone();
    notified.resolved = incident.resolved_at.is_some();
    incident.better_since = None;
    incident.sent.push(Sent {
        at,
        kind: entry.kind,
        channel: entry.destination.channel.clone(),
    });
    let surplus = incident.sent.len().saturating_sub(HISTORY);
    incident.sent.drain(..surplus);
}
