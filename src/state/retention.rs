//! Keeps the document below its bound: what is least missed goes first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use serde_json::json;

use super::document::{LIMIT, size};
use super::model::{Message, MessageTarget, OutboxMessage, State};
use crate::model::{Severity, Time};

/// Resolved incidents are remembered this long.
const MEMORY: TimeDelta = TimeDelta::days(30);
/// Dates whose incident numbers are remembered.
const DATES: usize = 40;

/// Drops resolved incidents that are older than 30 days, also those whose end
/// could not be said in all that time: nobody waits for that any more.
pub fn forget(state: &mut State, now: Time) {
    state
        .incidents
        .retain(|r| r.resolved_at.is_none_or(|at| now - at <= MEMORY));
    while state.numbers.len() > DATES {
        state.numbers.pop_first();
    }
}

/// Makes a state fit into [`LIMIT`]. In this order, the older half first, until
/// it does: restart counts of zero, resolved incidents, cached answers, the
/// other restart counts, what was sent, the text of queued messages (collapsed
/// into one a channel), open incidents of SEV-4 that nobody was told of.
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
    // Without a count the mean over the pod's life is taken, which is coarser.
    let any = !state.restarts.is_empty();
    state.restarts.clear();
    any
}

fn drop_resolved(state: &mut State) -> bool {
    let over = state.incidents.iter();
    let over = over.filter(|r| !r.is_open() && !r.is_owed());
    let gone = older_half(over.filter_map(|r| Some((r.resolved_at?, r.id.clone()))));
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

/// One short message a channel in place of many: what is not said in detail is
/// said all the same.
fn collapse_outbox(state: &mut State) -> bool {
    let before = size(state);
    let mut channels: BTreeMap<String, OutboxMessage> = BTreeMap::new();
    for message in std::mem::take(&mut state.outbox) {
        match channels.get_mut(&message.channel) {
            Some(first) => {
                for id in message.incident_ids {
                    if !first.incident_ids.contains(&id) {
                        first.incident_ids.push(id);
                    }
                }
                first.place = MessageTarget::Channel;
            }
            None => {
                channels.insert(message.channel.clone(), message);
            }
        }
    }
    state.outbox = channels.into_values().map(shortened).collect();
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
    message.message = Message {
        text: format!("Not delivered in time: {named}{more}. `k8s-monitor incidents` lists them."),
        blocks: json!([]),
    };
    message
}

fn drop_logged(state: &mut State) -> bool {
    let minor = state.incidents.iter();
    let minor = minor.filter(|r| r.severity == Severity::Sev4 && r.told.is_none());
    let gone = older_half(minor.map(|r| (r.first_seen, r.id.clone())));
    state.incidents.retain(|r| !gone.contains(&r.id));
    !gone.is_empty()
}
