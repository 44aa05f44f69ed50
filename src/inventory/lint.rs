//! The diagnostics of the services file.

use serde::Serialize;

use super::source::{Source, Span};

/// The level of a diagnostic.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Part of the file could not be read.
    Error,
    /// It was read, but perhaps not as meant.
    Warning,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A problem in the file, and its position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Its level.
    pub level: Level,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Characters to underline, at least 1.
    pub width: usize,
    /// A fragment in lower case, without a full stop.
    pub message: String,
    /// What to do, or what was probably meant.
    pub help: Option<String>,
    /// The line, or of a long line the part around the column.
    pub source_line: String,
    /// Column of `source_line`'s first character; 1 unless the line is long.
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

/// The most diagnostics that are kept.
const MOST: usize = 1_000;
/// The most unknown keys and names for which a similar one is searched.
const MOST_SUGGESTIONS: usize = 5_000;
/// Texts quoted in messages are cut to this many characters.
const QUOTED: usize = 60;

/// Collects the diagnostics of the parsers.
pub(super) struct Sink<'s, 't> {
    pub(super) source: &'s Source<'t>,
    found: Vec<Diagnostic>,
    dropped: Option<(Level, usize)>,
    suggestions_left: usize,
}

impl<'s, 't> Sink<'s, 't> {
    pub(super) fn new(source: &'s Source<'t>) -> Self {
        Self {
            source,
            found: Vec::new(),
            dropped: None,
            suggestions_left: MOST_SUGGESTIONS,
        }
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.push(Level::Error, span, message.into(), help);
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.push(Level::Warning, span, message.into(), help);
    }

    /// The position of `part` in a line (index). Once no more diagnostics are kept, the
    /// start of the line, to save time.
    pub(super) fn place(&self, index: usize, part: &str) -> Span {
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
        self.found.len() >= MOST
    }

    /// Whether to search for a similar name.
    pub(super) fn may_suggest(&mut self) -> bool {
        self.suggestions_left = self.suggestions_left.saturating_sub(1);
        self.suggestions_left > 0 && !self.is_full()
    }

    fn push(&mut self, level: Level, span: Span, message: String, help: Option<String>) {
        if self.is_full() {
            let (worst, count) = self.dropped.unwrap_or((level, 0));
            self.dropped = Some((worst.min(level), count + 1));
        } else {
            self.found
                .push(self.source.diagnostic(level, span, message, help));
        }
    }

    /// All diagnostics, in the order of the file.
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
            self.found
                .push(self.source.diagnostic(level, span, message, None));
        }
        self.found
    }
}

/// Text in a message: in backticks, and cut.
pub(super) fn quote(text: &str) -> String {
    let cut = text.chars().nth(QUOTED).is_some();
    let shown: String = text.chars().take(QUOTED).collect();
    format!("`{shown}{}`", if cut { "…" } else { "" })
}

/// "did you mean `x`?"
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean {}?", quote(name))
}
