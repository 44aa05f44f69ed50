//! The inventory as text for a person at a terminal, 80 columns wide.

use std::fmt::Write;

use crate::model::duration::human;

use super::diagnostic::Diagnostic;
use super::graph::Inventory;
use super::model::{Dependency, KnownIssueKind, Service};
use super::page::{GLUE, ServicePage};
use crate::model::Tolerance;

/// One diagnostic, with its line and a caret under the place:
///
/// ```text
/// services.txt:16:19: error: `Max Downtime` `soonish` cannot be read: ...
///    |
/// 16 |   - Max Downtime: soonish
///    |                   ^^^^^^^
///    = help: write it like `0 minutes`, ...
/// ```
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, file_name: &str) -> String {
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
        let room = shown.chars().count().saturating_sub(offset).max(1);
        let caret = "^".repeat(diagnostic.width.clamp(1, room));
        let pad = " ".repeat(offset);
        let _ = write!(
            text,
            "{gutter} |\n{line} | {shown}\n{gutter} | {pad}{caret}\n"
        );
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(text, "{gutter} = help: {help}");
    }
    text
}

/// A tolerance in words.
#[must_use]
pub fn tolerance(tolerance: Tolerance) -> String {
    match tolerance {
        Tolerance::Limit(limit) if limit.is_zero() => "none: any outage counts at once".to_owned(),
        Tolerance::Limit(limit) => human(limit),
        Tolerance::Unlimited => "no limit".to_owned(),
    }
}

/// Everything known about one service, for `services show NAME`.
#[must_use]
pub fn show(service: &Service, inventory: &Inventory) -> String {
    let mut page = ServicePage::default();
    page.title(service);
    page.row("Purpose", service.purpose.as_deref());
    page.row("Also called", Some(service.aliases.join(", ").as_str()));
    page.row(
        "Namespace",
        Some(service.namespace.as_deref().unwrap_or("not stated")),
    );
    page.row("Workloads", Some(&workloads(service)));
    let note = service
        .max_downtime_note
        .as_ref()
        .map_or(String::new(), |note| format!(" ({note})"));
    page.row(
        "Max downtime",
        Some(&format!("{}{note}", tolerance(service.max_downtime))),
    );
    page.row("Startup grace", service.startup_grace.map(human).as_deref());
    page.row(
        "Backup age",
        service
            .backup_max_age
            .map(|age| format!("{} at most", human(age)))
            .as_deref(),
    );
    page.row("Role", role(service));
    neighbours(&mut page, service, inventory);
    page.list(
        "Known issues",
        service.known_issues.iter().map(|issue| match issue.kind {
            KnownIssueKind::Other => issue.text.clone(),
            kind => format!("{} [{}]", issue.text, kind_in_words(kind)),
        }),
    );
    page.list("Quirks", service.quirks.iter().cloned());
    page.row("Health check", service.health_check.as_deref());
    page.row(
        "Replicas",
        service.replicas.map(|count| count.to_string()).as_deref(),
    );
    page.row("Image", service.image.as_deref());
    page.row("Ingress", Some(&service.ingress.join(", ")));
    page.row("Resources", service.resources.as_deref());
    page.row("Argo CD", Some(&argo(service)));
    page.row("Manifests", service.gitops.manifests.as_deref());
    page.row("Chart", service.gitops.chart.as_deref());
    page.row("Repository", service.gitops.repo.as_deref());
    for (key, values) in &service.other {
        page.list(key, values.iter().cloned());
    }
    page.text
}

/// All services by tier, then in the order of the file, for `services list`.
#[must_use]
pub fn list(inventory: &Inventory) -> String {
    let mut services: Vec<&Service> = inventory.services.iter().collect();
    services.sort_by_key(|service| service.tier);
    let rows = services.into_iter().map(|service| {
        let downtime = match service.max_downtime {
            Tolerance::Limit(limit) => human(limit),
            Tolerance::Unlimited => "no limit".to_owned(),
        };
        let namespace = service.namespace.clone().unwrap_or_else(|| "-".to_owned());
        [
            service.tier.to_string(),
            service.name.clone(),
            namespace,
            downtime,
        ]
    });
    let header = ["TIER", "NAME", "NAMESPACE", "MAX DOWNTIME"].map(str::to_owned);
    let table: Vec<[String; 4]> = std::iter::once(header).chain(rows).collect();
    let mut widths = [0; 4];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in table {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn neighbours(page: &mut ServicePage, service: &Service, inventory: &Inventory) {
    let up = inventory.dependencies_of(&service.name);
    page.row("Depends on", Some(&names(&up, &service.dependencies)));
    let down = if service.dependents_all {
        let phrases: Vec<&str> = service
            .dependents
            .iter()
            .filter(|entry| entry.service.is_none())
            .map(|entry| entry.name.as_str())
            .collect();
        let phrases = if phrases.is_empty() {
            "all services".to_owned()
        } else {
            phrases.join(", ")
        };
        let count = inventory.dependents_of(&service.name).len();
        format!("{phrases}: {count} of {}", inventory.services.len())
    } else {
        names(&inventory.dependents_of(&service.name), &service.dependents)
    };
    page.row("Needed by", Some(&down));
}

/// Listed neighbours with tier and note, then outsiders.
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
        format!("{}{GLUE}{}{}", service.name, service.tier, note(entry))
    });
    let outside = entries
        .iter()
        .filter(|entry| entry.service.is_none())
        .map(|entry| format!("{}{}", entry.name, note(Some(entry))));
    let all: Vec<String> = known.chain(outside).collect();
    if all.is_empty() {
        "nothing listed".to_owned()
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

fn role(service: &Service) -> Option<&'static str> {
    if service.is_cluster_dns() {
        Some("cluster DNS")
    } else if service.ingress_controller {
        Some("ingress controller")
    } else if service.data_layer {
        Some("data layer")
    } else {
        None
    }
}

fn kind_in_words(kind: KnownIssueKind) -> String {
    match kind {
        KnownIssueKind::SlowStartup { grace } => format!("slow start: {} of grace", human(grace)),
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
