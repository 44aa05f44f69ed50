//! The documents of `services list`, `services show` and `services lint`.

use serde::Serialize;
use serde_json::json;

use super::diagnostic::{Diagnostic, Level};
use super::graph::Inventory;
use super::model::{Dependency, KnownIssueKind, Service};
use super::resource_pattern::ResourcePattern;
use crate::model::Tolerance;
use crate::model::duration::human;
use crate::render::{Block, Document, Fact, Headline, Item, Line, Page, Table};

/// `schema` of the services for programs.
const SERVICES: &str = "k8s-monitor/services/v1";
/// `schema` of the diagnostics for programs.
const LINT: &str = "k8s-monitor/lint/v1";

/// All services.
pub struct ServiceList<'a>(pub &'a Inventory);

impl Document for ServiceList<'_> {
    fn data(&self) -> impl Serialize {
        json!({ "schema": SERVICES, "services": self.0.services })
    }

    /// By tier, then in the order of the file.
    fn page(&self) -> Page {
        let mut services: Vec<&Service> = self.0.services.iter().collect();
        services.sort_by_key(|service| service.tier);
        let row = |service: &&Service| {
            let downtime = match service.max_downtime {
                Tolerance::Limit(limit) => human(limit),
                Tolerance::Unlimited => "no limit".to_owned(),
            };
            vec![
                Line::from(service.tier.as_str()),
                Line::from(&service.name),
                Line::from(service.namespace.as_deref().unwrap_or("-")),
                downtime.into(),
            ]
        };
        let table = Table {
            titles: vec!["Tier", "Name", "Namespace", "Max downtime"],
            rows: services.iter().map(row).collect(),
            names: 2,
            grouped: true,
            ..Table::default()
        };
        Page {
            title: "Services".into(),
            blocks: table.block().into_iter().collect(),
            footer: None,
        }
    }
}

/// One service.
pub struct ServiceDocument<'a> {
    /// The service.
    pub service: &'a Service,
    /// All services.
    pub inventory: &'a Inventory,
}

impl Document for ServiceDocument<'_> {
    fn data(&self) -> impl Serialize {
        json!({ "schema": SERVICES, "services": [self.service] })
    }

    fn page(&self) -> Page {
        let service = self.service;
        let source = match service.line {
            0 => "part of K3s".to_owned(),
            line => format!("line {line} of the services file"),
        };
        let head = Headline {
            sentence: Line::from(&service.name),
            context: format!("{}, {source}", service.tier).into(),
            ..Headline::default()
        };
        Page {
            title: Line::from(&service.name),
            blocks: vec![
                Block::Headline(head),
                Block::Facts(facts(service, self.inventory)),
            ],
            footer: None,
        }
    }
}

/// The diagnostics of the services file.
pub struct LintDocument<'a> {
    /// What was read.
    pub inventory: &'a Inventory,
    /// Name of the file.
    pub file: &'a str,
}

impl LintDocument<'_> {
    fn count(&self, level: Level) -> usize {
        let diagnostics = self.inventory.diagnostics.iter();
        diagnostics.filter(|found| found.level == level).count()
    }

    /// For example `services.txt: 12 services, 1 error`.
    fn summary(&self) -> String {
        let services = counted(self.inventory.services.len(), "service");
        let (errors, warnings) = (self.count(Level::Error), self.count(Level::Warning));
        let found = [(errors, "error"), (warnings, "warning")];
        let found = found.iter().filter(|(count, _)| *count > 0);
        let found: Vec<_> = found.map(|(count, noun)| counted(*count, noun)).collect();
        let problems = if found.is_empty() {
            "no problems".to_owned()
        } else {
            found.join(", ")
        };
        format!("{}: {services}, {problems}", self.file)
    }
}

