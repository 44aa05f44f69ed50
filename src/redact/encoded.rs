//! Secrets in an encoding: percent signs, escapes of JSON and HTML, base64, hexadecimal digits.
//!
//! The text is decoded and read by the other rules. Escapes keep their place, so that only the value is
//! masked; base64 and hexadecimal digits are masked as a whole.

use std::sync::LazyLock;

use regex::Regex;

use super::{Span, base64, rules, shapes, strength};

/// How often encodings may be nested.
pub(super) const DEPTH_MAX: usize = 3;

/// Longer words are decoded in part.
const WORD_MAX: usize = 64 * 1024;

/// An escape, in the notation of URLs, of JSON, of several languages and of HTML.
static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    shapes::compile(
        r"%[0-9A-Fa-f]{2}|\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]|&(?:quot|apos|amp|lt|gt|#3[49]|#x2[27]|#61|#x3[dD]|#58|#x3[aA]);",
    )
});

/// Shorter words hold no secret.
const WORD_MIN: usize = 20;

pub(super) fn find(text: &str, depth: usize, spans: &mut Vec<Span>) {
    if depth == 0 {
        return;
    }
    escapes(text, depth, spans);
    for (start, end) in words(text) {
        let word = &text[start..end.min(start + WORD_MAX)];
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let plain = if strength::is_hex(digits) {
            decode_hex(digits)
        } else if may_be_text(word) {
            base64::decode(word)
        } else {
            None
        };
        if plain.is_some_and(|plain| is_secret(&plain, depth)) {
            spans.push(Span {
                start,
                end,
                label: "encoded",
            });
        }
    }
}

/// Long words of letters and digits, with the padding of base64.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-');
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let length = bytes[at..].iter().take_while(|b| is_word(**b)).count();
            let (start, end) = (at, at + length);
            let padding = bytes[end..]
                .iter()
                .take(2)
                .take_while(|b| **b == b'=')
                .count();
            at = end + padding.max(1);
            if length >= WORD_MIN {
                return Some((start, end + padding));
            }
        }
        None
    })
}

/// Whether the beginning decodes to text. Most words do not.
fn may_be_text(word: &str) -> bool {
    base64::bytes(&word[..8]).is_some_and(|plain| plain.into_iter().all(is_plain))
}

fn is_plain(b: u8) -> bool {
    !b.is_ascii_control() || matches!(b, b'\n' | b'\r' | b'\t' | b'\0' | 1)
}

/// Whether a decoded text holds a secret. Addresses of people are none here.
fn is_secret(plain: &str, depth: usize) -> bool {
    if plain.len() < 10 || !plain.bytes().all(is_plain) {
        return false;
    }
    let pair = plain.trim_matches('\0').split_once([':', '\0']);
    let is_pair = pair.is_some_and(|(user, password)| {
        let is_user = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        !user.is_empty() && user.bytes().all(is_user) && strength::is_generated(password)
    });
    let mut found = Vec::new();
    rules(plain, depth - 1, &mut found);
    is_pair || found.iter().any(|span| span.label != "email")
}

/// Finds secrets in the text without its escapes.
fn escapes(text: &str, depth: usize, spans: &mut Vec<Span>) {
    let Some(regex) = ESCAPE.as_ref() else { return };
    let mut plain = Vec::new();
    // Where each byte of the plain text begins, and at last where the text ends.
    let mut offsets = Vec::new();
    let mut at = 0;
    for escape in regex.find_iter(text) {
        if plain.is_empty() {
            plain.reserve(text.len());
            offsets.reserve(text.len() + 1);
        }
        plain.extend_from_slice(&text.as_bytes()[at..escape.start()]);
        offsets.extend(at..escape.start());
        plain.push(unescaped(escape.as_str()));
        offsets.push(escape.start());
        at = escape.end();
    }
    if at == 0 {
        return;
    }
    plain.extend_from_slice(&text.as_bytes()[at..]);
    offsets.extend(at..=text.len());
    // What is no UTF-8 is no password either.
    let Ok(plain) = String::from_utf8(plain) else {
        return;
    };
    let mut found = Vec::new();
    rules(&plain, depth - 1, &mut found);
    spans.extend(found.into_iter().filter_map(|span| {
        let (start, end) = (*offsets.get(span.start)?, *offsets.get(span.end)?);
        let is_whole = text.is_char_boundary(start) && text.is_char_boundary(end);
        is_whole.then_some(Span { start, end, ..span })
    }));
}

/// The byte that an escape stands for.
fn unescaped(escape: &str) -> u8 {
    match escape {
        "&quot;" | "&#34;" | "&#x22;" => b'"',
        "&apos;" | "&#39;" | "&#x27;" => b'\'',
        "&amp;" => b'&',
        "&lt;" => b'<',
        "&gt;" => b'>',
        "&#58;" | "&#x3a;" | "&#x3A;" => b':',
        "&#61;" | "&#x3d;" | "&#x3D;" => b'=',
        _ => u8::from_str_radix(&escape[escape.len() - 2..], 16).unwrap_or(b' '),
    }
}

fn decode_hex(text: &str) -> Option<String> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
