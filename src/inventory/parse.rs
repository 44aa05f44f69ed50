//! The services file, from bytes to [`Inventory`]: decode, outline, tell
//! services from prose, read their keys, fill in from tables, join by name.

use std::collections::HashMap;

use super::fields::{self, Draft};
use super::graph::Inventory;
use super::keys::Key;
use super::lines::{self, Line};
use super::lint::{Sink, quote};
use super::model::{ContextSection, Service, Tier};
use super::outline::{self, Block, Outline};
use super::source::{self, Mask, Source, Span};
use super::{links, roles, table, values};

/// Services that are read; a file with more is no homelab's.
const MOST_SERVICES: usize = 2_000;
/// Longer than any name that Kubernetes takes.
const LONGEST_NAME: usize = 253;

/// Reads a services file.
///
/// Never fails and never panics: what cannot be read becomes a diagnostic,
/// the rest is read. Time and memory grow linearly with the bytes.
#[must_use]
pub fn parse(bytes: &[u8]) -> Inventory {
    let decoded = source::decode(bytes);
    let source = Source::new(&decoded.text);
    let mut sink = Sink::new(&source);
    if let Some((span, message)) = decoded.broken {
        sink.error(span, message, Some("save the file as UTF-8".to_owned()));
    }
    let outline = outline::outline(&source);
    warn_of_hidden(&mut sink);
    let mut context = Vec::new();
    let mut drafts = drafts(&outline, &mut sink, &mut context);
    table::apply(&mut drafts, &outline.tables, &mut sink);
    drop_shared_aliases(&mut drafts, &mut sink);
    complete(&mut drafts, &mut sink);
    links::resolve(&mut drafts, &mut sink);
    let mut services: Vec<Service> = drafts.into_iter().map(|draft| draft.service).collect();
    roles::mark_ingress_controllers(&mut services);
    if services.is_empty() {
        sink.error(
            Span {
                line: 1,
                column: 1,
                width: 1,
            },
            "there is no service in this file",
            Some(
                "begin with a section such as `1. Critical (P0)` and a heading such as `1.1 api`"
                    .to_owned(),
            ),
        );
    }
    let repository = repository(&services, &outline);
    Inventory {
        services,
        diagnostics: sink.finish(),
        repository,
        context,
    }
}

/// What a heading below a section turns out to be.
enum Verdict {
    Service(Tier),
    /// It has a service's keys, but nothing gives it a tier.
    ServiceWithoutTier,
    Nameless,
    Prose,
    /// Prose, but a service may have been meant.
    DoubtfulProse,
}

fn drafts(
    outline: &Outline,
    sink: &mut Sink<'_, '_>,
    context: &mut Vec<ContextSection>,
) -> Vec<Draft> {
    let by_number: HashMap<u32, Tier> = outline
        .sections
        .iter()
        .rev() // the first of a number stays
        .filter_map(|section| Some((section.number?, section.tier?)))
        .collect();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for block in &outline.blocks {
        let name = Name::of(block);
        let tier = tier_of(block, outline, &by_number, &name);
        let span = sink.place(block.line, &name.name);
        match judge(block, outline, tier, &name) {
            Verdict::Service(tier) => {
                warn_of_misplaced(block, outline, span, sink);
                add(
                    &mut drafts,
                    &mut places,
                    draft(block, name, tier, span, sink),
                    sink,
                );
            }
            Verdict::ServiceWithoutTier => {
                let message = format!(
                    "service {} has no tier: it is taken for P3",
                    quote(&name.name)
                );
                let help = "name the tier in the section's title, as in `1. Critical (P0)`, or add `Tier: P1`";
                if !block
                    .entries
                    .iter()
                    .any(|entry| entry.key == Some(Key::Tier))
                {
                    sink.error(span, message, Some(help.to_owned()));
                }
                add(
                    &mut drafts,
                    &mut places,
                    draft(block, name, Tier::P3, span, sink),
                    sink,
                );
            }
            Verdict::Nameless => {
                sink.error(
                    span,
                    "this heading has no name: what is below it belongs to no service",
                    None,
                );
            }
            verdict => {
                if matches!(verdict, Verdict::DoubtfulProse) {
                    let help = "add `- Namespace: ...` if it is one".to_owned();
                    sink.warn(
                        span,
                        format!("{} is not read as a service", quote(&name.name)),
                        Some(help),
                    );
                }
                remember_prose(block, sink.source, context);
                continue;
            }
        }
        remember_remarks(block, sink.source, context);
    }
    drafts
}

