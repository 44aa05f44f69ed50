//! Lines to a [`Document`], in one pass. The parser keeps the open heading, the open key and the
//! open key below `GitOps`. It neither recurses nor looks ahead, so deep nesting costs nothing.

use super::document::{Document, Entry, Section, Value};
use super::headings::{self, HeadingContext, HeadingRole, PreviousLine};
use super::keys::Key;
use super::lines::{self, Heading, KeyValue, Line};
use super::source::{Mask, Source};

/// Parses the whole file.
pub(super) fn parse(source: &Source<'_>) -> Document {
    let mut parser = Parser::new();
    for index in 0..source.len() {
        match source.mask(index) {
            Mask::None => parser.read_line(index, lines::classify(source.line(index))),
            Mask::Code | Mask::Comment => parser.skip(),
        }
    }
    parser.finish(source.len())
}

/// An entry that further items belong to, with its indent.
#[derive(Copy, Clone)]
struct Open {
    entry: usize,
    /// `None` when a heading opened it: everything is below it.
    indent: Option<usize>,
}

impl Open {
    fn is_above(self, indent: usize) -> bool {
        self.indent.is_none_or(|own| indent > own)
    }
}

pub(super) struct Parser {
    document: Document,
    top: Option<Open>,
    /// The open key below `GitOps`.
    sub: Option<Open>,
    /// Indent of the last bullet. A deeper line right after it continues it.
    last_indent: usize,
    last_number: u32,
    before: PreviousLine,
    table: bool,
}

impl Parser {
    pub(super) fn new() -> Self {
        let mut parser = Self {
            document: Document::default(),
            top: None,
            sub: None,
            last_indent: 0,
            last_number: 0,
            before: PreviousLine::Blank,
            table: false,
        };
        parser.open_block(None, false, 0);
        parser
    }

    pub(super) fn finish(mut self, end: usize) -> Document {
        self.document.close_block(end);
        self.document
    }

    /// Skips a line of a code block or a comment.
    pub(super) fn skip(&mut self) {
        self.table = false;
    }

    /// Reads the next line.
    pub(super) fn read_line(&mut self, index: usize, line: Line<'_>) {
        let in_table = std::mem::take(&mut self.table);
        match line {
            Line::Blank => self.before = PreviousLine::Blank,
            Line::Rule => {
                self.close_keys();
                self.before = PreviousLine::Blank;
            }
            Line::Row(row) => {
                if !in_table {
                    self.document.tables.push(Vec::new());
                }
                if let Some(table) = self.document.tables.last_mut() {
                    table.push((index, row.to_owned()));
                }
                self.table = true;
                self.before = PreviousLine::Blank;
            }
            Line::Heading(heading) => self.heading(index, heading),
            Line::Bullet { indent, text } => self.bullet(index, indent, text),
            Line::Text { indent, text } => self.text(index, indent, text),
        }
    }

    fn heading(&mut self, index: usize, heading: Heading) {
        match headings::role(&heading, &self.heading_context()) {
            Some(HeadingRole::Section) => {
                if let Some(number) = heading.number.first() {
                    self.last_number = *number;
                }
                self.document.sections.push(Section {
                    number: heading.number.first().copied(),
                    tier: headings::tier_in_title(&heading.title),
                    title: heading.title.clone(),
                    hashes: heading.hashes,
                });
                self.open_block(Some(heading), true, index);
            }
            Some(HeadingRole::Service) => self.open_block(Some(heading), false, index),
            Some(HeadingRole::Subheading) => self.subheading(index, &heading),
            None => self.not_a_heading(index, &heading),
        }
    }

    fn heading_context(&self) -> HeadingContext {
        let block = self
            .document
            .blocks
            .last()
            .filter(|block| !block.opens_section);
        HeadingContext {
            section_hashes: self.document.sections.last().map(|section| section.hashes),
            block_hashes: block
                .and_then(|block| block.heading.as_ref())
                .map_or(0, |own| own.hashes),
            last_number: self.last_number,
            key_indent: self.top.and_then(|top| top.indent),
            before: self.before,
        }
    }

    /// A heading inside a service. `#### Known Issues` is read as the key of that name, any other
    /// heading only ends the open key.
    fn subheading(&mut self, index: usize, heading: &Heading) {
        self.close_keys();
        let title = heading.title.trim_end_matches(':');
        if let Some(key) = Key::of(title) {
            let entry = self.push_entry(Some(key), title.to_owned(), index, Value::default());
            self.top = Some(Open {
                entry,
                indent: None,
            });
            self.before = PreviousLine::Blank;
        } else {
            self.prose(index);
        }
    }

