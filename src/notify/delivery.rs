//! Getting what waits to Slack: stored first, then sent, then marked.
//!
//! Killed before a message is sent, it goes out in the next cycle; killed after
//! it was sent and before that was marked, it goes out twice. There is no other
//! way to say anything twice.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::outbox::{Entry, Place};
use super::refusal::Reach;
use super::{Message, Posted, SlackError};
use crate::http::Clock;

/// What Slack takes in a channel.
const PACE: Duration = Duration::from_secs(1);

/// Whoever takes messages: Slack, or a test.
pub trait Post {
    /// Says something new, or replies.
    ///
    /// # Errors
    /// When it was not taken, or nobody knows.
    fn post(
        &mut self,
        channel: &str,
        message: &Message,
        thread_ts: Option<&str>,
        broadcast: bool,
        deadline: Instant,
    ) -> Result<Posted, SlackError>;

    /// Replaces what was said.
    ///
    /// # Errors
    /// When it was not replaced.
    fn update(
        &mut self,
        at: &Posted,
        message: &Message,
        deadline: Instant,
    ) -> Result<(), SlackError>;
}

/// Whoever remembers: the state's store, or a test.
pub trait Journal {
    /// Writes the outbox down, for good when it returns.
    ///
    /// # Errors
    /// When it could not.
    fn record(&mut self, entries: &[Entry]) -> Result<(), JournalError>;
}

/// Why the outbox could not be written down.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalError {
    /// Another cycle has written meanwhile: it has the same messages.
    #[error("another cycle runs at the same time and delivers; nothing more is sent by this one")]
    Conflict,
    /// Anything else: better an alarm twice than none.
    #[error("the outbox could not be stored, messages may come twice: {0}")]
    Unwritable(String),
}

/// What became of the messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Accepted.
    pub sent: u32,
    /// Refused until somebody does something; kept all the same.
    pub failed: u32,
    /// Waiting for the next cycle.
    pub queued: u32,
    /// What must be known, a line each, each once.
    pub notes: Vec<String>,
}

/// Sends what waits, the oldest first. Entries that went out are marked with
/// where they are and stay, for [`super::take_delivered`].
pub fn deliver(
    entries: &mut Vec<Entry>,
    post: &mut dyn Post,
    journal: &mut dyn Journal,
    clock: &dyn Clock,
    deadline: Instant,
) -> Delivery {
    let mut round = Round {
        post,
        journal,
        clock,
        deadline,
        closed: BTreeMap::new(),
        spoken: BTreeMap::new(),
        is_over: false,
        delivery: Delivery::default(),
    };
    if entries.iter().any(Entry::is_waiting) {
        entries.sort_by_key(|entry| entry.queued_at);
        round.record(entries);
        round.run(entries);
    }
    let mut delivery = round.delivery;
    let waiting = entries.iter().filter(|e| e.is_waiting() && e.counts());
    let waiting = u32::try_from(waiting.count()).unwrap_or(u32::MAX);
    delivery.queued = waiting.saturating_sub(delivery.failed);
    delivery
}

/// Why a channel gets nothing more in this cycle.
#[derive(Clone, Copy)]
enum Closed {
    /// It may work later.
    ForNow,
    /// Somebody has to do something first.
    Refused,
}

/// The outcome of one entry.
enum Next {
    Sent(Posted),
    /// It waits for the message that it belongs to.
    Waits,
    /// There is nothing left to edit.
    Dropped,
    Failed(SlackError),
}

struct Round<'a> {
    post: &'a mut dyn Post,
    journal: &'a mut dyn Journal,
    clock: &'a dyn Clock,
    deadline: Instant,
    closed: BTreeMap<String, Closed>,
    spoken: BTreeMap<String, Instant>,
    is_over: bool,
    delivery: Delivery,
}

