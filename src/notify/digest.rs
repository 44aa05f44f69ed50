//! Many incidents in one message, one line for each. Pure.

use super::MessageContext;
use super::limits::LEAD;
use super::parts::{self, duration, icon, section};
use super::text::{code, prose};
use crate::model::Severity;
use crate::report::Incident;
use crate::state::{Line, Message, Topic};

/// The most severe first.
pub fn digest(context: &MessageContext) -> Message {
    let mut incidents = context.incidents.clone();
    incidents.sort_by_key(|incident| (incident.severity, incident.tier));
    let Some(first) = incidents.first() else {
        return parts::empty(context);
    };
    let (count, severity) = (incidents.len(), first.severity);
    let lead = format!(
        "{} {count} incidents, the most severe {severity}: ",
        icon(severity)
    );
    let title = parts::headline(&lead, &first.title);
    let impact = parts::impact(first, LEAD / 2);
    let impact = (!impact.is_empty()).then(|| Line::labelled("Impact of the first:", impact));
    let lines = incidents.iter().map(|incident| line(context, incident));
    let details = Line::labelled("Details:", "").code("k8s-monitor incidents list");
    let blocks = [
        section(Topic::Lead, "", impact.into_iter().collect()),
        section(Topic::Incidents, "", lines.collect()),
        section(Topic::Note, "", vec![details]),
        Some(parts::footer(context, None)),
    ];
    let cluster = prose(context.cluster, 24);
    Message {
        summary: parts::summary(&format!("{title} ({cluster})"), &parts::impact(first, 160)),
        title,
        severity: Some(severity),
        is_short: false,
        blocks: blocks.into_iter().flatten().collect(),
    }
}

/// A resolved incident, as far as the state knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedIncident {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// Its last severity.
    pub severity: Severity,
    /// A service or an object, and why.
    pub subject: String,
}

/// The new text of a digest whose incidents are all resolved.
pub fn resolved(context: &MessageContext, incidents: &[ResolvedIncident]) -> Message {
    let title = format!("✅ Resolved: all {} incidents", incidents.len());
    let lines = incidents.iter().map(|incident| {
        let subject = prose(&incident.subject, 160);
        Line::text(format!("✅ {} {subject} · ", incident.severity)).code(code(&incident.id, 40))
    });
    let blocks = [
        section(Topic::Incidents, "", lines.collect()),
        Some(parts::footer(context, None)),
    ];
    Message {
        summary: format!("{title} ({})", prose(context.cluster, 24)),
        title,
        severity: Severity::highest(incidents.iter().map(|incident| incident.severity)),
        is_short: false,
        blocks: blocks.into_iter().flatten().collect(),
    }
}

fn line(context: &MessageContext, incident: &Incident) -> Line {
    let tier = incident
        .tier
        .map(|tier| format!(" {tier}"))
        .unwrap_or_default();
    let title = prose(&incident.title, 160);
    let duration = duration(context, incident);
    Line::text(format!("{} ", icon(incident.severity)))
        .strong(incident.severity.as_str())
        .and(format!("{tier} {title} · {duration} · "))
        .code(code(&incident.id, 40))
}
