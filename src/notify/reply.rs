//! Short replies in the thread of an incident. Pure.
//!
//! The thread holds the full message already: a reply says what changed.

use super::blocks::{LEAD, Lines, SlackBlocks};
use super::fragments::{self, icon, lasted};
use super::incident_message::{span, steps};
use super::text::{code, say, sentence};
use super::{Message, MessageContext};
use crate::model::IncidentState;
use crate::report::Incident;

/// Something changed, and it is as bad as before.
pub fn update(story: &MessageContext, incident: &Incident) -> Message {
    let lead = format!(
        "{} Still {} after {}: ",
        icon(incident),
        incident.severity,
        lasted(story, incident)
    );
    let header = fragments::headline(&lead, fragments::title(story, incident));
    reply(story, incident, &header, &[why(story), impact(incident)])
}

/// Better than before, and still there.
pub fn better(story: &MessageContext, incident: &Incident) -> Message {
    let was = match story.previous_severity {
        Some(previous) => format!(", was {previous}"),
        None => String::new(),
    };
    let lead = format!("{} Better: {}{was}: ", icon(incident), incident.severity);
    let header = fragments::headline(&lead, fragments::title(story, incident));
    let what = fragments::what(story, incident, LEAD / 3);
    reply(
        story,
        incident,
        &header,
        &[why(story), what, impact(incident)],
    )
}

/// Back within hours of its end. Whoever reads it in the channel must be able
/// to act on it.
pub fn reopened(story: &MessageContext, incident: &Incident) -> Message {
    let lead = format!("{} Back again, {}: ", icon(incident), incident.severity);
    let header = fragments::headline(&lead, fragments::title(story, incident));
    let what = fragments::what(story, incident, LEAD / 3);
    let mut page = SlackBlocks::default();
    page.section(&body(&header, &[what, impact(incident), why(story)]));
    page.section(&steps("*What to do*", &incident.actions, 1_000));
    page.footer(&fragments::footer(story, Some(incident)));
    page.message(fragments::preview(
        &header,
        &fragments::impact(incident, 200),
    ))
}

/// Over.
pub fn resolved(story: &MessageContext, incident: &Incident) -> Message {
    let lead = format!(
        "✅ Resolved, {} for {}: ",
        incident.severity,
        lasted(story, incident)
    );
    let header = fragments::headline(&lead, &fragments::subject(incident));
    let what = match fragments::what(story, incident, LEAD / 3) {
        empty if empty.is_empty() => empty,
        what => format!("*It was:* {what}"),
    };
    reply(story, incident, &header, &[span(story, incident), what])
}

/// News of several incidents that were told in one message: a line each.
pub fn several(story: &MessageContext) -> Message {
    let count = story.incidents.len();
    let over = |incident: &&&Incident| incident.state == IncidentState::Resolved;
    let resolved = story.incidents.iter().filter(over).count();
    let header = if resolved == count {
        format!("✅ Resolved: {count} of the incidents above")
    } else {
        format!("News of {count} of the incidents above")
    };
    let lines: Vec<_> = story
        .incidents
        .iter()
        .map(|incident| {
            let id = code(&incident.id, 40);
            if over(&incident) {
                let what = say(&fragments::subject(incident), 160);
                format!(
                    "✅ {} {what}, {} · {id}",
                    incident.severity,
                    lasted(story, incident)
                )
            } else {
                let title = say(&incident.title, 160);
                format!("{} *{}* {title} · {id}", icon(incident), incident.severity)
            }
        })
        .collect();
    let mut page = SlackBlocks::default();
    page.section(&body(&header, &lines));
    page.section(&why(story));
    page.footer(&fragments::footer(story, None));
    page.message(header)
}

fn why(story: &MessageContext) -> String {
    sentence(&fragments::capital(story.why), LEAD / 4)
}

fn impact(incident: &Incident) -> String {
    match fragments::impact(incident, LEAD / 4) {
        empty if empty.is_empty() => empty,
        impact => format!("*Impact:* {impact}"),
    }
}

fn reply(story: &MessageContext, incident: &Incident, header: &str, lines: &[String]) -> Message {
    let mut page = SlackBlocks::default();
    page.section(&body(header, lines));
    page.footer(&fragments::footer(story, Some(incident)));
    let first = lines.iter().find(|line| !line.is_empty());
    page.message(fragments::preview(header, first.map_or("", String::as_str)))
}

/// A headline in bold, as a header block is too loud for a thread, and lines.
fn body(header: &str, lines: &[String]) -> String {
    let mut text = Lines::new(LEAD + 200);
    text.push(&format!("*{}*", header.replace('*', "∗")));
    for line in lines.iter().filter(|line| !line.is_empty()) {
        text.push(line);
    }
    text.finish()
}
