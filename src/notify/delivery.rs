//! Getting what waits to Slack: stored first, then sent, then marked.
//!
//! Killed before a message is sent, it goes out in the next cycle; killed after
//! it was sent and before that was marked, it goes out twice. There is no other
//! way to say anything twice, but for an answer of Slack's that is lost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::error_codes::ErrorScope;
use super::{Message, MessageTarget, SlackError, Thread};
use crate::net::Clock;
use crate::runtime::termination;
use crate::state::OutboxMessage;

/// What Slack takes in a channel.
const PACE: Duration = Duration::from_secs(1);

/// Whoever takes messages: Slack, or a test.
pub trait Notifier {
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
    ) -> Result<Thread, SlackError>;

    /// Replaces what was said.
    ///
    /// # Errors
    /// When it was not replaced.
    fn update(
        &mut self,
        at: &Thread,
        message: &Message,
        deadline: Instant,
    ) -> Result<(), SlackError>;
}

/// Whoever remembers: the cycle's state and its store, or a test. Marks are
/// kept in mind until [`Journal::store`] writes them down.
pub trait Outbox {
    /// Marks a message as accepted, and where it is.
    fn delivered(&mut self, message: u64, posted: &Thread);

    /// Marks a message as refused; it stays due.
    fn failed(&mut self, message: u64, error: &str);

    /// Takes out an edit of what is gone.
    fn dropped(&mut self, message: u64);

    /// Writes everything down, for good when it returns.
    ///
    /// # Errors
    /// When it could not.
    fn store(&mut self) -> Result<(), OutboxError>;
}

/// Why nothing could be written down.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// Another cycle has written meanwhile: it has the same messages.
    #[error("another cycle runs at the same time and delivers; nothing more is sent by this one")]
    Conflict,
    /// Anything else: better an alarm twice than none.
    #[error("{0}; the alarm goes out all the same, and may come again in the next cycle")]
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
    /// Whether another cycle has taken over.
    pub conflict: bool,
    /// What must be known, a line each, each once.
    pub notes: Vec<String>,
}

/// Stores everything, then sends what waits, the oldest first, and marks each
/// as soon as Slack has it. Edits, which nobody waits for, come last.
pub fn deliver(
    outbox: &[OutboxMessage],
    post: &mut dyn Notifier,
    journal: &mut dyn Outbox,
    clock: &dyn Clock,
    deadline: Instant,
) -> Delivery {
    let mut outbox = outbox.to_vec();
    outbox.sort_by_key(|message| (!message.counts(), message.created, message.id));
    let mut round = DeliveryRun {
        post,
        journal,
        clock,
        deadline,
        closed: BTreeMap::new(),
        spoken: BTreeMap::new(),
        delivery: Delivery::default(),
    };
    round.store();
    round.run(&outbox);
    let mut delivery = round.delivery;
    let all = outbox.iter().filter(|message| message.counts()).count();
    let all = u32::try_from(all).unwrap_or(u32::MAX);
    delivery.queued = all - delivery.sent - delivery.failed;
    delivery
}

/// A channel, and whether it is for messages or for edits: a channel whose old
/// messages cannot be changed takes new ones.
type QueueKey = (String, bool);

fn lane(message: &OutboxMessage) -> QueueKey {
    (message.channel.clone(), message.counts())
}

/// Why a channel gets nothing more in this cycle.
#[derive(Clone, Copy)]
enum Closed {
    /// It may work later.
    ForNow,
    /// Somebody has to do something first.
    Refused,
}

struct DeliveryRun<'a> {
    post: &'a mut dyn Notifier,
    journal: &'a mut dyn Outbox,
    clock: &'a dyn Clock,
    deadline: Instant,
    closed: BTreeMap<QueueKey, Closed>,
    spoken: BTreeMap<String, Instant>,
    delivery: Delivery,
}

