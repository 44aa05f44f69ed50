//! Parses the services file: from bytes to [`Inventory`].

use std::collections::HashMap;

use super::diagnostic::{Diagnostics, quote};
use super::document::Document;
use super::fields::Draft;
use super::graph::Inventory;
use super::keys::Key;
use super::lines::{self, Line};
use super::model::Service;
use super::source::{self, Mask, Source, Span};
use super::{dependencies, document_parser, namespace_table, roles, services, values};

/// Parses a services file.
///
/// It never fails: what cannot be read becomes a diagnostic and the rest is read. Time and memory
/// grow linearly with the size of the file.
#[must_use]
pub fn parse(bytes: &[u8]) -> Inventory {
    let decoded = source::decode(bytes);
    let source = Source::new(&decoded.text);
    let mut diagnostics = Diagnostics::new(&source);
    if let Some((span, message)) = decoded.invalid {
        diagnostics.error(span, message, Some("save the file as UTF-8".to_owned()));
    }
    let document = document_parser::parse(&source);
    warn_of_headings_in_code(&mut diagnostics);
    let (mut drafts, context) = services::collect(&document, &mut diagnostics);
    namespace_table::apply(&mut drafts, &document.tables, &mut diagnostics);
    drop_duplicate_aliases(&mut drafts, &mut diagnostics);
    complete(&mut drafts, &mut diagnostics);
    dependencies::resolve(&mut drafts, &mut diagnostics);
    let mut services: Vec<Service> = drafts.into_iter().map(|draft| draft.service).collect();
    roles::mark_ingress_controllers(&mut services);
    if services.is_empty() {
        diagnostics.error(
            Span {
                line: 1,
                column: 1,
                width: 1,
            },
            "this file contains no service",
            Some(
                "start with a section like `1. Critical (P0)` and a heading like `1.1 api`"
                    .to_owned(),
            ),
        );
    }
    let repository = repository(&services, &document);
    Inventory {
        services,
        diagnostics: diagnostics.finish(),
        repository,
        context,
    }
}

/// Warns of service headings in code blocks: a fence may have been left open by mistake.
fn warn_of_headings_in_code(diagnostics: &mut Diagnostics<'_, '_>) {
    let source = diagnostics.source;
    for index in (0..source.len()).filter(|index| source.mask(*index) == Mask::Code) {
        if let Line::Heading(heading) = lines::classify(source.line(index))
            && heading.number.len() == 2
            && values::is_object_name(&heading.title)
        {
            let span = diagnostics.span(index, &heading.title);
            let message = format!(
                "{} is in a code block and is not read",
                quote(&heading.title)
            );
            diagnostics.warn(span, message, None);
        }
    }
}

/// Drops aliases that belong to another service.
fn drop_duplicate_aliases(drafts: &mut [Draft], diagnostics: &mut Diagnostics<'_, '_>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        owners.insert(draft.service.name.to_ascii_lowercase(), index);
    }
    for index in 0..drafts.len() {
        let aliases = std::mem::take(&mut drafts[index].service.aliases);
        for alias in aliases {
            let owner = *owners.entry(alias.to_ascii_lowercase()).or_insert(index);
            if owner == index {
                drafts[index].service.aliases.push(alias);
            } else {
                let message = format!(
                    "alias {} already belongs to service `{}`",
                    quote(&alias),
                    drafts[owner].service.name
                );
                diagnostics.warn(drafts[index].heading, message, None);
            }
        }
    }
}

/// Fills in defaults that the tables come before, and warns of what is still missing.
fn complete(drafts: &mut [Draft], diagnostics: &mut Diagnostics<'_, '_>) {
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
            diagnostics.warn(
                draft.heading,
                format!("service {name} has no keys"),
                Some(help),
            );
        } else if draft.service.namespace.is_none() && !draft.namespace_given {
            let help =
                "add `- Namespace: ...`; without it workloads are matched by name only".to_owned();
            diagnostics.warn(
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
