//! Many new incidents at once: one message, a line each. Pure.

use super::blocks::{LEAD, Lines, SlackBlocks};
use super::fragments::{self, icon, lasted};
use super::text::{code, say};
use super::{Message, MessageContext};
use crate::model::Severity;
use crate::report::Incident;

/// Two sections of lines; with the rest they stay below what a message holds.
const LINES: usize = 2_900;
const SECTIONS: usize = 2;

/// The worst first, as many as there is room for.
pub fn digest(story: &MessageContext) -> Message {
    let mut incidents = story.incidents.clone();
    incidents.sort_by_key(|incident| (incident.severity, incident.tier));
    let Some(worst) = incidents.first() else {
        return fragments::nothing(story);
    };
    let header = fragments::headline(
        &format!(
            "{} {} new incidents, the worst {}: ",
            icon(worst),
            incidents.len(),
            worst.severity
        ),
        &worst.title,
    );
    let mut page = SlackBlocks::default();
    page.header(&header);
    let impact = fragments::impact(worst, LEAD / 2);
    if !impact.is_empty() {
        page.section(&format!("*Impact of the first:* {impact}"));
    }
    list(story, &mut page, &incidents);
    page.section("Each in full: ```k8s-monitor incidents list```");
    page.footer(&fragments::footer(story, None));
    let place = say(story.cluster, 24);
    page.message(fragments::preview(
        &format!("{header} ({place})"),
        &fragments::impact(worst, 160),
    ))
}

/// One incident that is over, as far as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedIncident {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// As bad as it was when last seen.
    pub severity: Severity,
    /// What it was: a service or an object, and why.
    pub what: String,
}

/// All of them are over.
pub fn closed(story: &MessageContext, ended: &[ResolvedIncident]) -> Message {
    let header = format!("✅ Resolved: all {} incidents of this message", ended.len());
    let mut page = SlackBlocks::default();
    page.header(&header);
    let mut lines = Lines::new(LINES);
    for one in ended {
        let what = say(&one.what, 160);
        lines.push(&format!(
            "✅ {} {what} · {}",
            one.severity,
            code(&one.id, 40)
        ));
    }
    page.section(&lines.finish());
    page.footer(&fragments::footer(story, None));
    let place = say(story.cluster, 24);
    page.message(format!("{header} ({place})"))
}

fn list(story: &MessageContext, page: &mut SlackBlocks, incidents: &[&Incident]) {
    let mut rest = incidents;
    for section in 1..=SECTIONS {
        let mut lines = Lines::new(LINES);
        for incident in rest {
            lines.push(&line(story, incident));
        }
        let left = lines.left_out();
        let shown = rest.len() - left;
        if left > 0 && section < SECTIONS {
            // Once more, with only what fits: the rest goes on below.
            lines = Lines::new(LINES);
            for incident in &rest[..shown] {
                lines.push(&line(story, incident));
            }
        }
        page.section(&lines.finish());
        rest = &rest[shown..];
        if rest.is_empty() {
            return;
        }
    }
}

fn line(story: &MessageContext, incident: &Incident) -> String {
    let tier = incident
        .tier
        .map(|tier| format!(" {tier}"))
        .unwrap_or_default();
    format!(
        "{} *{}*{tier} {} · {} · {}",
        icon(incident),
        incident.severity,
        say(&incident.title, 160),
        lasted(story, incident),
        code(&incident.id, 40)
    )
}
