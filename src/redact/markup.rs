//! A name and its value without a sign between them: elements of XML, members of a list, arguments of
//! a call, siblings in the other order.

use std::sync::LazyLock;

use regex::Regex;

use super::values::{self, Extent};
use super::{Span, allowlist, forms, names, shapes, strength};

/// Longer values are masked partly.
const VALUE_MAX: usize = 4096;

/// What is accepted as a value.
#[derive(Clone, Copy)]
enum Value {
    /// Whatever it is: the notation leaves no doubt.
    Any,
    /// A word with a digit or symbol: the name may be one of a list of names.
    Random,
}

/// What stands before a name, what stands between it and its value, and what ends the value.
struct Notation {
    /// The text before the name ends with one of these.
    before: &'static [&'static str],
    between: &'static str,
    /// `None`: to the quote that the match ends with.
    end: Option<&'static str>,
    value: Value,
}

const NOTATIONS: &[Notation] = &[
    // `<password type="x">x</password>`, `<db:password><![CDATA[x]]>`
    Notation {
        before: &["<", ":"],
        between: r"^(?:[ \t](?u-i:[^<>\n]){0,200})?>(?:\s*<!\[CDATA\[)?\s*",
        end: Some("<]"),
        value: Value::Any,
    },
    // `<entry key="password">x</entry>`
    Notation {
        before: &["=\"", "='", "=\\\""],
        between: r#"^\\*["'](?:[ \t](?u-i:[^<>\n]){0,100})?>(?:<!\[CDATA\[)?"#,
        end: Some("<]"),
        value: Value::Any,
    },
    // `<key>password</key><string>x</string>`
    Notation {
        before: &["<key>"],
        between: r"^</key>\s*<string>",
        end: Some("<"),
        value: Value::Any,
    },
    // `<password value="x"/>`, `<input name="password" value="x">`
    Notation {
        before: &["<", "=\"", "='", "=\\\""],
        between: r#"^\\*["']?[ \t]+(?:type=\\*["'][a-z]+\\*["'][ \t]+)?value=\\*["']"#,
        end: None,
        value: Value::Any,
    },
    // `("password", "x")`, `['password', 'x']`, `{password, "x"}`, `s:8:"password";s:1:"x"`
    Notation {
        before: &["\"", "'", "{", ":", "("],
        between: r#"^\\*["']?\]?[,;][ \t]*(?:s:[0-9]+:|<<|[bu])?\\*["']"#,
        end: None,
        value: Value::Random,
    },
    // `setPassword("x")`, `.password("x")`, `(setq password "x")`
    Notation {
        before: &[""],
        between: r#"^\([ \t]*\\*["']"#,
        end: None,
        value: Value::Random,
    },
    Notation {
        before: &["setq "],
        between: r#"^ \\*""#,
        end: None,
        value: Value::Any,
    },
    // `password<x>`, `password [x]`, `password (x)`, `password|x`, `password -> x`
    Notation {
        before: &[""],
        between: r"^(?:[ \t]?[<\[(|]|[ \t]*~?>[ \t]*|[ \t]+[-~]>[ \t]*)",
        end: Some("<>[]()|, \t\r\n\"'`;"),
        value: Value::Random,
    },
];

/// What is between a name and its value is no longer.
const BETWEEN_MAX: usize = 400;

static COMPILED: LazyLock<Vec<(Regex, &'static Notation)>> = LazyLock::new(|| {
    NOTATIONS
        .iter()
        .filter_map(|notation| Some((shapes::compile(notation.between)?, notation)))
        .collect()
});

