//! Lines for a terminal: one width, one wrap, one table of colours.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthStr as _;

use super::blocks::{Line, Style, Tone};
use crate::model::{ServiceStatus, Severity};

/// The least width to wrap at.
const MIN_WIDTH: usize = 40;

/// The colours. Without colour they are all plain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    pub plain: Ansi,
    pub strong: Ansi,
    pub faint: Ansi,
    pub command: Ansi,
    red: Ansi,
    pub yellow: Ansi,
    blue: Ansi,
    green: Ansi,
}

impl Styles {
    fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        let colored = |color: AnsiColor| Ansi::new().fg_color(Some(color.into()));
        Self {
            plain: Ansi::new(),
            strong: Ansi::new().bold(),
            faint: Ansi::new().dimmed(),
            command: colored(AnsiColor::Cyan),
            red: colored(AnsiColor::Red).bold(),
            yellow: colored(AnsiColor::Yellow).bold(),
            blue: colored(AnsiColor::Blue).bold(),
            green: colored(AnsiColor::Green),
        }
    }

    pub const fn severity(&self, severity: Severity) -> Ansi {
        match severity {
            Severity::Sev1 => self.red,
            Severity::Sev2 => self.yellow,
            Severity::Sev3 => self.blue,
            Severity::Sev4 => self.green,
        }
    }

    const fn status(&self, status: ServiceStatus) -> Ansi {
        match status {
            ServiceStatus::Healthy => self.green,
            ServiceStatus::Unavailable => self.red,
            ServiceStatus::Starting | ServiceStatus::Degraded => self.yellow,
            ServiceStatus::Unknown => self.blue,
        }
    }

    /// The colour of a span. `base` is that of plain text around it.
    pub const fn of(&self, style: &Style, base: Ansi) -> Ansi {
        match style {
            Style::Plain | Style::Code | Style::Time(_) | Style::Link(_) => base,
            Style::Strong => self.strong,
            Style::Severity(severity) => self.severity(*severity),
            Style::Status(status) => self.status(*status),
            Style::Tone(Tone::Good) => self.green,
            Style::Tone(Tone::Warning) => self.yellow,
            Style::Tone(Tone::Bad) => self.red,
            Style::Tone(Tone::Faint) => self.faint,
        }
    }
}

/// A piece of text in one colour.
pub type Piece = (Ansi, String);
/// Pieces without a blank between them. A line is never broken within a word.
pub type Word = Vec<Piece>;

/// The output as it grows.
pub struct Terminal {
    out: String,
    pub width: usize,
    pub styles: Styles,
    /// Labels and bullets that go in front of the next line, with their columns.
    leads: Vec<(usize, Piece)>,
}

impl Terminal {
    pub fn new(color: bool, width: usize) -> Self {
        Self {
            out: String::new(),
            width: width.max(MIN_WIDTH),
            styles: Styles::new(color),
            leads: Vec::new(),
        }
    }

    pub fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    /// An empty line, except at the start.
    pub fn gap(&mut self) {
        self.flush();
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Puts text in front of the next line.
    pub fn lead(&mut self, column: usize, style: Ansi, text: &str) {
        self.leads.push((column, (style, text.to_owned())));
    }

    /// Writes leads that no line has followed on a line of their own.
    pub fn flush(&mut self) {
        if !self.leads.is_empty() {
            self.begin(0);
            self.out.push('\n');
        }
    }

    /// Begins a line at this column, after the leads.
    fn begin(&mut self, column: usize) -> usize {
        let mut at = 0;
        for (column, (style, text)) in std::mem::take(&mut self.leads) {
            self.pad(column.saturating_sub(at));
            self.styled(style, &text);
            at = column.max(at) + text.width();
        }
        self.pad(column.saturating_sub(at));
        at.max(column)
    }

    /// A line that is never wrapped.
    pub fn verbatim(&mut self, column: usize, style: Ansi, text: &str) {
        if text.is_empty() && self.leads.is_empty() {
            self.out.push('\n');
            return;
        }
        self.begin(column);
        self.styled(style, text);
        self.out.push('\n');
    }

    /// Words, wrapped. Further lines begin at `hang`.
    pub fn wrapped(&mut self, column: usize, hang: usize, words: &[Word]) {
        let mut at = self.begin(column);
        let mut is_first = true;
        for word in words {
            let width: usize = word.iter().map(|(_, text)| text.width()).sum();
            if !is_first {
                if at + 1 + width > self.width {
                    self.out.push('\n');
                    self.pad(hang);
                    at = hang;
                } else {
                    self.out.push(' ');
                    at += 1;
                }
            }
            for (style, text) in word {
                self.styled(*style, text);
            }
            at += width;
            is_first = false;
        }
        self.out.push('\n');
    }

    /// One row of a table: cells of these widths with `gap` blanks between them.
    pub fn row(
        &mut self,
        column: usize,
        gap: usize,
        cells: &[Vec<Piece>],
        widths: &[usize],
        right: &[usize],
    ) {
        self.begin(column);
        let width = |cell: &[Piece]| -> usize { cell.iter().map(|(_, text)| text.width()).sum() };
        let last = cells.iter().rposition(|cell| width(cell) > 0);
        // No blanks at the end of the line.
        for (at, cell) in cells
            .iter()
            .enumerate()
            .take(last.map_or(0, |last| last + 1))
        {
            let missing = widths[at].saturating_sub(width(cell));
            let is_right = right.contains(&at);
            self.pad(if at > 0 { gap } else { 0 });
            self.pad(if is_right { missing } else { 0 });
            for (style, text) in cell {
                self.styled(*style, text);
            }
            self.pad(if is_right || Some(at) == last {
                0
            } else {
                missing
            });
        }
        self.out.push('\n');
    }

    fn pad(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    fn styled(&mut self, style: Ansi, text: &str) {
        if style.is_plain() || text.is_empty() {
            self.out.push_str(text);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{style}{text}{style:#}");
        }
    }
}

/// The words of a line. `base` is the colour of its plain text.
pub fn words(line: &Line, styles: &Styles, base: Ansi) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for span in line.spans() {
        let style = styles.of(span.style(), base);
        for (index, part) in span.text().split(' ').enumerate() {
            is_open &= index == 0;
            if part.is_empty() {
                continue;
            }
            match words.last_mut() {
                Some(word) if is_open => word.push((style, part.to_owned())),
                _ => words.push(vec![(style, part.to_owned())]),
            }
            is_open = true;
        }
        is_open &= !span.text().ends_with(' ');
    }
    words
}

/// A line as one word that is never broken.
pub fn glued(line: &Line, styles: &Styles, base: Ansi) -> Word {
    let pieces = line.spans().iter();
    pieces
        .map(|span| (styles.of(span.style(), base), span.text().to_owned()))
        .collect()
}
