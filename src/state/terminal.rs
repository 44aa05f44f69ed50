//! Text in 80 columns.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::text::clean;

const COLUMNS: usize = 80;

/// One line, cut at the margin. What came from elsewhere is [`clean`] by now.
pub fn line(text: &mut String, content: &str) {
    let content = content.trim_end();
    if content.width() <= COLUMNS {
        let _ = writeln!(text, "{content}");
        return;
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= COLUMNS - 3
    };
    let cut: String = content.chars().take_while(fits).collect();
    let _ = writeln!(text, "{}...", cut.trim_end());
}

/// Words behind a margin, on as many lines as they take.
pub fn wrapped(text: &mut String, margin: &str, content: &str) {
    let blank = " ".repeat(margin.width());
    let mut row = margin.to_owned();
    let mut is_empty = true;
    for word in clean(content).split_whitespace() {
        if !is_empty && row.width() + 1 + word.width() > COLUMNS {
            line(text, &row);
            row.clone_from(&blank);
            is_empty = true;
        }
        if !is_empty {
            row.push(' ');
        }
        row += word;
        is_empty = false;
    }
    line(text, &row);
}
