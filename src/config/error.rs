//! Errors of the configuration, with their location.

use std::fmt;
use std::path::Path;

/// An error of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file or the variable.
    source: String,
    location: Option<ErrorLocation>,
    message: String,
}

/// A location in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ErrorLocation {
    line: usize,
    column: usize,
    /// The part of the line that may be shown.
    shown: Option<String>,
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// An error of a variable. The caller decides whether the message shows the value.
    pub(super) fn variable(name: &str, message: impl Into<String>) -> Self {
        Self {
            source: name.to_owned(),
            location: None,
            message: message.into(),
        }
    }

    /// An error of a file as a whole.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::variable(&path.display().to_string(), message)
    }

    /// An error in a line that must not be shown.
    pub(super) fn hidden(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self {
            location: Some(ErrorLocation {
                line,
                column: 1,
                shown: None,
            }),
            ..Self::file(path, message)
        }
    }

    /// An error at a line and column. `shown` is printed below the message.
    pub(super) fn at(
        path: &Path,
        (line, column): (usize, usize),
        shown: String,
        message: impl Into<String>,
    ) -> Self {
        Self {
            location: Some(ErrorLocation {
                line,
                column,
                shown: Some(shown),
            }),
            ..Self::file(path, message)
        }
    }

    /// Line and column, counted from 1, if known.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.location.as_ref().map(|at| (at.line, at.column))
    }

    /// The message without the location.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source)?;
        let Some(location) = &self.location else {
            return write!(f, " {}", self.message);
        };
        write!(f, "{}:{}: {}", location.line, location.column, self.message)?;
        if let Some(shown) = &location.shown {
            let number = location.line.to_string();
            let blank = " ".repeat(number.len());
            let indent = " ".repeat(location.column.saturating_sub(1));
            write!(f, "\n  {number} | {shown}\n  {blank} | {indent}^")?;
        }
        Ok(())
    }
}

/// The most similar candidate, for "did you mean".
pub(super) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = plain(word);
    let allowed = (plain.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&plain, &self::plain(candidate)),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The word without case and separators: `business_hours` is `businessHours`.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
