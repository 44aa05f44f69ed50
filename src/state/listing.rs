//! `incidents list`, `incidents show` and `silence list`: for people in 80
//! columns, for programs as JSON. Pure.

use super::model::{IncidentRecord, Silence, State};
use super::silences;
use super::terminal::{line, wrapped};
use crate::config::Config;
use crate::model::duration::human;
use crate::model::text::clean;
use crate::model::{Tier, Time};
use serde::Serialize;
use serde_json::{Value, json};

/// Value of `schema` in the JSON of incidents.
pub const SCHEMA: &str = "k8s-monitor/incidents/v1";

/// So many resolved incidents are listed for people.
const RESOLVED: usize = 20;

/// The open incidents, the worst first, then the resolved ones, the last first.
#[must_use]
pub fn incidents(state: &State, now: Time) -> String {
    let (open, resolved) = split(state);
    let mut text = String::new();
    if open.is_empty() {
        text += "Nothing is open.\n";
    } else {
        line(&mut text, &format!("Open: {}", open.len()));
    }
    for incident in &open {
        entry(&mut text, incident, now);
    }
    if !resolved.is_empty() {
        line(&mut text, "");
        line(&mut text, &format!("Resolved: {}", resolved.len()));
    }
    for incident in resolved.iter().take(RESOLVED) {
        entry(&mut text, incident, now);
    }
    if resolved.len() > RESOLVED {
        let more = resolved.len() - RESOLVED;
        line(&mut text, &format!("and {more} more, see --output json"));
    }
    if !state.outbox.is_empty() {
        line(&mut text, "");
        let waiting = state.outbox.len();
        line(&mut text, &format!("Messages not delivered yet: {waiting}"));
    }
    text
}

/// Everything that is remembered of one incident; none if there is no such id.
#[must_use]
pub fn incident(state: &State, id: &str, now: Time) -> Option<String> {
    let found = find(state, id)?;
    let mut text = String::new();
    line(
        &mut text,
        &format!("{}  {}  {}", found.id, found.severity, clean(&found.title)),
    );
    let tier = found.tier.map_or("none", |tier| tier.as_str());
    let service = found.service.as_deref().unwrap_or("none");
    let root = &found.root;
    let object = if root.namespace.is_empty() {
        format!("{} {}", root.kind, root.name)
    } else {
        format!("{} {}/{}", root.kind, root.namespace, root.name)
    };
    let affects = found.change_key.affects.join(", ");
    let rows = [
        ("state", life(found, now)),
        ("service", format!("{service} (tier: {tier})")),
        ("rule", found.rule.clone()),
        ("root", object),
        ("reason", root.reason.clone()),
        (
            "cause",
            found
                .change_key
                .cause
                .clone()
                .unwrap_or_else(|| "not known".to_owned()),
        ),
        ("message", root.message.clone()),
        ("affects", affects),
        ("first seen", moment(found.first_seen)),
        ("last seen", moment(found.last_seen)),
        ("silenced", silence(found)),
        ("part of", found.part_of.clone().unwrap_or_default()),
        ("waiting", waiting(state, found)),
        ("fingerprint", found.fingerprint.clone()),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        wrapped(&mut text, &format!("{name:<13}"), value);
    }
    line(
        &mut text,
        if found.sent.is_empty() {
            "Nothing was sent."
        } else {
            "Sent:"
        },
    );
    for sent in &found.sent {
        let kind = sent.kind.as_str();
        line(
            &mut text,
            &format!("  {}  {kind:<13}{}", moment(sent.at), clean(&sent.channel)),
        );
    }
    Some(text)
}

/// The same incidents for programs.
#[must_use]
pub fn incidents_json(state: &State) -> Value {
    let (open, resolved) = split(state);
    let all = open.into_iter().chain(resolved);
    json!({ "schema": SCHEMA, "incidents": all.map(|r| object(state, r)).collect::<Vec<_>>() })
}

/// One incident for programs; none if there is no such id.
#[must_use]
pub fn incident_json(state: &State, id: &str) -> Option<Value> {
    let found = find(state, id)?;
    Some(json!({ "schema": SCHEMA, "incidents": [object(state, found)] }))
}

/// The silences in force by hand, and those of the calendar with their next time.
#[must_use]
pub fn silences(state: &State, config: &Config, now: Time) -> String {
    let mut text = String::new();
    for silence in silences::in_force(state, now) {
        let target = silence.target.describe();
        line(&mut text, &format!("{}  {}", silence.id, clean(&target)));
        let until = until(silence.until, now);
        wrapped(
            &mut text,
            "          ",
            &format!("{until}: {}", silence.reason),
        );
    }
    for silence in &config.silences {
        line(&mut text, &format!("calendar  service {}", silence.service));
        let when = match silence.until(now) {
            Some(end) => until(end, now),
            None => silence.schedule.next(now, silence.timezone).map_or_else(
                || "never".to_owned(),
                |next| format!("next at {} for {}", moment(next), human(silence.duration)),
            ),
        };
        wrapped(
            &mut text,
            "          ",
            &format!("{when}: {}", silence.reason),
        );
    }
    if text.is_empty() {
        text += "Nothing is silenced.\n";
    }
    text
}

