//! The last lines of the containers that fail: which of them mean something.

use super::RuleContext;
use super::text::{clip, has_any, one_line};
use crate::cluster::ContainerLog;

/// So many lines that are no stack frames are looked at, from the end.
const TAIL: usize = 80;

/// Words of a program that is up: what it complained of before is over.
const UP: &[&str] = &[
    "ready for connections",
    "ready to accept connections",
    "accepting connections",
    "server started",
    "started successfully",
    "successfully connected",
    "connected to database",
    "database connected",
    "connection established",
    "listening on",
    "listening at",
    "server listening",
    "application startup complete",
    "started application",
];
/// Words that no line of a program in order has.
const TROUBLE: &[&str] = &[
    "error",
    "exception",
    "fatal",
    "panic",
    "fail",
    "cannot",
    "can't",
    "could not",
    "unable",
    "caused by",
    "denied",
    "refused",
    "not found",
    "missing",
    "invalid",
    "in use",
    "traceback",
    "undefined",
    "no such",
    "timed out",
    "timeout",
    "unreachable",
    "required",
    "segmentation",
    "identify and",
    "instead",
    "another port",
    "abort",
    "killed",
];

/// The logs of the failing containers: of each the present run, then the one before.
fn of_failing<'a>(case: &RuleContext<'a>) -> Vec<&'a ContainerLog> {
    let mut found: Vec<&ContainerLog> = Vec::new();
    for (pod, status) in case.failing() {
        let mut logs: Vec<_> = case
            .scene
            .logs(pod)
            .iter()
            .copied()
            .filter(|log| log.container == status.name || log.container.is_empty())
            .collect();
        logs.sort_by_key(|log| log.previous);
        for log in logs {
            if !found.iter().any(|known| std::ptr::eq(*known, log)) {
                found.push(log);
            }
        }
    }
    found
}

/// A line that says something, as written and in lower case.
pub struct Line<'a> {
    text: &'a str,
    lower: String,
}

/// The last lines of each failing container's log that say something, newest
/// first, back to where the program said that it is up.
pub fn tails<'a>(case: &RuleContext<'a>) -> Vec<Vec<Line<'a>>> {
    of_failing(case).into_iter().map(tail).collect()
}

fn tail(log: &ContainerLog) -> Vec<Line<'_>> {
    log.text
        .lines()
        .rev()
        .filter(|text| !is_frame(text))
        .take(TAIL)
        .map(|text| Line {
            text,
            lower: text.to_lowercase(),
        })
        .take_while(|line| !says_up(&line.lower))
        .collect()
}

/// A line of a stack trace, a ruler, or nothing.
fn is_frame(line: &str) -> bool {
    let text = line.trim();
    text.len() < 3
        || text.starts_with("at ")
        || text.starts_with("File \"")
        || text.starts_with("==== ")
        || text.starts_with("...") && text.ends_with("more")
        || text.ends_with("common frames omitted")
        || text.starts_with("created by ")
        || text.starts_with("goroutine ")
        || text.starts_with("from ") && text.contains(":in ")
        || text.starts_with('/') && text.contains(".go:")
        || text.starts_with('#') && text.contains(" 0x")
        || text.chars().all(|c| !c.is_alphanumeric())
}

fn says_up(lower: &str) -> bool {
    let is_up = has_any(lower, UP)
        || lower.contains("started ") && lower.contains(" in ") && lower.contains(" seconds");
    is_up && !has_any(lower, TROUBLE)
}

/// The newest line of a failing container that a test accepts, lower-case text given.
pub fn find(case: &RuleContext, test: impl Fn(&str) -> bool) -> Option<String> {
    let line = |tail: &Vec<Line>| tail.iter().find(|l| test(&l.lower)).map(|l| quote(l.text));
    case.tails().iter().find_map(line)
}

/// The line of the failing containers that tells most: the newest that
/// complains, else the very last.
pub fn last_words(case: &RuleContext) -> Option<String> {
    let tails = case.tails();
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
