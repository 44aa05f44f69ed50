//! The file as sections, headings and keys. Values are still raw text.

use super::keys::Key;
use super::lines::Heading;
use crate::model::Tier;

#[derive(Default, Debug)]
pub(super) struct Document {
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

/// A heading and the lines below it, up to the next heading.
#[derive(Debug)]
pub(super) struct Block {
    /// `None` for the text above the first heading.
    pub(super) heading: Option<Heading>,
    /// The heading opens a section and is not a service.
    pub(super) opens_section: bool,
    pub(super) section: Option<usize>,
    /// Index of the heading's line.
    pub(super) line: usize,
    /// Index of the line after the last one.
    pub(super) end: usize,
    pub(super) entries: Vec<Entry>,
    /// Indices of the lines that are neither keys nor items.
    pub(super) prose: Vec<usize>,
}

/// A key with its value and the items below it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Option<Key>,
    /// The key as written. Empty for bullets without a key.
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

/// Used by the parser. All methods change the last block.
impl Document {
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

    /// Adds an entry and returns its index.
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

    /// Appends a continuation line to the entry's last text.
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
