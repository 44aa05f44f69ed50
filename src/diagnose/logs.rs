//! The log lines of failing containers that explain the failure.

use super::RuleContext;
use super::log_tail::{ERROR_WORDS, Line};
use super::text::{clip, has_any, one_line};

/// The newest log line of the failing containers that a test on its lower-case
/// text accepts.
pub fn find(context: &RuleContext, test: impl Fn(&str) -> bool) -> Option<String> {
    let line = |tail: &Vec<Line>| tail.iter().find(|l| test(&l.lower)).map(|l| quote(l.text));
    context.log_tails().iter().find_map(line)
}

/// The most useful log line of the failing containers: the newest error, else
/// the last line.
pub fn last_error(context: &RuleContext) -> Option<String> {
    let tails = context.log_tails();
    let is_error = |line: &&Line| has_any(&line.lower, ERROR_WORDS) && !is_noise(&line.lower);
    let error = tails.iter().find_map(|tail| tail.iter().find(is_error));
    let last = || tails.iter().find_map(|tail| tail.first());
    error.or_else(last).map(|line| quote(line.text))
}

/// The last line of the failing containers: what a program that waits says.
pub fn last_line(context: &RuleContext) -> Option<String> {
    let mut tails = context.log_tails().iter();
    tails.find_map(|tail| tail.first()).map(|l| quote(l.text))
}

/// Lines with error words that do not name the error.
fn is_noise(lower: &str) -> bool {
    lower.contains("level=info")
        || lower.contains(" info ")
        || lower.contains("warn") && lower.contains("deprecat")
        || lower.contains("to display the conditions report")
        || lower.contains("nested exception is")
        || lower.contains("note: run with `rust_backtrace")
        || lower.starts_with("npm err! a complete log")
}

/// The readable part of a line: of a JSON line its message and error.
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
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(": "))
        });
    clip(&one_line(message.as_deref().unwrap_or(text)))
}
