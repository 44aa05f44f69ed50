//! A page for the terminal: paragraphs that wrap on words, tables that align,
//! colours from one table of styles.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::RenderOptions;
use crate::model::{ServiceStatus, Severity};

/// Narrower than this nothing reads well: wrap here and let the terminal do the rest.
const MIN_WIDTH: usize = 40;

/// Blanks between the columns of a table, where there is room.
const GAP: usize = 2;

/// Stands for a blank at which a paragraph does not break.
const GLUE: char = '\u{a0}';

/// Every style there is. Without colour they are all plain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    pub plain: Style,
    pub strong: Style,
    pub faint: Style,
    pub command: Style,
    pub red: Style,
    pub yellow: Style,
    pub blue: Style,
    pub green: Style,
}

impl Styles {
    fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        let colored = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        Self {
            plain: Style::new(),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
            command: colored(AnsiColor::Cyan),
            red: colored(AnsiColor::Red).bold(),
            yellow: colored(AnsiColor::Yellow).bold(),
            blue: colored(AnsiColor::Blue).bold(),
            green: colored(AnsiColor::Green),
        }
    }

    pub const fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Sev1 => self.red,
            Severity::Sev2 => self.yellow,
            Severity::Sev3 => self.blue,
            Severity::Sev4 => self.green,
        }
    }

    pub const fn status(&self, status: ServiceStatus) -> Style {
        match status {
            ServiceStatus::Healthy => self.green,
            ServiceStatus::Unavailable => self.red,
            ServiceStatus::Starting | ServiceStatus::Degraded => self.yellow,
            ServiceStatus::Unknown => self.blue,
        }
    }
}

/// Text in one style. Words of neighbouring spans are set apart by a blank.
pub type Span<'a> = (Style, &'a str);

/// Text that stays on one line.
pub fn glued(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A cell of a table.
pub type Cell = (Style, String);

/// The page as it grows.
pub struct TerminalPage {
    out: String,
    width: usize,
    pub styles: Styles,
}

impl TerminalPage {
    pub fn new(options: &RenderOptions) -> Self {
        Self {
            out: String::new(),
            width: options.width.max(MIN_WIDTH),
            styles: Styles::new(options.color),
        }
    }

    pub fn finish(self) -> String {
        self.out
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A heading, with a blank line before it.
    pub fn heading(&mut self, text: &str) {
        self.blank();
        self.verbatim(0, self.styles.strong, text);
    }

    /// A line that is never wrapped: a command to copy, a line of a log.
    pub fn verbatim(&mut self, indent: usize, style: Style, text: &str) {
        self.pad(indent);
        self.styled(style, text);
        self.blank();
    }

    /// A paragraph after `lead`, which stands at `indent`; further lines hang
    /// `hang` columns from the edge.
    pub fn paragraph(&mut self, indent: usize, hang: usize, lead: Span<'_>, spans: &[Span<'_>]) {
        self.pad(indent);
        self.styled(lead.0, lead.1);
        let mut column = indent + lead.1.width();
        if column < hang {
            self.pad(hang - column);
            column = hang;
        }
        // At the edge of the hang a word stands without a blank before it.
        let mut fresh = column <= hang;
        for (style, text) in spans {
            for word in text.split(' ').filter(|word| !word.is_empty()) {
                let room = word.width() + usize::from(!fresh);
                if !fresh && column + room > self.width {
                    self.blank();
                    self.pad(hang);
                    column = hang;
                    fresh = true;
                }
                if !fresh {
                    self.out.push(' ');
                    column += 1;
                }
                self.styled(*style, &word.replace(GLUE, " "));
                column += word.width();
                fresh = false;
            }
        }
        self.blank();
    }

    /// A table with titles over its columns. Where it is wider than the page,
    /// its columns move together; where that does not help either, each row
    /// becomes a sentence: the first `names` cells, then what the titles say of
    /// the others.
    pub fn records(
        &mut self,
        indent: usize,
        titles: &[&str],
        rows: Vec<Vec<Cell>>,
        names: usize,
        right: &[usize],
    ) {
        let faint = self.styles.faint;
        let header = titles.iter().map(|title| (faint, (*title).to_owned()));
        let mut table = vec![header.collect()];
        table.extend(rows);
        let columns = widths(&table);
        let width = indent + columns.iter().sum::<usize>();
        let gaps = columns.len().saturating_sub(1);
        if let Some(gap) = [GAP, 1]
            .iter()
            .find(|gap| width + *gap * gaps <= self.width)
        {
            self.aligned(indent, &table, right, *gap);
            return;
        }
        for row in &table[1..] {
            self.sentence(indent, titles, row, names);
        }
    }

    fn sentence(&mut self, indent: usize, titles: &[&str], row: &[Cell], names: usize) {
        let (named, told) = row.split_at(names);
        let name: Vec<&str> = named.iter().map(|(_, text)| text.as_str()).collect();
        let lead = format!("{}:", name.join(" "));
        let titles = titles.iter().skip(names).map(|title| title.to_lowercase());
        let told: Vec<(Style, String)> = titles
            .zip(told)
            .filter(|(_, (_, text))| !text.is_empty())
            .map(|(title, (style, text))| (*style, glued(&format!("{title} {text},"))))
            .collect();
        let mut spans: Vec<Span<'_>> = told.iter().map(|(s, text)| (*s, text.as_str())).collect();
        if let Some((_, last)) = spans.last_mut() {
            *last = last.trim_end_matches(',');
        }
        self.paragraph(indent, indent + 2, (self.styles.strong, &lead), &spans);
    }

    /// A table: columns as wide as their widest cell, `right` those that align right.
    pub fn table(&mut self, indent: usize, rows: &[Vec<Cell>], right: &[usize]) {
        self.aligned(indent, rows, right, GAP);
    }

    fn aligned(&mut self, indent: usize, rows: &[Vec<Cell>], right: &[usize], between: usize) {
        let widths = widths(rows);
        for row in rows {
            self.pad(indent);
            // Cells with nothing to their right leave no blanks at the end.
            let last = row.iter().rposition(|(_, text)| !text.is_empty());
            for (at, (style, text)) in row.iter().enumerate().take(last.map_or(0, |last| last + 1))
            {
                let gap = widths[at].saturating_sub(text.width());
                if at > 0 {
                    self.pad(between);
                }
                if right.contains(&at) {
                    self.pad(gap);
                }
                self.styled(*style, text);
                if !right.contains(&at) && Some(at) != last {
                    self.pad(gap);
                }
            }
            self.blank();
        }
    }

    fn pad(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    fn styled(&mut self, style: Style, text: &str) {
        if style.is_plain() || text.is_empty() {
            self.out.push_str(text);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{style}{text}{style:#}");
        }
    }
}

/// How wide each column is.
fn widths(rows: &[Vec<Cell>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|(_, text)| text.width()).max().unwrap_or(0)
    };
    (0..columns).map(widest).collect()
}
