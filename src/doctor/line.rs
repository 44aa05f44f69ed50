//! One check of doctor.

use serde::Serialize;

use crate::model::text::clean;
use crate::model::{Problem, named_enum};
use crate::net::HttpError;
use crate::redact::redact;

named_enum! {
    /// The result of a check.
    pub enum Status {
        /// It works.
        Ok = "ok",
        /// It is not configured: its part of the monitor is off.
        Off = "off",
        /// It works, but needs attention.
        Warn = "warn",
        /// It does not work.
        Red = "red",
    }
}

/// One check. Its texts are redacted and have one line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked. Names are stable.
    pub name: String,
    /// The result.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do. A red check always has a remedy.
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

    /// A part that is off. `remedy` turns it on; it may be empty.
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

    /// A red check. `otherwise` is the remedy of an error that knows none.
    pub(super) fn of_problem(name: impl Into<String>, problem: &Problem, otherwise: &str) -> Self {
        let remedy = problem.remedy.as_deref().unwrap_or(otherwise);
        Self::red(name, &problem.message, remedy)
    }

    /// A service of the internet that did not answer. `variable` holds its address.
    pub(super) fn unanswered(name: impl Into<String>, error: &HttpError, variable: &str) -> Self {
        let retry = "run doctor again in a minute; if it persists, check the network and the \
                     service's status page";
        let (message, remedy) = match error {
            HttpError::InvalidUrl => (
                format!("{variable} is not a URL"),
                format!("set {variable} to an address like https://host/path"),
            ),
            HttpError::Header { .. } => (
                "the token contains characters that cannot be sent".to_owned(),
                "set the token again, without a line break".to_owned(),
            ),
            HttpError::Unsent { host, reason } => (
                format!("cannot reach {host}: {reason}"),
                format!("check network, DNS, HTTPS_PROXY, NO_PROXY and {variable}"),
            ),
            HttpError::NoTime { host } => (
                format!("no time left for a request to {host}"),
                "allow more time with --deadline".to_owned(),
            ),
            HttpError::Cut { host, reason } => (
                format!("the answer of {host} is incomplete: {reason}"),
                retry.to_owned(),
            ),
            HttpError::Timeout { host, after } => (
                format!("{host} did not answer within {after:?}"),
                retry.to_owned(),
            ),
            HttpError::TooLarge { host, limit } => (
                format!("the answer of {host} is longer than {limit} bytes"),
                format!("check {variable}"),
            ),
        };
        Self::red(name, &message, &remedy)
    }
}

/// The first names of a list, for a message.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
