//! Tells services from prose. A paragraph taken for a P0 service would be an
//! outage every hour, a service taken for prose one that nobody sees; what is
//! doubtful is said.

use std::collections::HashMap;

use super::document::{Block, Document};
use super::headings;
use super::typed_fields;
use super::values;
use crate::model::Tier;

/// Longer than any name that Kubernetes takes.
const LONGEST_NAME: usize = 253;

/// What a heading below a section turns out to be.
pub(super) enum BlockKind {
    Service(Tier),
    /// It has a service's keys, but nothing gives it a tier.
    ServiceWithoutTier,
    Nameless,
    Prose,
    /// Prose, but a service may have been meant.
    DoubtfulProse,
}

/// The parts of a service's heading.
pub(super) struct Title {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) tier: Option<Tier>,
    pub(super) remark: Option<String>,
}

impl Title {
    /// `ecr-auth (ecr-credentials-sync)`: the bracket is an alias, or a tier.
    /// `mysql - the shop's data`: what follows the dash is a remark.
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

/// The key `Tier`, else the heading's bracket, else the section that the
/// heading stands in, else the section that has its number.
pub(super) fn tier_of(
    block: &Block,
    document: &Document,
    by_number: &HashMap<u32, Tier>,
    title: &Title,
) -> Option<Tier> {
    let section = block.section.and_then(|place| document.sections.get(place));
    let number = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    typed_fields::tier(&block.entries)
        .or(title.tier)
        .or_else(|| section.and_then(|section| section.tier))
        .or_else(|| number.and_then(|number| by_number.get(number).copied()))
}

/// Prose must not become a service: P0 without any workload is an outage.
pub(super) fn judge(
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
    let section = block.section.and_then(|place| document.sections.get(place));
    let shaped = values::is_object_name(&title.name);
    let one_word = !title.name.contains(char::is_whitespace);
    let has_keys = block.entries.iter().any(|entry| entry.key.is_some());
    // A bare name in a list of services is one; `# 1.3 old` between plain
    // headings is more likely a comment.
    let same_dress = section.is_none_or(|it| (it.hashes > 0) == (heading.hashes > 0));
    if title.name.is_empty() {
        let meant = tier.is_some() || !evidence.is_empty();
        return if meant {
            BlockKind::Nameless
        } else {
            BlockKind::Prose
        };
    }
    if title.name.len() > LONGEST_NAME {
        return BlockKind::DoubtfulProse;
    }
    match tier {
        Some(tier) if !evidence.is_empty() || (one_word && has_keys) || (shaped && same_dress) => {
            BlockKind::Service(tier)
        }
        Some(_) if one_word || has_keys => BlockKind::DoubtfulProse,
        None if evidence.len() > 1 || (shaped && evidence.len() == 1) => {
            BlockKind::ServiceWithoutTier
        }
        _ => BlockKind::Prose,
    }
}
