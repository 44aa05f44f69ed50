//! The extent of a value in free text: quoted, unquoted, to the end of its line, or a block of lines.

/// The maximum length of an unquoted value in brackets.
const FLOW_MAX: usize = 1024;

/// The extent of a value in the text, in bytes, without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

impl Extent {
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The offset of the first byte that is neither space nor tab.
pub(super) fn skip_blanks(text: &str, from: usize) -> usize {
    let blanks = |b: &u8| matches!(b, b' ' | b'\t');
    from + text.as_bytes()[from..]
        .iter()
        .take_while(|b| blanks(b))
        .count()
}

/// The offset, limited to the text and moved back to a character boundary.
pub(super) fn char_end(text: &str, offset: usize) -> usize {
    let mut end = text.len().min(offset);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// A quoted value up to the quote of the same depth, or to the end of the line. The quotes may be
/// escaped (`\"`, JSON within JSON).
pub(super) fn quoted(text: &str, from: usize) -> Option<Extent> {
    let bytes = text.as_bytes();
    let depth = bytes[from..].iter().take_while(|&&b| b == b'\\').count();
    let quote = *bytes.get(from + depth).filter(|b| is_quote(**b))?;
    let start = from + depth + 1;
    let (mut at, mut escapes) = (start, 0);
    while at < bytes.len() && bytes[at] != b'\n' {
        if bytes[at] == quote {
            let doubled = quote == b'\'' && depth == 0 && bytes.get(at + 1) == Some(&b'\'');
            let closes = if depth == 0 {
                escapes % 2 == 0
            } else {
                escapes <= depth
            };
            if doubled {
                at += 1;
            } else if closes {
                let end = at - if depth == 0 { 0 } else { escapes };
                return Some(Extent {
                    start,
                    end,
                    quoted: true,
                });
            }
        }
        escapes = if bytes[at] == b'\\' { escapes + 1 } else { 0 };
        at += 1;
    }
    Some(Extent {
        start,
        end: at,
        quoted: true,
    })
}

/// An unquoted value of one word. Commas and the like belong to it unless the next pair follows,
/// because a secret may contain them.
pub(super) fn word(text: &str, start: usize, opener: Option<u8>) -> Extent {
    let bytes = text.as_bytes();
    let mut end = start;
    while end < bytes.len() && !ends_word(bytes, end, opener) {
        end += 1;
    }
    // Only ASCII bytes end a word, so this is a boundary of characters.
    let end = start + strip_closers(&text[start..end]).len();
    Extent {
        start,
        end,
        quoted: false,
    }
}

fn ends_word(bytes: &[u8], at: usize, opener: Option<u8>) -> bool {
    let next = bytes.get(at + 1).copied();
    let then_free = next.is_none_or(|b| !b.is_ascii_alphanumeric());
    match bytes[at] {
        b if b.is_ascii_whitespace() || b.is_ascii_control() => true,
        b if is_quote(b) => opener == Some(b) || then_free,
        b'\\' => match next {
            Some(b'n' | b'r' | b't') => true,
            Some(b'u') => bytes[at..].starts_with(b"\\u0026"),
            Some(b) if is_quote(b) => true,
            _ => false,
        },
        b',' | b';' | b'&' => {
            next.is_none_or(|b| b.is_ascii_whitespace() || is_quote(b))
                || begins_pair(bytes, at + 1)
        }
        _ => false,
    }
}

/// Whether a name and a separator follow, perhaps after a blank. An `=` at the end of a word is the
/// padding of a value.
fn begins_pair(bytes: &[u8], from: usize) -> bool {
    let rest = &bytes[from.min(bytes.len())..];
    let rest = rest
        .strip_prefix(b" ")
        .or_else(|| rest.strip_prefix(b"amp;"))
        .unwrap_or(rest);
    let name = rest
        .iter()
        .take(40)
        .take_while(|b| is_name_byte(**b))
        .count();
    name > 0
        && match rest.get(name) {
            Some(b':') => true,
            Some(b'=') => !is_end(&rest[name + 1..]),
            _ => false,
        }
}

/// Whether a word ends here or with a quote here.
fn is_end(rest: &[u8]) -> bool {
    match rest {
        [] | [b'=', ..] => true,
        [b, then @ ..] if is_quote(*b) => !then.first().is_some_and(u8::is_ascii_alphanumeric),
        [b, ..] => b.is_ascii_whitespace() || b.is_ascii_control(),
    }
}

/// Removes closing brackets that were opened before the value.
fn strip_closers(word: &str) -> &str {
    let mut word = word;
    while let Some(last @ (')' | ']' | '}')) = word.chars().next_back() {
        let open = match last {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        let count = |c: char| word.matches(c).count();
        if count(open) >= count(last) {
            break;
        }
        word = &word[..word.len() - 1];
    }
    word
}

/// Up to the next blank, like the value of a shell variable.
pub(super) fn bare(text: &str, start: usize) -> Extent {
    let end = text[start..].find(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    Extent {
        start,
        end: end.map_or(text.len(), |end| start + end),
        quoted: false,
    }
}

/// To the end of the line, without a comment; to a quote if one was opened
/// before the name.
pub(super) fn line(text: &str, start: usize, opener: Option<u8>) -> Extent {
    let rest = &text[start..];
    let end = rest
        .bytes()
        .position(|b| b == b'\n' || Some(b) == opener)
        .unwrap_or(rest.len());
    let rest = rest[..end].split(" #").next().unwrap_or_default();
    let rest = rest.trim_end().trim_end_matches('\\');
    Extent {
        start,
        end: start + rest.len(),
        quoted: false,
    }
}

/// A value within `{...}` or `[...]`: to the comma or bracket that ends it.
pub(super) fn flow(text: &str, start: usize, opener: Option<u8>) -> Extent {
    let bytes = text.as_bytes();
    let ends = |at: usize| match bytes[at] {
        b'\n' => true,
        b'}' | b']' | b')' => !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
        b',' | b';' | b'&' => begins_pair(bytes, at + 1) || ends_word(bytes, at, opener),
        b'\\' => ends_word(bytes, at, opener),
        b => is_quote(b),
    };
    let last = bytes.len().min(start + FLOW_MAX);
    let end = (start..last).find(|&at| ends(at)).unwrap_or(last);
    let end = (0..=end)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(start);
    let value = text[start..end].trim_end();
    Extent {
        start,
        end: start + value.len(),
        quoted: false,
    }
}

/// The header of a block scalar: `|`, `>-`, `|2+`.
pub(super) fn is_block_header(text: &str, start: usize) -> bool {
    let line = text[start..].lines().next().unwrap_or_default();
    let header = line.split(" #").next().unwrap_or_default().trim_end();
    header.starts_with(['|', '>']) && header[1..].bytes().all(|b| b"+-0123456789".contains(&b))
}

/// The lines of a block scalar whose key is at a column.
pub(super) fn block(text: &str, header: usize, column: usize) -> Option<Extent> {
    let first = header + text[header..].find('\n')? + 1;
    let (mut at, mut start, mut end) = (first, None, first);
    for line in text[first..].split_inclusive('\n') {
        let content = line.trim_start();
        if !content.is_empty() {
            let indent = line.len() - content.len();
            if indent <= column {
                break;
            }
            start.get_or_insert(at + indent);
            end = at + line.trim_end().len();
        }
        at += line.len();
    }
    start.map(|start| Extent {
        start,
        end,
        quoted: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_end_at_their_own_quote() {
        for (text, value) in [
            (r#""abc" x"#, "abc"),
            (r#""a\"c" x"#, r#"a\"c"#),
            (r"'it''s' x", "it''s"),
            (r"'' x", ""),
            (r#"\"abc\" x"#, "abc"),
            (r#"\\\"a\\\" x"#, "a"),
            ("\"open\nnext", "open"),
        ] {
            let extent = quoted(text, 0).expect(text);
            assert_eq!(extent.of(text), value, "{text}");
        }
    }

    #[test]
    fn words_end_where_the_next_pair_begins() {
        for (text, value) in [
            ("abc def", "abc"),
            ("a,b;c&d", "a,b;c&d"),
            ("abc&user=x", "abc"),
            ("abc, user=x", "abc"),
            ("a;;,_Aa0=' http://x", "a;;,_Aa0="),
            ("a&b==", "a&b=="),
            ("a&b='x'", "a"),
            ("a(b)c)", "a(b)c"),
            ("$(VAR))", "$(VAR)"),
            ("abc\\nuser: x", "abc"),
            ("it's me", "it's"),
            ("abc\",\"x\":1", "abc"),
        ] {
            assert_eq!(word(text, 0, None).of(text), value, "{text}");
        }
    }
}
