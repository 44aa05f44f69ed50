//! Block Kit as Markdown, similar to what Slack shows.

use std::fmt::Write as _;

use k8s_monitor::notify::slack::SlackMessage;
use serde_json::Value;

/// The message as a quote.
pub fn markdown(message: &SlackMessage) -> String {
    let mut out = format!("Preview: {}\n\n", inline(&message.text));
    let mut quoted = String::new();
    for block in message.blocks.as_array().unwrap() {
        quoted += &shown(block);
        quoted += "\n\n";
    }
    for line in quoted.trim_end().lines() {
        let _ = writeln!(out, "{}", format!("> {line}").trim_end());
    }
    out
}

fn shown(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    match block["type"].as_str().unwrap() {
        "header" => format!("### {}", inline(&text(&block["text"]))),
        "context" => format!("<sub>{}</sub>", inline(&text(&block["elements"][0]))),
        "section" => match block["fields"].as_array() {
            Some(fields) => {
                let cells: Vec<String> = fields
                    .iter()
                    .map(|f| inline(&text(f)).replace('\n', "<br>"))
                    .collect();
                format!(
                    "| {} |\n|{}",
                    cells.join(" | "),
                    " --- |".repeat(cells.len())
                )
            }
            None => section(&text(&block["text"])),
        },
        other => panic!("{other}"),
    }
}

/// Text and code blocks, with Slack's line breaks.
fn section(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            let _ = write!(out, "\n```\n{}\n```\n", entities(part));
        } else {
            let part = part.trim_matches('\n');
            out += &inline(part).replace('\n', "\\\n");
        }
    }
    out.trim().to_owned()
}

/// Slack's bold text and links in Markdown; escapes are the same.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(out, "`{}`", entities(part));
            continue;
        }
        let mut rest = part;
        while let Some((before, after)) = rest.split_once('<') {
            let (link, after) = after.split_once('>').unwrap();
            let (url, label) = link.split_once('|').unwrap();
            let _ = write!(out, "{}[{label}]({url})", before.replace('*', "**"));
            rest = after;
        }
        out += &rest.replace('*', "**");
    }
    out
}

/// Resolves escapes, which Markdown does not do in code.
fn entities(code: &str) -> String {
    code.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
