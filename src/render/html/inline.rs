//! Lines of text in HTML.

use maud::{Markup, html};

use super::super::blocks::{Line, Span, Style, Tone};
use crate::model::Severity;

pub fn inline(line: &Line) -> Markup {
    html! { @for part in line.spans() { (span(part)) } }
}

pub fn span(span: &Span) -> Markup {
    let text = span.text();
    html! {
        @match span.style() {
            Style::Plain => { (text) }
            Style::Strong => { strong { (text) } }
            Style::Code => { code { (text) } }
            Style::Tone(tone) => { span class=(tone_class(*tone)) { (text) } }
            Style::Severity(severity) => { (badge(*severity)) }
            Style::Status(status) => { span class={ "status " (status) } { (text) } }
            Style::Time(at) => { time datetime=(at.to_rfc3339()) { (text) } }
            Style::Link(url) => { a href=(url) rel="noreferrer noopener" { (text) } }
        }
    }
}

/// A severity as text on its colour.
pub fn badge(severity: Severity) -> Markup {
    html! { span class={ "badge " (severity_class(severity)) } { (severity) } }
}

pub fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Sev1 => "sev1",
        Severity::Sev2 => "sev2",
        Severity::Sev3 => "sev3",
        Severity::Sev4 => "sev4",
    }
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
        Tone::Faint => "faint",
    }
}
