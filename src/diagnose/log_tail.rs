//! The tail of a container's log: the lines that may say why it fails.

use super::text::has_any;
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
pub const TROUBLE: &[&str] = &[
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

/// A line that says something, as written and in lower context.
pub struct Line<'a> {
    pub text: &'a str,
    pub lower: String,
}

pub fn tail(log: &ContainerLog) -> Vec<Line<'_>> {
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