/// The parts of a service's heading.
struct Name {
    name: String,
    aliases: Vec<String>,
    tier: Option<Tier>,
    remark: Option<String>,
}

impl Name {
    /// `ecr-auth (ecr-credentials-sync)`: the bracket is an alias, or a tier.
    /// `mysql - the shop's data`: what follows the dash is a remark.
    fn of(block: &Block) -> Self {
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
            tier: lines::tier_in_bracket(title),
            remark,
        }
    }
}

/// The key `Tier`, else the heading's bracket, else the section that the
/// heading stands in, else the section that has its number.
fn tier_of(
    block: &Block,
    outline: &Outline,
    by_number: &HashMap<u32, Tier>,
    name: &Name,
) -> Option<Tier> {
    let section = block.section.and_then(|place| outline.sections.get(place));
    let number = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    fields::tier(&block.entries)
        .or(name.tier)
        .or_else(|| section.and_then(|section| section.tier))
        .or_else(|| number.and_then(|number| by_number.get(number).copied()))
}

/// Prose must not become a service: P0 without any workload is an outage.
fn judge(block: &Block, outline: &Outline, tier: Option<Tier>, name: &Name) -> Verdict {
    let Some(heading) = block.heading.as_ref().filter(|_| !block.opens_section) else {
        return Verdict::Prose;
    };
    let mut evidence: Vec<u8> = block
        .entries
        .iter()
        .filter_map(|entry| entry.key?.evidence())
        .collect();
    evidence.sort_unstable();
    evidence.dedup();
    let section = block.section.and_then(|place| outline.sections.get(place));
    let shaped = values::is_object_name(&name.name);
    let one_word = !name.name.contains(char::is_whitespace);
    let has_keys = block.entries.iter().any(|entry| entry.key.is_some());
    // A bare name in a list of services is one; `# 1.3 old` between plain
    // headings is more likely a comment.
    let same_dress = section.is_none_or(|it| (it.hashes > 0) == (heading.hashes > 0));
    if name.name.is_empty() {
        let meant = tier.is_some() || !evidence.is_empty();
        return if meant {
            Verdict::Nameless
        } else {
            Verdict::Prose
        };
    }
    if name.name.len() > LONGEST_NAME {
        return Verdict::DoubtfulProse;
    }
    match tier {
        Some(tier) if !evidence.is_empty() || (one_word && has_keys) || (shaped && same_dress) => {
            Verdict::Service(tier)
        }
        Some(_) if one_word || has_keys => Verdict::DoubtfulProse,
        None if evidence.len() > 1 || (shaped && evidence.len() == 1) => {
            Verdict::ServiceWithoutTier
        }
        _ => Verdict::Prose,
    }
}

fn draft(block: &Block, name: Name, tier: Tier, span: Span, sink: &mut Sink<'_, '_>) -> Draft {
    let mut service = Service::new(name.name, tier);
    service.aliases = name.aliases;
    service.line = block.line + 1;
    let mut draft = fields::read(service, span, &block.entries, sink);
    draft.service.purpose = draft.service.purpose.take().or(name.remark);
    draft
}

/// Of two services of one name the more critical one stays.
fn add(
    drafts: &mut Vec<Draft>,
    places: &mut HashMap<String, usize>,
    draft: Draft,
    sink: &mut Sink<'_, '_>,
) {
    if drafts.len() == MOST_SERVICES {
        if !draft.service.name.is_empty() {
            sink.error(
                draft.heading,
                format!("this is service {}: it is not read", MOST_SERVICES + 1),
                None,
            );
        }
        return;
    }
    let key = draft.service.name.to_ascii_lowercase();
    let Some(place) = places.get(&key).copied() else {
        places.insert(key, drafts.len());
        drafts.push(draft);
        return;
    };
    let first = &drafts[place].service;
    let message = format!(
        "service {} is listed twice: first in line {}",
        quote(&draft.service.name),
        first.line
    );
    sink.error(
        draft.heading,
        message,
        Some("give each service one heading; the more critical one counts".to_owned()),
    );
    if draft.service.tier < first.tier {
        drafts[place] = draft;
    }
}

