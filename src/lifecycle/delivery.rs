//! The way of a message through the outbox, as marks on the state. Pure.

use serde_json::Value;

use super::bundle::Due;
use crate::cluster::objects::Time;
use crate::state::{Kind, Outgoing, Remembered, Sent, State, Thread, Told};

/// So much is remembered of what was sent about one incident.
const HISTORY: usize = 20;

/// Puts a rendered message into the outbox and returns its number. The state
/// is to be saved before the message is sent.
pub fn enqueue(state: &mut State, due: &Due, payload: Value, now: Time) -> u64 {
    state.last_message += 1;
    let queued = due.queued.as_ref();
    state.outbox.push(Outgoing {
        id: state.last_message,
        created: queued.map_or(due.since.min(now), |q| q.created),
        incident_ids: due.incidents.clone(),
        kind: due.kind,
        channel: due.channel.clone(),
        thread: due.thread.clone(),
        payload,
        attempts: queued.map_or(0, |q| q.attempts),
        last_error: queued.and_then(|q| q.last_error.clone()),
    });
    state.last_message
}

/// Notes that a message was refused or did not get through. It stays due.
pub fn failed(state: &mut State, message: u64, error: &str) {
    if let Some(found) = state.outbox.iter_mut().find(|m| m.id == message) {
        found.attempts = found.attempts.saturating_add(1);
        found.last_error = Some(error.to_owned());
    }
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
    for incident in &mut state.incidents {
        if message.incident_ids.contains(&incident.id) {
            mark(incident, &message, at, posted);
        }
    }
}

fn mark(incident: &mut Remembered, message: &Outgoing, at: Time, posted: &Thread) {
    incident.due_since = None;
    let begins = message.thread.is_none();
    let is_return = incident.told.as_ref().is_some_and(|told| {
        message.kind == Kind::Reopened
            || message.kind == Kind::Escalated && incident.severity >= told.worst
    });
    let told = incident.told.get_or_insert_with(|| Told {
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
        let repeats = matches!(message.kind, Kind::Repeat | Kind::Digest);
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
