//! Groups what is due of each incident into messages: digests, and one reply for each thread.

use std::collections::BTreeMap;

use super::Tracked;
use super::notification_policy::{DueMessage, NotificationDecision};
use crate::model::{Severity, Time};
use crate::state::{Destination, IncidentRecord, MessageHandle, MessageKind, OutboxMessage};

/// With more full messages of one kind than this, one digest is sent instead.
const MOST_SINGLE_MESSAGES: usize = 5;

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its kind.
    pub kind: MessageKind,
    /// The ids of its incidents, most important first. A digest has several, and a reply to one.
    pub incidents: Vec<String>,
    /// Where it goes.
    pub destination: Destination,
    /// Why it is due, as a sentence.
    pub why: String,
    /// The message that it replies to.
    pub thread: Option<MessageHandle>,
    /// Whether a reply is shown in the channel too.
    pub broadcast: bool,
    /// Messages to edit, because a resolution makes them out of date: the first one, and that of
    /// each escalation.
    pub edit: Vec<MessageHandle>,
    /// Since when it has been due. The oldest is sent first.
    pub since: Time,
    /// The outbox entry that it replaces.
    pub queued: Option<Queued>,
}

/// Earlier attempts to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// When it was first put into the outbox.
    pub created: Time,
    /// The number of failed attempts.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// What is due of one incident.
pub struct PendingMessage {
    id: String,
    severity: Severity,
    message: DueMessage,
    destination: Destination,
    why: String,
    edit: Vec<MessageHandle>,
    /// Since when the incident's first message has been due.
    first_due: Option<Time>,
    resolved_at: Option<Time>,
}

impl PendingMessage {
    /// The message of a decision; none where nothing is due.
    pub fn new(record: &IncidentRecord, decision: &NotificationDecision) -> Option<Self> {
        let message = decision.message.clone()?;
        let roots = record.notified.as_ref().map(|n| n.thread_roots.clone());
        Some(Self {
            id: record.id.clone(),
            severity: record.severity,
            destination: decision.destination.clone()?,
            why: decision.why.clone(),
            edit: roots
                .filter(|_| message.kind == MessageKind::Resolved)
                .unwrap_or_default(),
            message,
            first_due: record.due_since,
            resolved_at: record.resolved_at,
        })
    }

    /// The group that it is sent with: first messages that became due in one cycle, repetitions,
    /// or replies in one thread.
    fn group(&self) -> Group {
        if let Some(thread) = &self.message.thread {
            return Group::Reply(self.message.kind, thread.clone());
        }
        match self.message.kind {
            MessageKind::New | MessageKind::Resolved => match self.first_due {
                Some(since) => Group::First(since),
                None => Group::Single(self.id.clone()),
            },
            MessageKind::Repeat => Group::Repeats,
            MessageKind::Escalated
            | MessageKind::Reopened
            | MessageKind::Digest
            | MessageKind::Update
            | MessageKind::DeEscalated => Group::Single(self.id.clone()),
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    First(Time),
    Repeats,
    Reply(MessageKind, MessageHandle),
    Single(String),
}

/// Makes messages, oldest first, and notes digests on the tracked incidents.
pub fn group(
    pending: Vec<PendingMessage>,
    tracked: &mut [Tracked],
    outbox: &[OutboxMessage],
    now: Time,
) -> Vec<Due> {
    let mut groups: BTreeMap<Group, Vec<PendingMessage>> = BTreeMap::new();
    for message in pending {
        groups.entry(message.group()).or_default().push(message);
    }
    let mut due: Vec<(Severity, Due)> = Vec::new();
    for (group, mut members) in groups {
        members.sort_by(|a, b| (a.severity, &a.id).cmp(&(b.severity, &b.id)));
        match group {
            Group::First(_) | Group::Repeats if members.len() > MOST_SINGLE_MESSAGES => {
                let digest = digest(&group, members, now);
                if let Some((_, digest)) = &digest {
                    note_digest(tracked, digest);
                }
                due.extend(digest);
            }
            Group::Reply(..) => due.extend(merged(members, now)),
            Group::First(_) | Group::Repeats | Group::Single(_) => {
                let single = members.into_iter();
                due.extend(single.filter_map(|message| merged(vec![message], now)));
            }
        }
    }
    for (_, message) in &mut due {
        message.queued = queued(message, outbox);
        if let Some(queued) = &message.queued {
            message.since = message.since.min(queued.created);
        }
    }
    due.sort_by(|(a_severity, a), (b_severity, b)| {
        (a.since, a_severity, &a.incidents).cmp(&(b.since, b_severity, &b.incidents))
    });
    due.into_iter().map(|(_, message)| message).collect()
}

/// One message for all members. The first is the most severe; its destination is the digest's.
fn digest(group: &Group, members: Vec<PendingMessage>, now: Time) -> Option<(Severity, Due)> {
    let count = members.len();
    let incidents = members.iter().map(|m| m.id.clone()).collect();
    let first = members.into_iter().next()?;
    let (since, why) = match group {
        Group::First(since) => (*since, format!("{count} new incidents in one cycle")),
        Group::Repeats | Group::Reply(..) | Group::Single(_) => {
            (now, format!("{count} incidents are still open"))
        }
    };
    let digest = Due {
        kind: MessageKind::Digest,
        incidents,
        destination: first.destination,
        why,
        thread: None,
        broadcast: false,
        edit: Vec::new(),
        since,
        queued: None,
    };
    Some((first.severity, digest))
}

fn note_digest(tracked: &mut [Tracked], digest: &Due) {
    for incident in tracked {
        if digest.incidents.contains(&incident.id) {
            incident.notification.channel = Some(digest.destination.channel.clone());
            incident.notification.why = format!("in a digest: {}", digest.why);
        }
    }
}

/// One message for all members: replies in one thread, or a single incident.
fn merged(members: Vec<PendingMessage>, now: Time) -> Option<(Severity, Due)> {
    let mut members = members.into_iter();
    let first = members.next()?;
    let since = [first.first_due, first.resolved_at];
    let mut due = Due {
        kind: first.message.kind,
        incidents: vec![first.id],
        destination: first.destination,
        why: first.why,
        thread: first.message.thread,
        broadcast: first.message.broadcast,
        edit: first.edit,
        since: since.into_iter().flatten().min().unwrap_or(now),
        queued: None,
    };
    for other in members {
        if !due.why.contains(&other.why) {
            due.why = format!("{}; {}", due.why, other.why);
        }
        due.incidents.push(other.id);
        due.broadcast |= other.message.broadcast;
        for handle in other.edit {
            if !due.edit.contains(&handle) {
                due.edit.push(handle);
            }
        }
    }
    Some((first.severity, due))
}

/// The oldest outbox entry about one of the same incidents.
fn queued(due: &Due, outbox: &[OutboxMessage]) -> Option<Queued> {
    let is_related = |entry: &&OutboxMessage| {
        let mut ids = entry.incident_ids.iter();
        ids.any(|id| due.incidents.contains(id))
    };
    let entries = outbox.iter().filter(is_related);
    let oldest = entries.min_by_key(|entry| (entry.created, entry.id))?;
    Some(Queued {
        created: oldest.created,
        attempts: oldest.attempts,
        last_error: oldest.last_error.clone(),
    })
}
