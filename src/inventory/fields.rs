//! Reads the keys of a [`Service`].

use std::collections::HashSet;

use super::diagnostic::{Diagnostics, did_you_mean, quote};
use super::document::Entry;
use super::keys::Key;
use super::model::Service;
use super::source::Span;
use super::typed_fields;
use super::values;

/// A service with unresolved dependencies.
pub(super) struct Draft {
    pub(super) service: Service,
    /// The location of its heading.
    pub(super) heading: Span,
    pub(super) links: Vec<Link>,
    /// It has the key `Namespace`, even if the value is empty or `none`.
    pub(super) namespace_given: bool,
    pub(super) has_keys: bool,
}

/// A name under `Dependencies` or `Dependents`.
pub(super) struct Link {
    /// It is a dependency, not a dependent.
    pub(super) is_dependency: bool,
    pub(super) name: String,
    pub(super) note: Option<String>,
    /// Index of its line.
    pub(super) line: usize,
}

/// Reads all keys of a service into it.
pub(super) fn read(
    service: Service,
    heading: Span,
    entries: &[Entry],
    diagnostics: &mut Diagnostics<'_, '_>,
) -> Draft {
    let has_keys = entries.iter().any(|entry| entry.key.is_some());
    let mut draft = Draft {
        service,
        heading,
        links: Vec::new(),
        namespace_given: false,
        has_keys,
    };
    let mut seen = HashSet::new();
    let mut data_layer = None;
    for entry in entries {
        let Some(key) = entry.key else {
            unknown(&mut draft.service, entry, diagnostics);
            continue;
        };
        if !seen.insert(key) && !key.is_list() && key != Key::GitOps {
            let span = diagnostics.span(entry.line, &entry.name);
            diagnostics.warn(
                span,
                format!(
                    "`{}` is listed twice, and the first value counts",
                    key.label()
                ),
                None,
            );
            continue;
        }
        match key {
            Key::Namespace => namespace(&mut draft, entry, diagnostics),
            Key::GitOps | Key::ArgoApp | Key::Manifests | Key::Chart | Key::Repo => {
                gitops(&mut draft.service, key, entry);
            }
            Key::Dependencies | Key::Dependents => links(&mut draft, key, entry),
            Key::KnownIssues => typed_fields::known_issues(&mut draft.service, entry, diagnostics),
            Key::Workloads => {
                typed_fields::workloads(&mut draft.service.workloads, entry, diagnostics);
            }
            Key::CustomResources => {
                typed_fields::custom_resources(&mut draft.service, entry, diagnostics);
            }
            Key::DataLayer => data_layer = typed_fields::data_layer(entry, diagnostics),
            Key::MaxDowntime
            | Key::StartupGrace
            | Key::BackupMaxAge
            | Key::Tier
            | Key::Replicas => {
                typed_fields::scalar(&mut draft.service, key, entry, diagnostics);
            }
            _ => texts(&mut draft.service, key, entry),
        }
    }
    let service = &mut draft.service;
    service.data_layer = data_layer.unwrap_or_else(|| super::roles::is_data_layer(service));
    service.startup_grace = service
        .startup_grace
        .or_else(|| typed_fields::slowest_start(&service.known_issues));
    draft
}

fn texts(service: &mut Service, key: Key, entry: &Entry) {
    match key {
        Key::Purpose => service.purpose = entry.joined(),
        Key::HealthCheck => service.health_check = entry.joined(),
        Key::Resources => service.resources = entry.joined(),
        Key::Image => {
            service.image =
                Some(values::word(&entry.value.text).to_owned()).filter(|it| !it.is_empty());
        }
        Key::Quirks => service
            .quirks
            .extend(entry.values().map(|value| value.text.clone())),
        Key::Ingress => {
            for name in entry.values().flat_map(|value| values::hosts(&value.text)) {
                if service.ingress.len() < values::MAX_NAMES && !service.ingress.contains(&name) {
                    service.ingress.push(name);
                }
            }
        }
        Key::Aliases => {
            let names = entry
                .values()
                .flat_map(|value| values::split_list(&value.text));
            for name in names
                .filter(|name| !values::is_none(name))
                .map(values::plain)
            {
                if service.aliases.len() < values::MAX_NAMES
                    && !name.is_empty()
                    && !service.is_called(name)
                {
                    service.aliases.push(name.to_owned());
                }
            }
        }
        _ => {}
    }
}

