//! The blocks of a page. They contain cleaned text and do not depend on the output form.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::text::{clean, clean_lines};
use crate::model::{ServiceStatus, Severity, ShellCommand};

/// A document for people.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Title of the browser tab; also the heading when there is no [`Headline`].
    pub title: Line,
    /// The content. A headline comes first.
    pub blocks: Vec<Block>,
    /// How the document was made.
    pub footer: Option<Line>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The verdict, at most once and first.
    Headline(Headline),
    /// A heading and what it covers.
    Section {
        /// The heading.
        title: Line,
        /// The content.
        blocks: Vec<Block>,
    },
    /// Incidents.
    Entries(Vec<Entry>),
    /// Labels and values.
    Facts(Vec<Fact>),
    /// Rows and columns.
    Table(Table),
    /// Items with bullets or numbers.
    List {
        /// Whether the items are steps in order.
        ordered: bool,
        /// The items.
        items: Vec<Item>,
    },
    /// Log lines and other text that is never wrapped.
    Code {
        /// The lines, cleaned by [`Block::code`].
        lines: Vec<String>,
    },
    /// A command to paste. It is never wrapped.
    Command(ShellCommand),
    /// Events in order of time.
    Timeline(Vec<Event>),
    /// A drawing from left to right. Its facts are in other blocks too: forms without
    /// drawings skip it.
    Graph {
        /// What it shows.
        title: &'static str,
        /// The steps.
        steps: Vec<GraphStep>,
    },
    /// Text.
    Paragraph(Line),
}

impl Block {
    /// A section; `None` without content.
    #[must_use]
    pub fn section(title: impl Into<Line>, blocks: Vec<Self>) -> Option<Self> {
        let title = title.into();
        (!blocks.is_empty()).then_some(Self::Section { title, blocks })
    }

    /// A list with bullets; `None` without items.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Item>) -> Option<Self> {
        let items: Vec<_> = items.into_iter().collect();
        let ordered = false;
        (!items.is_empty()).then_some(Self::List { ordered, items })
    }

    /// A numbered list; `None` without items.
    #[must_use]
    pub fn steps(items: impl IntoIterator<Item = Item>) -> Option<Self> {
        let items: Vec<_> = items.into_iter().collect();
        let ordered = true;
        (!items.is_empty()).then_some(Self::List { ordered, items })
    }

    /// Text that is never wrapped. Indentation is kept.
    #[must_use]
    pub fn code(text: &str) -> Self {
        let lines = clean_lines(text);
        Self::Code { lines }
    }

    /// A command to paste.
    #[must_use]
    pub fn command(command: &ShellCommand) -> Self {
        Self::Command(command.clone())
    }

    /// Text.
    #[must_use]
    pub fn paragraph(line: impl Into<Line>) -> Self {
        Self::Paragraph(line.into())
    }
}

/// The verdict of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headline {
    /// The severity, where the document has one.
    pub severity: Option<Severity>,
    /// One sentence.
    pub sentence: Line,
    /// Cluster and time.
    pub context: Line,
    /// More lines below it.
    pub details: Vec<Line>,
    /// Problems of the monitor itself.
    pub notes: Vec<Line>,
}

/// An incident in a list of incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the list. Without one the id comes first.
    pub number: Option<usize>,
    /// Its id.
    pub id: String,
    /// Its severity.
    pub severity: Severity,
    /// Whether it does not count, because it is silenced or resolved.
    pub muted: bool,
    /// Whether a form that folds shows only the first lines.
    pub folded: bool,
    /// Its title.
    pub title: Line,
    /// State, start and tier.
    pub status: Line,
    /// The content.
    pub blocks: Vec<Block>,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// The value: mostly one paragraph.
    pub value: Vec<Block>,
}

impl Fact {
    /// A fact of one line.
    #[must_use]
    pub fn new(label: &str, value: impl Into<Line>) -> Self {
        Self::of(label, vec![Block::paragraph(value)])
    }

    /// A fact of several blocks.
    #[must_use]
    pub fn of(label: &str, value: Vec<Block>) -> Self {
        let label = clean(label);
        Self { label, value }
    }
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Titles of the columns.
    pub titles: Vec<&'static str>,
    /// As many cells a row as there are titles.
    pub rows: Vec<Vec<Line>>,
    /// So many leading cells name the row.
    pub names: usize,
    /// Columns of numbers, which align right.
    pub right: Vec<usize>,
    /// Whether rows with the same first cell form groups.
    pub grouped: bool,
    /// One strip of days for each row. Forms without drawings skip it.
    pub strips: Option<Strips>,
}

impl Table {
    /// The table as a block; `None` without rows.
    #[must_use]
    pub fn block(self) -> Option<Block> {
        (!self.rows.is_empty()).then_some(Block::Table(self))
    }
}

