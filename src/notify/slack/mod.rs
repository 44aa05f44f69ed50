//! Slack: Block Kit, mrkdwn, error codes, and the client of its Web API.

mod blocks;
mod client;
mod error;
mod error_codes;
mod markup;

use std::time::{Duration, Instant};

use super::notifier::{Capabilities, Notifier, NotifyError};
use crate::state::{MessageHandle, OutboxMessage};

pub use blocks::{SlackMessage, render};
pub use client::{Account, ChannelInfo, Slack};
pub use error::SlackError;

/// Its name as a receiver.
pub const RECEIVER: &str = crate::state::DEFAULT_RECEIVER;

/// Slack accepts about one message a second in a channel.
const PACE: Duration = Duration::from_secs(1);

impl Notifier for Slack<'_> {
    fn receiver(&self) -> &'static str {
        RECEIVER
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            threads: true,
            edits: true,
            pace: PACE,
        }
    }

    fn deliver(
        &mut self,
        entry: &OutboxMessage,
        deadline: Instant,
    ) -> Result<MessageHandle, NotifyError> {
        let message = render(&entry.message);
        Ok(self.post(&entry.destination.channel, &message, None, deadline)?)
    }

    fn reply(
        &mut self,
        entry: &OutboxMessage,
        to: &MessageHandle,
        broadcast: bool,
        deadline: Instant,
    ) -> Result<MessageHandle, NotifyError> {
        let message = render(&entry.message);
        Ok(self.post(&to.channel, &message, Some((&to.id, broadcast)), deadline)?)
    }

    fn edit(
        &mut self,
        entry: &OutboxMessage,
        of: &MessageHandle,
        deadline: Instant,
    ) -> Result<(), NotifyError> {
        Ok(self.update(of, &render(&entry.message), deadline)?)
    }
}

impl From<SlackError> for NotifyError {
    fn from(error: SlackError) -> Self {
        let message = error.to_string();
        match error {
            SlackError::Permanent { scope, .. } => Self::Refused { message, scope },
            SlackError::Gone { .. } => Self::Gone(message),
            SlackError::RateLimited { .. }
            | SlackError::Unreachable(_)
            | SlackError::Unexpected(_) => Self::Unavailable(message),
        }
    }
}
