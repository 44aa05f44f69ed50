//! `incidents list|show` and `silence list`, as text and as JSON.

use std::time::Duration;

use k8s_monitor::render::{Document, Format, RenderOptions, render};
use k8s_monitor::state::{
    IncidentDocument, IncidentList, SilenceList, SilenceTarget, State, silences,
};
use serde_json::Value;

use super::harness::*;

fn harness() -> Harness {
    let text =
        "silences: [ { service: n8n, schedule: '0 2 * * Sun', duration: 1h, reason: backup } ]";
    let mut harness = Harness::new(config(text), "2026-11-02T00:00:00Z");
    let mut wide = incident_of("mysql", Sev1);
    wide.affects = vec!["chores-tracker-backend".to_owned(), "n8n".to_owned()];
    wide.findings[0].message = "\u{1b}[31mcontainer mysql was killed".into();
    harness.cycle(vec![wide.clone(), incident_of("vault", Sev2)]);
    harness.cycle(vec![wide.clone(), incident_of("whoami-test", Sev4)]);
    let now = harness.now;
    let target = SilenceTarget::Service("mysql".to_owned());
    let why = "moving the database to the new disk, see the plan in the wiki, back at noon";
    silences::add(
        &mut harness.state,
        target,
        Duration::from_hours(2),
        why,
        now,
    );
    harness.slack = false;
    harness.cycle(vec![wide, incident_of("n8n", Sev2)]);
    harness
}

fn shown(document: &impl Document) -> String {
    render(document, Format::Text, RenderOptions::default()).expect("renders")
}

fn json(document: &impl Document) -> Value {
    let text = render(document, Format::Json, RenderOptions::default()).expect("renders");
    serde_json::from_str(&text).expect("JSON")
}

fn incidents(state: &State, now: chrono::DateTime<chrono::Utc>) -> IncidentList<'_> {
    let note = None;
    IncidentList { state, now, note }
}

#[test]
fn the_list_has_open_incidents_first_and_80_columns() {
    let harness = harness();
    let text = shown(&incidents(&harness.state, harness.now));
    let expected = "\
Open: 2
INC-2026-11-02-001  SEV-1 mysql is unavailable: CrashLoopBackOff
    ongoing, started 2026-11-01 23:50 UTC (3h10m ago); new sent 2026-11-02 00:00
    UTC; silenced until 2026-11-02 04:00 UTC by ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("\nResolved: 2\n"), "{text}");
    assert!(
        text.contains("resolved 2026-11-02 01:00 UTC after 1h10m"),
        "{text}"
    );
    assert!(text.ends_with("Undelivered messages: 1\n"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let nothing = shown(&incidents(&State::default(), harness.now));
    assert_eq!(nothing, "No open incidents.\n");
}

#[test]
fn an_incident_is_shown_in_full() {
    let harness = harness();
    let text = IncidentDocument::new(&harness.state, "inc-2026-11-02-001", harness.now);
    let text = shown(&text.expect("known"));
    for part in [
        "Root object   Deployment mysql/mysql",
        "Message       container mysql was killed",
        "Affects       chores-tracker-backend, n8n",
        "Messages\nSENT                  KIND  CHANNEL\n2026-11-02 00:00 UTC  new   #critical-alerts\n",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let queued = IncidentDocument::new(&harness.state, "INC-2026-11-02-004", harness.now);
    let queued = shown(&queued.expect("known"));
    assert!(queued.contains("Queued        new since"), "{queued}");
    assert!(queued.contains("No messages were sent."), "{queued}");
    assert!(IncidentDocument::new(&harness.state, "INC-2026-11-02-009", harness.now).is_none());
}

#[test]
fn json_has_the_same_incidents() {
    let harness = harness();
    let all = json(&incidents(&harness.state, harness.now));
    assert_eq!(all["schema"], "k8s-monitor/incidents/v1");
    let incidents = all["incidents"].as_array().expect("a list");
    assert_eq!(incidents.len(), 4);
    assert_eq!(incidents[0]["severity"], "SEV-1");
    assert_eq!(incidents[0]["silencedUntil"], "2026-11-02T04:00:00Z");
    assert_eq!(incidents[1]["queued"], 1);
    let one = IncidentDocument::new(&harness.state, "INC-2026-11-02-001", harness.now);
    assert_eq!(json(&one.expect("known"))["incidents"][0], incidents[0]);
}

#[test]
fn silences_are_listed_with_mute_time_intervals() {
    let harness = harness();
    let list = |config| SilenceList {
        state: &harness.state,
        config,
        now: harness.now,
        note: None,
    };
    let text = shown(&list(&harness.config));
    let first = text.lines().next().unwrap_or_default();
    assert!(first.ends_with("  service mysql"), "{text}");
    assert!(
        text.contains("           until 2026-11-02 04:00 UTC (60m left): moving"),
        "{text}"
    );
    assert!(
        text.contains(
            "scheduled  service n8n\n           next at 2026-11-08 02:00 UTC for 1h: backup\n"
        ),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let json = json(&list(&harness.config));
    assert_eq!(json["silences"][0]["target"]["service"], "mysql");
    let none = config("");
    let later = SilenceList {
        now: harness.now + chrono::TimeDelta::hours(2),
        ..list(&none)
    };
    assert_eq!(shown(&later), "No silences.\n");
}

/// The report shows past incidents for the service of the root cause and for affected services.
#[test]
fn the_history_has_each_incident_for_each_service() {
    let harness = harness();
    let history = k8s_monitor::state::history(&harness.state);
    let of = |service: &str| {
        let mut found: Vec<_> = history
            .episodes
            .iter()
            .filter(|episode| episode.service == service)
            .map(|episode| (episode.severity, episode.to.is_some()))
            .collect();
        found.sort_unstable();
        found
    };
    assert_eq!(of("mysql"), [(Sev1, false)]);
    assert_eq!(of("chores-tracker-backend"), [(Sev1, false)]);
    assert_eq!(of("vault"), [(Sev2, true)]);
    assert_eq!(of("n8n"), [(Sev1, false), (Sev2, false)]);
}