/// The highest severity of each day, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Strips {
    /// The last day.
    pub today: NaiveDate,
    /// Days of each row, oldest first.
    pub rows: Vec<Vec<Option<Severity>>>,
}

/// An item of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Stands in place of the bullet.
    pub mark: Option<Span>,
    /// The item.
    pub text: Line,
    /// What belongs to it: a list, a command, paragraphs.
    pub blocks: Vec<Block>,
}

impl Item {
    /// An item.
    #[must_use]
    pub fn new(text: impl Into<Line>) -> Self {
        let text = text.into();
        Self {
            text,
            ..Self::default()
        }
    }

    /// With what belongs to it.
    #[must_use]
    pub fn with(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }
}

/// An event of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub text: Line,
    /// Distance to the start of the incident, for example `5m before`; may be empty.
    pub lag: String,
}

/// A step of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphStep {
    /// The heading of the step.
    pub title: &'static str,
    /// Name and description of each box.
    pub boxes: Vec<(Line, Line)>,
}

/// A line of text in several styles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line(Vec<Span>);

/// Text in one style, without control characters.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    text: String,
    style: Style,
}

/// How a span looks.
#[derive(Debug, Clone, PartialEq)]
pub enum Style {
    /// As the text around it.
    Plain,
    /// Emphasized.
    Strong,
    /// A name, a command.
    Code,
    /// A colour with a meaning.
    Tone(Tone),
    /// A severity.
    Severity(Severity),
    /// The status of a service.
    Status(ServiceStatus),
    /// A time.
    Time(DateTime<Utc>),
    /// A link to this address.
    Link(String),
}

/// How good or bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// In order.
    Good,
    /// Needs attention.
    Warning,
    /// Broken.
    Bad,
    /// Not used.
    Faint,
}

impl Span {
    /// Cleans the text. One blank at each end is kept.
    #[must_use]
    pub fn new(style: Style, text: &str) -> Self {
        let mut cleaned = clean(text);
        if !cleaned.is_empty() {
            if text.starts_with(' ') {
                cleaned.insert(0, ' ');
            }
            if text.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if text.starts_with(' ') && text.trim_start_matches(' ').is_empty() {
            cleaned.push(' ');
        }
        Self {
            text: cleaned,
            style,
        }
    }

    /// The cleaned text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its style.
    #[must_use]
    pub fn style(&self) -> &Style {
        &self.style
    }
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, style: Style, text: &str) -> Self {
        let span = Span::new(style, text);
        if !span.text.is_empty() {
            self.0.push(span);
        }
        self
    }

    /// Adds plain text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.with(Style::Plain, text)
    }

    /// Adds emphasized text.
    #[must_use]
    pub fn strong(self, text: &str) -> Self {
        self.with(Style::Strong, text)
    }

    /// Adds a name or a command.
    #[must_use]
    pub fn code(self, text: &str) -> Self {
        self.with(Style::Code, text)
    }

    /// Adds text in a colour.
    #[must_use]
    pub fn tone(self, tone: Tone, text: &str) -> Self {
        self.with(Style::Tone(tone), text)
    }

    /// Adds a severity.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        self.with(Style::Severity(severity), severity.as_str())
    }

    /// Adds the status of a service.
    #[must_use]
    pub fn status(self, status: ServiceStatus) -> Self {
        self.with(Style::Status(status), status.as_str())
    }

    /// Adds a time, to the minute.
    #[must_use]
    pub fn time(self, at: DateTime<Utc>) -> Self {
        self.with(Style::Time(at), &moment(at))
    }

    /// Adds a link. An address that is not `https` stays text.
    #[must_use]
    pub fn link(self, text: &str, url: &str) -> Self {
        let is_safe = |c: char| c.is_ascii_graphic() && !"<>()[]|\\`\"".contains(c);
        if url.starts_with("https://") && url.chars().all(is_safe) {
            self.with(Style::Link(url.to_owned()), text)
        } else {
            self.text(text)
        }
    }

    /// Adds another line.
    #[must_use]
    pub fn line(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Its spans.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without styles.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().map(Span::text).collect()
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new().text(&text)
    }
}

impl From<&String> for Line {
    fn from(text: &String) -> Self {
        Self::new().text(text)
    }
}

/// A time, to the minute.
#[must_use]
pub fn moment(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_no_control_characters() {
        let line = Line::new()
            .code("a\u{1b}[31m\nb")
            .text(": ")
            .text(" c\u{7} ");
        assert_eq!(line.plain(), "a b:  c ");
        assert!(Line::from("\u{1b}[0m").is_empty());
        assert_eq!(Line::from("  ").plain(), " ");
    }

    #[test]
    fn only_https_addresses_become_links() {
        let is_link = |url| matches!(Line::new().link("a", url).0[0].style, Style::Link(_));
        assert!(is_link("https://x/y"));
        assert!(!is_link("javascript:x"));
        assert!(!is_link("https://x/) [b](c"));
    }
}
