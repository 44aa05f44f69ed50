//! The last lines of a long text, in bounded memory.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// Lines kept of each log, from its end.
pub(super) const MAX_LINES: usize = 200;

/// Bytes kept of each log, from its end.
const MAX_BYTES: usize = 32 * 1024;

/// Bytes kept of one line, from its beginning.
pub(super) const MAX_LINE: usize = 8 * 1024;

/// The last lines of what is pushed.
#[derive(Default)]
pub(super) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    pub(super) fn push(&mut self, line: &str) {
        self.lines.push_back(line.to_owned());
        self.bytes += line.len();
        while self.lines.len() > MAX_LINES || (self.bytes > MAX_BYTES && self.lines.len() > 1) {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn text(self) -> String {
        self.lines.into_iter().collect()
    }
}

/// Reads a line with its line break; of a long one, the beginning and the line break. False at the
/// end.
pub(super) fn next_line(content: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    loop {
        let chunk = content.fill_buf()?;
        if chunk.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = chunk.iter().position(|b| *b == b'\n');
        let length = end.unwrap_or(chunk.len());
        let kept = MAX_LINE.saturating_sub(line.len()).min(length);
        line.extend_from_slice(&chunk[..kept]);
        let used = length + usize::from(end.is_some());
        content.consume(used);
        if end.is_some() {
            line.push(b'\n');
            return Ok(true);
        }
    }
}
