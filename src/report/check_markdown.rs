//! One service as Markdown.

use super::check::{CheckView, Neighbour};
use super::incident_text::RenderContext;
use super::markdown::{actions, block, code, code_cell, escape, incident, line, push, unread};
use super::{RenderOptions, format};

/// Renders one service as Markdown. Width and colour mean nothing here.
#[must_use]
pub fn check_markdown(view: &CheckView, _options: &RenderOptions) -> String {
    let mut page = String::new();
    push(
        &mut page,
        &format!("# {}: {}", view.severity, escape(&view.verdict())),
    );
    let place = escape(&format::place(&view.cluster, view.now));
    push(
        &mut page,
        &format!("**{place}**: {}", escape(&view.facts())),
    );
    if let Some(purpose) = &view.purpose {
        push(&mut page, &escape(purpose));
    }
    workloads(&mut page, view);
    pods(&mut page, view);
    let frame = RenderContext {
        now: view.now,
        tells: false,
    };
    for (index, item) in view.incidents.iter().enumerate() {
        incident(&mut page, index + 1, item, frame);
    }
    logs(&mut page, view);
    neighbours(&mut page, "Needs", &view.dependencies);
    neighbours(&mut page, "Needed by", &view.dependents);
    known_issues(&mut page, view);
    events(&mut page, view);
    unread(&mut page, &view.unread);
    actions(&mut page, "## To type next", &view.commands);
    page
}

fn workloads(page: &mut String, view: &CheckView) {
    let rows = view.workloads.iter().map(|workload| {
        vec![
            escape(&workload.kind),
            code_cell(&workload.name),
            format::ready(workload.ready, workload.desired),
        ]
    });
    table(page, "Workloads", &["Kind", "Name", "Ready"], rows);
}

fn pods(page: &mut String, view: &CheckView) {
    let rows = view.pods.iter().map(|pod| {
        let age = pod
            .created
            .and_then(|created| (view.now - created).to_std().ok());
        vec![
            code_cell(&pod.name),
            escape(&pod.state),
            escape(&pod.ready),
            pod.restarts.to_string(),
            age.map_or_else(String::new, crate::model::duration::human),
            escape(pod.node.as_deref().unwrap_or_default()),
        ]
    });
    table(
        page,
        "Pods",
        &["Name", "State", "Ready", "Restarts", "Age", "Node"],
        rows,
    );
}

fn events(page: &mut String, view: &CheckView) {
    let rows = view.events.iter().map(|event| {
        vec![
            event
                .last_seen
                .map_or_else(String::new, |seen| format::ago(seen, view.now)),
            event.count.to_string(),
            escape(&event.reason),
            code_cell(&event.object),
            escape(&event.message),
        ]
    });
    table(
        page,
        "Warning events",
        &["Last seen", "Times", "Reason", "Object", "Message"],
        rows,
    );
}

/// A section with a table, or nothing without rows.
fn table(page: &mut String, title: &str, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    push(page, &format!("## {title}"));
    line(page, &format!("| {} |", header.join(" | ")));
    line(page, &format!("|{}", " --- |".repeat(header.len())));
    for row in rows {
        line(page, &format!("| {} |", row.join(" | ")));
    }
    page.push('\n');
}

fn logs(page: &mut String, view: &CheckView) {
    for log in &view.logs {
        let run = if log.previous { ", the run before" } else { "" };
        let of = code(&format!("{}/{}", log.pod, log.container));
        push(page, &format!("## Last lines of {of}{run}"));
        push(page, block("text", &log.lines.join("\n"), 0).trim_end());
    }
}

fn neighbours(page: &mut String, title: &str, neighbours: &[Neighbour]) {
    list(page, title, neighbours.iter().map(Neighbour::describe));
}

fn known_issues(page: &mut String, view: &CheckView) {
    list(page, "Known issues", view.known_issues.iter().cloned());
}

/// A section with a list, or nothing without items.
fn list(page: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    push(page, &format!("## {title}"));
    for item in items {
        line(page, &format!("- {}", escape(&item)));
    }
    page.push('\n');
}
