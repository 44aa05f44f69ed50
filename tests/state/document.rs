//! The document and its bound.

use k8s_monitor::lifecycle::{self, MessageKind, Rendered};
use k8s_monitor::state::document::{LIMIT, parse, render, size};
use k8s_monitor::state::{State, trim};

use super::world::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn what_an_older_program_wrote_is_read() {
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

/// As after an unlucky merge by hand.
#[test]
fn what_stands_twice_in_a_document_is_said_once() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev1)]);
    world.slack = false;
    world.cycle(vec![trouble("mysql", Sev1), trouble("vault", Sev2)]);
    let once = world.state.clone();
    let mut twice = once.clone();
    twice.incidents.extend(once.incidents.iter().cloned());
    twice.outbox.extend(once.outbox.iter().cloned());
    twice.last_message = 0;
    world.state = parse(&render(&twice).expect("it fits")).expect("read");
    assert_eq!(world.state, once);
    let step = world.look(vec![trouble("mysql", Sev2), trouble("vault", Sev2)]);
    assert_eq!(step.due.len(), 2);
    twice.outbox[0].id = u64::MAX;
    world.state = parse(&render(&twice).expect("it fits")).expect("read");
    world.cycle(vec![trouble("n8n", Sev2)]);
    assert!(world.state.last_message < 9);
}

fn crowd(severity: k8s_monitor::model::Severity) -> Vec<k8s_monitor::assess::Incident> {
    (0..3000)
        .map(|number| trouble(&format!("service-{number}"), severity))
        .collect()
}

#[test]
fn resolved_incidents_go_before_open_ones() {
    let mut world = World::new(config(""), MONDAY);
    world.state = world.look(crowd(Sev4)).state;
    world.pass(60);
    world.state = world.look(vec![trouble("mysql", Sev1)]).state;
    assert!(size(&world.state) > LIMIT);
    let kept = parse(&render(&world.state).expect("it fits")).expect("read");
    assert!(kept.incidents.len() > 300);
    let mysql = kept
        .incidents
        .iter()
        .find(|r| r.service.as_deref() == Some("mysql"));
    assert!(mysql.is_some());
}

#[test]
fn what_is_only_logged_goes_before_what_was_told() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev2)]);
    let mut found = crowd(Sev4);
    found.push(trouble("mysql", Sev2));
    world.state = world.look(found).state;
    trim(&mut world.state);
    assert!(size(&world.state) <= LIMIT);
    assert!(world.state.incidents.iter().any(|r| r.told.is_some()));
    assert!(world.state.incidents.len() > 300);
}

#[test]
fn queued_messages_collapse_and_are_never_dropped() {
    let mut world = World::new(config(""), MONDAY);
    world.slack = false;
    let step = world.look(vec![
        trouble("a", Sev1),
        trouble("b", Sev1),
        trouble("c", Sev2),
    ]);
    world.state = step.state;
    for due in &step.due {
        assert_eq!(due.kind, MessageKind::New);
        let message = k8s_monitor::state::Message {
            text: due.why.clone(),
            blocks: serde_json::json!(["x".repeat(LIMIT / 2)]),
        };
        let edits = Vec::new();
        lifecycle::enqueue(
            &mut world.state,
            due,
            Rendered { message, edits },
            world.now,
        );
    }
    trim(&mut world.state);
    assert!(size(&world.state) <= LIMIT);
    assert_eq!(world.state.outbox.len(), 2);
    let critical = &world.state.outbox[0];
    assert_eq!(
        critical.incident_ids,
        ["INC-2026-11-02-001", "INC-2026-11-02-002"]
    );
    let text = &critical.message.text;
    assert!(text.contains("INC-2026-11-02-002"), "{text}");
}

#[test]
fn a_state_that_fits_is_left_alone() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev2)]);
    world.cycle(vec![]);
    let before = world.state.clone();
    trim(&mut world.state);
    assert_eq!(world.state, before);
}
