//! Short replies in the thread of an incident. Pure.
//!
//! The thread begins with the full message. A reply says what changed since. It names its incident,
//! because not every receiver has threads.

use super::MessageContext;
use super::incident_message::steps;
use super::limits::LEAD;
use super::parts::{self, duration, icon, impact_line, period, section};
use super::text::{code, prose, sentence};
use crate::model::{IncidentState, Severity};
use crate::report::Incident;
use crate::state::{Block, Line, Message, Topic};

/// The incident changed, at the same severity.
pub fn update(context: &MessageContext, incident: &Incident) -> Message {
    let lead = format!(
        "{} Still {} after {}: ",
        icon(incident.severity),
        incident.severity,
        duration(context, incident)
    );
    let title = parts::headline(&lead, parts::title(context, incident));
    let lines = [why(context), impact_line(incident, LEAD / 4)];
    reply(context, incident, title, lines)
}

/// The severity is lower than in the last message.
pub fn de_escalated(context: &MessageContext, incident: &Incident) -> Message {
    let previous = match context.previous_severity {
        Some(previous) => format!(", was {previous}"),
        None => String::new(),
    };
    let severity = incident.severity;
    let lead = format!("{} De-escalated to {severity}{previous}: ", icon(severity));
    let title = parts::headline(&lead, parts::title(context, incident));
    let overview = Line::text(parts::overview(context, incident, LEAD / 3));
    let lines = [
        why(context),
        Some(overview),
        impact_line(incident, LEAD / 4),
    ];
    reply(context, incident, title, lines)
}

/// Open again within hours of its resolution. It is shown in the channel too, so it says what to
/// do.
pub fn reopened(context: &MessageContext, incident: &Incident) -> Message {
    let severity = incident.severity;
    let lead = format!("{} Reopened, {severity}: ", icon(severity));
    let title = parts::headline(&lead, parts::title(context, incident));
    let overview = Line::text(parts::overview(context, incident, LEAD / 3));
    let lines = [
        Some(overview),
        impact_line(incident, LEAD / 4),
        why(context),
    ];
    let actions: Vec<_> = incident.actions.iter().collect();
    let blocks = [
        lead_section(lines),
        section(Topic::Actions, "Next steps", steps(&actions)),
        Some(parts::footer(context, Some(incident))),
    ];
    let summary = parts::summary(&title, &parts::impact(incident, 200));
    message(severity, title, summary, blocks)
}

/// Resolved.
pub fn resolved(context: &MessageContext, incident: &Incident) -> Message {
    let lead = format!(
        "✅ Resolved, {} for {}: ",
        incident.severity,
        duration(context, incident)
    );
    let title = parts::headline(&lead, &parts::subject(incident));
    let overview = parts::overview(context, incident, LEAD / 3);
    let overview = (!overview.is_empty()).then(|| Line::labelled("What happened:", overview));
    let lines = [Some(Line::text(period(context, incident))), overview];
    reply(context, incident, title, lines)
}

/// Several incidents of one thread: one line for each.
pub fn several(context: &MessageContext) -> Message {
    let count = context.incidents.len();
    let is_resolved = |incident: &Incident| incident.state == IncidentState::Resolved;
    let title = if context.incidents.iter().all(|i| is_resolved(i)) {
        format!("✅ Resolved: {count} incidents")
    } else {
        format!("Update on {count} incidents")
    };
    let lines = context.incidents.iter().map(|incident| {
        let severity = incident.severity;
        let line = if is_resolved(incident) {
            let subject = prose(&parts::subject(incident), 160);
            let duration = duration(context, incident);
            Line::text(format!("✅ {severity} {subject}, {duration} · "))
        } else {
            Line::text(format!("{} ", icon(severity)))
                .strong(severity.as_str())
                .and(format!(" {} · ", prose(&incident.title, 160)))
        };
        Some(line.code(code(&incident.id, 40)))
    });
    let blocks = [
        lead_section(lines),
        section(Topic::Note, "", why(context).into_iter().collect()),
        Some(parts::footer(context, None)),
    ];
    let severities = context.incidents.iter().map(|i| i.severity);
    let severity = Severity::highest(severities).unwrap_or_default();
    message(severity, title.clone(), title, blocks)
}

fn why(context: &MessageContext) -> Option<Line> {
    let why = sentence(&parts::capitalized(context.why), LEAD / 4);
    (!why.is_empty()).then(|| Line::text(why))
}

fn reply(
    context: &MessageContext,
    incident: &Incident,
    title: String,
    lines: impl IntoIterator<Item = Option<Line>>,
) -> Message {
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    let first = lines.iter().map(Line::plain).find(|line| !line.is_empty());
    let summary = parts::summary(&title, &first.unwrap_or_default());
    let blocks = [
        lead_section(lines.into_iter().map(Some)),
        Some(parts::footer(context, Some(incident))),
    ];
    message(incident.severity, title, summary, blocks)
}

fn lead_section(lines: impl IntoIterator<Item = Option<Line>>) -> Option<Block> {
    section(Topic::Lead, "", lines.into_iter().flatten().collect())
}

fn message(
    severity: Severity,
    title: String,
    summary: String,
    blocks: impl IntoIterator<Item = Option<Block>>,
) -> Message {
    Message {
        summary,
        title,
        severity: Some(severity),
        is_short: true,
        blocks: blocks.into_iter().flatten().collect(),
    }
}
