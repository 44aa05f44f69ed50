//! One incident on the terminal.

use chrono::{DateTime, Utc};

use super::format;
use super::terminal::TerminalPage;
use super::{Action, Cycle, Incident};
use crate::model::text::{clean, clean_lines};
use crate::model::{IncidentState, Mode, Severity};

/// Width of the labels, blank included.
const LABEL: usize = 13;
/// Where labels stand.
const INDENT: usize = 3;

/// What is the same for all incidents on a page.
#[derive(Debug, Clone, Copy)]
pub struct RenderContext {
    /// The moment that "ago" is measured from.
    pub now: DateTime<Utc>,
    /// Whether anybody may be told. A check tells nobody, and says nothing of it.
    pub tells: bool,
}

impl RenderContext {
    pub fn of(cycle: &Cycle) -> Self {
        Self {
            now: cycle.started_at,
            tells: cycle.mode == Mode::Run,
        }
    }
}

/// Whether an incident only wants to be noted: a few lines will do.
pub fn is_minor(incident: &Incident) -> bool {
    incident.severity == Severity::Sev4 || incident.silenced_until.is_some()
}

/// Writes an incident.
pub fn incident(page: &mut TerminalPage, number: usize, incident: &Incident, frame: RenderContext) {
    page.blank();
    head(page, number, incident, frame.now);
    if incident.state == IncidentState::Resolved {
        return;
    }
    findings(page, incident);
    if !is_minor(incident) {
        meaning(page, incident);
    }
    actions(page, &incident.actions);
    field(page, "rule", &clean(&incident.rule));
    for issue in format::known_issues(incident) {
        field(page, "known issue", &issue);
    }
    if frame.tells {
        field(
            page,
            "message",
            &format::notification(&incident.notification),
        );
    }
}

fn head(page: &mut TerminalPage, number: usize, incident: &Incident, now: DateTime<Utc>) {
    let lead = format!("{number}.");
    let severity = incident.severity.to_string();
    let title = clean(&incident.title);
    let styles = page.styles;
    let style = if incident.counts() {
        styles.severity(incident.severity)
    } else {
        styles.faint
    };
    let spans = [(style, &*severity), (styles.strong, &*title)];
    page.paragraph(0, INDENT, (styles.strong, &lead), &spans);
    let life = format!("{}, {}", clean(&incident.id), format::life(incident, now));
    page.paragraph(INDENT, INDENT, (styles.plain, ""), &[(styles.plain, &life)]);
}

fn findings(page: &mut TerminalPage, incident: &Incident) {
    let mut label = "wrong";
    for finding in &incident.findings {
        field(page, label, &format::finding(finding));
        label = "";
        if is_minor(incident) {
            continue;
        }
        let styles = page.styles;
        for evidence in &finding.evidence {
            let hang = INDENT + LABEL + 2;
            let text = format!("{}: {}", clean(&evidence.kind), clean(&evidence.text));
            page.paragraph(
                hang - 2,
                hang,
                (styles.faint, "-"),
                &[(styles.faint, &text)],
            );
        }
    }
}

fn meaning(page: &mut TerminalPage, incident: &Incident) {
    if !incident.affects.is_empty() {
        field(page, "affects", &clean(&incident.affects.join(", ")));
    }
    field(page, "root cause", &format::root_cause(incident));
    let analysis = &incident.analysis;
    if let Some(hypothesis) = format::hypothesis(incident) {
        field(page, "likely", &hypothesis);
    }
    if !analysis.business_impact.trim().is_empty() {
        field(page, "impact", &clean(&analysis.business_impact));
    }
    if let Some(dissent) = &analysis.dissent {
        field(page, "dissent", &clean(dissent));
    }
    correlation(page, incident);
}

fn correlation(page: &mut TerminalPage, incident: &Incident) {
    let Some(correlation) = &incident.correlation else {
        return;
    };
    field(page, "commit", &format::suspicion(correlation));
    let styles = page.styles;
    for commit in &correlation.commits {
        let hang = INDENT + LABEL + 2;
        let text = format!("{} {}", format::short_sha(commit), format::commit(commit));
        page.paragraph(
            hang - 2,
            hang,
            (styles.plain, "-"),
            &[(styles.plain, &text)],
        );
        page.verbatim(hang, styles.faint, &clean(&commit.url));
        if let Some(pull) = &commit.pull_request {
            page.verbatim(hang, styles.faint, &clean(pull));
        }
    }
    let mut label = "timeline";
    for event in &correlation.timeline {
        field(page, label, &format::event(event));
        label = "";
    }
}

/// Numbered steps, each command on lines of its own, unwrapped: it is copied.
fn actions(page: &mut TerminalPage, actions: &[Action]) {
    if let [first, rest @ ..] = actions {
        action(page, "do", 1, first);
        for (index, next) in rest.iter().enumerate() {
            action(page, "", index + 2, next);
        }
    }
}

fn action(page: &mut TerminalPage, label: &str, number: usize, action: &Action) {
    let styles = page.styles;
    let lead = format!("{label:LABEL$}{number}.");
    let hang = INDENT + lead.len() + 1;
    page.paragraph(
        INDENT,
        hang,
        (styles.plain, &lead),
        &[(styles.plain, &clean(&action.title))],
    );
    command(page, hang, action);
}

/// The command of a step.
pub fn command(page: &mut TerminalPage, indent: usize, action: &Action) {
    let style = page.styles.command;
    for line in clean_lines(action.command.as_deref().unwrap_or_default()) {
        page.verbatim(indent, style, &line);
    }
}

/// A label and what it labels.
fn field(page: &mut TerminalPage, label: &str, text: &str) {
    let styles = page.styles;
    page.paragraph(
        INDENT,
        INDENT + LABEL,
        (styles.faint, label),
        &[(styles.plain, text)],
    );
}
