//! Classifies a single line: heading, bullet, table row, rule, blank or text.

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Line<'t> {
    Blank,
    /// `---` or the like.
    Rule,
    /// A row of a pipe table, trimmed.
    Row(&'t str),
    /// A numbered, `# hashed` or `**bold**` line that may be a heading.
    Heading(Heading),
    /// A bullet and the text after it.
    Bullet {
        indent: usize,
        text: &'t str,
    },
    Text {
        indent: usize,
        text: &'t str,
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Heading {
    pub(super) indent: usize,
    pub(super) hashes: usize,
    pub(super) bold: bool,
    /// `1.3` is `[1, 3]`; empty without a number.
    pub(super) number: Vec<u32>,
    pub(super) title: String,
}

impl Heading {
    /// It has a number only, so it may be a list item.
    pub(super) fn is_plain(&self) -> bool {
        self.hashes == 0 && !self.bold
    }
}

/// Classifies a line.
pub(super) fn classify(line: &str) -> Line<'_> {
    let text = line.trim();
    if text.is_empty() {
        return Line::Blank;
    }
    if is_rule(text) {
        return Line::Rule;
    }
    if text.starts_with('|') {
        return Line::Row(text);
    }
    let indent = indent(line);
    if let Some(text) = bullet(text) {
        return Line::Bullet { indent, text };
    }
    heading(text, indent).map_or(Line::Text { indent, text }, Line::Heading)
}

/// Width of the leading blanks. A tab advances to the next multiple of four.
fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|c| c.is_whitespace())
        .fold(0, |width, c| {
            if c == '\t' {
                (width / 4 + 1) * 4
            } else {
                width + 1
            }
        })
}

fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    let first = marks.next();
    first.is_some_and(|c| "-*_=".contains(c))
        && marks.clone().count() >= 2
        && marks.all(|c| Some(c) == first)
}

fn bullet(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['-', '*', '+', '•', '‣', '–'])?;
    if rest.starts_with(char::is_whitespace) {
        return Some(rest.trim_start());
    }
    // `-Key: value` without a blank.
    let glued = text.starts_with('-') && rest.starts_with(char::is_alphabetic);
    (glued && split_key(rest).is_some()).then_some(rest)
}

fn heading(text: &str, indent: usize) -> Option<Heading> {
    let unhashed = text.trim_start_matches('#');
    let hashes = text.len() - unhashed.len();
    if hashes > 6 || (hashes > 0 && !unhashed.starts_with(|c: char| c.is_whitespace())) {
        return None;
    }
    let unhashed = unhashed.trim().trim_end_matches('#').trim_end();
    if hashes > 0 && (bullet(unhashed).is_some() || unhashed.starts_with('|')) {
        return None; // a commented-out key or table row
    }
    let bold = unhashed.starts_with("**");
    let rest = if bold {
        unhashed.replace("**", "")
    } else {
        unhashed.to_owned()
    };
    let (number, title) = split_number(&rest, hashes > 0);
    if number.is_empty() && hashes == 0 && !bold {
        return None;
    }
    Some(Heading {
        indent,
        hashes,
        bold,
        number,
        title: title.to_owned(),
    })
}

/// Splits `1.3. mysql` into `[1, 3]` and `mysql`. A single number needs a dot or bracket after it,
/// so that `5 minutes later` is not a heading.
fn split_number(text: &str, marked: bool) -> (Vec<u32>, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (head, tail) = text.split_at(end);
    let digits = head.trim_end_matches('.');
    let number: Option<Vec<u32>> = digits
        .split('.')
        .take(8)
        .map(|part| (part.len() <= 4).then(|| part.parse().ok()).flatten())
        .collect();
    let ended = head.ends_with('.') || tail.starts_with([')', ':']);
    let rest = tail.trim_start_matches([')', ':']);
    let apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
    match number {
        Some(number) if apart && (number.len() > 1 || ended || marked) => {
            let title = rest.trim_start();
            let dash = title.trim_start_matches(['-', '–', '—']);
            let title = if dash.starts_with(char::is_whitespace) {
                dash.trim_start()
            } else {
                title
            };
            (number, title)
        }
        _ => (Vec::new(), text),
    }
}

/// A key and its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeyValue<'t> {
    /// Without emphasis and brackets: `**Dependencies** (runtime):` is `Dependencies`.
    pub(super) key: &'t str,
    pub(super) value: &'t str,
}

