//! Masks credentials in text before it leaves the program: for the model, for Slack, for a snapshot
//! on disk.
//!
//! Pure, and linear in the length of the text. Every rule reads the original text and marks spans,
//! which are then merged and replaced at once, so the order of the rules does not matter:
//!
//! | module | finds |
//! | --- | --- |
//! | [`tokens`] | credentials with a format of their own, the rows of `tokens.txt`: `AKIA...`, JWTs, keys |
//! | [`blocks`] | PEM private keys, the data of Secret manifests |
//! | [`urls`] | passwords in URLs and data source names, secret paths, e-mail addresses |
//! | [`pairs`] | values with a secret name: `password=`, `"token": "..."` |
//! | [`markup`] | a name and its value in XML, lists and calls: `<password>x</password>` |
//! | [`statements`] | SQL, and lines of configuration files: `requirepass x` |
//! | [`protocols`] | headers, and the commands of mail, chat and Redis: `AUTH PLAIN x` |
//! | [`sentences`] | secrets in prose: `the password is x` |
//! | [`announced`] | a generated word behind a secret name: `GITHUB_TOKEN x` |
//! | [`commands`] | arguments, by the table in [`programs`]: `--password x`, `mysql -px`, `curl -u a:b` |
//! | [`encoded`] | all of these in escapes, base64 and hexadecimal digits |
//!
//! [`names`] decides which names are secret, by the lists in [`words`]; [`strength`] whether a word looks
//! generated; [`allowlist`] and [`forms`] what is no secret.
//!
//! To add a credential with a format of its own, add a row to `tokens.txt`; for one with a secret name,
//! a word in [`words`]; for a program, a row in [`programs`]. Each comes with texts in
//! `tests/redact/corpus`. A mask names what it hides, `[redacted:aws-key]`. Redaction is idempotent.

mod allowlist;
mod announced;
mod base64;
mod blocks;
mod commands;
mod encoded;
mod forms;
mod key_value;
mod markup;
mod names;
mod pairs;
mod programs;
mod protocols;
mod sentences;
mod shapes;
mod statements;
mod strength;
mod tokens;
mod urls;
mod values;
mod words;
mod wrappers;

use std::borrow::Cow;

pub use commands::redact_args;
pub use names::is_secret_name;

/// The beginning of every mask. A lower-case label and `]` follow.
const MASK: &str = "[redacted:";

/// The maximum number of passes over a text. Usually two are enough.
const MAX_PASSES: usize = 8;

/// The length of the longest label.
const LABEL_MAX: usize = 24;

/// A secret in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    label: &'static str,
}

/// The text with all credentials masked. Borrowed when it contains none.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = once(text);
    // A mask can reveal an adjacent secret, so masked text is read again.
    for _ in 1..MAX_PASSES {
        let again = match &redacted {
            Cow::Owned(masked) => match once(masked) {
                Cow::Owned(more) => more,
                Cow::Borrowed(_) => break,
            },
            Cow::Borrowed(_) => break,
        };
        redacted = Cow::Owned(again);
    }
    redacted
}

fn once(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    rules(text, encoded::DEPTH_MAX, &mut spans);
    mask(text, spans)
}

/// The secrets in a text. Encodings are nested no deeper than this.
fn rules(text: &str, depth: usize, spans: &mut Vec<Span>) {
    let candidates = names::candidates(text);
    tokens::find(text, spans);
    blocks::find(text, spans);
    urls::find(text, spans);
    pairs::find(text, spans);
    markup::find(text, &candidates, spans);
    statements::find(text, spans);
    protocols::find(text, spans);
    sentences::find(text, spans);
    announced::find(text, &candidates, spans);
    commands::find(text, spans);
    encoded::find(text, depth, spans);
}

/// Redacts the value of an environment variable, a field or a header. With a secret name the whole
/// value is masked, unless it is not a secret (empty, `true`, `$(REFERENCE)`, a path). Any other
/// value is redacted as free text.
#[must_use]
pub fn redact_value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if is_secret_name(name) && !allowlist::is_allowed(name, value) {
        Cow::Owned(format!("{MASK}{}]", names::label(name)))
    } else {
        redact(value)
    }
}

fn mask(text: &str, mut spans: Vec<Span>) -> Cow<'_, str> {
    let masks = existing_masks(text);
    spans.retain_mut(|span| span.start < span.end && !widen(span, &masks));
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            out.push_str(&text[done..span.start]);
            out.push_str(MASK);
            out.push_str(span.label);
            out.push(']');
        }
        done = done.max(span.end);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The masks that the text already contains, as (start, end).
fn existing_masks(text: &str) -> Vec<(usize, usize)> {
    text.match_indices(MASK)
        .filter_map(|(start, _)| mask_at(&text[start..]).map(|length| (start, start + length)))
        .collect()
}

/// The length of the mask at the beginning of the text, if there is one.
fn mask_at(text: &str) -> Option<usize> {
    let label = text.strip_prefix(MASK)?.as_bytes();
    let length = label
        .iter()
        .take(LABEL_MAX + 1)
        .position(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-'))?;
    (length > 0 && label[length] == b']').then_some(MASK.len() + length + 1)
}

/// Extends a span that overlaps a mask to cover it. True when the span is inside a mask.
fn widen(span: &mut Span, masks: &[(usize, usize)]) -> bool {
    let first = masks.partition_point(|&(_, end)| end <= span.start);
    for &(start, end) in &masks[first..] {
        if start >= span.end {
            break;
        }
        if start <= span.start && span.end <= end {
            return true;
        }
        span.start = span.start.min(start);
        span.end = span.end.max(end);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span {
            start,
            end,
            label: "x",
        }
    }

    #[test]
    fn overlapping_spans_become_one_mask() {
        let masked = mask("0123456789", vec![span(4, 8), span(2, 6), span(2, 3)]);
        assert_eq!(masked, "01[redacted:x]89");
    }

    #[test]
    fn adjacent_spans_are_separate_masks() {
        let masked = mask("0123456789", vec![span(2, 4), span(4, 6)]);
        assert_eq!(masked, "01[redacted:x][redacted:x]6789");
    }

    #[test]
    fn masks_are_kept_or_covered_completely() {
        let text = "a[redacted:key]b";
        assert_eq!(mask(text, vec![span(2, 9)]), text);
        assert_eq!(mask(text, vec![span(0, 5)]), "[redacted:x]b");
        assert_eq!(mask(text, vec![span(14, 16)]), "a[redacted:x]");
    }

    #[test]
    fn only_whole_masks_count() {
        assert_eq!(mask_at("[redacted:aws-key] x"), Some(18));
        for text in ["[redacted:]", "[redacted:a b]", "[redacted:abc", "redacted"] {
            assert_eq!(mask_at(text), None, "{text}");
        }
    }
}
