//! The document of the state and its size limit.

use k8s_monitor::lifecycle::{self, Rendered};
use k8s_monitor::state::document::{LIMIT, parse, render, salvage, size};
use k8s_monitor::state::{Message, MessageKind, State, trim};

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn documents_of_other_versions_are_read() {
    let state = parse(r#"{"schema": "k8s-monitor/state/v1"}"#).expect("all has a default");
    assert_eq!(state, State::default());
    let newer = r#"{"schema": "k8s-monitor/state/v1", "lastMessage": 3, "weather": "fair"}"#;
    assert_eq!(parse(newer).expect("skipped").last_message, 3);
}

#[test]
fn a_damaged_document_is_not_quoted() {
    let text = r#"{"schema": "k8s-monitor/state/v1", "lastMessage": "s3cr3t"}"#;
    let error = parse(text).expect_err("a number is wanted").to_string();
    assert!(error.contains("line 1"), "{error}");
    assert!(!error.contains("s3cr3t"), "{error}");
}

#[test]
fn of_a_damaged_document_the_other_incidents_are_kept() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1), incident_of("vault", Sev2)]);
    let text = render(&harness.state).expect("it fits");
    let mut document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    document["incidents"][0]["since"] = (-1).into();
    document["spend"] = "none".into();
    document["numbers"]["2026-11-01"] = "many".into();
    let damaged = document.to_string();
    parse(&damaged).expect_err("a time is wanted");
    let rest = salvage(&damaged);
    assert_eq!(rest.incidents, harness.state.incidents[1..]);
    assert_eq!(rest.numbers, harness.state.numbers);
    assert_eq!(salvage(&damaged[..damaged.len() - 1]), State::default());
}

/// A merge by hand can leave duplicates.
#[test]
fn duplicates_in_a_document_are_removed() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.slack = false;
    harness.cycle(vec![incident_of("mysql", Sev1), incident_of("vault", Sev2)]);
    let once = harness.state.clone();
    let mut twice = once.clone();
    twice.incidents.extend(once.incidents.iter().cloned());
    twice.outbox.extend(once.outbox.iter().cloned());
    twice.last_message = 0;
    harness.state = parse(&render(&twice).expect("it fits")).expect("read");
    assert_eq!(harness.state, once);
    let step = harness.advance(vec![incident_of("mysql", Sev2), incident_of("vault", Sev2)]);
    assert_eq!(step.due.len(), 2);
    twice.outbox[0].id = u64::MAX;
    harness.state = parse(&render(&twice).expect("it fits")).expect("read");
    harness.cycle(vec![incident_of("n8n", Sev2)]);
    assert!(harness.state.last_message < 9);
}

fn many_incidents(severity: k8s_monitor::model::Severity) -> Vec<k8s_monitor::assess::Incident> {
    (0..3000)
        .map(|number| incident_of(&format!("service-{number}"), severity))
        .collect()
}

#[test]
fn resolved_incidents_are_trimmed_before_open_ones() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.state = harness.advance(many_incidents(Sev4)).state;
    harness.pass(60);
    harness.state = harness.advance(vec![incident_of("mysql", Sev1)]).state;
    assert!(size(&harness.state) > LIMIT);
    let kept = parse(&render(&harness.state).expect("it fits")).expect("read");
    assert!(kept.incidents.len() > 300);
    let mysql = kept
        .incidents
        .iter()
        .find(|r| r.service.as_deref() == Some("mysql"));
    assert!(mysql.is_some());
}

#[test]
fn unnotified_incidents_are_trimmed_before_notified_ones() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    let mut found = many_incidents(Sev4);
    found.push(incident_of("mysql", Sev2));
    harness.state = harness.advance(found).state;
    trim(&mut harness.state);
    assert!(size(&harness.state) <= LIMIT);
    assert!(harness.state.incidents.iter().any(|r| r.notified.is_some()));
    assert!(harness.state.incidents.len() > 300);
}

#[test]
fn queued_messages_are_merged_and_never_dropped() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.slack = false;
    let step = harness.advance(vec![
        incident_of("a", Sev1),
        incident_of("b", Sev1),
        incident_of("c", Sev2),
    ]);
    harness.state = step.state;
    for due in &step.due {
        assert_eq!(due.kind, MessageKind::New);
        let message = Message::line("x".repeat(LIMIT / 2));
        let edits = Vec::new();
        lifecycle::enqueue(
            &mut harness.state,
            due,
            Rendered { message, edits },
            harness.now,
        );
    }
    trim(&mut harness.state);
    assert!(size(&harness.state) <= LIMIT);
    assert_eq!(harness.state.outbox.len(), 2);
    let critical = &harness.state.outbox[0];
    assert_eq!(
        critical.incident_ids,
        ["INC-2026-11-02-001", "INC-2026-11-02-002"]
    );
    let text = &critical.message.summary;
    assert!(text.contains("INC-2026-11-02-002"), "{text}");
}

#[test]
fn a_state_that_fits_is_not_trimmed() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    harness.cycle(vec![]);
    let before = harness.state.clone();
    trim(&mut harness.state);
    assert_eq!(harness.state, before);
}
