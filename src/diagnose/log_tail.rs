//! The tail of a container's log: the lines that may say why it fails.

use super::text::has_any;
use crate::cluster::ContainerLog;

/// How many lines are read from the end, without stack frames.
const TAIL: usize = 80;

/// Messages of a program that has started: errors before them are over.
const STARTED: &[&str] = &[
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
/// Words of error messages.
pub const ERROR_WORDS: &[&str] = &[
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

/// A log line, as written and in lower case.
pub struct Line<'a> {
    pub text: &'a str,
    pub lower: String,
}

/// The last lines of a log, newest first, back to the message that the program
/// has started.
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
        .take_while(|line| !has_started(&line.lower))
        .collect()
}

/// Whether a line is a stack frame, a separator or empty.
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

fn has_started(lower: &str) -> bool {
    let started = has_any(lower, STARTED)
        || lower.contains("started ") && lower.contains(" in ") && lower.contains(" seconds");
    started && !has_any(lower, ERROR_WORDS)
}
