//! Why Slack did not accept a request.

use std::time::Duration;

use thiserror::Error;

use super::error_codes::{DEFECT, Meaning, meaning};
use crate::net::HttpError;
use crate::notify::notifier::ErrorScope;

/// How long to wait after a 429 that names no time.
pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Why Slack did not accept a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SlackError {
    /// It will be refused until somebody changes something.
    #[error("Slack rejects the request ({code}): {advice}")]
    Permanent {
        /// Slack's code.
        code: String,
        /// The remedy.
        advice: &'static str,
        /// What else will be refused.
        scope: ErrorScope,
    },
    /// The message to reply to or to edit is not there any more.
    #[error("the message in Slack was deleted or cannot be changed ({code})")]
    Gone {
        /// Slack's code.
        code: String,
    },
    /// Too many messages, and no time left to wait.
    #[error("Slack asks to wait {}s; the message stays queued", .retry_after.as_secs())]
    RateLimited {
        /// How long.
        retry_after: Duration,
    },
    /// No answer.
    #[error("{0}; the message stays queued")]
    Unreachable(#[from] HttpError),
    /// An answer that Slack does not document.
    #[error("unexpected answer from Slack ({0}); the message stays queued")]
    Unexpected(String),
}

/// The code of an answer. Anything that is not a plain word is not repeated.
pub fn code_of(code: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !code.is_empty() && code.len() <= 64 && code.chars().all(is_word) {
        code.to_owned()
    } else {
        "unreadable_code".to_owned()
    }
}

/// The error that a code stands for.
pub fn refused(code: &str) -> SlackError {
    let code = code.to_owned();
    match meaning(&code) {
        Meaning::Permanent(scope, advice) => SlackError::Permanent {
            code,
            advice,
            scope,
        },
        Meaning::Blocks => SlackError::Permanent {
            code,
            advice: DEFECT,
            scope: ErrorScope::Message,
        },
        Meaning::Gone => SlackError::Gone { code },
        Meaning::Transient if code.contains("limited") => SlackError::RateLimited {
            retry_after: DEFAULT_RETRY_AFTER,
        },
        Meaning::Transient => SlackError::Unexpected(code),
    }
}
