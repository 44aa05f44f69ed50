//! The last lines of the containers that fail: which of them mean something.

use super::RuleContext;
use super::log_tail::{Line, TROUBLE};
use super::text::{clip, has_any, one_line};

/// The newest line of a failing container that a test accepts, lower-context text given.
pub fn find(context: &RuleContext, test: impl Fn(&str) -> bool) -> Option<String> {
    let line = |tail: &Vec<Line>| tail.iter().find(|l| test(&l.lower)).map(|l| quote(l.text));
    context.log_tails().iter().find_map(line)
}

/// The line of the failing containers that tells most: the newest that
/// complains, else the very last.
pub fn last_words(context: &RuleContext) -> Option<String> {
    let tails = context.log_tails();
    let complains = |line: &&Line| has_any(&line.lower, TROUBLE) && !is_chatter(&line.lower);
    let told = tails.iter().find_map(|tail| tail.iter().find(complains));
    let last = || tails.iter().find_map(|tail| tail.first());
    told.or_else(last).map(|line| quote(line.text))
}

/// Complaints about complaints.
fn is_chatter(lower: &str) -> bool {
    lower.contains("level=info")
        || lower.contains(" info ")
        || lower.contains("warn") && lower.contains("deprecat")
        || lower.contains("to display the conditions report")
        || lower.contains("nested exception is")
        || lower.contains("note: run with `rust_backtrace")
        || lower.starts_with("npm err! a complete log")
}

/// The part of a line that a person reads: of a JSON line its message and error.
fn quote(line: &str) -> String {
    let text = line.trim();
    let message = text
        .starts_with('{')
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())
        .flatten()
        .and_then(|json| {
            let field = |names: &[&str]| {
                let value = names.iter().find_map(|n| json.get(n)?.as_str());
                value.map(ToOwned::to_owned)
            };
            let parts = [
                field(&["message", "msg"]),
                field(&["error", "err", "exception"]),
            ];
            let said: Vec<_> = parts.into_iter().flatten().collect();
            (!said.is_empty()).then(|| said.join(": "))
        });
    clip(&one_line(message.as_deref().unwrap_or(text)))
}
