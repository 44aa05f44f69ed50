//! What Slack accepts in a message, as strict as its documentation.

use k8s_monitor::notify::slack::SlackMessage;
use serde_json::{Map, Value, json};

type Checked = Result<(), String>;

/// Errors that a retry does not correct, with a part of the remedy that the program reports.
pub const PERMANENT_ERRORS: &[(&str, &str)] = &[
    ("invalid_auth", "SLACK_BOT_TOKEN"),
    ("not_authed", "SLACK_BOT_TOKEN"),
    ("token_revoked", "SLACK_BOT_TOKEN"),
    ("account_inactive", "SLACK_BOT_TOKEN"),
    ("missing_scope", "chat:write"),
    ("channel_not_found", "SLACK_CHANNEL"),
    ("not_in_channel", "/invite"),
    ("is_archived", "unarchive"),
    ("restricted_action", "admin"),
    ("msg_too_long", "defect"),
    ("an_unknown_code", "docs.slack.dev"),
];

/// Checks a message as it is sent: with blocks, and as text if Slack rejects the blocks.
pub fn rendered(sent: &SlackMessage) -> Checked {
    message(&sent.text.clone().into(), &sent.blocks)?;
    message(&sent.plain().into(), &json!([]))?;
    if sent.text.contains('\n') {
        return Err(format!("the text has several lines: {}", sent.text));
    }
    for block in sent.blocks.as_array().into_iter().flatten() {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        if text.matches("```").count() % 2 == 1 {
            return Err(format!("a code block is not closed: {text}"));
        }
    }
    Ok(())
}

/// Checks a message's text and blocks.
pub fn message(text: &Value, blocks: &Value) -> Checked {
    let text = text.as_str().ok_or("no_text: text is no string")?;
    let length = text.encode_utf16().count();
    if length == 0 || length > 10_000 {
        return Err(format!("msg_too_long: text of {length}"));
    }
    markup(text)?;
    let blocks = match blocks {
        Value::Null => return Ok(()),
        Value::Array(blocks) => blocks,
        _ => return Err("invalid_blocks: no array".into()),
    };
    if blocks.len() > 50 {
        return Err(format!("invalid_blocks: {} blocks", blocks.len()));
    }
    let all = Value::Array(blocks.clone()).to_string();
    if all.encode_utf16().count() >= 10_000 {
        return Err(format!("msg_blocks_too_long: {}", all.len()));
    }
    blocks
        .iter()
        .try_for_each(|one| block(one).map_err(|e| format!("invalid_blocks: {e}: {one}")))
}

fn block(value: &Value) -> Checked {
    let object = value.as_object().ok_or("no object")?;
    match object["type"].as_str() {
        Some("header") => {
            keys(object, &["type", "text"])?;
            text(&object["text"], "plain_text", 150)
        }
        Some("section") => {
            keys(object, &["type", "text", "fields"])?;
            if object.len() < 2 {
                return Err("neither text nor fields".into());
            }
            if let Some(paragraph) = object.get("text") {
                text(paragraph, "mrkdwn", 3_000)?;
            }
            object.get("fields").map_or(Ok(()), |fields| {
                list(fields, 10, |field| text(field, "mrkdwn", 2_000))
            })
        }
        Some("context") => {
            keys(object, &["type", "elements"])?;
            list(&object["elements"], 10, |one| text(one, "mrkdwn", 2_000))
        }
        Some("divider") => keys(object, &["type"]),
        other => Err(format!("type {other:?}")),
    }
}

fn keys(object: &Map<String, Value>, known: &[&str]) -> Checked {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("key {key}")),
        None => Ok(()),
    }
}

fn list(value: &Value, most: usize, each: impl Fn(&Value) -> Checked) -> Checked {
    let list = value.as_array().ok_or("no array")?;
    if list.is_empty() || list.len() > most {
        return Err(format!("{} elements", list.len()));
    }
    list.iter().try_for_each(each)
}

fn text(value: &Value, kind: &str, most: usize) -> Checked {
    let object = value.as_object().ok_or("no text object")?;
    if object["type"] != kind {
        return Err(format!("text of type {}", object["type"]));
    }
    let extra = if kind == "mrkdwn" {
        "verbatim"
    } else {
        "emoji"
    };
    keys(object, &["type", "text", extra])?;
    if object.get(extra).is_some_and(|flag| !flag.is_boolean()) {
        return Err(format!("{extra} is no boolean"));
    }
    let text = object["text"].as_str().ok_or("text is no string")?;
    let length = text.encode_utf16().count();
    if length == 0 || length > most {
        return Err(format!("{length} characters"));
    }
    markup(text)
}

/// Escaped as Slack asks, and nothing in it but links of ours.
pub fn markup(text: &str) -> Checked {
    let mut rest = text;
    while let Some(place) = rest.find(['<', '>', '&']) {
        let (sign, after) = rest[place..].split_at(1);
        rest = match sign {
            "&" => ["amp;", "lt;", "gt;"]
                .iter()
                .find_map(|entity| after.strip_prefix(entity))
                .ok_or_else(|| format!("unescaped &: {text}"))?,
            "<" => link(after).ok_or_else(|| format!("unescaped <: {text}"))?,
            _ => return Err(format!("unescaped >: {text}")),
        };
    }
    let lower = text.to_lowercase();
    for call in ["@here", "@channel", "@everyone"] {
        if lower.contains(call) {
            return Err(format!("calls {call}: {text}"));
        }
    }
    let odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.chars().find(|c| odd(*c)) {
        Some(c) => Err(format!("holds {c:?}")),
        None => Ok(()),
    }
}

/// What follows a link that looks like ours.
fn link(after: &str) -> Option<&str> {
    let (link, rest) = after.split_once('>')?;
    let (url, label) = link.split_once('|')?;
    let ours = url.starts_with("https://github.com/") && !url.contains(['<', ' ', '"']);
    (ours && !label.is_empty() && !label.contains(['<', '|', '\n'])).then_some(rest)
}