/// `{"value":"x","name":"DB_PASSWORD"}`, `variable "password" { default = "x" }`: the value in the
/// first group and the name in the second, or the other way round.
const SIBLINGS: &[(&str, usize, usize)] = &[
    (
        r#"\\*["']?\bvalue\\*["']?[ \t]*[:=][ \t]*\\*["']((?u-i:[^"'\n]){4,400})["'],?\s*\\*["']?(?:name|key)\\*["']?[ \t]*[:=][ \t]*\\*["']?([A-Za-z0-9_.-]{2,80})"#,
        1,
        2,
    ),
    (
        r#"\bvariable[ \t]+"([A-Za-z0-9_-]{2,80})"[ \t]*\{(?u-i:[^{}]){0,300}?\bdefault[ \t]*=[ \t]*"((?u-i:[^"\n]){4,400})""#,
        2,
        1,
    ),
];

static COMPILED_SIBLINGS: LazyLock<Vec<(Regex, usize, usize)>> = LazyLock::new(|| {
    SIBLINGS
        .iter()
        .filter_map(|(pattern, value, name)| Some((shapes::compile(pattern)?, *value, *name)))
        .collect()
});

pub(super) fn find(text: &str, candidates: &[(usize, usize)], spans: &mut Vec<Span>) {
    for &(start, end) in candidates {
        let sign = |c: &char| {
            matches!(
                c,
                '"' | '\''
                    | '\\'
                    | ']'
                    | '>'
                    | '<'
                    | '('
                    | '['
                    | '|'
                    | ','
                    | ';'
                    | ' '
                    | '\t'
                    | '~'
            )
        };
        if !text[end..].chars().next().is_some_and(|c| sign(&c)) {
            continue;
        }
        // A hyphen of `->` is no part of the name.
        let name = text[start..end].trim_end_matches('-');
        if names::is_secret_name(name) {
            notations(text, name, start, end, spans);
        }
    }
    if candidates.is_empty() {
        return;
    }
    for (regex, value, name) in COMPILED_SIBLINGS.iter() {
        for captures in regex.captures_iter(text) {
            let (Some(value), Some(name)) = (captures.get(*value), captures.get(*name)) else {
                continue;
            };
            let (start, end) = (value.start(), value.end());
            if names::is_secret_name(name.as_str())
                && !allowlist::is_allowed(name.as_str(), value.as_str())
            {
                push(
                    name.as_str(),
                    Extent {
                        start,
                        end,
                        quoted: true,
                    },
                    spans,
                );
            }
        }
    }
}

/// The values of the notations of a name.
fn notations(text: &str, name: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    let window = &text[end..values::char_end(text, end + BETWEEN_MAX)];
    for (regex, notation) in COMPILED.iter() {
        let is_before = notation.before.iter().any(|b| text[..start].ends_with(b));
        if is_before
            && let Some(found) = regex.find(window)
            && let Some(value) = notation.value(text, end + found.end())
        {
            push(name, value, spans);
        }
    }
}

impl Notation {
    fn value(&self, text: &str, start: usize) -> Option<Extent> {
        let window = &text[start..values::char_end(text, start + VALUE_MAX)];
        let length = if let Some(ends) = self.end {
            window.find(|c| ends.contains(c)).unwrap_or(window.len())
        } else {
            let quote = text[..start].chars().next_back()?;
            window.find([quote, '\n']).unwrap_or(window.len())
        };
        let value = window[..length].trim_end().trim_end_matches('\\');
        let is_secret = match self.value {
            Value::Any => true,
            Value::Random => {
                allowlist::is_random(value)
                    && !forms::is_object_name(value)
                    && !value.contains(['.', '/', ':'])
                    || strength::is_generated(value)
            }
        };
        let end = start + value.len();
        let allowed = value.is_empty() || allowlist::is_allowed("password", value);
        (is_secret && !allowed).then_some(Extent {
            start,
            end,
            quoted: true,
        })
    }
}

fn push(name: &str, value: Extent, spans: &mut Vec<Span>) {
    spans.push(Span {
        start: value.start,
        end: value.end,
        label: names::label(name),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for notation in NOTATIONS {
            assert!(
                shapes::compile(notation.between).is_some(),
                "{}",
                notation.between
            );
        }
        for (pattern, ..) in SIBLINGS {
            assert!(shapes::compile(pattern).is_some(), "{pattern}");
        }
    }
}
