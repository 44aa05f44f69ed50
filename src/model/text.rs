//! Text from the cluster: sanitized for a terminal, and cut.

use std::iter::Peekable;
use std::str::Chars;

/// One line of plain text: no escape sequences, no control or invisible
/// characters, blanks collapsed.
#[must_use]
pub fn clean(text: &str) -> String {
    let stripped = strip(text);
    let words: Vec<&str> = stripped.split_whitespace().collect();
    words.join(" ")
}

/// Like [`clean`], but keeps lines and their indentation.
#[must_use]
pub fn clean_lines(text: &str) -> Vec<String> {
    let stripped = strip(text);
    stripped
        .lines()
        .map(|line| line.trim_end().replace('\t', "    "))
        .collect()
}

/// Cuts a text to so many letters. One that was cut ends in an ellipsis.
pub fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let mut letters = text.char_indices();
    if let (Some((end, _)), Some(_)) = (letters.nth(most.saturating_sub(1)), letters.next()) {
        text.truncate(end);
        text.push('…');
    }
}

/// Removes escape sequences and invisible characters. Newlines and tabs stay.
fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_sequence(&mut chars),
            // The introducers as single C1 characters.
            '\u{9b}' => skip_control(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            '\n' | '\t' => plain.push(c),
            // Of a progress bar each state becomes a line.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' => plain.push('\n'),
            c if c.is_control() || is_invisible(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// Skips the rest of an escape sequence.
fn skip_sequence(chars: &mut Peekable<Chars<'_>>) {
    match chars.next() {
        Some('[') => skip_control(chars),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(chars),
        // Intermediate bytes, then a final one.
        Some(' '..='/') => _ = chars.find(|c| !matches!(c, ' '..='/')),
        _ => {}
    }
}

/// Skips a control sequence: parameters up to a final letter, as for colors.
fn skip_control(chars: &mut Peekable<Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        // A truncated sequence does not swallow the next line.
        if !matches!(c, ' '..='~') {
            return;
        }
        chars.next();
        if matches!(c, '@'..='~') {
            return;
        }
    }
}

/// Skips a string up to its terminator, as for window titles and links.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        if c == '\n' {
            return;
        }
        chars.next();
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

/// Characters that reorder or hide text.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_invisible_characters_are_removed() {
        for (text, plain) in [
            ("plain", "plain"),
            ("  two\n\tlines  ", "two lines"),
            ("\u{1b}[31;1mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jcleared", "cleared"),
            ("\u{1b}(Bset", "set"),
            ("\u{1b}cback", "back"),
            ("a\u{8}\u{0}b\u{7f}", "ab"),
            ("safe\u{202e}gnp.exe", "safegnp.exe"),
            ("zero\u{200b}width", "zerowidth"),
            ("hid\u{e0130}den\u{e01ef}", "hidden"),
            ("warning \u{26a0}\u{fe0f}", "warning \u{26a0}\u{fe0f}"),
            ("10%\r20%\r\n30%", "10% 20% 30%"),
            ("cut \u{1b}[3", "cut"),
            ("cut \u{1b}", "cut"),
            ("cut \u{1b}[3\nnext", "cut next"),
            ("Grüße, 世界", "Grüße, 世界"),
        ] {
            assert_eq!(clean(text), plain, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        for (text, kept) in [
            ("", ""),
            ("abc", "abc"),
            ("abcd", "ab…"),
            ("äöü", "äöü"),
            ("äöüß", "äö…"),
        ] {
            let mut short = text.to_owned();
            cut(&mut short, 3);
            assert_eq!(short, kept);
        }
    }

    #[test]
    fn lines_keep_their_indentation() {
        assert_eq!(
            clean_lines("a\n  at b  \n\tc\u{1b}[0m\n"),
            ["a", "  at b", "    c"]
        );
    }
}
