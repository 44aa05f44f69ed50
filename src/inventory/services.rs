//! Walks the outline: makes a draft of every service, keeps the rest as
//! context.

use std::collections::HashMap;

use super::block_kind::{self, BlockKind, Title};
use super::diagnostic::{Sink, quote};
use super::document::{Block, Document};
use super::fields::{self, Draft};
use super::keys::Key;
use super::model::{ContextSection, Service};
use super::source::{Source, Span};
use crate::model::Tier;

/// Services that are read; a file with more is no homelab's.
const MOST_SERVICES: usize = 2_000;

/// The services of the file, not yet joined, and its prose.
pub(super) fn collect(
    document: &Document,
    sink: &mut Sink<'_, '_>,
) -> (Vec<Draft>, Vec<ContextSection>) {
    let tiers: HashMap<u32, Tier> = document
        .sections
        .iter()
        .rev() // the first of a number stays
        .filter_map(|section| Some((section.number?, section.tier?)))
        .collect();
    let mut collector = Collector {
        document,
        tiers,
        sink,
        drafts: Vec::new(),
        places: HashMap::new(),
    };
    let mut context = Vec::new();
    for block in &document.blocks {
        let prose = if collector.take(block) {
            remarks(block, collector.sink.source)
        } else {
            prose(block, collector.sink.source)
        };
        context.extend(prose);
    }
    (collector.drafts, context)
}

struct Collector<'a, 's, 't> {
    document: &'a Document,
    /// Tiers of the numbered sections.
    tiers: HashMap<u32, Tier>,
    sink: &'a mut Sink<'s, 't>,
    drafts: Vec<Draft>,
    /// Where the service of a name, in lower case, stands in `drafts`.
    places: HashMap<String, usize>,
}

impl Collector<'_, '_, '_> {
    /// Takes a block and says whether its heading is a service's.
    fn take(&mut self, block: &Block) -> bool {
        let title = Title::of(block);
        let tier = block_kind::tier_of(block, self.document, &self.tiers, &title);
        let span = self.sink.place(block.line, &title.name);
        let name = quote(&title.name);
        match block_kind::judge(block, self.document, tier, &title) {
            BlockKind::Service(tier) => {
                warn_of_misplaced(block, self.document, span, self.sink);
                self.add(block, title, tier, span);
                true
            }
            BlockKind::ServiceWithoutTier => {
                // A tier that cannot be read is an error already.
                if !block
                    .entries
                    .iter()
                    .any(|entry| entry.key == Some(Key::Tier))
                {
                    let message = format!("service {name} has no tier: it is taken for P3");
                    let help = "name the tier in the section's title, as in `1. Critical (P0)`, or add `- Tier: P1`";
                    self.sink.error(span, message, Some(help.to_owned()));
                }
                self.add(block, title, Tier::P3, span);
                true
            }
            BlockKind::Nameless => {
                let message = "this heading has no name: what is below it belongs to no service";
                self.sink.error(span, message, None);
                true
            }
            BlockKind::DoubtfulProse => {
                let help = "add `- Namespace: ...` if it is one".to_owned();
                self.sink
                    .warn(span, format!("{name} is not read as a service"), Some(help));
                false
            }
            BlockKind::Prose => false,
        }
    }

    /// Of two services of one name the more critical one stays.
    fn add(&mut self, block: &Block, title: Title, tier: Tier, span: Span) {
        if self.drafts.len() == MOST_SERVICES {
            let message = format!("only {MOST_SERVICES} services are read: this is one more");
            self.sink.error(span, message, None);
            return;
        }
        let draft = self.draft(block, title, tier, span);
        let key = draft.service.name.to_ascii_lowercase();
        let Some(place) = self.places.get(&key).copied() else {
            self.places.insert(key, self.drafts.len());
            self.drafts.push(draft);
            return;
        };
        let first = &self.drafts[place].service;
        let name = quote(&draft.service.name);
        let message = format!(
            "service {name} is listed twice: first in line {}",
            first.line
        );
        let help = "give each service one heading; the more critical one counts";
        self.sink.error(span, message, Some(help.to_owned()));
        if draft.service.tier < first.tier {
            self.drafts[place] = draft;
        }
    }

    fn draft(&mut self, block: &Block, title: Title, tier: Tier, span: Span) -> Draft {
        let mut service = Service::new(title.name, tier);
        service.aliases = title.aliases;
        service.line = block.line + 1;
        let mut draft = fields::read(service, span, &block.entries, self.sink);
        draft.service.purpose = draft.service.purpose.take().or(title.remark);
        draft
    }
}

fn warn_of_misplaced(block: &Block, document: &Document, span: Span, sink: &mut Sink<'_, '_>) {
    let own = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    let section = block.section.and_then(|place| document.sections.get(place));
    if let (Some(own), Some(section)) = (own, section)
        && section.tier.is_some()
        && section.number.is_some_and(|number| number != *own)
    {
        let message = format!(
            "a heading numbered {own}.x stands in section {}",
            quote(&section.title)
        );
        sink.warn(
            span,
            message,
            Some("the section it stands in gives its tier".to_owned()),
        );
    }
}

/// The text below a heading that is no service's.
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

/// Sentences between a service's keys are context too.
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
