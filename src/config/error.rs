//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::path::Path;

/// Something in the configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file or the variable.
    source: String,
    place: Option<ErrorLocation>,
    message: String,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ErrorLocation {
    line: usize,
    column: usize,
    /// What may be shown of the line.
    shown: Option<String>,
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// About a variable. Values are quoted by the caller, if at all.
    pub(super) fn variable(name: &str, message: impl Into<String>) -> Self {
        Self {
            source: name.to_owned(),
            place: None,
            message: message.into(),
        }
    }

    /// About a file as a whole.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::variable(&path.display().to_string(), message)
    }

    /// About a place in a file whose line must not be shown.
    pub(super) fn hidden(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self {
            place: Some(ErrorLocation {
                line,
                column: 1,
                shown: None,
            }),
            ..Self::file(path, message)
        }
    }

    /// About a place in a file; of its line, `shown` is printed.
    pub(super) fn at(
        path: &Path,
        (line, column): (usize, usize),
        shown: String,
        message: impl Into<String>,
    ) -> Self {
        Self {
            place: Some(ErrorLocation {
                line,
                column,
                shown: Some(shown),
            }),
            ..Self::file(path, message)
        }
    }

    /// Line and column, from 1, where they are known.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source)?;
        let Some(place) = &self.place else {
            return write!(f, " {}", self.message);
        };
        write!(f, "{}:{}: {}", place.line, place.column, self.message)?;
        if let Some(shown) = &place.shown {
            let number = place.line.to_string();
            let blank = " ".repeat(number.len());
            let indent = " ".repeat(place.column.saturating_sub(1));
            write!(f, "\n  {number} | {shown}\n  {blank} | {indent}^")?;
        }
        Ok(())
    }
}

/// `did you mean` among the candidates, if one is near enough to be meant.
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

/// Spelling without case and word breaks: `business_hours` means `businessHours`.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
