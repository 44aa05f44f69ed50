//! The services file, from bytes to [`Inventory`]: decode, document, tell
//! services from prose, read their keys, fill in from tables, join by name.

use std::collections::HashMap;

use super::diagnostic::{Sink, quote};
use super::document::Document;
use super::fields::Draft;
use super::graph::Inventory;
use super::keys::Key;
use super::lines::{self, Line};
use super::model::Service;
use super::source::{self, Mask, Source, Span};
use super::{dependencies, document_parser, namespace_table, roles, services, values};

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
    let document = document_parser::parse(&source);
    warn_of_hidden(&mut sink);
    let (mut drafts, context) = services::collect(&document, &mut sink);
    namespace_table::apply(&mut drafts, &document.tables, &mut sink);
    drop_contested_aliases(&mut drafts, &mut sink);
    complete(&mut drafts, &mut sink);
    dependencies::resolve(&mut drafts, &mut sink);
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
    let repository = repository(&services, &document);
    Inventory {
        services,
        diagnostics: sink.finish(),
        repository,
        context,
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

/// An alias must lead to one service only.
fn drop_contested_aliases(drafts: &mut [Draft], sink: &mut Sink<'_, '_>) {
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

fn repository(services: &[Service], document: &Document) -> Option<String> {
    let in_prose = || {
        let entries = document.blocks.iter().flat_map(|block| &block.entries);
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
