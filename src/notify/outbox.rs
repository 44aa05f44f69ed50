//! Delivers the outbox: an entry is stored, then sent, then marked as delivered.
//!
//! After a kill before an entry is sent, the next cycle sends it. After a kill between sending and
//! marking, or when the receiver's answer is lost, it is sent twice. Nothing else sends it twice,
//! and nothing loses it. Each entry has one destination, so a receiver that fails holds up no other.

use std::collections::BTreeMap;
use std::time::Instant;

use thiserror::Error;

use super::notifier::{ErrorScope, Notifier, NotifyError};
use crate::net::Clock;
use crate::runtime::termination;
use crate::state::{Destination, MessageHandle, MessageTarget, OutboxMessage};

/// Keeps the entries: the state of the cycle and its store. Marks are in memory until
/// [`Outbox::store`].
pub trait Outbox {
    /// Marks an entry as delivered.
    fn delivered(&mut self, entry: u64, handle: &MessageHandle);

    /// Marks an attempt as failed. The entry stays due.
    fn failed(&mut self, entry: u64, error: &str);

    /// Removes an edit that can no longer be made.
    fn dropped(&mut self, entry: u64);

    /// Writes everything to the store.
    ///
    /// # Errors
    /// When it was not written.
    fn store(&mut self) -> Result<(), OutboxError>;
}

/// Why the outbox was not written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// Another cycle has written meanwhile. It has the same entries.
    #[error("another cycle is running and delivers the messages; this one sends no more")]
    Conflict,
    /// Anything else. The messages are sent: a duplicate is better than a missed alert.
    #[error("{0}; messages are sent all the same and may be repeated by the next cycle")]
    Unwritable(String),
}

/// The result of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Accepted.
    pub sent: u32,
    /// Refused until somebody changes something. They stay in the outbox.
    pub failed: u32,
    /// Waiting for the next cycle.
    pub queued: u32,
    /// Whether another cycle has taken over.
    pub conflict: bool,
    /// Problems, each once.
    pub notes: Vec<String>,
}

/// Stores the outbox, then sends its entries, oldest first, and marks each as soon as its receiver
/// has accepted it. Edits come last.
pub fn deliver(
    entries: &[OutboxMessage],
    notifiers: &mut [Box<dyn Notifier + '_>],
    outbox: &mut dyn Outbox,
    clock: &dyn Clock,
    deadline: Instant,
) -> Delivery {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| (!entry.counts(), entry.created, entry.id));
    let mut run = DeliveryRun {
        notifiers,
        outbox,
        clock,
        deadline,
        closed: BTreeMap::new(),
        last_sent: BTreeMap::new(),
        delivery: Delivery::default(),
    };
    run.store();
    run.send_all(&entries);
    let mut delivery = run.delivery;
    let all = entries.iter().filter(|entry| entry.counts()).count();
    let all = u32::try_from(all).unwrap_or(u32::MAX);
    delivery.queued = all - delivery.sent - delivery.failed;
    delivery
}

/// A destination, and whether the queue is of messages or of edits: where old messages cannot be
/// edited, new ones may still be accepted.
type Queue = (Destination, bool);

fn queue(entry: &OutboxMessage) -> Queue {
    (entry.destination.clone(), entry.counts())
}

/// Why a queue gets nothing more in this cycle.
#[derive(Clone, Copy)]
enum Closed {
    /// It may work in the next cycle.
    Unavailable,
    /// Somebody has to change something first.
    Refused,
}

struct DeliveryRun<'a, 'n> {
    notifiers: &'a mut [Box<dyn Notifier + 'n>],
    outbox: &'a mut dyn Outbox,
    clock: &'a dyn Clock,
    deadline: Instant,
    closed: BTreeMap<Queue, Closed>,
    last_sent: BTreeMap<Destination, Instant>,
    delivery: Delivery,
}

impl DeliveryRun<'_, '_> {
    fn send_all(&mut self, entries: &[OutboxMessage]) {
        let mut is_changed = false;
        for entry in entries {
            if self.delivery.conflict {
                return;
            }
            let Some(outcome) = self.send(entry) else {
                continue;
            };
            is_changed = true;
            match outcome {
                Ok(handle) => {
                    self.delivery.sent += u32::from(entry.counts());
                    self.outbox.delivered(entry.id, &handle);
                    self.store();
                    is_changed = false;
                }
                Err(error) if !entry.counts() && error.is_target_gone() => {
                    self.outbox.dropped(entry.id);
                }
                Err(error) => self.fail(entry, &error),
            }
        }
        if is_changed && !self.delivery.conflict {
            self.store();
        }
    }

