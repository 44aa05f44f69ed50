//! Secrets that a sentence tells: `the password is x`, `Password for user y: x`,
//! `admin password x`.
//!
//! Sentences about passwords are what people need to read, so a word is taken
//! for a secret only where it reads like no word of a sentence.

use std::sync::LazyLock;

use regex::Regex;

use super::tokens::compile;
use super::values::{self, Extent};
use super::{Span, allowlist};

/// Longer words are masked in part; none is a password.
const VALUE_MAX: usize = 1024;

/// What leads to a secret, and whether what follows is one.
struct Lead {
    label: &'static str,
    pattern: &'static str,
    accept: fn(&str, Extent) -> bool,
}

const LEADS: &[Lead] = &[
    Lead {
        label: "password",
        pattern: r"(?i)\b(?:password|passwd|passphrase|passcode)(?: for(?: (?u-i:[^ :\n])+){1,3})? (?:is|was|has been|changed|reset|set)(?: (?:now|still|currently))?(?: (?:changed|reset|set))?(?: to)?:?[ \t]+",
        accept: |text, value| allowlist::is_number(value.of(text)) || is_told(text, value),
    },
    Lead {
        label: "credential",
        pattern: r"(?i)\b(?:token|secret|api[ _-]?key|access[ _-]?key)(?: for(?: (?u-i:[^ :\n])+){1,3})? (?:is|was)(?: now)?(?: set to)?:?[ \t]+",
        accept: is_made_up,
    },
    Lead {
        label: "password",
        pattern: r"(?i)\b(?:password|passwd|passphrase|passcode) for(?: (?u-i:[^ \n])+){1,4}?:[ \t]+",
        accept: is_made_up,
    },
    Lead {
        label: "password",
        pattern: r"(?i)\b(?:password|passwd|passphrase|passcode)[ \t]+(?:->[ \t]+|[(\[])?",
        accept: |text, value| {
            let is_long = value.end - value.start >= 8;
            value.quoted && is_told(text, value) || is_long && is_made_up(text, value)
        },
    },
];

static COMPILED: LazyLock<Vec<(Regex, &'static Lead)>> = LazyLock::new(|| {
    LEADS
        .iter()
        .filter_map(|lead| Some((compile(lead.pattern)?, lead)))
        .collect()
});

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    for (regex, lead) in COMPILED.iter() {
        for told in regex.find_iter(text) {
            let text = &text[..values::char_end(text, told.end() + VALUE_MAX)];
            let value = values::quoted(text, told.end())
                .unwrap_or_else(|| values::word(text, told.end(), None));
            if !value.of(text).is_empty()
                && !allowlist::value("password", value.of(text))
                && (lead.accept)(text, value)
            {
                spans.push(Span {
                    start: value.start,
                    end: value.end,
                    label: lead.label,
                });
            }
        }
    }
}

/// A value in quotes, unless the quotes hold a sentence or end another string;
/// or no word.
fn is_told(text: &str, value: Extent) -> bool {
    let value_text = value.of(text);
    let first = value_text.split_whitespace().next().unwrap_or_default();
    let is_string = value.quoted && !value_text.starts_with([' ', ',', ':', '}', ']', ')']);
    is_string && !allowlist::is_prose(first) || allowlist::is_made_up(value_text)
}

/// A token may be one of a language, a secret an object: here quotes tell
/// nothing, and a name is none.
fn is_made_up(text: &str, value: Extent) -> bool {
    let word = value.of(text);
    !allowlist::is_object_name(word) && allowlist::is_made_up(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for lead in LEADS {
            assert!(compile(lead.pattern).is_some(), "{}", lead.pattern);
            assert!(lead.label.len() <= super::super::LABEL_MAX);
        }
    }
}