fn namespace(draft: &mut Draft, entry: &Entry, diagnostics: &mut Diagnostics<'_, '_>) {
    let text = &entry.value.text;
    draft.namespace_given = !text.is_empty();
    let name = values::word(text);
    if name.is_empty() || values::is_none(text) {
        return;
    }
    if !values::is_namespace_name(name) {
        let help = Some(name.to_ascii_lowercase())
            .filter(|it| it != name && values::is_namespace_name(it));
        let span = diagnostics.span(entry.line, name);
        diagnostics.error(
            span,
            format!(
                "{} is not a valid namespace name and is not used",
                quote(name)
            ),
            help.as_deref().map(did_you_mean),
        );
        return;
    } else if name.len() < values::plain(text).len() {
        let span = diagnostics.span(entry.line, text);
        diagnostics.warn(
            span,
            format!("only the first namespace, `{name}`, is read"),
            Some("list the parts in other namespaces as separate services".to_owned()),
        );
    }
    draft.service.namespace = Some(name.to_owned());
}

fn gitops(service: &mut Service, key: Key, entry: &Entry) {
    let gitops = &mut service.gitops;
    let text = entry.value.text.as_str();
    let given =
        |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty() && !values::is_none(it));
    match key {
        Key::Manifests => gitops.manifests = given(values::plain(text)),
        Key::Chart => gitops.chart = entry.joined().filter(|it| !values::is_none(it)),
        Key::Repo => gitops.repo = given(values::word(text)),
        // `GitOps: base-apps/api.yaml` on one line is the Application, too.
        Key::ArgoApp | Key::GitOps => {
            let (_, note) = values::split_note(text);
            let place = values::word(text);
            let is_file = [".yaml", ".yml"].iter().any(|end| place.ends_with(end));
            if is_file {
                gitops.app_file = given(place);
            } else if key == Key::ArgoApp && values::is_object_name(place) {
                gitops.app_name = given(place);
            }
            if let Some(name) = note.and_then(named_in_note) {
                gitops.app_name = Some(name);
            }
        }
        _ => {}
    }
}

/// `app name: mysql-application`.
fn named_in_note(note: &str) -> Option<String> {
    let (label, name) = note.split_once(':')?;
    let name = values::word(name);
    (label.to_ascii_lowercase().contains("name") && !name.is_empty()).then(|| name.to_owned())
}

fn links(draft: &mut Draft, key: Key, entry: &Entry) {
    let is_dependency = key == Key::Dependencies;
    for value in entry.values() {
        for part in values::split_list(&value.text) {
            if values::is_none(part) {
                draft.service.declares_no_dependencies |= is_dependency;
                continue;
            }
            let (name, note) = values::split_note(part);
            let name = name.trim_matches(['`', '*', '"', '.']).trim();
            if !name.is_empty() && draft.links.len() < values::MAX_NAMES {
                draft.links.push(Link {
                    is_dependency,
                    name: name.to_owned(),
                    note: note.map(str::to_owned),
                    line: value.line,
                });
            }
        }
    }
    // Of `None` and a name, the name counts.
    draft.service.declares_no_dependencies &= !draft.links.iter().any(|link| link.is_dependency);
}

fn unknown(service: &mut Service, entry: &Entry, diagnostics: &mut Diagnostics<'_, '_>) {
    if diagnostics.may_suggest()
        && let Some(known) = Key::near(&entry.name)
    {
        let span = diagnostics.span(entry.line, &entry.name);
        diagnostics.warn(
            span,
            format!("{} is not a known key", quote(&entry.name)),
            Some(did_you_mean(known)),
        );
    }
    let name = if entry.name.is_empty() {
        "Notes"
    } else {
        &entry.name
    };
    let values: Vec<String> = entry.values().map(|value| value.text.clone()).collect();
    service.other.push((name.to_owned(), values));
}