/// A forgotten fence turns the services after it into code.
fn warn_of_hidden(sink: &mut Sink<'_, '_>) {
    let source = sink.source;
    for index in (0..source.len()).filter(|index| source.mask(*index) == Mask::Code) {
        if let Line::Heading(heading) = lines::classify(source.line(index))
            && heading.number.len() == 2
            && values::is_object_name(&heading.title)
        {
            let span = sink.place(index, &heading.title);
            let message = format!(
                "{} stands in a code block and is not read",
                quote(&heading.title)
            );
            sink.warn(span, message, None);
        }
    }
}

fn warn_of_misplaced(block: &Block, outline: &Outline, span: Span, sink: &mut Sink<'_, '_>) {
    let own = block
        .heading
        .as_ref()
        .and_then(|heading| heading.number.first());
    let section = block.section.and_then(|place| outline.sections.get(place));
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

/// An alias must lead to one service only.
fn drop_shared_aliases(drafts: &mut [Draft], sink: &mut Sink<'_, '_>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        owners.insert(draft.service.name.to_ascii_lowercase(), place);
    }
    for place in 0..drafts.len() {
        let aliases = std::mem::take(&mut drafts[place].service.aliases);
        for alias in aliases {
            let owner = *owners.entry(alias.to_ascii_lowercase()).or_insert(place);
            if owner == place {
                drafts[place].service.aliases.push(alias);
            } else {
                let message = format!(
                    "alias {} belongs to `{}` already",
                    quote(&alias),
                    drafts[owner].service.name
                );
                sink.warn(drafts[place].heading, message, None);
            }
        }
    }
}

/// Defaults that wait for the tables, and complaints about what is still
/// missing after them.
fn complete(drafts: &mut [Draft], sink: &mut Sink<'_, '_>) {
    for draft in drafts {
        let gitops = &mut draft.service.gitops;
        if gitops.app_name.is_none() {
            let file = gitops
                .app_file
                .as_deref()
                .and_then(|file| file.rsplit('/').next());
            gitops.app_name = file.and_then(|file| Some(file.rsplit_once('.')?.0.to_owned()));
        }
        let name = quote(&draft.service.name);
        if !draft.has_keys {
            let help = "add at least `- Namespace: ...`".to_owned();
            sink.warn(
                draft.heading,
                format!("service {name} has no keys"),
                Some(help),
            );
        } else if draft.service.namespace.is_none() && !draft.namespace_given {
            let help =
                "add `- Namespace: ...`: without it workloads are found by name only".to_owned();
            sink.warn(
                draft.heading,
                format!("service {name} has no namespace"),
                Some(help),
            );
        }
    }
}

fn repository(services: &[Service], outline: &Outline) -> Option<String> {
    let in_prose = || {
        let entries = outline.blocks.iter().flat_map(|block| &block.entries);
        entries
            .filter(|entry| entry.key == Some(Key::Repo))
            .map(|entry| values::word(&entry.value.text))
            .find(|url| url.contains('/'))
            .map(str::to_owned)
    };
    services
        .iter()
        .find_map(|service| service.gitops.repo.clone())
        .or_else(in_prose)
}

fn remember_prose(block: &Block, source: &Source<'_>, context: &mut Vec<ContextSection>) {
    let start = if block.heading.is_some() {
        block.line + 1
    } else {
        0
    };
    let title = block
        .heading
        .as_ref()
        .map_or("", |heading| heading.title.as_str());
    let text = source.text(start, block.end);
    let text = text.trim_end_matches(['-', '=', '*', '_', ' ', '\n']);
    if !text.trim().is_empty() {
        context.push(ContextSection {
            title: title.to_owned(),
            text: text.to_owned(),
        });
    }
}

/// Sentences between a service's keys are context too.
fn remember_remarks(block: &Block, source: &Source<'_>, context: &mut Vec<ContextSection>) {
    let lines: Vec<&str> = block
        .prose
        .iter()
        .map(|index| source.line(*index).trim())
        .collect();
    if !lines.is_empty() {
        let title = block
            .heading
            .as_ref()
            .map_or("", |heading| heading.title.as_str());
        context.push(ContextSection {
            title: title.to_owned(),
            text: lines.join("\n"),
        });
    }
}