impl Document for LintDocument<'_> {
    fn data(&self) -> impl Serialize {
        json!({
            "schema": LINT,
            "file": self.file,
            "services": self.inventory.services.len(),
            "diagnostics": self.inventory.diagnostics,
        })
    }

    /// The diagnostics in the order of the file, then their number.
    fn page(&self) -> Page {
        let diagnostics = self.inventory.diagnostics.iter();
        let diagnostics = diagnostics.map(|it| Block::code(&diagnostic(it, self.file)));
        let summary = Block::paragraph(self.summary());
        Page {
            title: "Services file".into(),
            blocks: diagnostics.chain([summary]).collect(),
            footer: None,
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// One diagnostic, with its line and a caret below the column:
///
/// ```text
/// services.txt:16:19: error: `Max Downtime` `soonish` cannot be read: ...
///    |
/// 16 |   - Max Downtime: soonish
///    |                   ^^^^^^^
///    = help: write it like `0 minutes`, ...
/// ```
fn diagnostic(diagnostic: &Diagnostic, file_name: &str) -> String {
    let Diagnostic {
        level,
        line,
        column,
        message,
        ..
    } = diagnostic;
    let gutter = " ".repeat(line.to_string().len());
    let mut text = format!("{file_name}:{line}:{column}: {level}: {message}\n");
    let shown = diagnostic.source_line.trim_end();
    if !shown.trim().is_empty() {
        let offset = column.saturating_sub(diagnostic.source_column);
        let rest = shown.chars().count().saturating_sub(offset).max(1);
        let caret = "^".repeat(diagnostic.width.clamp(1, rest));
        let pad = " ".repeat(offset);
        text += &format!("{gutter} |\n{line} | {shown}\n{gutter} | {pad}{caret}\n");
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("{gutter} = help: {help}\n");
    }
    text
}

fn tolerance(tolerance: Tolerance) -> String {
    match tolerance {
        Tolerance::Limit(limit) if limit.is_zero() => "none: any outage counts at once".to_owned(),
        Tolerance::Limit(limit) => human(limit),
        Tolerance::Unlimited => "no limit".to_owned(),
    }
}

fn facts(service: &Service, inventory: &Inventory) -> Vec<Fact> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let note = service.max_downtime_note.as_ref();
    let note = note.map_or_else(String::new, |note| format!(" ({note})"));
    let downtime = format!("{}{note}", tolerance(service.max_downtime));
    let namespace = service.namespace.as_deref().unwrap_or("not stated");
    let grace = service.startup_grace.map(human).unwrap_or_default();
    let backup_age = service.backup_max_age.map(human).unwrap_or_default();
    let known_issues = service.known_issues.iter().map(|issue| match issue.kind {
        KnownIssueKind::Other => issue.text.clone(),
        kind => format!("{} [{}]", issue.text, kind_name(kind)),
    });
    let replicas = service.replicas.map(|count| count.to_string());
    let mut facts: Vec<_> = [
        line("Purpose", text(&service.purpose)),
        line("Aliases", service.aliases.join(", ")),
        line("Namespace", namespace.to_owned()),
        line("Workloads", workloads(service)),
        line("Custom resources", joined(&service.custom_resources)),
        line("Max downtime", downtime),
        line("Startup grace", grace),
        line("Max backup age", backup_age),
        line("Role", role(service).to_owned()),
        line("Dependencies", dependencies(service, inventory)),
        line("Dependents", dependents(service, inventory)),
        list("Known issues", known_issues.collect()),
        list("Quirks", service.quirks.clone()),
        line("Health check", text(&service.health_check)),
        line("Replicas", replicas.unwrap_or_default()),
        line("Image", text(&service.image)),
        line("Ingress", service.ingress.join(", ")),
        line("Resources", text(&service.resources)),
        line("Argo CD", argo(service)),
        line("Manifests", text(&service.gitops.manifests)),
        line("Chart", text(&service.gitops.chart)),
        line("Repository", text(&service.gitops.repo)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let other = service.other.iter();
    facts.extend(other.filter_map(|(key, values)| list(key, values.clone())));
    facts
}

/// A fact; `None` without a value.
fn line(label: &str, value: String) -> Option<Fact> {
    (!value.is_empty()).then(|| Fact::new(label, value))
}

fn list(label: &str, values: Vec<String>) -> Option<Fact> {
    let list = Block::list(values.into_iter().map(Item::new))?;
    Some(Fact::of(label, vec![list]))
}

fn dependencies(service: &Service, inventory: &Inventory) -> String {
    let listed = inventory.dependencies_of(&service.name);
    names(&listed, &service.dependencies)
}

fn dependents(service: &Service, inventory: &Inventory) -> String {
    let listed = inventory.dependents_of(&service.name);
    if !service.dependents_all {
        return names(&listed, &service.dependents);
    }
    let unlisted = service.dependents.iter().filter(|d| d.service.is_none());
    let phrases: Vec<&str> = unlisted.map(|d| d.name.as_str()).collect();
    let phrases = if phrases.is_empty() {
        "all services".to_owned()
    } else {
        phrases.join(", ")
    };
    format!(
        "{phrases}: {} of {}",
        listed.len(),
        inventory.services.len()
    )
}

/// Listed services with tier and note, then others.
fn names(listed: &[&Service], entries: &[Dependency]) -> String {
    let note = |entry: Option<&Dependency>| {
        entry
            .and_then(|entry| entry.note.as_ref())
            .map_or(String::new(), |note| format!(" ({note})"))
    };
    let known = listed.iter().map(|service| {
        let entry = entries
            .iter()
            .find(|entry| entry.service.as_deref() == Some(&service.name));
        format!("{} {}{}", service.name, service.tier, note(entry))
    });
    let outside = entries
        .iter()
        .filter(|entry| entry.service.is_none())
        .map(|entry| format!("{}{}", entry.name, note(Some(entry))));
    let all: Vec<String> = known.chain(outside).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}

fn workloads(service: &Service) -> String {
    if service.workloads.is_empty() {
        return "found by name, alias and labels".to_owned();
    }
    let names: Vec<String> = service
        .workloads
        .iter()
        .map(|it| format!("{}/{}", it.kind.as_str().to_lowercase(), it.name))
        .collect();
    names.join(", ")
}

fn joined(patterns: &[ResourcePattern]) -> String {
    let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
    patterns.join(", ")
}

fn role(service: &Service) -> &'static str {
    if service.is_cluster_dns() {
        "cluster DNS"
    } else if service.ingress_controller {
        "ingress controller"
    } else if service.data_layer {
        "data layer"
    } else {
        ""
    }
}

fn kind_name(kind: KnownIssueKind) -> String {
    match kind {
        KnownIssueKind::SlowStartup { grace } => {
            format!("slow start: {} grace period", human(grace))
        }
        KnownIssueKind::ManualUnseal => "manual unseal".to_owned(),
        KnownIssueKind::SingleReplica => "single replica".to_owned(),
        KnownIssueKind::Other => String::new(),
    }
}

fn argo(service: &Service) -> String {
    match (&service.gitops.app_name, &service.gitops.app_file) {
        (Some(name), Some(file)) => format!("{name} ({file})"),
        (Some(text), None) | (None, Some(text)) => text.clone(),
        (None, None) => String::new(),
    }
}