impl DeliveryRun<'_> {
    fn run(&mut self, outbox: &[OutboxMessage]) {
        let mut is_changed = false;
        for message in outbox {
            if self.delivery.conflict {
                return;
            }
            let Some(outcome) = self.try_one(message) else {
                continue;
            };
            is_changed = true;
            match outcome {
                Ok(posted) => {
                    self.delivery.sent += u32::from(message.counts());
                    self.journal.delivered(message.id, &posted);
                    self.store();
                    is_changed = false;
                }
                Err(error) if !message.counts() && is_out_of_reach(&error) => {
                    self.journal.dropped(message.id);
                }
                Err(error) => self.fail(message, &error),
            }
        }
        if is_changed && !self.delivery.conflict {
            self.store();
        }
    }

    /// A store that fails keeps no alarm back; one that somebody else writes
    /// to does.
    fn store(&mut self) {
        if let Err(error) = self.journal.store() {
            self.delivery.conflict |= error == OutboxError::Conflict;
            self.note(error.to_string());
        }
    }

    /// The outcome, unless the message has to wait for the next cycle.
    fn try_one(&mut self, message: &OutboxMessage) -> Option<Result<Thread, SlackError>> {
        match self.closed.get(&lane(message)) {
            Some(Closed::Refused) => {
                self.delivery.failed += u32::from(message.counts());
                return None;
            }
            Some(Closed::ForNow) => return None,
            None => {}
        }
        if !self.pause(&message.channel) {
            self.closed.insert(lane(message), Closed::ForNow);
            self.note("no time left to deliver all messages: the rest waits".to_owned());
            return None;
        }
        let outcome = match self.send(message, &message.place) {
            // A thread that is gone, or its channel: the reply stands for itself.
            Err(error)
                if matches!(message.place, MessageTarget::Thread { .. })
                    && is_out_of_reach(&error) =>
            {
                self.send(message, &MessageTarget::Channel)
            }
            outcome => outcome,
        };
        self.spoken
            .insert(message.channel.clone(), self.clock.now());
        Some(outcome)
    }

    fn send(
        &mut self,
        message: &OutboxMessage,
        place: &MessageTarget,
    ) -> Result<Thread, SlackError> {
        let body = &message.message;
        let (channel, thread, broadcast) = match place {
            MessageTarget::Edit { of } => {
                self.post.update(of, body, self.deadline)?;
                return Ok(of.clone());
            }
            MessageTarget::Thread { of, broadcast } => {
                (&of.channel, Some(of.ts.as_str()), *broadcast)
            }
            MessageTarget::Channel => (&message.channel, None, false),
        };
        self.post
            .post(channel, body, thread, broadcast, self.deadline)
    }

    /// Keeps Slack's pace in a channel; false when there is no time to, or none any more.
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
        !termination::is_terminating()
    }

    fn fail(&mut self, message: &OutboxMessage, error: &SlackError) {
        self.journal.failed(message.id, &error.to_string());
        self.note(format!("{}: {error}", message.channel));
        match error {
            SlackError::Permanent { reach, .. } => {
                self.delivery.failed += u32::from(message.counts());
                // Of a refused account each channel learns by itself: that
                // costs one request and keeps the counting simple.
                if *reach != ErrorScope::Message {
                    self.closed.insert(lane(message), Closed::Refused);
                }
            }
            // Odd for a new message; the next one may fare better.
            SlackError::Gone { .. } => {}
            SlackError::RateLimited { .. }
            | SlackError::Unreachable(_)
            | SlackError::Unexpected(_) => {
                self.closed.insert(lane(message), Closed::ForNow);
            }
        }
    }

    fn note(&mut self, note: String) {
        if !self.delivery.notes.contains(&note) {
            self.delivery.notes.push(note);
        }
    }
}

/// Whether what was said earlier cannot be answered or changed any more: it is
/// gone, or the channel that it stands in, which is known by an id of its own.
fn is_out_of_reach(error: &SlackError) -> bool {
    match error {
        SlackError::Gone { .. } => true,
        SlackError::Permanent { reach, .. } => *reach != ErrorScope::Account,
        _ => false,
    }
}
