//! Values whose name says that they are secret, in every usual notation:
//! `NAME=value`, `"name": "value"`, YAML, headers, query strings, log fields,
//! and Kubernetes' `name:`/`value:` siblings.
//!
//! With `=` or quotes a secret name is enough. A colon also stands in sentences
//! (`failed to get token: unauthorized`), so there the value must not read like
//! the sentence going on.

use super::Span;
use super::harmless;
use super::names::{self, is_secret_name};
use super::values::{self, Extent, is_name_byte, is_quote};

/// Longer words are no names.
const NAME_MAX: usize = 80;

/// How far the beginning of a line is looked for.
const INDENT_MAX: usize = 200;

/// Names that are secret only in the query of a URL.
const QUERY_NAMES: &[&str] = &["sig", "signature", "x-amz-signature", "key", "auth", "code"];

/// Schemes of an Authorization header; what follows them is the credential.
const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "digest",
    "negotiate",
    "apikey",
    "oauth",
];

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let mut expects_value = false;
    let mut at = 0;
    while let Some(found) = text[at..].find([':', '=']) {
        let separator = at + found;
        at = separator + 1;
        let Some(pair) = Pair::at(text, separator) else {
            continue;
        };
        let lower = pair.name.to_ascii_lowercase();
        if matches!(lower.as_str(), "name" | "key")
            && pair.prior() != Some(b'?')
            && pair.prior() != Some(b'&')
        {
            let value = pair.extent();
            expects_value = value.is_some_and(|v| is_secret_name(v.of(text)));
            continue;
        }
        let is_sibling = expects_value && matches!(lower.as_str(), "value" | "defaultvalue");
        expects_value = false;
        for hidden in pair.hidden(&lower, is_sibling) {
            spans.push(Span {
                start: hidden.start,
                end: hidden.end,
                label: names::label(pair.name),
            });
            at = at.max(hidden.end);
        }
    }
}

/// What separates a name from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `name=value`, `name = value`, `name => value`, `name := value`
    Equals,
    /// `name:value`
    Tight,
    /// `name: value`
    Spaced,
}

/// What stands before a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Nothing but indentation, list and diff marks.
    Line,
    /// An opening bracket or a separator.
    Flow,
    /// Other words.
    Prose,
}

/// A name, a separator, and where the value begins.
struct Pair<'t> {
    text: &'t str,
    name: &'t str,
    start: usize,
    /// The name stands in quotes of its own.
    quoted: bool,
    /// A quote opened right before an unquoted name; it ends the value too.
    opener: Option<u8>,
    form: Form,
    blanks: bool,
    value: usize,
}

