//! Pairs of name and value in text.

use super::values::{self, Extent, is_quote};
use super::{names, wrappers};

/// What stands between a name and its value.
pub(super) const SEPARATORS: &[char] = &[':', '=', '：', '＝', '→', '⇒'];

/// The beginning of a line is searched in this many bytes.
const INDENT_MAX: usize = 200;

/// Words before the assignment of a variable.
const DECLARATIONS: &[&str] = &[
    "export", "set", "env", "ENV", "ARG", "declare", "-e", "--env",
];

/// The separator of name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `name=value`, `name = value`, `name => value`, `name := value`
    Equals,
    /// `name:value`
    Tight,
    /// `name: value`
    Spaced,
}

/// The text before a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Only indentation, list markers and diff markers.
    Line,
    /// An opening bracket or a separator.
    Flow,
    /// Other words.
    Prose,
}

/// A name, its separator, and the offset of its value.
#[derive(Clone, Copy)]
pub(super) struct Pair<'t> {
    pub(super) text: &'t str,
    pub(super) name: &'t str,
    start: usize,
    /// The name is in quotes.
    pub(super) quoted: bool,
    /// A quote right before an unquoted name. It also ends the value.
    pub(super) opener: Option<u8>,
    pub(super) form: Form,
    blanks: bool,
    pub(super) value: usize,
}

impl<'t> Pair<'t> {
    /// The pair around a `:` or `=`.
    pub(super) fn at(text: &'t str, separator: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut end = separator;
        while end > 0 && separator - end < 4 && matches!(bytes[end - 1], b' ' | b'\t') {
            end -= 1;
        }
        let mut quoted = false;
        // `["name"] = x`, `env[NAME] = x`
        if end > 0 && bytes[end - 1] == b']' {
            end -= 1;
        }
        if end > 0 && is_quote(bytes[end - 1]) {
            quoted = true;
            end -= 1;
            while end > 0 && bytes[end - 1] == b'\\' {
                end -= 1;
            }
        }
        let mut start = names::name_start(text, end);
        if start == end {
            return None;
        }
        // `api key: x` is a name of two words; `<add key="x"` is not.
        if start > 0 && bytes[start - 1] == b' ' && names::needs_owner(&text[start..end]) {
            let first = names::name_start(text, start - 1);
            if first == 0 || bytes[first - 1] != b'<' {
                start = first;
            }
        }
        let (form, blanks, value) = separator_form(text, separator)?;
        let value = wrappers::skip(text, value);
        let opener = start
            .checked_sub(1)
            .map(|i| bytes[i])
            .filter(|b| !quoted && is_quote(*b));
        Some(Self {
            text,
            name: text[start..end].trim(),
            start,
            quoted,
            opener,
            form,
            blanks,
            value,
        })
    }

    /// The pair in a text that is truncated after the separator, to limit the search for the end of
    /// the value.
    pub(super) fn clipped(self, length: usize) -> Self {
        let end = values::char_end(self.text, self.value + length);
        let text = &self.text[..end.max(self.value)];
        Self { text, ..self }
    }

    /// The byte before the name.
    pub(super) fn prior(&self) -> Option<u8> {
        self.start.checked_sub(1).map(|i| self.text.as_bytes()[i])
    }

    /// The value, if it is on this line or in a block below.
    pub(super) fn extent(&self) -> Option<Extent> {
        let (text, start) = (self.text, self.value);
        let first = *text.as_bytes().get(start)?;
        if self.is_variable() && !is_quote(first) {
            return Some(values::bare(text, start));
        }
        if first == b'{' && !text[start..].starts_with("{{") {
            return None;
        }
        if let Some(extent) = values::quoted(text, start) {
            return Some(extent);
        }
        let position = self.position();
        let whole_line = position == Position::Line && !self.quoted;
        Some(match self.form {
            Form::Equals if whole_line && self.blanks => values::line(text, start, self.opener),
            Form::Spaced if !self.quoted && values::is_block_header(text, start) => {
                return values::block(text, start, self.indent());
            }
            Form::Spaced if whole_line => values::line(text, start, self.opener),
            Form::Spaced if position == Position::Flow && !self.quoted => {
                values::flow(text, start, self.opener)
            }
            _ => values::word(text, start, self.opener),
        })
    }

    /// A value that is alone and indented on the line below `name:`, as in YAML.
    pub(super) fn below(&self) -> Option<Extent> {
        let rest = self.text[self.value..].trim_start_matches('\r');
        let rest = rest.strip_prefix('\n')?;
        let indent = values::skip_blanks(rest, 0);
        let column = self.indent();
        let start = self.text.len() - rest.len() + indent;
        let line = values::line(self.text, start, None);
        let is_collection = line
            .of(self.text)
            .starts_with(['-', '{', '[', '#', '|', '>']);
        if self.form == Form::Equals || indent <= column || is_collection {
            return None;
        }
        let quoted = values::quoted(self.text, start);
        let value = quoted.unwrap_or(line);
        let behind = self.text[value.end..line.end.max(value.end)].trim_matches(['"', '\'', '`']);
        let is_alone = behind.is_empty() && !value.of(self.text).contains(": ");
        (is_alone && !value.of(self.text).ends_with(':')).then_some(value)
    }

