//! What waits to be said. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Kind, Message, Posted};

/// What all waiting messages may take in the state, in bytes. Above it the
/// oldest keep their one line and lose their blocks.
const ROOM: usize = 300 * 1024;

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Names it for good: the same id is the same message.
    pub id: String,
    /// Ids of the incidents that it is about.
    pub incidents: Vec<String>,
    /// What it says.
    pub kind: Kind,
    /// Name of the channel that it is for.
    pub channel: String,
    /// Where in the channel.
    pub place: Place,
    /// The message.
    pub message: Message,
    /// When it became due.
    pub queued_at: DateTime<Utc>,
    /// Where Slack put it, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Posted>,
    /// Why Slack has not taken it, when last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Where in a channel a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Place {
    /// It stands for itself and may begin a thread.
    Channel,
    /// A reply.
    Thread {
        /// To this message; `None`: to the incident's first, which waits too.
        of: Option<Posted>,
        /// Shown in the channel as well.
        broadcast: bool,
    },
    /// In place of a message that is there.
    Edit {
        /// Of this one; `None`: of the incident's first, which waits too.
        of: Option<Posted>,
    },
}

impl Entry {
    /// Whether it has yet to be said.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.delivered.is_none()
    }

    /// Whether it counts as a message; edits do not.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.place, Place::Edit { .. })
    }

    /// Whether it is about this incident.
    #[must_use]
    pub fn is_about(&self, incident: &str) -> bool {
        self.incidents.iter().any(|id| id == incident)
    }

    /// Whether it is about this incident and no other.
    fn is_only_about(&self, incident: &str) -> bool {
        self.incidents.len() == 1 && self.is_about(incident)
    }

    /// Whether replies can hang on it.
    #[must_use]
    pub fn begins_thread(&self) -> bool {
        self.kind.is_first() && self.place == Place::Channel
    }
}

/// Whether nobody has been told of an incident: its first message waits, and
/// it is not one line of a digest. What is over by now is then best said as one
/// message ([`super::Story::collapsed`], [`Place::Channel`]).
#[must_use]
pub fn is_unsaid(entries: &[Entry], incident: &str) -> bool {
    entries
        .iter()
        .any(|entry| entry.is_waiting() && entry.kind == Kind::New && entry.is_only_about(incident))
}

/// Puts a message last in the queue. What it makes superfluous goes:
///
/// - the end of an incident: whatever still waits to be said of it;
/// - a repetition: nothing is added, the full message that waits becomes this
///   newer one and keeps its place;
/// - a reply on what changed: an older such reply;
/// - the same id again: itself.
pub fn enqueue(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.iter().any(|known| known.id == entry.id) {
        return;
    }
    if let [incident] = entry.incidents.as_slice() {
        let is_news = |kind| matches!(kind, Kind::Update | Kind::DeEscalated);
        match entry.kind {
            Kind::Repeat => {
                let same = |known: &&mut Entry| {
                    known.is_waiting()
                        && known.is_only_about(incident)
                        && known.begins_thread()
                        && known.channel == entry.channel
                };
                if let Some(known) = entries.iter_mut().rev().find(same) {
                    known.message = entry.message;
                    return;
                }
            }
            Kind::Resolved if entry.counts() => entries.retain(|known| {
                !known.is_waiting()
                    || !known.is_only_about(incident)
                    || (known.kind == Kind::New && entry.place != Place::Channel)
            }),
            kind if is_news(kind) => entries.retain(|known| {
                !(known.is_waiting() && known.is_only_about(incident) && is_news(known.kind))
            }),
            _ => {}
        }
    }
    entries.push(entry);
    keep_room(entries);
}

/// Takes out what has been delivered, for the incidents to remember. Replies
/// that wait for it learn where it is.
pub fn take_delivered(entries: &mut Vec<Entry>) -> Vec<Entry> {
    let (waiting, delivered): (Vec<_>, Vec<_>) = entries.drain(..).partition(Entry::is_waiting);
    *entries = waiting;
    for entry in entries {
        let is_same = |first: &&Entry| entry.incidents.iter().any(|id| first.is_about(id));
        let mut firsts = delivered.iter().filter(|first| first.begins_thread());
        if let Place::Thread { of, .. } | Place::Edit { of } = &mut entry.place
            && of.is_none()
        {
            *of = firsts
                .find(is_same)
                .and_then(|first| first.delivered.clone());
        }
    }
    delivered
}