impl<'t> Pair<'t> {
    fn at(text: &'t str, separator: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut end = separator;
        while end > 0 && separator - end < 4 && matches!(bytes[end - 1], b' ' | b'\t') {
            end -= 1;
        }
        let mut quoted = false;
        if end > 0 && is_quote(bytes[end - 1]) {
            quoted = true;
            end -= 1;
            while end > 0 && bytes[end - 1] == b'\\' {
                end -= 1;
            }
        } else if end > 0 && bytes[end - 1] == b']' {
            end -= 1;
        }
        let length = |end: usize| {
            let back = bytes[..end].iter().rev().take(NAME_MAX);
            back.take_while(|b| is_name_byte(**b)).count()
        };
        let mut start = end - length(end);
        if start == end {
            return None;
        }
        // `api key: x` is a name of two words.
        if text[start..end].eq_ignore_ascii_case("key") && start > 0 && bytes[start - 1] == b' ' {
            start = start - 1 - length(start - 1);
        }
        let (form, blanks, value) = separator_form(text, separator)?;
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

    fn prior(&self) -> Option<u8> {
        self.start.checked_sub(1).map(|i| self.text.as_bytes()[i])
    }

    /// The parts of the value that must not leave.
    fn hidden(&self, lower: &str, is_sibling: bool) -> Vec<Extent> {
        let queried = matches!(self.prior(), Some(b'?' | b'&'))
            && self.form == Form::Equals
            && QUERY_NAMES.contains(&lower);
        if !(is_sibling || queried || is_secret_name(self.name)) {
            return Vec::new();
        }
        if self.text[self.value..].starts_with('[')
            && super::mask_at(&self.text[self.value..]).is_none()
        {
            return self.list();
        }
        let hidden = if lower.ends_with("authorization") {
            self.header()
        } else {
            self.extent()
                .filter(|value| is_sibling || queried || self.is_told(*value))
        };
        hidden
            .filter(|v| v.start < v.end && !harmless::value(self.name, v.of(self.text)))
            .into_iter()
            .collect()
    }

    /// Where the value stands, if there is one on this line or in a block below.
    fn extent(&self) -> Option<Extent> {
        let (text, start) = (self.text, self.value);
        let first = *text.as_bytes().get(start)?;
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
            Form::Spaced if whole_line && matches!(first, b'|' | b'>') => {
                return values::block(text, start, self.column());
            }
            Form::Spaced if whole_line => values::line(text, start, self.opener),
            Form::Spaced if position == Position::Flow && !self.quoted => {
                values::flow(text, start, self.opener)
            }
            _ => values::word(text, start, self.opener),
        })
    }

    /// Whether name, notation and value together tell a secret.
    fn is_told(&self, value: Extent) -> bool {
        let text = value.of(self.text);
        let first = text.split_whitespace().next().unwrap_or_default();
        let is_password = names::is_password(self.name);
        let is_word = harmless::is_plain_word(first) || harmless::is_object_name(first);
        let in_prose =
            self.position() == Position::Prose && !(self.quoted && is_literal(value, text));
        match self.form {
            Form::Equals => true,
            _ if self.quoted && value.quoted => true,
            Form::Tight if value.quoted => true,
            Form::Tight => {
                let port = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
                !(matches!(self.prior(), Some(b'/' | b'@')) || harmless::is_version(text))
                    && (is_password || !(is_word || port))
            }
            Form::Spaced if matches!(self.prior(), Some(b'/' | b'@')) => false,
            Form::Spaced if text.contains('\n') => true,
            Form::Spaced if in_prose => !harmless::is_prose(first) && (is_password || !is_word),
            Form::Spaced if value.quoted => true,
            Form::Spaced if harmless::is_prose(first) => is_password && first == text,
            Form::Spaced if is_password => true,
            Form::Spaced => {
                let is_sentence =
                    text.split_whitespace().count() > 2 && harmless::is_plain_word(first);
                !is_sentence && !(is_word && names::is_plural(self.name))
            }
        }
    }

    /// The credential of an Authorization header.
    fn header(&self) -> Option<Extent> {
        let text = self.text;
        let bytes = text.as_bytes();
        let start = values::quoted(text, self.value).map_or(self.value, |v| v.start);
        let scheme = bytes[start..]
            .iter()
            .take(16)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let behind = values::skip_blanks(text, start + scheme);
        let word = &text[start..start + scheme];
        if SCHEMES.iter().any(|s| word.eq_ignore_ascii_case(s)) && behind > start + scheme {
            let credential = values::word(text, behind, self.opener);
            let many = matches!(word.to_ascii_lowercase().as_str(), "digest" | "oauth");
            return Some(if many {
                values::line(text, behind, self.opener)
            } else {
                credential
            });
        }
        let value = values::word(text, start, self.opener);
        let told =
            value.of(text).bytes().any(|b| b.is_ascii_digit()) || value.end - value.start >= 12;
        let value = if word.starts_with("AWS4") {
            values::line(text, start, self.opener)
        } else {
            value
        };
        (told && !harmless::is_prose(value.of(text))).then_some(value)
    }

    /// The strings of `["a", "b"]`.
    fn list(&self) -> Vec<Extent> {
        let mut hidden = Vec::new();
        let mut at = self.value + 1;
        loop {
            let blank = |b: &&u8| b.is_ascii_whitespace() || **b == b',';
            at += self.text.as_bytes()[at..].iter().take_while(blank).count();
            let Some(value) = values::quoted(self.text, at) else {
                return hidden;
            };
            if !harmless::value(self.name, value.of(self.text)) {
                hidden.push(value);
            }
            let rest = &self.text.as_bytes()[value.end..];
            at = value.end
                + rest
                    .iter()
                    .take_while(|b| **b == b'\\' || is_quote(**b))
                    .count();
        }
    }

    fn position(&self) -> Position {
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

/// A quoted string or a number: what JSON writes behind a quoted name.
fn is_literal(value: Extent, text: &str) -> bool {
    value.quoted || text.starts_with(|c: char| c.is_ascii_digit())
}

/// The notation, whether blanks follow, and the offset of the value.
fn separator_form(text: &str, separator: usize) -> Option<(Form, bool, usize)> {
    let bytes = text.as_bytes();
    let next = bytes.get(separator + 1).copied();
    let (form, after) = match (bytes[separator], next) {
        (b'=', Some(b'=')) | (b':', Some(b':' | b'/')) => return None,
        (b'=', Some(b'>')) | (b':', Some(b'=')) => (Form::Equals, separator + 2),
        (b'=', _) => (Form::Equals, separator + 1),
        _ => (Form::Tight, separator + 1),
    };
    let value = values::skip_blanks(text, after);
    let form = if form == Form::Tight && value > after {
        Form::Spaced
    } else {
        form
    };
    Some((form, value > after, value))
}