/// The longest text that is read as a key, in characters.
const MAX_KEY: usize = 40;

/// Splits `Key: value`. A key consists of a few plain words and a blank follows its colon, so that
/// `https://...` and `image:tag` are not split.
pub(super) fn split_key(text: &str) -> Option<KeyValue<'_>> {
    let (index, colon) = text
        .char_indices()
        .take(MAX_KEY * 2)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    let (before, after) = (&text[..index], &text[index + colon.len_utf8()..]);
    let closing = after.trim_start_matches(['*', '_', '`']);
    // `**Key:** value` closes the emphasis after the colon.
    let emphatic = before.starts_with(['*', '_', '`']) && closing.len() < after.len();
    let value = if emphatic { closing } else { after };
    let apart = value.is_empty() || value.starts_with(char::is_whitespace);
    let key = before.trim_matches(|c: char| c.is_whitespace() || "*_`".contains(c));
    let key = key
        .find('(')
        .map_or(key, |bracket| key[..bracket].trim_end());
    let key = key.trim_matches(|c: char| c.is_whitespace() || "*_`".contains(c));
    let plain = key.starts_with(char::is_alphabetic)
        && key.chars().count() <= MAX_KEY
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || " -_/&'.".contains(c));
    let known = || super::keys::Key::of(key).is_some() && !value.starts_with("//");
    (plain && (apart || known())).then(|| KeyValue {
        key,
        value: value.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(line: &str) -> Option<(Vec<u32>, String)> {
        match classify(line) {
            Line::Heading(heading) => Some((heading.number, heading.title)),
            _ => None,
        }
    }

    #[test]
    fn every_form_of_heading_is_recognized() {
        for line in [
            "1.3 mysql",
            "  1.3. mysql",
            "1.3) mysql",
            "### 1.3 mysql",
            "### 1.3 mysql ###",
            "**1.3 mysql**",
            "**1.3** mysql",
            "\t1.3 - mysql",
            "1.3: mysql  ",
        ] {
            assert_eq!(
                numbered(line),
                Some((vec![1, 3], "mysql".into())),
                "{line:?}"
            );
        }
        assert_eq!(
            numbered("1. Critical (P0)"),
            Some((vec![1], "Critical (P0)".into()))
        );
        assert_eq!(numbered("1.3"), Some((vec![1, 3], String::new())));
        for line in [
            "5 minutes later",
            "1.5Gi of memory",
            "2.",
            "99999. x",
            "#tag",
        ] {
            assert_eq!(
                numbered(line).filter(|(_, title)| !title.is_empty()),
                None,
                "{line:?}"
            );
        }
    }

    #[test]
    fn other_lines() {
        assert_eq!(classify(" \t "), Line::Blank);
        for rule in ["---", "  ***", "====", "- - -", "___"] {
            assert_eq!(classify(rule), Line::Rule, "{rule:?}");
        }
        for line in [
            "  - Key: v",
            "  * Key: v",
            "  + Key: v",
            "  • Key: v",
            "  -Key: v",
        ] {
            assert_eq!(
                classify(line),
                Line::Bullet {
                    indent: 2,
                    text: "Key: v"
                },
                "{line:?}"
            );
        }
        assert_eq!(
            classify("\t- x"),
            Line::Bullet {
                indent: 4,
                text: "x"
            }
        );
        assert_eq!(
            classify("-x"),
            Line::Text {
                indent: 0,
                text: "-x"
            }
        );
        assert_eq!(classify("| a | b |"), Line::Row("| a | b |"));
    }

    #[test]
    fn keys_are_split_from_values() {
        for (text, key, value) in [
            ("Purpose: a: b", "Purpose", "a: b"),
            ("**Purpose**: a", "Purpose", "a"),
            ("**Purpose:** a", "Purpose", "a"),
            ("`Purpose`: a", "Purpose", "a"),
            ("purpose:a", "purpose", "a"),
            ("Purpose : a", "Purpose", "a"),
            ("GitOps:", "GitOps", ""),
            ("Dependencies (runtime): a", "Dependencies", "a"),
            ("Used By: a", "Used By", "a"),
        ] {
            assert_eq!(split_key(text), Some(KeyValue { key, value }), "{text:?}");
        }
        for text in [
            "https://a.b",
            "chores:5.8.0",
            "⚠️ SLOW: 5 minutes",
            ": x",
            "no key",
            "repo://x",
        ] {
            assert_eq!(split_key(text), None, "{text:?}");
        }
    }
}
