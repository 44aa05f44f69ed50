//! What is wrong with the services file, and where.

use serde::Serialize;

use super::source::{Source, Span};
use crate::model::named_enum;

named_enum! {
    /// An error means that part of the file could not be read; a warning that it was read, but
    /// perhaps not as meant.
    pub enum Level {
        /// Part of the file could not be read.
        Error = "error",
        /// It was read, but perhaps not as meant.
        Warning = "warning",
    }
}

/// A problem of the file and its location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Error or warning.
    pub level: Level,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Characters to underline, at least 1.
    pub width: usize,
    /// In lower case, without a full stop.
    pub message: String,
    /// The remedy, or a suggestion.
    pub help: Option<String>,
    /// The line, or the part of a long line around the column.
    pub source_line: String,
    /// Column of the first character of `source_line`: 1 unless the line is long.
    pub source_column: usize,
}

/// Characters of a source line that are kept.
const SHOWN: usize = 160;
/// Characters kept left of the column when a line is cut.
const SHOWN_BEFORE: usize = 60;

impl Diagnostic {
    pub(super) fn new(
        level: Level,
        span: Span,
        message: String,
        help: Option<String>,
        line: &str,
    ) -> Self {
        let short = line.chars().nth(SHOWN).is_none();
        let start = if short {
            0
        } else {
            span.column.saturating_sub(SHOWN_BEFORE + 1)
        };
        let source_line = line
            .chars()
            .skip(start)
            .take(SHOWN)
            .map(|c| if c == '\t' { ' ' } else { c })
            .collect();
        Self {
            level,
            line: span.line,
            column: span.column,
            width: span.width,
            message,
            help,
            source_line,
            source_column: start + 1,
        }
    }
}

/// Further diagnostics are only counted.
const MAX_DIAGNOSTICS: usize = 1_000;
/// Searches for a similar name, which take time.
const MAX_SUGGESTIONS: usize = 5_000;
/// Texts quoted in messages are cut to this many characters.
const QUOTED: usize = 60;

/// Collects the diagnostics of a file.
pub(super) struct Diagnostics<'s, 't> {
    pub(super) source: &'s Source<'t>,
    found: Vec<Diagnostic>,
    dropped: Option<(Level, usize)>,
    suggestions_left: usize,
}

impl<'s, 't> Diagnostics<'s, 't> {
    pub(super) fn new(source: &'s Source<'t>) -> Self {
        Self {
            source,
            found: Vec::new(),
            dropped: None,
            suggestions_left: MAX_SUGGESTIONS,
        }
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.push(Level::Error, span, message.into(), help);
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.push(Level::Warning, span, message.into(), help);
    }

    /// The location of `part` in the line with this index. When no more diagnostics are kept, the
    /// exact location is not searched.
    pub(super) fn span(&self, index: usize, part: &str) -> Span {
        if self.is_full() {
            return Span {
                line: index + 1,
                column: 1,
                width: 1,
            };
        }
        self.source.find(index, part)
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_DIAGNOSTICS
    }

    /// Whether a search for a similar name is within the limits.
    pub(super) fn may_suggest(&mut self) -> bool {
        self.suggestions_left = self.suggestions_left.saturating_sub(1);
        self.suggestions_left > 0 && !self.is_full()
    }

    fn push(&mut self, level: Level, span: Span, message: String, help: Option<String>) {
        if self.is_full() {
            let (worst, count) = self.dropped.unwrap_or((level, 0));
            self.dropped = Some((worst.min(level), count + 1));
        } else {
            self.found.push(self.diagnostic(level, span, message, help));
        }
    }

    fn diagnostic(
        &self,
        level: Level,
        span: Span,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        let line = self.source.line(span.line.saturating_sub(1));
        Diagnostic::new(level, span, message, help, line)
    }

    /// The diagnostics in file order.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|found| (found.line, found.column, found.level));
        if let Some((level, count)) = self.dropped {
            let span = Span {
                line: self.source.len(),
                column: 1,
                width: 1,
            };
            let message = format!("{count} more problems are not shown");
            let more = self.diagnostic(level, span, message, None);
            self.found.push(more);
        }
        self.found
    }
}

/// A text in backticks for a message, shortened.
pub(super) fn quote(text: &str) -> String {
    let cut = text.chars().nth(QUOTED).is_some();
    let shown: String = text.chars().take(QUOTED).collect();
    format!("`{shown}{}`", if cut { "…" } else { "" })
}

/// "did you mean `x`?"
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean {}?", quote(name))
}
