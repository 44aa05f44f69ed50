//! Errors that say what to do about them.

use std::fmt::{self, Display, Formatter};

/// An error with a remedy. Its `Display` ends with `; ` and the remedy.
pub trait Remedy: Display {
    /// What to do about it, where the error knows.
    fn remedy(&self) -> Option<String>;
}

/// The remedy of an error, for its `Display`.
pub struct Advice<'a>(pub &'a dyn Remedy);

impl Display for Advice<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.remedy().unwrap_or_default())
    }
}

/// An error in two parts: what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do about it, where the error knows.
    pub remedy: Option<String>,
}

impl Problem {
    /// The parts of an error.
    #[must_use]
    pub fn of(error: &impl Remedy) -> Self {
        let text = error.to_string();
        let remedy = error.remedy();
        let end = remedy.as_ref().map(|remedy| format!("; {remedy}"));
        let message = end.and_then(|end| text.strip_suffix(&end).map(str::to_owned));
        Self {
            message: message.unwrap_or(text),
            remedy,
        }
    }
}
