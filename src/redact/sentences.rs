//! Secrets in sentences: `the password is x`, `Password for user y: x`,
//! `admin password x`.
//!
//! Sentences about passwords are important in logs, so a word is masked only if it is not a word of
//! a sentence.

use std::sync::LazyLock;

use regex::Regex;

use super::tokens::compile;
use super::values::{self, Extent};
use super::{Span, allowlist};

/// Longer words are masked partly.
const VALUE_MAX: usize = 1024;

/// The text before a secret, and whether the following value is one.
struct Pattern {
    label: &'static str,
    regex: &'static str,
    accept: fn(&str, Extent) -> bool,
}

const PATTERNS: &[Pattern] = &[
    Pattern {
        label: "password",
        regex: r"(?i)\b(?:password|passwd|passphrase|passcode)(?: for(?: (?u-i:[^ :\n])+){1,3})? (?:is|was|has been|changed|reset|set)(?: (?:now|still|currently))?(?: (?:changed|reset|set))?(?: to)?:?[ \t]+",
        accept: |text, value| allowlist::is_number(value.of(text)) || is_secret(text, value),
    },
    Pattern {
        label: "credential",
        regex: r"(?i)\b(?:token|secret|api[ _-]?key|access[ _-]?key)(?: for(?: (?u-i:[^ :\n])+){1,3})? (?:is|was)(?: now)?(?: set to)?:?[ \t]+",
        accept: is_random,
    },
    Pattern {
        label: "password",
        regex: r"(?i)\b(?:password|passwd|passphrase|passcode) for(?: (?u-i:[^ \n])+){1,4}?:[ \t]+",
        accept: is_random,
    },
    Pattern {
        label: "password",
        regex: r"(?i)\b(?:password|passwd|passphrase|passcode)[ \t]+(?:->[ \t]+|[(\[])?",
        accept: |text, value| {
            let is_long = value.end - value.start >= 8;
            value.quoted && is_secret(text, value) || is_long && is_random(text, value)
        },
    },
];

static COMPILED: LazyLock<Vec<(Regex, &'static Pattern)>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .filter_map(|pattern| Some((compile(pattern.regex)?, pattern)))
        .collect()
});

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    for (regex, pattern) in COMPILED.iter() {
        for found in regex.find_iter(text) {
            let text = &text[..values::char_end(text, found.end() + VALUE_MAX)];
            let value = values::quoted(text, found.end())
                .unwrap_or_else(|| values::word(text, found.end(), None));
            if !value.of(text).is_empty()
                && !allowlist::is_allowed("password", value.of(text))
                && (pattern.accept)(text, value)
            {
                spans.push(Span {
                    start: value.start,
                    end: value.end,
                    label: pattern.label,
                });
            }
        }
    }
}

/// A value in quotes that are neither around a sentence nor the end of another string, or a random
/// word.
fn is_secret(text: &str, value: Extent) -> bool {
    let value_text = value.of(text);
    let first = value_text.split_whitespace().next().unwrap_or_default();
    let is_string = value.quoted && !value_text.starts_with([' ', ',', ':', '}', ']', ')']);
    is_string && !allowlist::is_prose(first) || allowlist::is_random(value_text)
}

/// For tokens and secrets quotes are no evidence: a token may be one of a parser, and a secret the name
/// of an object.
fn is_random(text: &str, value: Extent) -> bool {
    let word = value.of(text);
    !allowlist::is_object_name(word) && allowlist::is_random(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in PATTERNS {
            assert!(compile(pattern.regex).is_some(), "{}", pattern.regex);
            assert!(pattern.label.len() <= super::super::LABEL_MAX);
        }
    }
}