    /// A store that cannot be written delays no message. A conflict does.
    fn store(&mut self) {
        if let Err(error) = self.outbox.store() {
            self.delivery.conflict |= error == OutboxError::Conflict;
            self.note(error.to_string());
        }
    }

    /// Sends an entry; none when it has to wait for the next cycle.
    fn send(&mut self, entry: &OutboxMessage) -> Option<Result<MessageHandle, NotifyError>> {
        match self.closed.get(&queue(entry)) {
            Some(Closed::Refused) => {
                self.delivery.failed += u32::from(entry.counts());
                return None;
            }
            Some(Closed::Unavailable) => return None,
            None => {}
        }
        let receiver = entry.destination.receiver.as_str();
        let Some(at) = self.notifiers.iter().position(|n| n.receiver() == receiver) else {
            return Some(Err(NotifyError::Refused {
                message: format!("the receiver {receiver} is not configured; configure it again"),
                scope: ErrorScope::Account,
            }));
        };
        let capabilities = self.notifiers[at].capabilities();
        let target = match &entry.target {
            MessageTarget::Reply { .. } if !capabilities.threads => &MessageTarget::Channel,
            MessageTarget::Edit { .. } if !capabilities.edits => {
                return Some(Err(NotifyError::Gone("it has no edits".to_owned())));
            }
            target => target,
        };
        if !self.pause(&entry.destination, capabilities.pace) {
            self.closed.insert(queue(entry), Closed::Unavailable);
            self.note("no time left to deliver all messages; the rest stays queued".to_owned());
            return None;
        }
        let notifier = &mut *self.notifiers[at];
        let outcome = match send_to(notifier, entry, target, self.deadline) {
            // The thread or its channel is gone: the reply becomes a message of its own.
            Err(error)
                if matches!(target, MessageTarget::Reply { .. }) && error.is_target_gone() =>
            {
                notifier.deliver(entry, self.deadline)
            }
            outcome => outcome,
        };
        self.last_sent
            .insert(entry.destination.clone(), self.clock.now());
        Some(outcome)
    }

    /// Keeps the pace of a channel; false when there is no time left, or when the process is asked
    /// to end.
    fn pause(&mut self, destination: &Destination, pace: std::time::Duration) -> bool {
        let now = self.clock.now();
        let next = self.last_sent.get(destination).map_or(now, |t| *t + pace);
        let pause = next.saturating_duration_since(now);
        if now + pause >= self.deadline {
            return false;
        }
        if !pause.is_zero() {
            self.clock.wait(pause);
        }
        !termination::is_terminating()
    }

    fn fail(&mut self, entry: &OutboxMessage, error: &NotifyError) {
        self.outbox.failed(entry.id, &error.to_string());
        self.note(format!("{}: {error}", entry.destination.channel));
        match error {
            NotifyError::Refused { scope, .. } => {
                self.delivery.failed += u32::from(entry.counts());
                // Of a refused account each channel is tried once: one request each, and the
                // counts stay simple.
                if *scope != ErrorScope::Message {
                    self.closed.insert(queue(entry), Closed::Refused);
                }
            }
            // Not expected for a new message. The next one may be accepted.
            NotifyError::Gone(_) => {}
            NotifyError::Unavailable(_) => {
                self.closed.insert(queue(entry), Closed::Unavailable);
            }
        }
    }

    fn note(&mut self, note: String) {
        if !self.delivery.notes.contains(&note) {
            self.delivery.notes.push(note);
        }
    }
}

fn send_to(
    notifier: &mut dyn Notifier,
    entry: &OutboxMessage,
    target: &MessageTarget,
    deadline: Instant,
) -> Result<MessageHandle, NotifyError> {
    match target {
        MessageTarget::Channel => notifier.deliver(entry, deadline),
        MessageTarget::Reply { to, broadcast } => notifier.reply(entry, to, *broadcast, deadline),
        MessageTarget::Edit { of } => {
            notifier.edit(entry, of, deadline)?;
            Ok(of.clone())
        }
    }
}
