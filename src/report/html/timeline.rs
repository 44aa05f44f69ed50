//! How an incident came: each moment that is known of it, in order.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{super::Finding, super::Incident, super::TimelineEvent, super::format};
use crate::model::IncidentState;
use crate::model::duration::human;
use crate::model::text::clean;

/// Something that happened.
struct Event {
    at: DateTime<Utc>,
    what: Markup,
}

/// The moments of an incident up to `now`.
pub fn timeline(incident: &Incident, now: DateTime<Utc>) -> Markup {
    let events = events(incident, now);
    html! {
        h4 { "Timeline" }
        ol.timeline {
            @for event in &events {
                li {
                    time datetime=(event.at.to_rfc3339()) { (format::moment(event.at)) }
                    span { (event.what) " " span.lag { (lag(event.at, incident.since)) } }
                }
            }
        }
    }
}

/// All that the report knows the time of.
fn events(incident: &Incident, now: DateTime<Utc>) -> Vec<Event> {
    let first = incident
        .findings
        .iter()
        .position(|finding| finding.since == Some(incident.since));
    let mut events = story(incident);
    if events.is_empty() {
        let onset = first.map(|index| symptom(&incident.findings[index]));
        events.push(Event {
            at: incident.since,
            what: html! { strong { "It began" } @if let Some(onset) = onset { ": " (onset) } },
        });
    }
    let others = incident.findings.iter().enumerate();
    for (_, finding) in others.filter(|(index, _)| Some(*index) != first) {
        if let Some(at) = finding.since {
            let what = symptom(finding);
            events.push(Event { at, what });
        }
    }
    let last = match incident.state {
        IncidentState::Resolved => "Seen no more",
        _ => "This report: still so",
    };
    events.push(Event {
        at: now,
        what: html! { (last) },
    });
    events.sort_by_key(|event| event.at);
    events
}

/// From the commit to the first failure, where the correlation tells it.
fn story(incident: &Incident) -> Vec<Event> {
    let told = incident.correlation.iter().flat_map(|c| &c.timeline);
    let event = |event: &TimelineEvent| Event {
        at: event.at,
        what: html! { (clean(&event.what)) " (" (clean(&event.source)) ")" },
    };
    told.map(event).collect()
}

fn symptom(finding: &Finding) -> Markup {
    let place = clean(&finding.resource.to_string());
    html! { code { (place) } " " (clean(&finding.reason)) }
}

/// How far from the onset.
fn lag(at: DateTime<Utc>, onset: DateTime<Utc>) -> String {
    let (passed, word) = if at < onset {
        (onset - at, "before")
    } else {
        (at - onset, "after")
    };
    match passed.to_std() {
        Ok(passed) if passed.as_secs() > 0 => format!("{} {word}", human(passed)),
        _ => String::new(),
    }
}