/// The silences by hand for programs.
#[must_use]
pub fn silences_json(state: &State, now: Time) -> Value {
    json!({ "schema": "k8s-monitor/silences/v1", "silences": silences::in_force(state, now) })
}

/// One silence for programs.
#[must_use]
pub fn silence_json(silence: &Silence) -> Value {
    json!({ "schema": "k8s-monitor/silence/v1", "silence": silence })
}

fn find<'a>(state: &'a State, id: &str) -> Option<&'a IncidentRecord> {
    state
        .incidents
        .iter()
        .find(|r| r.id.eq_ignore_ascii_case(id))
}

fn split(state: &State) -> (Vec<&IncidentRecord>, Vec<&IncidentRecord>) {
    let (mut open, mut resolved): (Vec<_>, Vec<_>) =
        state.incidents.iter().partition(|r| r.is_open());
    open.sort_by(|a, b| (a.severity, a.since, &a.id).cmp(&(b.severity, b.since, &b.id)));
    resolved.sort_by(|a, b| (b.resolved_at, &b.id).cmp(&(a.resolved_at, &a.id)));
    (open, resolved)
}

/// Two lines: what it is, and how it stands.
fn entry(text: &mut String, incident: &IncidentRecord, now: Time) {
    line(
        text,
        &format!(
            "{}  {}  {}",
            incident.id,
            incident.severity,
            clean(&incident.title)
        ),
    );
    let told = match incident.sent.last() {
        Some(sent) => format!("{} at {}", sent.kind.as_str(), moment(sent.at)),
        None => "nothing sent".to_owned(),
    };
    let parts = [life(incident, now), told, silence(incident)];
    let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    wrapped(text, "    ", &parts.join("; "));
}

fn life(incident: &IncidentRecord, now: Time) -> String {
    let end = incident.resolved_at.unwrap_or(now);
    let lasted = (end - incident.since)
        .to_std()
        .map(human)
        .unwrap_or_default();
    let lasted = if lasted.is_empty() {
        "0s".to_owned()
    } else {
        lasted
    };
    match incident.resolved_at {
        Some(at) => format!("resolved {} after {lasted}", moment(at)),
        None => format!(
            "{} since {} ({lasted})",
            incident.state,
            moment(incident.since)
        ),
    }
}

fn silence(incident: &IncidentRecord) -> String {
    incident.silenced.as_ref().map_or_else(String::new, |hush| {
        format!(
            "silenced until {} by {}: {}",
            moment(hush.until),
            hush.by,
            hush.reason
        )
    })
}

fn waiting(state: &State, incident: &IncidentRecord) -> String {
    let mut waiting = state
        .outbox
        .iter()
        .filter(|m| m.incident_ids.contains(&incident.id));
    waiting.next().map_or_else(String::new, |message| {
        let error = message.last_error.as_deref().unwrap_or("not tried yet");
        format!(
            "{} since {}, {} tries: {error}",
            message.kind.as_str(),
            moment(message.created),
            message.attempts
        )
    })
}

fn until(end: Time, now: Time) -> String {
    let left = (end - now).to_std().unwrap_or_default();
    format!("until {} ({} left)", moment(end), human(left))
}

fn moment(time: Time) -> String {
    time.format("%F %H:%M UTC").to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    id: &'a str,
    fingerprint: &'a str,
    state: &'a str,
    severity: &'a str,
    rule: &'a str,
    title: &'a str,
    service: Option<&'a str>,
    tier: Option<&'a str>,
    since: Time,
    first_seen: Time,
    last_seen: Time,
    resolved_at: Option<Time>,
    affects: &'a [String],
    cause: Option<&'a str>,
    message: &'a str,
    silenced_until: Option<Time>,
    part_of: Option<&'a str>,
    sent: &'a [super::model::Sent],
    queued: usize,
}

fn object(state: &State, incident: &IncidentRecord) -> Value {
    let is_about = |ids: &[String]| ids.contains(&incident.id);
    json!(Object {
        id: &incident.id,
        fingerprint: &incident.fingerprint,
        state: incident.state.as_str(),
        severity: incident.severity.as_str(),
        rule: &incident.rule,
        title: &incident.title,
        service: incident.service.as_deref(),
        tier: incident.tier.map(Tier::as_str),
        since: incident.since,
        first_seen: incident.first_seen,
        last_seen: incident.last_seen,
        resolved_at: incident.resolved_at,
        affects: &incident.change_key.affects,
        cause: incident.change_key.cause.as_deref(),
        message: &incident.root.message,
        silenced_until: incident.silenced.as_ref().map(|hush| hush.until),
        part_of: incident.part_of.as_deref(),
        sent: &incident.sent,
        queued: state
            .outbox
            .iter()
            .filter(|m| is_about(&m.incident_ids))
            .count(),
    })
}