impl Round<'_> {
    fn run(&mut self, entries: &mut Vec<Entry>) {
        let mut is_changed = false;
        let mut index = 0;
        while index < entries.len() && !self.is_over {
            if !entries[index].is_waiting() {
                index += 1;
                continue;
            }
            match self.try_one(entries, index) {
                Next::Sent(posted) => {
                    self.delivery.sent += u32::from(entries[index].counts());
                    entries[index].delivered = Some(posted);
                    entries[index].refused = None;
                    self.record(entries);
                    is_changed = false;
                }
                Next::Waits => {}
                Next::Dropped => {
                    entries.remove(index);
                    is_changed = true;
                    continue;
                }
                Next::Failed(error) => {
                    self.fail(&mut entries[index], &error);
                    is_changed = true;
                }
            }
            index += 1;
        }
        if is_changed && !self.is_over {
            self.record(entries);
        }
    }

    /// Stores the outbox. A store that fails keeps no alarm back; one that
    /// somebody else writes to does.
    fn record(&mut self, entries: &[Entry]) {
        if let Err(error) = self.journal.record(entries) {
            self.is_over |= error == JournalError::Conflict;
            self.note(error.to_string());
        }
    }

    fn try_one(&mut self, entries: &mut [Entry], index: usize) -> Next {
        let turn = turn(entries, index);
        let entry = &entries[index];
        match self.closed.get(&entry.channel) {
            Some(Closed::Refused) => {
                self.delivery.failed += u32::from(entry.counts());
                return Next::Waits;
            }
            Some(Closed::ForNow) => return Next::Waits,
            None => {}
        }
        let place = match turn {
            Turn::Now(place) => place,
            Turn::Later => return Next::Waits,
            Turn::Never => return Next::Dropped,
        };
        if !self.pause(&entry.channel) {
            self.closed.insert(entry.channel.clone(), Closed::ForNow);
            self.note("no time left to deliver all messages: the rest waits".to_owned());
            return Next::Waits;
        }
        let outcome = self.send(entry, &place);
        self.spoken.insert(entry.channel.clone(), self.clock.now());
        match outcome {
            Ok(posted) => Next::Sent(posted),
            Err(SlackError::Gone { .. }) if !entry.counts() => Next::Dropped,
            // A thread that is gone: the reply stands for itself.
            Err(SlackError::Gone { .. }) if place != Place::Channel => {
                entries[index].place = Place::Channel;
                self.try_one(entries, index)
            }
            Err(error) => Next::Failed(error),
        }
    }

    fn send(&mut self, entry: &Entry, place: &Place) -> Result<Posted, SlackError> {
        let message = &entry.message;
        let (channel, thread, broadcast) = match place {
            Place::Edit { of: Some(at) } => {
                self.post.update(at, message, self.deadline)?;
                return Ok(at.clone());
            }
            Place::Thread {
                of: Some(first),
                broadcast,
            } => (&first.channel, Some(first.ts.as_str()), *broadcast),
            _ => (&entry.channel, None, false),
        };
        self.post
            .post(channel, message, thread, broadcast, self.deadline)
    }

    /// Keeps Slack's pace in a channel; false when there is no time to.
    fn pause(&mut self, channel: &str) -> bool {
        let now = self.clock.now();
        let due = self.spoken.get(channel).map_or(now, |last| *last + PACE);
        let pause = due.saturating_duration_since(now);
        if now + pause >= self.deadline {
            return false;
        }
        if !pause.is_zero() {
            self.clock.wait(pause);
        }
        true
    }

    fn fail(&mut self, entry: &mut Entry, error: &SlackError) {
        entry.refused = Some(error.to_string());
        self.note(format!("{}: {error}", entry.channel));
        let channel = entry.channel.clone();
        match error {
            SlackError::Permanent { reach, .. } => {
                self.delivery.failed += u32::from(entry.counts());
                // Of a refused account each channel learns by itself: that
                // costs one request and keeps the counting simple.
                if *reach != Reach::Message {
                    self.closed.insert(channel, Closed::Refused);
                }
            }
            // Odd for a new message; the next one may fare better.
            SlackError::Gone { .. } => {}
            SlackError::RateLimited { .. }
            | SlackError::Unreachable(_)
            | SlackError::Unexpected(_) => {
                self.closed.insert(channel, Closed::ForNow);
            }
        }
    }

    fn note(&mut self, note: String) {
        if !self.delivery.notes.contains(&note) {
            self.delivery.notes.push(note);
        }
    }
}

/// Whether an entry can go, now that others went out.
enum Turn {
    Now(Place),
    /// What it belongs to waits itself.
    Later,
    /// What it was to replace is not known any more.
    Never,
}

fn turn(entries: &[Entry], index: usize) -> Turn {
    let entry = &entries[index];
    let is_same = |first: &&Entry| entry.incidents.iter().any(|id| first.is_about(id));
    let first = entries
        .iter()
        .filter(|first| first.begins_thread())
        .find(is_same);
    let known = first.map(|first| first.delivered.clone());
    match (&entry.place, known) {
        (
            Place::Thread {
                of: None,
                broadcast,
            },
            Some(Some(posted)),
        ) => Turn::Now(Place::Thread {
            of: Some(posted),
            broadcast: *broadcast,
        }),
        (Place::Edit { of: None }, Some(Some(posted))) => {
            Turn::Now(Place::Edit { of: Some(posted) })
        }
        (Place::Thread { of: None, .. } | Place::Edit { of: None }, Some(None)) => Turn::Later,
        // Nothing to reply to: it stands for itself.
        (Place::Thread { of: None, .. }, None) => Turn::Now(Place::Channel),
        (Place::Edit { of: None }, None) => Turn::Never,
        (place, _) => Turn::Now(place.clone()),
    }
}
