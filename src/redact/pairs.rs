//! Values with a secret name, in the usual notations:
//! `NAME=value`, `"name": "value"`, YAML, headers, query strings, log fields,
//! and Kubernetes' `name:`/`value:` siblings.
//!
//! With `=` or quotes a secret name is enough. A colon is also common in sentences (`failed to get
//! token: unauthorized`), so there the value must not look like the rest of a sentence.

use super::Span;
use super::allowlist;
use super::forms;
use super::key_value::{Form, Pair, Position, SEPARATORS};
use super::names::{self, is_secret_name};
use super::strength;
use super::values::{self, Extent, is_quote};

/// Longer values are masked partly.
const VALUE_MAX: usize = 64 * 1024;

/// The maximum length of a name in the value of `name:`.
const NAME_MAX: usize = 256;

/// Longer values are not checked against the allowlist.
const ALLOWED_MAX: usize = 1024;

/// Names that are secret only in the query of a URL.
const QUERY_NAMES: &[&str] = &["sig", "signature", "x-amz-signature", "key", "auth", "code"];

/// Schemes of an Authorization header. The credential follows them.
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
    while let Some(found) = text[at..].find(SEPARATORS) {
        let separator = at + found;
        at = separator + text[separator..].chars().next().map_or(1, char::len_utf8);
        let Some(pair) = Pair::at(text, separator) else {
            continue;
        };
        let pair = pair.clipped(VALUE_MAX);
        let lower = pair.name.to_ascii_lowercase();
        if matches!(lower.as_str(), "name" | "key")
            && pair.prior() != Some(b'?')
            && pair.prior() != Some(b'&')
        {
            let value = pair.clipped(NAME_MAX).extent();
            expects_value =
                value.is_some_and(|v| is_name(v.of(text)) && is_secret_name(v.of(text)));
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

impl Pair<'_> {
    /// The secret parts of the value.
    fn hidden(&self, lower: &str, is_sibling: bool) -> Vec<Extent> {
        let queried = matches!(self.prior(), Some(b'?' | b'&'))
            && self.form == Form::Equals
            && QUERY_NAMES.contains(&lower);
        // Part of a path, or of an image's name.
        let is_path = matches!(self.prior(), Some(b'/' | b'@'))
            && self.form != Form::Equals
            && !self.is_windows_option();
        // `arn:aws:secretsmanager:eu-west-1:1:secret:name`
        let is_arn = self.prior() == Some(b':') && self.form == Form::Tight && lower == "secret";
        if is_path || is_arn {
            return Vec::new();
        }
        if !(is_sibling || queried || is_secret_name(self.name)) {
            return self.generated().into_iter().collect();
        }
        if !self.is_variable()
            && self.text[self.value..].starts_with('[')
            && super::mask_at(&self.text[self.value..]).is_none()
        {
            return self.list();
        }
        let hidden = if lower.ends_with("authorization") {
            self.header()
        } else {
            self.extent()
                .filter(|value| is_sibling || queried || self.is_secret(*value))
                .filter(|value| value.start < value.end)
                .or_else(|| {
                    self.below()
                        .filter(|v| is_sibling || self.is_secret_below(*v))
                })
        };
        hidden
            .filter(|v| v.start < v.end && !self.is_allowed(*v))
            .into_iter()
            .collect()
    }

    /// A value that is secret because it looks generated, and its name allows that.
    fn generated(&self) -> Option<Extent> {
        if !names::may_be_secret(self.name) {
            return None;
        }
        let text = self.clipped(ALLOWED_MAX).text;
        let value = values::quoted(text, self.value)
            .unwrap_or_else(|| values::word(text, self.value, self.opener));
        let word = value.of(text);
        (strength::is_generated(word) && super::mask_at(word).is_none()).then_some(value)
    }

    /// A long value is neither a word nor a reference.
    fn is_allowed(&self, value: Extent) -> bool {
        value.end - value.start <= ALLOWED_MAX
            && allowlist::is_allowed(self.name, value.of(self.text))
    }

    /// Whether name, notation and value together indicate a secret.
    fn is_secret(&self, value: Extent) -> bool {
        let text = value.of(self.text);
        let first = text.split_whitespace().next().unwrap_or_default();
        let is_password = names::is_password(self.name);
        let is_word = allowlist::is_plain_word(first) || forms::is_object_name(first);
        let in_prose =
            self.position() == Position::Prose && !(self.quoted && is_literal(value, text));
        // `missing key: API_KEY`
        if self.form != Form::Equals && !value.quoted && allowlist::is_name(first) {
            return false;
        }
        match self.form {
            Form::Equals => true,
            _ if self.quoted && value.quoted => true,
            Form::Tight if value.quoted => true,
            Form::Tight => {
                let port = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
                !forms::is_version(text) && (is_password || !(is_word || port))
            }
            Form::Spaced if text.contains('\n') => true,
            Form::Spaced if in_prose => !allowlist::is_prose(first) && (is_password || !is_word),
            Form::Spaced if value.quoted => true,
            Form::Spaced if allowlist::is_prose(first) => is_password && first == text,
            Form::Spaced if is_password => true,
            Form::Spaced => {
                let is_sentence =
                    text.split_whitespace().count() > 2 && allowlist::is_letters(first);
                let is_listed = is_word && names::is_plural(self.name);
                !is_sentence && !is_listed
            }
        }
    }

    /// Whether a value on the line below its name is a secret and not a sentence.
    fn is_secret_below(&self, value: Extent) -> bool {
        let text = value.of(self.text);
        let is_word = !text.contains(char::is_whitespace) && !allowlist::is_prose(text);
        let is_yaml = self.position() == Position::Line;
        is_yaml && (value.quoted || is_word && names::is_password(self.name))
            || allowlist::is_random(text)
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
        let looks_secret =
            value.of(text).bytes().any(|b| b.is_ascii_digit()) || value.end - value.start >= 12;
        let value = if word.starts_with("AWS4") {
            values::line(text, start, self.opener)
        } else {
            value
        };
        (looks_secret && !allowlist::is_prose(value.of(text))).then_some(value)
    }

    /// The strings of `["a", "b"]`.
    fn list(&self) -> Vec<Extent> {
        let mut hidden = Vec::new();
        let mut at = self.value + 1;
        loop {
            let blank = |b: &&u8| b.is_ascii_whitespace() || **b == b',';
            at += self.text.as_bytes()[at..].iter().take_while(blank).count();
            let Some(value) = values::quoted(self.text, at) else {
                // `password=[x]`
                let value = values::flow(self.text, at, self.opener);
                hidden.extend(Some(value).filter(|v| strength::is_generated(v.of(self.text))));
                return hidden;
            };
            if !self.is_allowed(value) {
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
}

fn is_name(text: &str) -> bool {
    text.chars().all(names::is_name_char)
}

/// A quoted string or a number, as JSON has after a quoted name.
fn is_literal(value: Extent, text: &str) -> bool {
    value.quoted || text.starts_with(|c: char| c.is_ascii_digit())
}
