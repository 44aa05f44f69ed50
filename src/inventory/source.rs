//! The decoded text of the file and its lines.

/// A location in the file. Line and column count from 1, column and width are in characters.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) width: usize,
}

/// The decoded text, and the location of the first bytes that are not UTF-8.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) invalid: Option<(Span, &'static str)>,
}

/// Decodes UTF-8. Invalid bytes, control characters and characters that reorder text become U+FFFD,
/// one for one, so that columns stay correct.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let invalid = std::str::from_utf8(bytes).err().map(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = valid.matches('\n').count() + 1;
        let last = valid.rsplit('\n').next().unwrap_or_default();
        let column = last.trim_start_matches('\u{feff}').chars().count() + 1;
        let message = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "the file is UTF-16"
        } else {
            "these bytes are not UTF-8"
        };
        (
            Span {
                line,
                column,
                width: 1,
            },
            message,
        )
    });
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Decoded {
        text: text.chars().map(sanitize).collect(),
        invalid,
    }
}

fn sanitize(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ if c.is_control() => '\u{fffd}',
        _ => c,
    }
}

/// Why a line is not read.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Mask {
    #[default]
    None,
    Code,
    Comment,
}

/// A text is searched in this many bytes of a line.
const MAX_SEARCH: usize = 65_536;

/// The lines of a decoded text.
pub(super) struct Source<'t> {
    lines: Vec<&'t str>,
    masked: Vec<Mask>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // Classic Mac OS ends lines with a carriage return only.
        let end = if text.contains('\n') { '\n' } else { '\r' };
        let lines: Vec<&str> = text
            .split(end)
            .map(|line| line.trim_end_matches('\r'))
            .collect();
        let masked = mask(&lines);
        Self { lines, masked }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line with this index, counted from 0.
    pub(super) fn line(&self, index: usize) -> &'t str {
        self.lines.get(index).copied().unwrap_or_default()
    }

    /// Whether the line is in a code block or a comment.
    pub(super) fn mask(&self, index: usize) -> Mask {
        self.masked.get(index).copied().unwrap_or_default()
    }

    /// The lines `from..to` (indices) as one trimmed text.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        self.lines
            .get(from..to)
            .unwrap_or_default()
            .join("\n")
            .trim_matches('\n')
            .trim_end()
            .to_owned()
    }

    /// The location of `part` in a line. When it is not there, because it was joined from several
    /// lines or cleaned, the location of the whole text.
    pub(super) fn find(&self, index: usize, part: &str) -> Span {
        let line = self.line(index);
        // Only the beginning of very long lines is searched.
        let line = &line[..line.floor_char_boundary(MAX_SEARCH)];
        let whole = line.trim();
        let part = if part.is_empty() || !line.contains(part) {
            whole
        } else {
            part
        };
        let start = line.find(part).unwrap_or_default();
        Span {
            line: index + 1,
            column: line[..start].chars().count() + 1,
            width: part.chars().count().max(1),
        }
    }
}

/// Masks code blocks and HTML comments. One that is never closed masks nothing, because it would
/// hide the rest of the file.
fn mask(lines: &[&str]) -> Vec<Mask> {
    const FENCES: [(&str, &str, Mask); 3] = [
        ("```", "```", Mask::Code),
        ("~~~", "~~~", Mask::Code),
        ("<!--", "-->", Mask::Comment),
    ];
    let mut masked = vec![Mask::None; lines.len()];
    let mut open: Option<(usize, &str, Mask)> = None;
    for (index, line) in lines.iter().enumerate() {
        let text = line.trim();
        if let Some((start, closing, kind)) = open {
            if closes(text, closing) {
                masked[start..=index].fill(kind);
                open = None;
            }
        } else if let Some((_, closing, kind)) = FENCES
            .iter()
            .find(|(opening, ..)| text.starts_with(opening))
        {
            if *kind == Mask::Comment && text.contains(closing) {
                masked[index] = if text.ends_with(closing) {
                    *kind
                } else {
                    Mask::None
                };
            } else {
                open = Some((index, closing, *kind));
            }
        }
    }
    masked
}

fn closes(text: &str, closing: &str) -> bool {
    if closing == "-->" {
        text.contains(closing)
    } else {
        text.starts_with(closing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_bytes_that_are_not_utf8() {
        let decoded = decode(b"\xef\xbb\xbfab\ncd\xff\n");
        assert_eq!(decoded.text, "ab\ncd\u{fffd}\n");
        let (span, _) = decoded.invalid.expect("a location");
        assert_eq!((span.line, span.column), (2, 3));
        let (span, message) = decode(b"\xff\xfe1\0").invalid.expect("a location");
        assert_eq!(
            (span.line, span.column, message),
            (1, 1, "the file is UTF-16")
        );
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(decode(b"a\x1b[31m\tb").text, "a\u{fffd}[31m\tb");
    }

    #[test]
    fn all_line_endings_are_recognized() {
        for text in ["a\nb", "a\r\nb", "a\rb"] {
            let source = Source::new(text);
            assert_eq!((source.line(0), source.line(1)), ("a", "b"), "{text:?}");
        }
    }

    #[test]
    fn only_closed_blocks_are_masked() {
        let masked = |text| -> String {
            Source::new(text)
                .masked
                .iter()
                .map(|mask| match mask {
                    Mask::None => '.',
                    Mask::Code => 'c',
                    Mask::Comment => '!',
                })
                .collect()
        };
        assert_eq!(masked("a\n```sh\nb\n```\nc"), ".ccc.");
        assert_eq!(masked("a\n```\nb\nc"), "....");
        assert_eq!(masked("<!-- a -->\nb\n<!--\nc\n-->"), "!.!!!");
    }
}
