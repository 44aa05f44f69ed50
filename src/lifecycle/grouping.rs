//! Messages, of what is due of each incident: digests, and one reply a thread.

use std::collections::BTreeMap;

use super::Tracked;
use super::notification_policy::{DueMessage, NotificationDecision};
use crate::model::{Severity, Time};
use crate::state::{IncidentRecord, MessageKind, OutboxMessage, Thread};

/// So many full messages of a kind are said one by one.
const ONE_BY_ONE: usize = 5;

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What it is.
    pub kind: MessageKind,
    /// Ids of what it is about, most important first; several in a digest, and
    /// in a reply to one.
    pub incidents: Vec<String>,
    /// Where it goes, as configured.
    pub channel: String,
    /// Why, in words.
    pub why: String,
    /// The message that it replies to.
    pub thread: Option<Thread>,
    /// Whether a reply is shown in the channel too.
    pub broadcast: bool,
    /// Messages that say what no longer holds, to be edited: of a resolution
    /// the first one, and each escalation's.
    pub edit: Vec<Thread>,
    /// Since when it has been due, by which messages are ordered.
    pub since: Time,
    /// The queued message that this one takes the place of.
    pub queued: Option<Queued>,
}

/// What is known of earlier tries to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// When it was first put into the outbox.
    pub created: Time,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// What is due of one incident.
pub struct PendingMessage {
    id: String,
    severity: Severity,
    kind: MessageKind,
    channel: String,
    why: String,
    thread: Option<Thread>,
    broadcast: bool,
    edit: Vec<Thread>,
    /// Since when its first message has been due.
    first_due: Option<Time>,
    resolved_at: Option<Time>,
}

impl PendingMessage {
    pub fn new(
        remembered: &IncidentRecord,
        say: &DueMessage,
        speech: &NotificationDecision,
    ) -> Self {
        let heads = remembered.told.as_ref().map(|told| told.heads.clone());
        Self {
            id: remembered.id.clone(),
            severity: remembered.severity,
            kind: say.kind,
            channel: speech.channel.clone().unwrap_or_default(),
            why: speech.why.clone(),
            thread: say.thread.clone(),
            broadcast: say.broadcast,
            edit: heads
                .filter(|_| say.kind == MessageKind::Resolved)
                .unwrap_or_default(),
            first_due: remembered.due_since,
            resolved_at: remembered.resolved_at,
        }
    }

    /// What is said together: first messages that became due in one cycle,
    /// repetitions, and replies in one thread.
    fn group(&self) -> Group {
        if let Some(thread) = &self.thread {
            return Group::Reply(self.kind, thread.clone());
        }
        match self.kind {
            MessageKind::New | MessageKind::Resolved => match self.first_due {
                Some(since) => Group::First(since),
                None => Group::Alone(self.id.clone()),
            },
            MessageKind::Repeat => Group::Repeats,
            _ => Group::Alone(self.id.clone()),
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    First(Time),
    Repeats,
    Reply(MessageKind, Thread),
    Alone(String),
}

/// Makes messages, the oldest first, and tells the report of digests.
pub fn bundle(
    said: Vec<PendingMessage>,
    tracked: &mut [Tracked],
    outbox: &[OutboxMessage],
    now: Time,
) -> Vec<Due> {
    let mut groups: BTreeMap<Group, Vec<PendingMessage>> = BTreeMap::new();
    for one in said {
        groups.entry(one.group()).or_default().push(one);
    }
    let mut due: Vec<(Severity, Due)> = Vec::new();
    for (group, mut members) in groups {
        members.sort_by(|a, b| (a.severity, &a.id).cmp(&(b.severity, &b.id)));
        match group {
            Group::First(_) | Group::Repeats if members.len() > ONE_BY_ONE => {
                let digest = digest(&group, &members, now);
                note(tracked, &digest);
                due.extend(members.first().map(|worst| (worst.severity, digest)));
            }
            Group::Reply(..) => due.extend(together(members, now)),
            _ => due.extend(
                members
                    .into_iter()
                    .filter_map(|one| together(vec![one], now)),
            ),
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

fn digest(group: &Group, members: &[PendingMessage], now: Time) -> Due {
    let count = members.len();
    let (since, why) = match group {
        Group::First(since) => (*since, format!("{count} new incidents in one cycle")),
        _ => (now, format!("{count} incidents are still open")),
    };
    Due {
        kind: MessageKind::Digest,
        incidents: members.iter().map(|m| m.id.clone()).collect(),
        // The members are sorted: the first is the worst.
        channel: members
            .first()
            .map_or_else(String::new, |m| m.channel.clone()),
        why,
        thread: None,
        broadcast: false,
        edit: Vec::new(),
        since,
        queued: None,
    }
}

fn note(tracked: &mut [Tracked], digest: &Due) {
    for one in tracked {
        if digest.incidents.contains(&one.id) {
            one.notification.channel = Some(digest.channel.clone());
            one.notification.why = format!("in one digest: {}", digest.why);
        }
    }
}

/// One message of what is said in one thread, or of one incident alone.
fn together(members: Vec<PendingMessage>, now: Time) -> Option<(Severity, Due)> {
    let mut members = members.into_iter();
    let first = members.next()?;
    let since = [first.first_due, first.resolved_at];
    let mut message = Due {
        kind: first.kind,
        incidents: vec![first.id],
        channel: first.channel,
        why: first.why,
        thread: first.thread,
        broadcast: first.broadcast,
        edit: first.edit,
        since: since.into_iter().flatten().min().unwrap_or(now),
        queued: None,
    };
    for other in members {
        if !message.why.contains(&other.why) {
            message.why = format!("{}; {}", message.why, other.why);
        }
        message.incidents.push(other.id);
        message.broadcast |= other.broadcast;
        for head in other.edit {
            if !message.edit.contains(&head) {
                message.edit.push(head);
            }
        }
    }
    Some((first.severity, message))
}

/// The oldest try to say something of the same incidents.
fn queued(message: &Due, outbox: &[OutboxMessage]) -> Option<Queued> {
    let earlier = outbox
        .iter()
        .filter(|old| {
            old.incident_ids
                .iter()
                .any(|id| message.incidents.contains(id))
        })
        .min_by_key(|old| (old.created, old.id))?;
    Some(Queued {
        created: earlier.created,
        attempts: earlier.attempts,
        last_error: earlier.last_error.clone(),
    })
}
