//! What delivers messages to people: Slack, or any other receiver.

use std::time::{Duration, Instant};

use thiserror::Error;

use crate::state::{MessageHandle, OutboxMessage};

/// Delivers messages to one receiver. The outbox above it stores messages, orders them, keeps the
/// pace and counts failures; a notifier renders a message in its receiver's form and sends it.
///
/// A new notifier is a module with an implementation of this trait, its configuration, and a line
/// in [`super::receivers::configured`].
pub trait Notifier {
    /// Its name as a receiver, by which outbox entries name it. It is stored and never changes.
    fn receiver(&self) -> &'static str;

    /// What the receiver can do.
    fn capabilities(&self) -> Capabilities;

    /// Sends a new message to the channel of the entry's destination.
    ///
    /// # Errors
    /// When it was not accepted, or when that is not known.
    fn deliver(
        &mut self,
        entry: &OutboxMessage,
        deadline: Instant,
    ) -> Result<MessageHandle, NotifyError>;

    /// Replies to a message. Called only where there are threads.
    ///
    /// # Errors
    /// As for [`Notifier::deliver`]; [`NotifyError::Gone`] when that message is not there.
    fn reply(
        &mut self,
        _entry: &OutboxMessage,
        _to: &MessageHandle,
        _broadcast: bool,
        _deadline: Instant,
    ) -> Result<MessageHandle, NotifyError> {
        Err(NotifyError::Gone("it has no threads".to_owned()))
    }

    /// Replaces the text of a message. Called only where messages can be edited.
    ///
    /// # Errors
    /// When it was not replaced; [`NotifyError::Gone`] when that message is not there.
    fn edit(
        &mut self,
        _entry: &OutboxMessage,
        _of: &MessageHandle,
        _deadline: Instant,
    ) -> Result<(), NotifyError> {
        Err(NotifyError::Gone("it has no edits".to_owned()))
    }
}

/// What a receiver can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Messages can be replied to. Otherwise a reply is sent as a message of its own.
    pub threads: bool,
    /// Messages can be replaced. Otherwise edits are dropped: the resolution is a message too.
    pub edits: bool,
    /// The least time between two messages to one channel.
    pub pace: Duration,
}

/// How much a refusal affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorScope {
    /// Everything sent to the receiver.
    Account,
    /// Everything sent to this channel.
    Channel,
    /// This message only.
    Message,
}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotifyError {
    /// It will be refused again until somebody changes something.
    #[error("{message}")]
    Refused {
        /// What was refused, and the remedy.
        message: String,
        /// What else will be refused.
        scope: ErrorScope,
    },
    /// The message to reply to, or to edit, is not there or cannot be changed.
    #[error("{0}")]
    Gone(String),
    /// It may be accepted later.
    #[error("{0}")]
    Unavailable(String),
}

impl NotifyError {
    /// Whether an earlier message cannot be replied to or edited any more: the message is gone, or
    /// its channel is.
    #[must_use]
    pub fn is_target_gone(&self) -> bool {
        match self {
            Self::Gone(_) => true,
            Self::Refused { scope, .. } => match scope {
                ErrorScope::Channel | ErrorScope::Message => true,
                ErrorScope::Account => false,
            },
            Self::Unavailable(_) => false,
        }
    }
}
