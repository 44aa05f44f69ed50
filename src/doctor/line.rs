//! What a check says.

use serde::Serialize;

use crate::model::text::clean;
use crate::net::HttpError;
use crate::redact::redact;

/// How a dependency does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In order.
    Ok,
    /// Not there, and not asked for: its part of the monitor does nothing.
    Off,
    /// It works, and is worth a look.
    Warn,
    /// It does not work.
    Red,
}

impl Status {
    /// The word for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Red => "red",
        }
    }
}

/// One line of doctor. Its texts are redacted and on one line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked; stable.
    pub name: String,
    /// How it does.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do; of a red check never absent.
    pub remedy: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, status: Status, message: &str, remedy: Option<&str>) -> Self {
        let line = |text: &str| redact(&clean(text)).into_owned();
        Self {
            name: clean(&name.into()),
            status,
            message: line(message),
            remedy: remedy.map(line),
        }
    }

    pub(super) fn ok(name: impl Into<String>, message: &str) -> Self {
        Self::new(name, Status::Ok, message, None)
    }

    /// A part that is off; `remedy` turns it on.
    pub(super) fn off(name: impl Into<String>, message: &str, remedy: &str) -> Self {
        let remedy = (!remedy.is_empty()).then_some(remedy);
        Self::new(name, Status::Off, message, remedy)
    }

    pub(super) fn warn(name: impl Into<String>, message: &str, remedy: &str) -> Self {
        Self::new(name, Status::Warn, message, Some(remedy))
    }

    pub(super) fn red(name: impl Into<String>, message: &str, remedy: &str) -> Self {
        Self::new(name, Status::Red, message, Some(remedy))
    }

    /// An error whose text ends with what to do, after its last semicolon.
    pub(super) fn of_error(name: impl Into<String>, error: &str, otherwise: &str) -> Self {
        let (message, remedy) = error.rsplit_once("; ").unwrap_or((error, otherwise));
        Self::red(name, message, remedy)
    }

    /// A service of the internet that gave no answer.
    pub(super) fn unanswered(name: impl Into<String>, error: &HttpError, variable: &str) -> Self {
        let text = error.to_string();
        let message = text.split("; ").next().unwrap_or_default();
        let remedy = match error {
            HttpError::InvalidUrl => format!("correct {variable}"),
            HttpError::Header { .. } => "set the token again, without a line break in it".into(),
            HttpError::Unsent { .. } => {
                format!("check network, DNS, HTTPS_PROXY, NO_PROXY and {variable}")
            }
            HttpError::NoTime { .. } => "allow more time with --deadline".to_owned(),
            _ => "look again in a minute; if it stays so, check the network and its status page"
                .to_owned(),
        };
        Self::red(name, message, &remedy)
    }
}

/// Names for a message, the first few of them.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