/// Slack may be out of reach for long: the state must not grow with it.
fn keep_room(entries: &mut [Entry]) {
    let size = |entry: &Entry| entry.message.text.len() + entry.message.blocks.to_string().len();
    let mut total: usize = entries.iter().map(size).sum();
    for entry in entries.iter_mut().filter(|entry| entry.is_waiting()) {
        if total <= ROOM {
            return;
        }
        total -= size(entry);
        entry.message.blocks = json!([]);
        total += size(entry);
    }
}

#[cfg(test)]
mod tests {
    /// What is queued, and what is left of it.
    type Case<'a> = (&'a [(&'a str, Kind)], &'a [&'a str]);

    use super::*;

    fn entry(id: &str, kind: Kind) -> Entry {
        Entry {
            id: id.into(),
            incidents: vec!["INC-1".into()],
            kind,
            channel: "#a".into(),
            place: if kind.is_first() {
                Place::Channel
            } else {
                Place::Thread {
                    of: None,
                    broadcast: kind.is_broadcast(),
                }
            },
            message: Message {
                text: id.into(),
                blocks: json!([]),
            },
            queued_at: "2026-11-02T03:00:00Z".parse().unwrap(),
            delivered: None,
            refused: None,
        }
    }

    fn queue(kinds: &[(&str, Kind)]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (id, kind) in kinds {
            enqueue(&mut entries, entry(id, *kind));
        }
        entries
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn what_is_superfluous_goes() {
        let first = ("new", Kind::New);
        let cases: [Case; 6] = [
            (&[first, first], &["new"]),
            (&[first, ("again", Kind::Repeat)], &["new"]),
            (&[first, ("worse", Kind::Escalated)], &["new", "worse"]),
            (
                &[first, ("u1", Kind::Update), ("u2", Kind::DeEscalated)],
                &["new", "u2"],
            ),
            (
                &[first, ("worse", Kind::Escalated), ("end", Kind::Resolved)],
                &["new", "end"],
            ),
            (
                &[("again", Kind::Repeat), ("end", Kind::Resolved)],
                &["end"],
            ),
        ];
        for (queued, left) in cases {
            assert_eq!(ids(&queue(queued)), left);
        }
        let refreshed = queue(&[first, ("again", Kind::Repeat)]);
        assert_eq!(refreshed[0].message.text, "again");
    }

    #[test]
    fn what_came_and_went_is_one_message() {
        let mut entries = queue(&[("new", Kind::New), ("u", Kind::Update)]);
        assert!(is_unsaid(&entries, "INC-1"));
        assert!(!is_unsaid(&entries, "INC-2"));
        let end = Entry {
            place: Place::Channel,
            ..entry("end", Kind::Resolved)
        };
        enqueue(&mut entries, end);
        assert_eq!(ids(&entries), ["end"]);
    }

    #[test]
    fn a_digest_outlives_one_of_its_incidents() {
        let digest = Entry {
            incidents: vec!["INC-1".into(), "INC-2".into()],
            ..entry("digest", Kind::Digest)
        };
        let mut entries = vec![digest];
        assert!(!is_unsaid(&entries, "INC-1"));
        enqueue(&mut entries, entry("end", Kind::Resolved));
        assert_eq!(ids(&entries), ["digest", "end"]);
    }

    #[test]
    fn what_is_delivered_is_no_obstacle() {
        let mut entries = queue(&[("new", Kind::New)]);
        entries[0].delivered = Some(Posted {
            channel: "C1".into(),
            ts: "1.2".into(),
        });
        enqueue(&mut entries, entry("again", Kind::Repeat));
        assert_eq!(ids(&entries), ["new", "again"]);
        assert_eq!(ids(&take_delivered(&mut entries)), ["new"]);
        assert_eq!(ids(&entries), ["again"]);
    }

    #[test]
    fn a_long_queue_keeps_its_lines() {
        let mut entries = Vec::new();
        for number in 0..200 {
            let mut long = entry(&format!("m{number}"), Kind::New);
            long.incidents = vec![format!("INC-{number}")];
            long.message.blocks = json!(["x".repeat(9_000)]);
            enqueue(&mut entries, long);
        }
        let size = serde_json::to_string(&entries).unwrap().len();
        assert!(size < 400 * 1024, "{size}");
        assert_eq!(entries.len(), 200);
        assert_ne!(entries[199].message.blocks, json!([]));
    }
}
