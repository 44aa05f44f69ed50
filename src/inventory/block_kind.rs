//! Whether a block is a service or prose. Prose read as a P0 service would be an outage every hour,
//! and a service read as prose would not be monitored. Doubtful blocks get a diagnostic.

use std::collections::HashMap;

use super::document::{Block, Document};
use super::headings;
use super::typed_fields;
use super::values;
use crate::model::Tier;

/// The longest name that Kubernetes accepts.
const MAX_NAME: usize = 253;

/// What a block is.
pub(super) enum BlockKind {
    Service(Tier),
    /// It has the keys of a service, but no tier.
    ServiceWithoutTier,
    Nameless,
    Prose,
    /// Prose, but perhaps meant as a service.
    DoubtfulProse,
}

/// The parts of a heading.
pub(super) struct Title {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) tier: Option<Tier>,
    pub(super) remark: Option<String>,
}

impl Title {
    /// `ecr-auth (ecr-credentials-sync)`: an alias or a tier in brackets.
    /// `mysql - the shop's data`: a remark after the dash.
    pub(super) fn of(block: &Block) -> Self {
        let title = block
            .heading
            .as_ref()
            .map_or("", |heading| heading.title.as_str());
        let (body, note) = values::split_note(title);
        let clean = |text: &str| {
            text.trim()
                .trim_matches(['`', '*', '"', ':'])
                .trim()
                .to_owned()
        };
        let cut = [" - ", " – ", " — ", ": "]
            .iter()
            .find_map(|mark| body.split_once(mark));
        let (name, remark) = match cut {
            Some((name, remark)) if !name.trim().contains(char::is_whitespace) => {
                (name, Some(clean(remark)))
            }
            _ => (body, None),
        };
        let parts = note.map(values::split_list).unwrap_or_default();
        let name = clean(name);
        let aliases = parts
            .into_iter()
            .map(clean)
            .filter(|alias| {
                values::is_object_name(alias) && alias.parse::<Tier>().is_err() && *alias != name
            })
            .collect();
        Self {
            name,
            aliases,
            tier: headings::tier_in_bracket(title),
            remark,
        }
    }
}

/// The tier of the key `Tier`, else of the heading, else of the section that contains the heading,
/// else of the section with its number.
pub(super) fn tier_of(
    block: &Block,
    document: &Document,
    by_number: &HashMap<u32, Tier>,
    title: &Title,
) -> Option<Tier> {
    let section = block.section.and_then(|index| document.sections.get(index));
    let number = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    typed_fields::tier(&block.entries)
        .or(title.tier)
        .or_else(|| section.and_then(|section| section.tier))
        .or_else(|| number.and_then(|number| by_number.get(number).copied()))
}

/// Classifies a block. A service needs a tier and some evidence: a P0 service without a workload is
/// an outage.
pub(super) fn classify(
    block: &Block,
    document: &Document,
    tier: Option<Tier>,
    title: &Title,
) -> BlockKind {
    let Some(heading) = block.heading.as_ref().filter(|_| !block.opens_section) else {
        return BlockKind::Prose;
    };
    let mut evidence: Vec<u8> = block
        .entries
        .iter()
        .filter_map(|entry| entry.key?.evidence())
        .collect();
    evidence.sort_unstable();
    evidence.dedup();
    let section = block.section.and_then(|index| document.sections.get(index));
    let is_object_name = values::is_object_name(&title.name);
    let is_one_word = !title.name.contains(char::is_whitespace);
    let has_keys = block.entries.iter().any(|entry| entry.key.is_some());
    // A bare name among services is a service. `# 1.3 old` among plain headings is more likely a
    // comment.
    let has_same_style = section.is_none_or(|it| (it.hashes > 0) == (heading.hashes > 0));
    if title.name.is_empty() {
        let is_service = tier.is_some() || !evidence.is_empty();
        return if is_service {
            BlockKind::Nameless
        } else {
            BlockKind::Prose
        };
    }
    if title.name.len() > MAX_NAME {
        return BlockKind::DoubtfulProse;
    }
    match tier {
        Some(tier)
            if !evidence.is_empty()
                || (is_one_word && has_keys)
                || (is_object_name && has_same_style) =>
        {
            BlockKind::Service(tier)
        }
        Some(_) if is_one_word || has_keys => BlockKind::DoubtfulProse,
        None if evidence.len() > 1 || (is_object_name && evidence.len() == 1) => {
            BlockKind::ServiceWithoutTier
        }
        _ => BlockKind::Prose,
    }
}
