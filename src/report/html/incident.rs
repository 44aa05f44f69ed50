//! One incident: what is wrong, what it means, what to do, and its pictures.

use maud::{Markup, html};

use super::super::incident_text::{RenderContext, is_minor};
use super::{
    super::Action, super::Commit, super::Finding, super::Incident, super::Report, super::format,
};
use super::{badge, dependency_graph, severity_class, timeline};
use crate::model::IncidentState;
use crate::model::text::{clean, clean_lines};

/// An incident that folds; what can wait is folded already.
pub fn incident(incident: &Incident, report: &Report, frame: RenderContext) -> Markup {
    let resolved = incident.state == IncidentState::Resolved;
    let minor = is_minor(incident);
    html! {
        details id=(clean(&incident.id)) class={ "incident " (severity_class(incident.severity)) }
            open[!minor && !resolved] {
            summary {
                h3 { (badge(incident.severity)) " " (clean(&incident.title)) }
                p.life { (clean(&incident.id)) ", " (format::life(incident, frame.now)) }
            }
            @if !resolved {
                (findings(incident))
                (actions(&incident.actions))
                @if !minor { (dependency_graph::picture(incident, report)) }
            }
            (timeline::timeline(incident, frame.now))
            @if !resolved { (facts(incident, minor, frame.tells)) }
        }
    }
}

fn findings(incident: &Incident) -> Markup {
    html! {
        @if !incident.findings.is_empty() {
            h4 { "What is wrong" }
            ul.findings {
                @for item in &incident.findings { li { (finding(item)) } }
            }
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    let cause = finding
        .cause
        .as_deref()
        .filter(|cause| *cause != finding.reason);
    html! {
        code { (clean(&finding.resource.to_string())) } " "
        strong { (clean(&finding.reason)) }
        @if let Some(cause) = cause { " (" (clean(cause)) ")" }
        ": " (clean(&finding.message))
        @if !finding.evidence.is_empty() {
            ul.evidence {
                @for evidence in &finding.evidence {
                    li { (clean(&evidence.kind)) ": " (clean(&evidence.text)) }
                }
            }
        }
    }
}

fn actions(actions: &[Action]) -> Markup {
    html! {
        @if !actions.is_empty() {
            h4 { "What to do" }
            ol.actions {
                @for action in actions {
                    li {
                        (clean(&action.title))
                        @if let Some(command) = &action.command {
                            pre { code { (clean_lines(command).join("\n")) } }
                        }
                    }
                }
            }
        }
    }
}

/// What the incident means, and what became of it.
fn facts(incident: &Incident, minor: bool, tells: bool) -> Markup {
    html! {
        h4 { @if minor { "Details" } @else { "What it means" } }
        dl {
            @if !minor {
                dt { "Root cause" } dd { (format::root_cause(incident)) }
                @if let Some(likely) = format::hypothesis(incident) {
                    dt { "Likely" } dd { (likely) }
                }
                @if !incident.analysis.business_impact.trim().is_empty() {
                    dt { "Impact" } dd { (clean(&incident.analysis.business_impact)) }
                }
                @if let Some(dissent) = &incident.analysis.dissent {
                    dt { "Dissent" } dd { (clean(dissent)) }
                }
                (commits(incident))
            }
            @for issue in format::known_issues(incident) {
                dt { "Known issue" } dd { (issue) }
            }
            dt { "Rule" } dd { code { (clean(&incident.rule)) } }
            @if tells {
                dt { "Message" } dd { (format::notification(&incident.notification)) }
            }
        }
    }
}

fn commits(incident: &Incident) -> Markup {
    html! {
        @if let Some(correlation) = &incident.correlation {
            dt { "Commits" }
            dd {
                (format::suspicion(correlation))
                @if !correlation.commits.is_empty() {
                    ul { @for item in &correlation.commits { li { (commit(item)) } } }
                }
            }
        }
    }
}

fn commit(commit: &Commit) -> Markup {
    html! {
        (link(&format::short_sha(commit), &commit.url))
        @if let Some(pull) = &commit.pull_request { ", " (link("pull request", pull)) }
        ": " (format::commit(commit))
    }
}

/// A link, if the address is one to the web; else its text alone.
fn link(text: &str, url: &str) -> Markup {
    let web = url.starts_with("https://") && url.chars().all(|c| c.is_ascii_graphic());
    html! {
        @if web { a href=(url) rel="noreferrer noopener" { (text) } } @else { (text) }
    }
}
