//! Secrets of several lines: PEM private keys and the data of Secret manifests.

use std::sync::LazyLock;

use regex::Regex;

use super::{Span, allowlist};

/// The maximum length of a PEM key. It limits the search for a missing end.
const PEM_MAX: usize = 32 * 1024;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    pem_keys(text, spans);
    pem_tails(text, spans);
    secret_manifests(text, spans);
}

/// From `-----BEGIN ... PRIVATE KEY-----` to its end, or to the end of the key material of a truncated
/// key.
fn pem_keys(text: &str, spans: &mut Vec<Span>) {
    let mut from = 0;
    while let Some(found) = text[from..].find(BEGIN) {
        let start = from + found;
        from = start + BEGIN.len();
        let Some(body) = private_key_header(text, from) else {
            continue;
        };
        let end = pem_end(text, body);
        spans.push(Span {
            start,
            end,
            label: "private-key",
        });
        from = end;
    }
}

/// The offset after the header of a private key.
fn private_key_header(text: &str, from: usize) -> Option<usize> {
    let header = cut(text, from, 64);
    let close = header.find("-----")?;
    header[..close]
        .contains("PRIVATE KEY")
        .then_some(from + close + 5)
}

fn pem_end(text: &str, body: usize) -> usize {
    let window = cut(text, body, PEM_MAX);
    let next = window.find(BEGIN).unwrap_or(window.len());
    if let Some(end) = window[..next].find(END)
        && let Some(behind) = private_key_header(text, body + end + END.len())
    {
        return behind;
    }
    let material = |c: char| c.is_ascii_alphanumeric() || "+/= \t\r\n\\".contains(c);
    let length = window.find(|c| !material(c)).unwrap_or(window.len());
    body + window[..length]
        .trim_end_matches([' ', '\t', '\r', '\n', '\\'])
        .len()
}

/// The rest of a key whose beginning is missing, as in the tail of a log.
fn pem_tails(text: &str, spans: &mut Vec<Span>) {
    let mut from = 0;
    while let Some(found) = text[from..].find(END) {
        let end = from + found;
        let behind = end + END.len();
        if let Some(close) = private_key_header(text, behind) {
            spans.push(Span {
                start: from + tail_start(&text[from..end]),
                end: close,
                label: "private-key",
            });
        }
        from = behind;
    }
}

/// The beginning of the key material at the end of the text.
fn tail_start(text: &str) -> usize {
    let mut start = text.len();
    loop {
        let before = text[..start].trim_end_matches(['\r', '\n']);
        let before = before.strip_suffix("\\n").unwrap_or(before);
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.rfind("\\n").map_or(line, |i| line.max(i + 2));
        let material = before[line..].trim();
        let base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        // Only the last line of a key is short.
        let long_enough = material.len() >= if start == text.len() { 1 } else { 32 };
        if !long_enough || !material.bytes().all(base64) {
            return start;
        }
        start = before.len() - before[line..].trim_start().len();
    }
}

/// At most `length` bytes from an offset, up to a character boundary.
fn cut(text: &str, from: usize, length: usize) -> &str {
    let mut end = text.len().min(from + length);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[from..end]
}

static YAML_SECRET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^[ \t+-]*kind:[ \t]*["']?Secret["']?[ \t]*\r?$"#).ok());
static JSON_SECRET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\\*"kind\\*"[ \t\r\n]*:[ \t\r\n]*\\*"Secret\\*""#).ok());
static JSON_DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\\*"(?:data|stringData)\\*"[ \t\r\n]*:[ \t\r\n]*\{([^{}]*)\}"#).ok()
});
static JSON_MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\\*"[^"\\]*\\*"[ \t\r\n]*:[ \t\r\n]*\\*"((?:[^"\\]|\\[^"\\])*)"#).ok()
});

/// `data` and `stringData` of documents of kind Secret, in YAML (diffs too) and
/// JSON (escaped too, as in `last-applied-configuration`).
fn secret_manifests(text: &str, spans: &mut Vec<Span>) {
    if !text.contains("Secret") {
        return;
    }
    let mut start = 0;
    for document in text.split("\n---") {
        if matches(&YAML_SECRET, document) {
            yaml_data(document, start, spans);
        }
        if matches(&JSON_SECRET, document) {
            json_data(document, start, spans);
        }
        start += document.len() + 4;
    }
}

fn matches(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|r| r.is_match(text))
}

/// Marks every scalar that is indented below a `data:` line.
fn yaml_data(document: &str, offset: usize, spans: &mut Vec<Span>) {
    let mut block = None;
    let mut at = offset;
    for line in document.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t', '+', '-']);
        let indent = line.len() - content.len();
        let content = content.trim_end();
        match block {
            Some(depth) if indent > depth || content.is_empty() => {
                yaml_scalar(content, at + indent, spans);
            }
            _ => {
                block = matches!(content, "data:" | "stringData:").then_some(indent);
                yaml_flow(content, at + indent, spans);
            }
        }
        at += line.len();
    }
}

/// `data: {key: value}` on one line.
fn yaml_flow(content: &str, at: usize, spans: &mut Vec<Span>) {
    let flow = content
        .strip_prefix("data: {")
        .or_else(|| content.strip_prefix("stringData: {"));
    if let Some(inside) = flow.and_then(|rest| rest.strip_suffix('}'))
        && !allowlist::is_empty_or_masked(inside.trim())
    {
        let end = at + content.len() - 1;
        spans.push(Span {
            start: end - inside.len(),
            end,
            label: "secret-data",
        });
    }
}

/// `key: value`, or a line of a block scalar.
fn yaml_scalar(content: &str, at: usize, spans: &mut Vec<Span>) {
    let value = match content.split_once(':') {
        Some((key, value))
            if !key.contains(' ') && (value.is_empty() || value.starts_with(' ')) =>
        {
            value.trim_start()
        }
        _ => content,
    };
    if !matches!(value, "" | "|" | "|-" | "|+" | ">" | ">-" | ">+")
        && !allowlist::is_empty_or_masked(value)
    {
        let start = at + content.len() - value.len();
        spans.push(Span {
            start,
            end: start + value.len(),
            label: "secret-data",
        });
    }
}

fn json_data(document: &str, offset: usize, spans: &mut Vec<Span>) {
    let (Some(data), Some(member)) = (JSON_DATA.as_ref(), JSON_MEMBER.as_ref()) else {
        return;
    };
    for block in data.captures_iter(document).filter_map(|c| c.get(1)) {
        for value in member
            .captures_iter(block.as_str())
            .filter_map(|c| c.get(1))
        {
            if !allowlist::is_empty_or_masked(value.as_str()) {
                let start = offset + block.start() + value.start();
                spans.push(Span {
                    start,
                    end: start + value.len(),
                    label: "secret-data",
                });
            }
        }
    }
}
