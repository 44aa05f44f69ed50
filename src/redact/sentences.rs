//! Secrets in sentences: `the password is x`, `Password for user y: x`,
//! `admin password x`.
//!
//! Sentences about passwords are important in logs, so a word is masked only if it is not a word of
//! a sentence.

use std::sync::LazyLock;

use regex::Regex;

use super::shapes::{self, Compiled, Shape, checked, compile, shape};
use super::values::{self, Extent};
use super::{Span, allowlist, forms, strength};

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

/// What a sentence places, without a name before it.
const PLACED: &[Shape] = &[
    // The words of a wallet's seed.
    shape(
        "mnemonic",
        r#"(?i:\b(?:mnemonic|seed phrase|recovery phrase|seed words|secret phrase))\\*["']?[ \t]*(?i:is)?[:=]?[ \t]*\\*["']?((?:[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8})"#,
    ),
    // Codes that are sent to a person.
    shape(
        "code",
        r"(?i:\b(?:otp|tan|(?:one[- ]time|verification|security|2fa|mfa|login) (?:password|passcode|code|pin))(?: is)?[:=]?|\bpin(?: is|:|=))[ \t]*['\x22]?([0-9]{4,8})\b",
    ),
    shape(
        "code",
        r"(?i:\b(?:cvv2?|cvc2?))\\*[\x22']?[ \t]*[:=][ \t]*\\*[\x22']?([0-9]{3,4})\b",
    ),
    // `credentials bob:x`, `login bob/x`
    checked(
        "password",
        r"(?i:\b(?:credentials|creds|login|log(?:ged)? in (?:as|with)|login with|sign(?:ed)? in (?:as|with)|authenticating as|zugangsdaten))[ \t:]+[A-Za-z0-9._@-]{1,40}(?::|[ \t]?/[ \t]?)([!-~]{8,})",
        strength::is_generated,
    ),
    checked(
        "password",
        r"(?:^|[ \t\n\x22'(])(?i:admin|administrator|root|postgres|elastic|guest|sa|system):([!-~]{8,})",
        strength::is_generated,
    ),
    checked(
        "password",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[a-z]{2,24}[:;|]([!-~]{8,})",
        strength::is_generated,
    ),
    // `token mismatch: got x want y`
    checked(
        "token",
        r"(?i:\b(?:token|password|secret|key)[ -~]{0,40}?\b(?:got|expected)[ :=]+)['\x22]?([!-~]{12,}?)['\x22]?[,;]?[ \t]+(?:but[ \t]+)?(?i:want|wanted|expected|got|was)[ \t:=]+['\x22]?([!-~]{12,}[A-Za-z0-9=])",
        strength::is_generated,
    ),
    // `user bob pass x`, `user 'bob' password 'x'`
    checked(
        "password",
        r"(?i:\b(?:user|username|login|as)[ \t=:]+)['\x22]?[A-Za-z0-9._@-]{1,40}['\x22]?,?[ \t]+(?i:pass|password|pw|pwd)[ \t]+['\x22]?((?u-i:[^ \t\r\n'\x22]){6,})",
        allowlist::is_random,
    ),
    checked(
        "password",
        r"(?i:\bparola d'(?:ordine|accesso))[ \t]*[:=][ \t]*([!-~]{6,})",
        allowlist::is_random,
    ),
    // In other languages the name of whom it is for stands before the colon.
    checked(
        "password",
        r"(?:\b[Mm]ot de passe|\b[Pp]asswort|\b[Kk]ennwort|\b[Ww]achtwoord|\b[Cc]ontraseña|\b[Ss]enha|(?:П|п)ароль)(?: (?u-i:[^ \n:]){1,40}){0,4} ?: ?([!-~]{6,})",
        allowlist::is_random,
    ),
];

static COMPILED_PLACED: LazyLock<Compiled> = LazyLock::new(|| shapes::compile_all(PLACED));

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    shapes::find(&COMPILED_PLACED, text, spans);
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
    !forms::is_object_name(word) && allowlist::is_random(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        shapes::assert_compiles(PLACED);
        for pattern in PATTERNS {
            assert!(compile(pattern.regex).is_some(), "{}", pattern.regex);
            assert!(pattern.label.len() <= super::super::LABEL_MAX);
        }
    }
}
