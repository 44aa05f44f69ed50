//! A generated word behind a secret name, without a sign between: `GITHUB_TOKEN x`, `API key x is
//! revoked`, `the password lautet x`.
//!
//! Sentences about secrets are important in logs. What they say is no generated word.

use std::sync::LazyLock;

use regex::Regex;

use super::values::{self, Extent, is_quote};
use super::{Span, allowlist, forms, names, shapes, strength};

/// Longer values are not looked at.
const VALUE_MAX: usize = 1024;

/// How many words may stand between a name and its value.
const LINKS_MAX: usize = 6;

/// Words between a name and its value.
#[rustfmt::skip]
const LINKS: &[&str] = &[
    "is", "was", "has", "been", "be", "set", "to", "value", "now", "still", "currently", "changed",
    "reset", "equals", "hash", "provided", "of", "with", "the", "ist", "lautet", "war", "est",
    "es", "é", "=", ":", "->", "são", "è", "jest", "je", "got", "mismatch",
];

/// Words before whom the secret is for. The word behind them is skipped, too.
#[rustfmt::skip]
const FOR: &[&str] = &[
    "for", "user", "account", "für", "von", "benutzer", "para", "pour", "del", "usuario", "voor",
    "per", "для", "пользователя", "dla",
];

/// `using "x" as password`, `value x of DB_PASSWORD`: the value, then its name.
static REVERSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    shapes::compile(
        r#"(?i:\b(?:using|with|value|uses))[ \t]+\\*(["'`]?)([!-~]{6,200}?)\\*["'`]?[ \t]+(?i:as|for|of)[ \t]+(?i:the[ \t]+|a[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]{2,80})"#,
    )
});

pub(super) fn find(text: &str, candidates: &[(usize, usize)], spans: &mut Vec<Span>) {
    reversed(text, spans);
    for &(_, end) in candidates {
        let Some((value, told)) = linked(text, end) else {
            continue;
        };
        let word = value.of(text);
        if !may_be_value(word, value.quoted) {
            continue;
        }
        let name = name(text, end);
        // `-----BEGIN PUBLIC KEY-----`
        if name.ends_with("--") {
            continue;
        }
        if is_announced(name, word, value.quoted && told) {
            spans.push(Span {
                start: value.start,
                end: value.end,
                label: names::label(name),
            });
        }
    }
}

fn reversed(text: &str, spans: &mut Vec<Span>) {
    let Some(regex) = REVERSED.as_ref() else {
        return;
    };
    for captures in regex.captures_iter(text) {
        let (Some(quote), Some(value), Some(name)) =
            (captures.get(1), captures.get(2), captures.get(3))
        else {
            continue;
        };
        let word = value.as_str();
        let quoted = !quote.is_empty() && allowlist::is_random(word);
        if names::is_secret_name(name.as_str())
            && (quoted || strength::is_generated(word))
            && !allowlist::is_empty_or_masked(word)
        {
            spans.push(Span {
                start: value.start(),
                end: value.end(),
                label: names::label(name.as_str()),
            });
        }
    }
}

/// Cheap, before the name is looked at.
fn may_be_value(word: &str, quoted: bool) -> bool {
    word.len() >= 6
        && (quoted || word.len() >= strength::MIN)
        && !allowlist::is_empty_or_masked(word)
        && super::mask_at(word).is_none()
}

fn is_announced(name: &str, word: &str, told_in_quotes: bool) -> bool {
    let lower = name.to_lowercase();
    // A fingerprint, as gpg and ssh print it: `using RSA key 5E3C...`
    let is_fingerprint = strength::is_hex(word) && strength::is_mixed(word);
    if lower.ends_with("key") && is_fingerprint {
        return false;
    }
    let is_secret = names::is_secret_name(name);
    let one_time = ["otp", "seed", "2fa", "mfa", "secret"]
        .iter()
        .any(|w| lower.contains(w));
    strength::is_generated(word) && (is_secret || names::may_be_secret(name))
        || is_secret && (forms::is_uuid(word) || strength::is_bootstrap_token(word))
        || one_time && (is_secret || lower.contains("seed")) && strength::is_base32(word)
        || told_in_quotes && names::is_password(name) && allowlist::is_random(word)
}

/// The name that ends at an offset, with the words before it that it needs: `secret access key`.
fn name(text: &str, end: usize) -> &str {
    let mut start = names::name_start(text, end);
    for _ in 0..2 {
        let word = &text[start..end];
        let needs_owner = word.split(' ').next().is_some_and(|first| {
            names::needs_owner(first) || matches!(first, "id" | "access" | "hash")
        });
        match text[..start].strip_suffix(' ') {
            Some(before) if needs_owner => start = names::name_start(text, before.len()),
            _ => break,
        }
    }
    &text[start..end]
}

/// A word that stands alone on the next line, or behind an empty one.
fn below(text: &str, at: usize) -> Option<Extent> {
    let rest = text[at..].strip_prefix(':').unwrap_or(&text[at..]);
    let rest = rest
        .trim_start_matches([' ', '\t', '\r'])
        .strip_prefix('\n')?;
    let rest = rest
        .strip_prefix('\n')
        .unwrap_or(rest)
        .trim_start_matches([' ', '\t', '\r']);
    let start = text.len() - rest.len();
    let line = rest.lines().next()?;
    let word = line.trim_end().trim_matches(['"', '\'', '`']);
    let start = start + line.find(word)?;
    let is_word = word.len() <= VALUE_MAX && strength::is_generated(word);
    is_word.then_some(Extent {
        start,
        end: start + word.len(),
        quoted: false,
    })
}

/// The value behind the name that ends at an offset, and whether a word between says that it is one.
fn linked(text: &str, end: usize) -> Option<(Extent, bool)> {
    let bytes = text.as_bytes();
    // `"DB_PASSWORD" x`, `bob's password' x`
    let closed = usize::from(bytes.get(end).is_some_and(|b| is_quote(*b)));
    let mut at = values::skip_blanks(text, end + closed);
    if matches!(bytes.get(at), Some(b':' | b'\r' | b'\n')) {
        return below(text, at).map(|value| (value, false));
    }
    if at == end + closed {
        return None;
    }
    let (mut told, mut skips) = (false, false);
    for _ in 0..LINKS_MAX {
        if values::quoted(text, at).is_some() {
            break;
        }
        let window = &text[at..values::char_end(text, at + VALUE_MAX)];
        let length = window.find(char::is_whitespace).unwrap_or(window.len());
        let word = &window[..length];
        let is_named = word.ends_with(':') && word.len() <= 24 && !word.contains(['=', '/']);
        let lower = word.trim_end_matches(':').to_lowercase();
        let is_for = FOR.contains(&lower.as_str());
        if !(skips && !word.is_empty() || is_for || is_named || LINKS.contains(&lower.as_str())) {
            break;
        }
        told = told || !is_for;
        skips = is_for;
        let next = values::skip_blanks(text, at + length);
        if next == at + length {
            return below(text, next).map(|value| (value, told));
        }
        at = next;
    }
    let text = &text[..values::char_end(text, at + VALUE_MAX)];
    let value = values::quoted(text, at).unwrap_or_else(|| values::word(text, at, None));
    let trimmed = value
        .of(text)
        .trim_end_matches([',', '.', ';', ':', '!', '?']);
    let end = if value.quoted {
        value.end
    } else {
        value.start + trimmed.len()
    };
    (value.start < end).then_some((Extent { end, ..value }, told))
}
