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

/// One thing that is wrong with the file, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// How bad it is.
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

/// More diagnostics help nobody.
const MOST: usize = 1_000;
/// Unknown keys and names for which a near one is looked for.
const MOST_SUGGESTIONS: usize = 5_000;
/// Texts quoted in messages are cut to this many characters.
const QUOTED: usize = 60;

/// Where the readers of the file put what they find.
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

    /// Where `part` stands in a line (index). Once nothing more is shown, any
    /// place will do, and looking for the right one would only cost time.
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

    /// Whether a search for what was meant is still worth its time.
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

    /// All that was found, in the order of the file.
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

/// A text for a message, in ticks and cut to a bearable length.
pub(super) fn quote(text: &str) -> String {
    let cut = text.chars().nth(QUOTED).is_some();
    let shown: String = text.chars().take(QUOTED).collect();
    format!("`{shown}{}`", if cut { "…" } else { "" })
}

/// "did you mean `x`?"
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean {}?", quote(name))
}
