//! Keeps the document below its limit. What is needed least is dropped first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::message::{Destination, Message, MessageTarget, OutboxMessage};
use super::model::State;
use super::text::{LIMIT, size};
use crate::model::{Severity, Time};

/// How long resolved incidents are kept.
const RETENTION: TimeDelta = TimeDelta::days(30);
/// How many dates keep their incident number.
const DATES: usize = 40;

/// Drops incidents that were resolved more than 30 days ago, even if the resolution was never
/// delivered.
pub fn forget(state: &mut State, now: Time) {
    state
        .incidents
        .retain(|r| r.resolved_at.is_none_or(|at| now - at <= RETENTION));
    while state.numbers.len() > DATES {
        state.numbers.pop_first();
    }
}

/// Makes a state fit into [`LIMIT`]. Dropped in this order, the older half first, until it fits:
/// restart counts of zero, resolved incidents, cached answers, other restart counts, the history of
/// messages, the text of queued messages (one for each destination remains), open incidents of
/// SEV-4 without a message.
pub fn trim(state: &mut State) {
    if let Some(now) = state.last_cycle {
        forget(state, now);
    }
    let steps: [fn(&mut State) -> bool; 7] = [
        drop_zero_restarts,
        drop_resolved,
        drop_cached,
        drop_restarts,
        drop_history,
        collapse_outbox,
        drop_logged,
    ];
    for step in steps {
        while size(state) > LIMIT && step(state) {}
    }
}

fn drop_zero_restarts(state: &mut State) -> bool {
    let before = state.restarts.len();
    state.restarts.retain(|_, count| *count > 0);
    state.restarts.len() < before
}

fn drop_restarts(state: &mut State) -> bool {
    // Without a count, detection uses the mean over the pod's life, which is less exact.
    let any = !state.restarts.is_empty();
    state.restarts.clear();
    any
}

fn drop_resolved(state: &mut State) -> bool {
    let resolved = state.incidents.iter();
    let resolved = resolved.filter(|r| !r.is_open() && !r.is_resolution_due());
    let gone = older_half(resolved.filter_map(|r| Some((r.resolved_at?, r.id.clone()))));
    state.incidents.retain(|r| !gone.contains(&r.id));
    !gone.is_empty()
}

fn drop_cached(state: &mut State) -> bool {
    let gone = older_half(state.cache.iter().map(|(key, c)| (c.at, key.clone())));
    state.cache.retain(|key, _| !gone.contains(key));
    !gone.is_empty()
}

fn older_half(dated: impl Iterator<Item = (Time, String)>) -> BTreeSet<String> {
    let mut dated: Vec<_> = dated.collect();
    dated.sort_unstable();
    let half = dated.len().div_ceil(2);
    dated.into_iter().take(half).map(|(_, name)| name).collect()
}

fn drop_history(state: &mut State) -> bool {
    let mut any = false;
    for incident in &mut state.incidents {
        any |= !incident.sent.is_empty() || !incident.root.message.is_empty();
        incident.sent.clear();
        incident.root.message.clear();
    }
    any
}

/// Replaces the messages of each destination by one short message that names all their incidents.
fn collapse_outbox(state: &mut State) -> bool {
    let before = size(state);
    let mut merged: BTreeMap<Destination, OutboxMessage> = BTreeMap::new();
    for message in std::mem::take(&mut state.outbox) {
        match merged.get_mut(&message.destination) {
            Some(first) => {
                for id in message.incident_ids {
                    if !first.incident_ids.contains(&id) {
                        first.incident_ids.push(id);
                    }
                }
                first.target = MessageTarget::Channel;
            }
            None => {
                merged.insert(message.destination.clone(), message);
            }
        }
    }
    state.outbox = merged.into_values().map(shortened).collect();
    state.outbox.sort_by_key(|m| (m.created, m.id));
    size(state) < before
}

fn shortened(mut message: OutboxMessage) -> OutboxMessage {
    const NAMED: usize = 20;
    let ids = &message.incident_ids;
    let named = ids[..ids.len().min(NAMED)].join(", ");
    let more = ids.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    message.message = Message::line(format!(
        "Undelivered messages about {named}{more}. Run: k8s-monitor incidents list"
    ));
    message
}

fn drop_logged(state: &mut State) -> bool {
    let minor = state.incidents.iter();
    let minor = minor.filter(|r| r.severity == Severity::Sev4 && r.notified.is_none());
    let gone = older_half(minor.map(|r| (r.first_seen, r.id.clone())));
    state.incidents.retain(|r| !gone.contains(&r.id));
    !gone.is_empty()
}
