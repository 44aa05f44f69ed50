//! Credentials with a format of their own, whatever the text around them: the rows of `tokens.txt`.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::{Span, shapes, strength};

const TABLE: &str = include_str!("tokens.txt");

/// A row of the table. Most are never needed: a pattern is compiled when one of its literals is found.
struct Format {
    label: &'static str,
    mixed: bool,
    pattern: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Format {
    fn regex(&self) -> Option<&Regex> {
        let regex = self.regex.get_or_init(|| shapes::compile(self.pattern));
        regex.as_ref()
    }
}

/// The table, and which of its rows to try: those with a literal in the text.
struct Table {
    rows: Vec<Format>,
    /// Rows without a literal.
    always: Vec<usize>,
    literals: Option<AhoCorasick>,
    /// The row of each literal.
    row_of: Vec<usize>,
}

static FORMATS: LazyLock<Table> = LazyLock::new(|| {
    let (mut formats, mut always) = (Vec::new(), Vec::new());
    let (mut literals, mut rows) = (Vec::new(), Vec::new());
    for (format, known) in TABLE.lines().filter_map(row) {
        let row = formats.len();
        formats.push(format);
        if known == "-" {
            always.push(row);
        } else {
            for literal in known.split(',') {
                literals.push(literal);
                rows.push(row);
            }
        }
    }
    Table {
        rows: formats,
        always,
        literals: AhoCorasick::new(&literals).ok(),
        row_of: rows,
    }
});

/// The format and its literals. `every_row_is_read` checks that none is dropped, and that its pattern compiles.
fn row(line: &'static str) -> Option<(Format, &'static str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (label, rest) = line.split_once(' ')?;
    let (condition, rest) = rest.trim_start().split_once(' ')?;
    let (literals, pattern) = rest.trim_start().split_once(' ')?;
    let format = Format {
        label,
        mixed: condition == "mixed",
        pattern: pattern.trim_start(),
        regex: OnceLock::new(),
    };
    Some((format, literals))
}

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let table = &*FORMATS;
    let mut tried = vec![false; table.rows.len()];
    for row in &table.always {
        tried[*row] = true;
    }
    if let Some(literals) = &table.literals {
        for found in literals.find_overlapping_iter(text) {
            tried[table.row_of[found.pattern().as_usize()]] = true;
        }
    }
    for (format, _) in table.rows.iter().zip(&tried).filter(|(_, tried)| **tried) {
        let accept = |secret: &str| !format.mixed || strength::is_mixed(secret);
        if let Some(regex) = format.regex() {
            shapes::mark(regex, format.label, accept, text, spans);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let is_row = |line: &&str| !(line.trim().is_empty() || line.starts_with('#'));
        for line in TABLE.lines().filter(is_row) {
            let (format, literals) = row(line).unwrap_or_else(|| panic!("{line}"));
            assert!(format.label.len() <= super::super::LABEL_MAX, "{line}");
            assert!(!literals.split(',').any(str::is_empty), "{line}");
            assert!(format.regex().is_some(), "{line}");
        }
        assert!(FORMATS.literals.is_some());
    }

    #[test]
    fn the_services_are_many() {
        let mut labels: Vec<_> = FORMATS.rows.iter().map(|f| f.label).collect();
        labels.dedup();
        assert!(labels.len() >= 100, "{}", labels.len());
    }
}
