//! The report for a person at a terminal, maybe at three in the morning: the
//! verdict, what is wrong and what to type, then how every service does.

use super::incident_text::RenderContext;
use super::terminal::{Cell, TerminalPage, glued};
use super::{RenderOptions, Report, Service, Unread, format, headline, incident_text, plan};
use crate::model::Severity;
use crate::model::text::clean;

/// Renders the report as text.
#[must_use]
pub fn text(report: &Report, options: &RenderOptions) -> String {
    let mut page = TerminalPage::new(options);
    verdict(&mut page, report);
    notes(&mut page, &report.notes);
    for (index, incident) in report.incidents.iter().enumerate() {
        incident_text::incident(
            &mut page,
            index + 1,
            incident,
            RenderContext::of(&report.cycle),
        );
    }
    if !report.services.is_empty() {
        page.blank();
        services(&mut page, report);
    }
    unread(&mut page, &report.visibility.unread);
    if let Some(plan) = &report.plan {
        plan::text(&mut page, plan);
    }
    page.blank();
    let faint = page.styles.faint;
    page.paragraph(0, 0, (faint, ""), &[(faint, &headline::footer(report))]);
    page.finish()
}

/// The first lines say it all: how bad, what, where, when, and how much more.
fn verdict(page: &mut TerminalPage, report: &Report) {
    let styles = page.styles;
    let severity = report.severity.to_string();
    let sentence = headline::verdict(report);
    let cycle = &report.cycle;
    let place = format::place(&cycle.cluster, cycle.started_at);
    let place = glued(&format!("({place})"));
    let hang = severity.len() + 2;
    let lead = (styles.severity(report.severity), &*severity);
    let sentence_style = match report.severity {
        Severity::Sev4 => styles.plain,
        _ => styles.strong,
    };
    page.paragraph(
        0,
        hang,
        lead,
        &[(sentence_style, &sentence), (styles.plain, &place)],
    );
    let situation = headline::situation(report);
    if !situation.is_empty() {
        page.paragraph(
            hang,
            hang,
            (styles.plain, ""),
            &[(styles.plain, &situation)],
        );
    }
}

/// What must be known of the monitor itself.
fn notes(page: &mut TerminalPage, notes: &[String]) {
    let styles = page.styles;
    for note in notes {
        let lead = (styles.yellow, "Note:");
        page.paragraph(7, 13, lead, &[(styles.plain, &clean(note))]);
    }
}

fn services(page: &mut TerminalPage, report: &Report) {
    let titles = ["TIER", "SERVICE", "STATUS", "READY", "SINCE", "DOWN", "MAX"];
    let rows = format::by_tier(&report.services)
        .into_iter()
        .map(|service| service_row(page, report, service))
        .collect();
    page.records(0, &titles, rows, 2, &[]);
}

/// One service. Its tier is on every line, for `grep` and for ears.
fn service_row(page: &TerminalPage, report: &Report, service: &Service) -> Vec<Cell> {
    let styles = page.styles;
    let [status, ready, since, down, max] = format::service_cells(service, report.cycle.started_at);
    vec![
        (styles.strong, service.tier.to_string()),
        (styles.plain, clean(&service.name)),
        (styles.status(service.status), status),
        (styles.plain, ready),
        (styles.plain, since),
        (styles.plain, down),
        (styles.plain, max),
    ]
}

/// What could not be seen, and what to do about it.
pub fn unread(page: &mut TerminalPage, unread: &[Unread]) {
    if unread.is_empty() {
        return;
    }
    page.heading("Could not be read");
    let styles = page.styles;
    let (left_out, unseen): (Vec<_>, Vec<_>) = unread
        .iter()
        .partition(|kind| kind.reason == "NotInSnapshot");
    for kind in unseen {
        let resource = format!("{}:", clean(&kind.resource));
        let text = format!("{}, {}", clean(&kind.reason), clean(&kind.message));
        page.paragraph(2, 4, (styles.yellow, &resource), &[(styles.plain, &text)]);
    }
    if !left_out.is_empty() {
        let names: Vec<_> = left_out.iter().map(|kind| clean(&kind.resource)).collect();
        let lead = (styles.yellow, "not in the snapshot:");
        page.paragraph(2, 4, lead, &[(styles.plain, &names.join(", "))]);
    }
}
