//! Puts lines together: sections, the headings below them, and under each
//! heading its keys with their values, still as raw text.
//!
//! The types are here, the pass over the lines in [`super::builder`], the
//! question what a heading opens in [`super::headings`].

use super::keys::Key;
use super::lines::{self, Heading};
use super::parser::Builder;
use super::source::{Mask, Source};
use crate::model::Tier;

#[derive(Default, Debug)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    pub(super) blocks: Vec<Block>,
    /// Runs of table rows: index of the line, the row.
    pub(super) tables: Vec<Vec<(usize, String)>>,
}

#[derive(Debug)]
pub(super) struct Section {
    pub(super) number: Option<u32>,
    pub(super) tier: Option<Tier>,
    pub(super) title: String,
    pub(super) hashes: usize,
}

/// A heading with what stands below it, up to the next one.
#[derive(Debug)]
pub(super) struct Block {
    /// `None` for the text above the first heading.
    pub(super) heading: Option<Heading>,
    /// The heading opens a section, and so names no service.
    pub(super) opens_section: bool,
    pub(super) section: Option<usize>,
    /// Index of the heading's line.
    pub(super) line: usize,
    /// Index of the line after the last one.
    pub(super) end: usize,
    pub(super) entries: Vec<Entry>,
    /// Indices of lines that are neither keys nor items.
    pub(super) prose: Vec<usize>,
}

/// A key with its value and the items below it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Option<Key>,
    /// The key as written; empty for bullets that belong to no key.
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: Value,
    pub(super) items: Vec<Value>,
}

impl Entry {
    /// Value and items as one text.
    pub(super) fn joined(&self) -> Option<String> {
        let texts: Vec<&str> = self.values().map(|value| value.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    /// The value and the items, without the empty ones.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.value)
            .chain(&self.items)
            .filter(|value| !value.text.is_empty())
    }
}

/// A text and the index of the line it starts on.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Value {
    pub(super) fn new(text: &str, line: usize) -> Self {
        Self {
            text: text.to_owned(),
            line,
        }
    }
}

/// Reads the whole file.
pub(super) fn outline(source: &Source<'_>) -> Outline {
    let mut builder = Builder::new();
    for index in 0..source.len() {
        match source.mask(index) {
            Mask::None => builder.take(index, lines::classify(source.line(index))),
            Mask::Code | Mask::Comment => builder.skip(),
        }
    }
    builder.finish(source.len())
}

/// What the pass over the lines does to the block that is open.
impl Outline {
    pub(super) fn open_block(
        &mut self,
        heading: Option<Heading>,
        opens_section: bool,
        line: usize,
    ) {
        self.close_block(line);
        self.blocks.push(Block {
            heading,
            opens_section,
            section: self.sections.len().checked_sub(1),
            line,
            end: line,
            entries: Vec::new(),
            prose: Vec::new(),
        });
    }

    pub(super) fn close_block(&mut self, end: usize) {
        if let Some(block) = self.blocks.last_mut() {
            block.end = end;
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        self.blocks.last().map_or(&[], |block| &block.entries)
    }

    /// Adds an entry and gives its position.
    pub(super) fn push_entry(&mut self, entry: Entry) -> usize {
        let Some(block) = self.blocks.last_mut() else {
            return 0;
        };
        block.entries.push(entry);
        block.entries.len() - 1
    }

    pub(super) fn push_item(&mut self, entry: usize, item: Value) {
        if let Some(entry) = self.entry_mut(entry) {
            entry.items.push(item);
        }
    }

    pub(super) fn push_prose(&mut self, line: usize) {
        if let Some(block) = self.blocks.last_mut() {
            block.prose.push(line);
        }
    }

    /// A line that goes on with the entry's last text.
    pub(super) fn continue_value(&mut self, entry: usize, text: &str) {
        if let Some(entry) = self.entry_mut(entry) {
            let value = entry.items.last_mut().unwrap_or(&mut entry.value);
            if !value.text.is_empty() {
                value.text.push(' ');
            }
            value.text.push_str(text);
        }
    }

    fn entry_mut(&mut self, entry: usize) -> Option<&mut Entry> {
        self.blocks.last_mut()?.entries.get_mut(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outline {
        outline(&Source::new(text))
    }

    /// Key, value and items of every entry of the last block.
    fn entries(text: &str) -> Vec<String> {
        let outline = read(text);
        outline.blocks.last().map_or_else(Vec::new, |block| {
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
        let outline = read(text);
        outline
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
    fn a_deeper_heading_named_like_a_key_stands_for_it() {
        let text =
            "## 1. A (P0)\n### 1.1 a\n#### Known Issues\n- x\n- y: z\n#### Notes\n- Image: i";
        assert_eq!(entries(text), ["Known Issues=[x|y: z]", "Image=i[]"]);
    }

    #[test]
    fn headings_are_told_from_lists_and_sentences() {
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