    fn not_a_heading(&mut self, index: usize, heading: &Heading) {
        if heading.hashes > 0 {
            // A comment does not separate the lines around it.
            let before = self.before;
            self.prose(index);
            self.before = before;
        } else if heading.bold {
            self.text(index, heading.indent, &heading.title);
        } else if heading.number.len() == 1
            && self.top.is_some_and(|top| top.is_above(heading.indent))
        {
            self.bullet(index, heading.indent, &heading.title);
        } else {
            let number: Vec<String> = heading.number.iter().map(u32::to_string).collect();
            let dot = if number.len() == 1 { "." } else { "" };
            let text = format!("{}{dot} {}", number.join("."), heading.title);
            self.text(index, heading.indent, text.trim());
        }
    }

    fn bullet(&mut self, index: usize, indent: usize, text: &str) {
        self.before = PreviousLine::Bullet;
        self.last_indent = indent;
        let split = lines::split_key(text);
        let key = split.as_ref().and_then(|split| Key::of(split.key));
        match self.top.filter(|top| top.is_above(indent)) {
            Some(top) => self.nested(top, index, indent, text, split, key),
            None => self.at_top(index, indent, text, split, key),
        }
    }

    fn at_top(
        &mut self,
        index: usize,
        indent: usize,
        text: &str,
        split: Option<KeyValue<'_>>,
        key: Option<Key>,
    ) {
        if let Some(split) = split {
            let value = Value::new(split.value, index);
            let entry = self.push_entry(key, split.key.to_owned(), index, value);
            self.top = Some(Open {
                entry,
                indent: Some(indent),
            });
            self.sub = None;
            return;
        }
        // Items that are not indented below their key still belong to it.
        let item = Value::new(text, index);
        let open = self.top.map(|top| top.entry);
        if let Some(entry) = open.filter(|entry| self.takes_items(*entry)) {
            self.document.push_item(entry, item);
        } else {
            let entry = self.push_entry(None, String::new(), index, item);
            self.top = Some(Open {
                entry,
                indent: Some(indent),
            });
            self.sub = None;
        }
    }

    fn nested(
        &mut self,
        top: Open,
        index: usize,
        indent: usize,
        text: &str,
        split: Option<KeyValue<'_>>,
        key: Option<Key>,
    ) {
        let item = Value::new(text, index);
        let Some(parent) = self.document.entries().get(top.entry) else {
            return;
        };
        let group = parent.key == Some(Key::GitOps);
        let scalar = parent.key.is_some_and(|key| !key.is_list());
        match split {
            Some(split) if group => {
                if let Some(sub) = self.sub.filter(|sub| sub.is_above(indent) && key.is_none()) {
                    self.document.push_item(sub.entry, item);
                } else {
                    let value = Value::new(split.value, index);
                    let entry = self.push_entry(key, split.key.to_owned(), index, value);
                    self.sub = Some(Open {
                        entry,
                        indent: Some(indent),
                    });
                }
            }
            // A key that was indented below another key by mistake.
            Some(split) if scalar && key.is_some() => {
                let value = Value::new(split.value, index);
                let entry = self.push_entry(key, split.key.to_owned(), index, value);
                self.top = Some(Open {
                    entry,
                    indent: Some(indent),
                });
            }
            _ => {
                let sub = self.sub.filter(|sub| sub.is_above(indent));
                self.document
                    .push_item(sub.map_or(top.entry, |sub| sub.entry), item);
            }
        }
    }

    fn text(&mut self, index: usize, indent: usize, text: &str) {
        let continues = self.before == PreviousLine::Bullet && indent > self.last_indent;
        if continues && self.top.is_some() {
            if let Some(open) = self.sub.or(self.top) {
                self.document.continue_value(open.entry, text);
            }
            return;
        }
        let split = lines::split_key(text);
        let key = split.as_ref().and_then(|split| Key::of(split.key));
        if key.is_some() && self.before != PreviousLine::Prose {
            self.at_top(index, indent, text, split, key);
            self.before = PreviousLine::Bullet;
            self.last_indent = indent;
        } else {
            self.prose(index);
        }
    }

    fn prose(&mut self, index: usize) {
        self.before = PreviousLine::Prose;
        self.document.push_prose(index);
    }

    fn push_entry(&mut self, key: Option<Key>, name: String, line: usize, value: Value) -> usize {
        self.document.push_entry(Entry {
            key,
            name,
            line,
            value,
            items: Vec::new(),
        })
    }

    fn takes_items(&self, entry: usize) -> bool {
        self.document
            .entries()
            .get(entry)
            .is_some_and(|entry| entry.key.is_none_or(Key::is_list))
    }