    /// `NAME=value` of a shell: at the beginning of a line, after `export` or the like, or as an option,
    /// but not in a quoted command.
    pub(super) fn is_variable(&self) -> bool {
        let line = &self.text[..self.start];
        if self.form != Form::Equals || self.blanks || self.quoted || self.opener.is_some() {
            return false;
        }
        if line.is_empty() || line.ends_with('\n') {
            return true;
        }
        let Some(before) = line.strip_suffix(' ') else {
            return false;
        };
        let is_declared = DECLARATIONS.iter().any(|word| before.ends_with(word));
        (is_declared || self.name.starts_with('-')) && !self.is_in_quotes()
    }

    /// `/password:x`
    pub(super) fn is_windows_option(&self) -> bool {
        let before = self.text[..self.start].strip_suffix('/');
        let is_option = before.is_some_and(|b| b.is_empty() || b.ends_with([' ', '\t', '"']));
        self.form == Form::Tight && is_option
    }

    fn is_in_quotes(&self) -> bool {
        let before = self.text.as_bytes()[..self.start].iter().rev();
        before
            .take(INDENT_MAX)
            .take_while(|b| **b != b'\n')
            .any(|b| *b == b'"')
    }

    pub(super) fn position(&self) -> Position {
        let before = &self.text.as_bytes()[..self.start];
        if self.opener.is_some() || before.last() == Some(&b'\\') {
            return Position::Flow;
        }
        let mark = |b: &&u8| matches!(**b, b' ' | b'\t' | b'-' | b'+' | b'\\') || is_quote(**b);
        let skipped = before
            .iter()
            .rev()
            .take(INDENT_MAX)
            .take_while(mark)
            .count();
        match before[..before.len() - skipped].last() {
            None | Some(b'\n') => Position::Line,
            Some(b'{' | b'[' | b'(' | b',' | b';' | b'&' | b'?' | b'|') => Position::Flow,
            Some(_) => Position::Prose,
        }
    }

    /// The column of the name. Text before it may be a prefix that a log added.
    fn indent(&self) -> usize {
        match self.position() {
            Position::Line => self.column(),
            Position::Flow | Position::Prose => 0,
        }
    }

    /// Bytes between the beginning of the line and the name.
    fn column(&self) -> usize {
        let before = &self.text.as_bytes()[..self.start];
        before
            .iter()
            .rev()
            .take(INDENT_MAX)
            .take_while(|b| **b != b'\n')
            .count()
    }
}

fn is_comparison(bytes: &[u8], separator: usize) -> bool {
    let blank = |at: usize| {
        bytes
            .get(at)
            .is_none_or(|b| b.is_ascii_whitespace() || is_quote(*b))
    };
    separator.checked_sub(1).is_none_or(blank) || blank(separator + 2)
}

/// The form of the separator, whether blanks follow it, and the offset of the value.
fn separator_form(text: &str, separator: usize) -> Option<(Form, bool, usize)> {
    let bytes = text.as_bytes();
    let next = bytes.get(separator + 1).copied();
    let (form, after) = match (bytes[separator], next) {
        // A comparison, unless there are no blanks around it or a string follows.
        (b'=', Some(b'=')) if is_quoted(text, separator + 2) => (Form::Equals, separator + 2),
        (b'=', Some(b'=')) if is_comparison(bytes, separator) => return None,
        (b':', Some(b':' | b'/')) => return None,
        (b'=', Some(b'>')) | (b':', Some(b'=')) => (Form::Equals, separator + 2),
        (b'=', _) => (Form::Equals, separator + 1),
        (b':', _) => (Form::Tight, separator + 1),
        _ => wide_separator(&text[separator..]).map(|(form, length)| (form, separator + length))?,
    };
    let value = values::skip_blanks(text, after);
    // PHP writes the value of `=>` below.
    let value = match text[value..].strip_prefix('\n') {
        Some(rest) if form == Form::Equals && bytes.get(separator + 1) == Some(&b'>') => {
            text.len() - rest.trim_start_matches([' ', '\t']).len()
        }
        _ => value,
    };
    let form = if form == Form::Tight && value > after {
        Form::Spaced
    } else {
        form
    };
    Some((form, value > after, value))
}

/// `：`, `＝`, `→` and `⇒`, and their lengths.
fn wide_separator(text: &str) -> Option<(Form, usize)> {
    let separator = text.chars().next()?;
    let form = if separator == '：' {
        Form::Tight
    } else {
        Form::Equals
    };
    SEPARATORS
        .contains(&separator)
        .then_some((form, separator.len_utf8()))
}

fn is_quoted(text: &str, at: usize) -> bool {
    let first = text.as_bytes().get(values::skip_blanks(text, at));
    first.is_some_and(|b| is_quote(*b))
}
