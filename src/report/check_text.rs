//! One service on the terminal.

use super::check::{CheckView, Neighbour};
use super::incident_text::RenderContext;
use super::terminal::{Cell, TerminalPage, glued};
use super::text::unread;
use super::{RenderOptions, format, incident_text};
use crate::model::ServiceStatus;
use crate::model::text::{clean, clean_lines};

/// Renders one service as text.
#[must_use]
pub fn check_text(view: &CheckView, options: &RenderOptions) -> String {
    let mut page = TerminalPage::new(options);
    head(&mut page, view);
    workloads(&mut page, view);
    pods(&mut page, view);
    incidents(&mut page, view);
    logs(&mut page, view);
    neighbours(&mut page, "Needs", &view.dependencies);
    neighbours(&mut page, "Needed by", &view.dependents);
    known_issues(&mut page, view);
    events(&mut page, view);
    unread(&mut page, &view.unread);
    commands(&mut page, view);
    page.finish()
}

fn head(page: &mut TerminalPage, view: &CheckView) {
    let styles = page.styles;
    let severity = view.severity.to_string();
    let hang = severity.len() + 2;
    let style = match view.service.status {
        ServiceStatus::Healthy => styles.plain,
        _ => styles.strong,
    };
    let lead = (styles.severity(view.severity), &*severity);
    let place = glued(&format!("({})", format::place(&view.cluster, view.now)));
    page.paragraph(
        0,
        hang,
        lead,
        &[(style, &view.verdict()), (styles.plain, &place)],
    );
    page.paragraph(
        hang,
        hang,
        (styles.plain, ""),
        &[(styles.plain, &view.facts())],
    );
    if let Some(purpose) = &view.purpose {
        page.paragraph(
            hang,
            hang,
            (styles.faint, ""),
            &[(styles.faint, &clean(purpose))],
        );
    }
}

fn incidents(page: &mut TerminalPage, view: &CheckView) {
    let frame = RenderContext {
        now: view.now,
        tells: false,
    };
    for (index, incident) in view.incidents.iter().enumerate() {
        incident_text::incident(page, index + 1, incident, frame);
    }
}

fn workloads(page: &mut TerminalPage, view: &CheckView) {
    if view.workloads.is_empty() {
        return;
    }
    page.heading("Workloads");
    let plain = page.styles.plain;
    let rows: Vec<Vec<Cell>> = view
        .workloads
        .iter()
        .map(|workload| {
            vec![
                (plain, clean(&workload.kind)),
                (plain, clean(&workload.name)),
                (plain, format::ready(workload.ready, workload.desired)),
            ]
        })
        .collect();
    page.table(2, &rows, &[]);
}

fn pods(page: &mut TerminalPage, view: &CheckView) {
    if view.pods.is_empty() {
        return;
    }
    page.heading("Pods");
    let styles = page.styles;
    let titles = ["NAME", "STATE", "READY", "RESTARTS", "AGE", "NODE"];
    let mut rows = Vec::new();
    for pod in &view.pods {
        let age = pod
            .created
            .and_then(|created| (view.now - created).to_std().ok());
        let cells = [
            clean(&pod.name),
            clean(&pod.state),
            clean(&pod.ready),
            pod.restarts.to_string(),
            age.map_or_else(String::new, crate::model::duration::human),
            clean(pod.node.as_deref().unwrap_or_default()),
        ];
        rows.push(cells.map(|cell| (styles.plain, cell)).to_vec());
    }
    page.records(2, &titles, rows, 1, &[3]);
}

fn logs(page: &mut TerminalPage, view: &CheckView) {
    for log in &view.logs {
        let run = if log.previous { ", the run before" } else { "" };
        let title = format!(
            "Last lines of {}/{}{run}",
            clean(&log.pod),
            clean(&log.container)
        );
        page.heading(&title);
        let style = page.styles.plain;
        for line in log.lines.iter().flat_map(|line| clean_lines(line)) {
            page.verbatim(2, style, &line);
        }
    }
}

fn events(page: &mut TerminalPage, view: &CheckView) {
    if view.events.is_empty() {
        return;
    }
    page.heading("Warning events");
    let styles = page.styles;
    for event in &view.events {
        let age = event
            .last_seen
            .map_or_else(String::new, |seen| format::ago(seen, view.now));
        let times = match event.count {
            0 | 1 => String::new(),
            count => format!(", {count} times"),
        };
        let lead = format!("{} {}", clean(&event.reason), clean(&event.object));
        let text = format!("({age}{times}): {}", clean(&event.message));
        page.paragraph(2, 4, (styles.strong, &lead), &[(styles.plain, &text)]);
    }
}

fn neighbours(page: &mut TerminalPage, title: &str, neighbours: &[Neighbour]) {
    if neighbours.is_empty() {
        return;
    }
    page.heading(title);
    let styles = page.styles;
    let rows: Vec<Vec<Cell>> = neighbours
        .iter()
        .map(|neighbour| {
            let (style, status) = match neighbour.status {
                Some(status) => (styles.status(status), status.to_string()),
                None => (styles.faint, "not in the services file".to_owned()),
            };
            let tier = neighbour
                .tier
                .map_or_else(String::new, |tier| tier.to_string());
            vec![
                (styles.plain, clean(&neighbour.name)),
                (styles.plain, tier),
                (style, status),
            ]
        })
        .collect();
    page.table(2, &rows, &[]);
}

fn known_issues(page: &mut TerminalPage, view: &CheckView) {
    if view.known_issues.is_empty() {
        return;
    }
    page.heading("Known issues");
    let plain = page.styles.plain;
    for issue in &view.known_issues {
        page.paragraph(2, 4, (plain, "-"), &[(plain, &clean(issue))]);
    }
}

fn commands(page: &mut TerminalPage, view: &CheckView) {
    if view.commands.is_empty() {
        return;
    }
    page.heading("To type next");
    let plain = page.styles.plain;
    for action in &view.commands {
        page.paragraph(2, 4, (plain, "-"), &[(plain, &clean(&action.title))]);
        incident_text::command(page, 4, action);
    }
}