    fn open_block(&mut self, heading: Option<Heading>, opens_section: bool, line: usize) {
        self.document.open_block(heading, opens_section, line);
        self.close_keys();
        self.before = PreviousLine::Blank;
    }

    fn close_keys(&mut self) {
        self.top = None;
        self.sub = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        parse(&Source::new(text))
    }

    /// Key, value and items of every entry of the last block.
    fn entries(text: &str) -> Vec<String> {
        let document = read(text);
        document.blocks.last().map_or_else(Vec::new, |block| {
            block
                .entries
                .iter()
                .map(|entry| {
                    let items: Vec<&str> =
                        entry.items.iter().map(|item| item.text.as_str()).collect();
                    format!("{}={}[{}]", entry.name, entry.value.text, items.join("|"))
                })
                .collect()
        })
    }

    fn titles(text: &str) -> Vec<String> {
        let document = read(text);
        document
            .blocks
            .iter()
            .filter_map(|block| block.heading.as_ref())
            .map(|heading| heading.title.clone())
            .collect()
    }

    #[test]
    fn keys_and_items_at_any_indent() {
        for (text, expected) in [
            ("- Purpose: a\n- Image: b", vec!["Purpose=a[]", "Image=b[]"]),
            (
                "  - Known Issues:\n    - a\n      - b\n  - Image: c",
                vec!["Known Issues=[a|b]", "Image=c[]"],
            ),
            (
                "- Known Issues:\n- a b\n- Image: c",
                vec!["Known Issues=[a b]", "Image=c[]"],
            ),
            ("- Known Issues: x\n\t- y: z", vec!["Known Issues=x[y: z]"]),
            (
                "- Known Issues:\n  1. a\n  2. b",
                vec!["Known Issues=[a|b]"],
            ),
            (
                "- GitOps:\n  - Chart: a\n    - b\n  - Repo: c\n- Image: d",
                vec!["GitOps=[]", "Chart=a[b]", "Repo=c[]", "Image=d[]"],
            ),
            ("- Purpose: a\n  b\n\n  c", vec!["Purpose=a b[]"]),
            (
                "- Purpose: a\n    - Namespace: b\n    - Image: c",
                vec!["Purpose=a[]", "Namespace=b[]", "Image=c[]"],
            ),
            (
                "Purpose: a\nImage: b\nNothing: c",
                vec!["Purpose=a[]", "Image=b[]"],
            ),
            ("**Purpose:** a", vec!["Purpose=a[]"]),
            ("- loose\n- Image: a", vec!["=loose[]", "Image=a[]"]),
        ] {
            assert_eq!(entries(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_subheading_named_like_a_key_is_that_key() {
        let text =
            "## 1. A (P0)\n### 1.1 a\n#### Known Issues\n- x\n- y: z\n#### Notes\n- Image: i";
        assert_eq!(entries(text), ["Known Issues=[x|y: z]", "Image=i[]"]);
    }

    #[test]
    fn lists_and_sentences_are_not_headings() {
        for (text, expected) in [
            (
                "1. A (P0)\n\n1.1 a\n\n2. B (P1)\n\n2.1 b",
                vec!["A (P0)", "a", "B (P1)", "b"],
            ),
            (
                "Title\n1. A (P0)\n1.1 a\n- Image: x\n1.2 b",
                vec!["A (P0)", "a", "b"],
            ),
            (
                "1. A (P0)\n\n1. do this\n2. do that\n\n1.1 a",
                vec!["A (P0)", "a"],
            ),
            ("1. A (P0)\n\nIt took\n1.5 minutes or more.", vec!["A (P0)"]),
            (
                "1. A (P0)\n1.1 a\n- Purpose: up\n  1.5 times",
                vec!["A (P0)", "a"],
            ),
            (
                "## A (P0)\n### a\n### b\n## Notes\n### c",
                vec!["A (P0)", "a", "b", "Notes", "c"],
            ),
            (
                "1. A (P0)\n\n# a comment\n# - Image: x\n1.1 a",
                vec!["A (P0)", "a"],
            ),
            (
                "**1. A (P0)**\n\n**1.1 a**\n\n**Note**\n",
                vec!["A (P0)", "a"],
            ),
            ("1. A (P0)\n```\n1.1 a\n```\n", vec!["A (P0)"]),
            (
                "## 1. A (P0)\n\n### 1.1 a\n\n1. do\n\n2. that\n",
                vec!["A (P0)", "a"],
            ),
        ] {
            assert_eq!(titles(text), expected, "{text:?}");
        }
    }
}
