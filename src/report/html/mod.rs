//! The report as one page for a browser: no script, nothing fetched, light and
//! dark, wide and narrow.
//!
//! Text from the cluster is [`clean`]ed and escaped by the template; should a
//! page be tampered with all the same, its policy lets the browser run and
//! load nothing. Colour never says anything alone: words and heights do.

mod dependency_graph;
mod incident;
mod services;
mod timeline;
mod uptime_bar;

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::incident_text::RenderContext;
use super::{History, Plan, Report, Unread, format, headline, plan};
use crate::model::Severity;
use crate::model::text::{clean, clean_lines};

const STYLE: &str = include_str!("style.css");

/// What a browser may do with the page: apply [`STYLE`], by its SHA-256.
const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-ylqkEX4XjvNayds/RjZ5Ogiw33d4j8o1Ep8qfMJNZBg='; \
     base-uri 'none'; form-action 'none'";

/// Renders the report as a page. Without a history no strips are drawn.
#[must_use]
pub fn html(report: &Report, history: Option<&History>) -> String {
    let history = history.map(|history| history.clone().joined(report));
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            (head(report))
            body {
                (header(report))
                main {
                    (incidents(report))
                    (services::section(report, history.as_ref()))
                    (unread(&report.visibility.unread))
                    @if let Some(plan) = &report.plan { (planned(plan)) }
                }
                footer { p { (headline::footer(report)) } }
            }
        }
    };
    page.into_string()
}

fn head(report: &Report) -> Markup {
    let title = format!(
        "{} {}: {}",
        report.severity,
        clean(&report.cycle.cluster),
        headline::verdict(report)
    );
    markup! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn header(report: &Report) -> Markup {
    let cycle = &report.cycle;
    let situation = headline::situation(report);
    markup! {
        header class=(severity_class(report.severity)) {
            p.place {
                (clean(&cycle.cluster)) ", "
                time datetime=(cycle.started_at.to_rfc3339()) { (format::moment(cycle.started_at)) }
            }
            h1 { (badge(report.severity)) " " (headline::verdict(report)) }
            @if !situation.is_empty() { p { (situation) } }
            @for note in &report.notes { p.note { strong { "Note: " } (clean(note)) } }
        }
    }
}

fn incidents(report: &Report) -> Markup {
    let frame = RenderContext::of(&report.cycle);
    markup! {
        @if !report.incidents.is_empty() {
            section {
                h2 { "Incidents" }
                @for item in &report.incidents { (incident::incident(item, report, frame)) }
            }
        }
    }
}

fn unread(unread: &[Unread]) -> Markup {
    markup! {
        @if !unread.is_empty() {
            section {
                h2 { "Could not be read" }
                dl {
                    @for kind in unread {
                        dt { code { (clean(&kind.resource)) } }
                        dd { (clean(&kind.reason)) ", " (clean(&kind.message)) }
                    }
                }
            }
        }
    }
}

/// What a dry run would have done.
fn planned(plan: &Plan) -> Markup {
    markup! {
        section {
            h2 { "Would send" }
            @for message in &plan.messages {
                p { strong { (plan::heading(message)) } " " (clean(&message.why)) }
                pre { (clean_lines(&message.text).join("\n")) }
            }
            @if plan.messages.is_empty() { p { "Nothing." } }
            h2 { "Would store" }
            p { (plan::stored(&plan.state)) }
        }
    }
}

/// A severity, in words on its colour.
fn badge(severity: Severity) -> Markup {
    markup! { span class={ "badge " (severity_class(severity)) } { (severity) } }
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Sev1 => "sev1",
        Severity::Sev2 => "sev2",
        Severity::Sev3 => "sev3",
        Severity::Sev4 => "sev4",
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::digest::{SHA256, digest};

    use super::*;

    #[test]
    fn the_policy_names_the_style() {
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(
            POLICY.contains(&format!("'sha256-{hash}'")),
            "the style has changed: its hash is {hash}"
        );
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
