//! The services of the document. The rest of it becomes context.

use std::collections::HashMap;

use super::block_kind::{self, BlockKind, Title};
use super::diagnostic::{Diagnostics, quote};
use super::document::{Block, Document};
use super::fields::{self, Draft};
use super::keys::Key;
use super::model::{ContextSection, Service};
use super::source::{Source, Span};
use crate::model::Tier;

/// Services that are read from one file.
const MAX_SERVICES: usize = 2_000;

/// The services of the file with unresolved dependencies, and its prose.
pub(super) fn collect(
    document: &Document,
    diagnostics: &mut Diagnostics<'_, '_>,
) -> (Vec<Draft>, Vec<ContextSection>) {
    let tiers: HashMap<u32, Tier> = document
        .sections
        .iter()
        .rev() // of two sections with one number the first counts
        .filter_map(|section| Some((section.number?, section.tier?)))
        .collect();
    let mut collector = Collector {
        document,
        tiers,
        diagnostics,
        drafts: Vec::new(),
        positions: HashMap::new(),
    };
    let mut context = Vec::new();
    for block in &document.blocks {
        let prose = if collector.add_block(block) {
            remarks(block, collector.diagnostics.source)
        } else {
            prose(block, collector.diagnostics.source)
        };
        context.extend(prose);
    }
    (collector.drafts, context)
}

struct Collector<'a, 's, 't> {
    document: &'a Document,
    /// Tiers of the numbered sections.
    tiers: HashMap<u32, Tier>,
    diagnostics: &'a mut Diagnostics<'s, 't>,
    drafts: Vec<Draft>,
    /// Indices in `drafts` by the name of the service in lower case.
    positions: HashMap<String, usize>,
}

impl Collector<'_, '_, '_> {
    /// Adds the service of a block, if it is one. Returns whether it is.
    fn add_block(&mut self, block: &Block) -> bool {
        let title = Title::of(block);
        let tier = block_kind::tier_of(block, self.document, &self.tiers, &title);
        let span = self.diagnostics.span(block.line, &title.name);
        let name = quote(&title.name);
        match block_kind::classify(block, self.document, tier, &title) {
            BlockKind::Service(tier) => {
                warn_of_wrong_section(block, self.document, span, self.diagnostics);
                self.add(block, title, tier, span);
                true
            }
            BlockKind::ServiceWithoutTier => {
                // An unreadable tier is reported by its key.
                if !block
                    .entries
                    .iter()
                    .any(|entry| entry.key == Some(Key::Tier))
                {
                    let message = format!("service {name} has no tier and is treated as P3");
                    let help = "add the tier to the title of the section, as in `1. Critical (P0)`, or add `- Tier: P1`";
                    self.diagnostics.error(span, message, Some(help.to_owned()));
                }
                self.add(block, title, Tier::P3, span);
                true
            }
            BlockKind::Nameless => {
                let message =
                    "this heading has no name, so the lines below it belong to no service";
                self.diagnostics.error(span, message, None);
                true
            }
            BlockKind::DoubtfulProse => {
                let help = "if it is a service, add `- Namespace: ...`".to_owned();
                self.diagnostics
                    .warn(span, format!("{name} is not read as a service"), Some(help));
                false
            }
            BlockKind::Prose => false,
        }
    }

    /// Of two services with the same name the more critical one is kept.
    fn add(&mut self, block: &Block, title: Title, tier: Tier, span: Span) {
        if self.drafts.len() == MAX_SERVICES {
            let message =
                format!("only {MAX_SERVICES} services are read, and this one is beyond the limit");
            self.diagnostics.error(span, message, None);
            return;
        }
        let draft = self.draft(block, title, tier, span);
        let key = draft.service.name.to_ascii_lowercase();
        let Some(index) = self.positions.get(&key).copied() else {
            self.positions.insert(key, self.drafts.len());
            self.drafts.push(draft);
            return;
        };
        let first = &self.drafts[index].service;
        let name = quote(&draft.service.name);
        let message = format!(
            "service {name} is listed twice, first in line {}",
            first.line
        );
        let help = "keep one heading per service; until then the more critical one counts";
        self.diagnostics.error(span, message, Some(help.to_owned()));
        if draft.service.tier < first.tier {
            self.drafts[index] = draft;
        }
    }

    fn draft(&mut self, block: &Block, title: Title, tier: Tier, span: Span) -> Draft {
        let mut service = Service::new(title.name, tier);
        service.aliases = title.aliases;
        service.line = block.line + 1;
        let mut draft = fields::read(service, span, &block.entries, self.diagnostics);
        draft.service.purpose = draft.service.purpose.take().or(title.remark);
        draft
    }
}

fn warn_of_wrong_section(
    block: &Block,
    document: &Document,
    span: Span,
    diagnostics: &mut Diagnostics<'_, '_>,
) {
    let own = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    let section = block.section.and_then(|index| document.sections.get(index));
    if let (Some(own), Some(section)) = (own, section)
        && section.tier.is_some()
        && section.number.is_some_and(|number| number != *own)
    {
        let message = format!(
            "a heading numbered {own}.x is in section {}",
            quote(&section.title)
        );
        diagnostics.warn(
            span,
            message,
            Some(
                "the service gets the tier of that section; move or renumber the heading"
                    .to_owned(),
            ),
        );
    }
}

/// The text below a heading that is not a service.
fn prose(block: &Block, source: &Source<'_>) -> Option<ContextSection> {
    let start = if block.heading.is_some() {
        block.line + 1
    } else {
        0
    };
    let text = source.text(start, block.end);
    let text = text.trim_end_matches(['-', '=', '*', '_', ' ', '\n']);
    section(block, text)
}

/// The sentences between the keys of a service.
fn remarks(block: &Block, source: &Source<'_>) -> Option<ContextSection> {
    let lines: Vec<&str> = block
        .prose
        .iter()
        .map(|index| source.line(*index).trim())
        .collect();
    section(block, &lines.join("\n"))
}

fn section(block: &Block, text: &str) -> Option<ContextSection> {
    let title = block
        .heading
        .as_ref()
        .map_or("", |heading| heading.title.as_str());
    (!text.trim().is_empty()).then(|| ContextSection {
        title: title.to_owned(),
        text: text.to_owned(),
    })
}
