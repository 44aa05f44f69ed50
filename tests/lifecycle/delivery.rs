//! No message is lost or sent twice: with Slack down, killed runs, two runs in a row and clock
//! changes.

use k8s_monitor::lifecycle;
use k8s_monitor::model::Decision;
use k8s_monitor::state::MessageKind;

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn two_runs_in_a_row_send_once() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.pass(-60);
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(harness.messages.len(), 1);
    let known = &tracked(&step, "mysql").notification;
    assert_eq!(known.decision, Decision::Suppress);
    let delivered = known.delivered.as_ref().expect("an earlier message");
    assert_eq!(delivered.ts, harness.messages[0].posted.id);
}

#[test]
fn after_five_cycles_without_slack_all_messages_are_sent() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.slack = false;
    for hour in 0..5 {
        let mut found = vec![incident_of("mysql", Sev1)];
        if hour >= 2 {
            found.push(incident_of("n8n", Sev2));
        }
        let step = harness.cycle(found);
        assert_eq!(step.due.len(), if hour >= 2 { 2 } else { 1 });
        assert_eq!(harness.state.outbox.len(), step.due.len());
        for id in harness
            .state
            .outbox
            .iter()
            .map(|m| m.id)
            .collect::<Vec<_>>()
        {
            lifecycle::failed(&mut harness.state, id, "no answer");
        }
    }
    assert_eq!(harness.state.outbox[0].attempts, 5);
    assert_eq!(harness.state.outbox[0].created, time(MONDAY));
    harness.slack = true;
    harness.cycle(vec![incident_of("mysql", Sev1), incident_of("n8n", Sev2)]);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::New]);
    assert!(
        harness.messages[0]
            .due
            .destination
            .channel
            .contains("critical")
    );
    assert!(harness.state.outbox.is_empty());
    harness.cycle(vec![incident_of("mysql", Sev1), incident_of("n8n", Sev2)]);
    assert_eq!(harness.messages.len(), 2);
}

#[test]
fn an_incident_resolved_before_its_delivery_is_one_message() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.slack = false;
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.cycle(vec![]);
    harness.cycle(vec![]);
    harness.slack = true;
    harness.cycle(vec![]);
    harness.cycle(vec![]);
    assert_eq!(harness.kinds(), [MessageKind::Resolved]);
    let due = &harness.last().due;
    assert_eq!((due.thread.as_ref(), due.broadcast), (None, false));
    assert!(due.destination.channel.contains("critical"));
}

#[test]
fn a_failed_resolution_is_sent_later() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.slack = false;
    harness.cycle(vec![]);
    harness.cycle(vec![]);
    harness.slack = true;
    harness.cycle(vec![]);
    harness.cycle(vec![]);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn a_queued_sev3_is_not_sent_at_night() {
    let mut harness = Harness::new(config(""), "2026-11-02T16:00:00Z");
    harness.slack = false;
    harness.cycle(vec![incident_of("vault", Sev3), incident_of("loki", Sev3)]);
    harness.slack = true;
    for _ in 0..16 {
        harness.cycle(vec![incident_of("vault", Sev3)]);
    }
    assert_eq!(harness.messages.len(), 0);
    harness.cycle(vec![incident_of("vault", Sev3)]);
    assert_eq!(harness.kinds(), [MessageKind::New]);
}

#[test]
fn a_run_killed_before_sending_is_repeated_by_the_next() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.store(vec![incident_of("mysql", Sev1)]);
    assert_eq!(harness.state.outbox.len(), 1);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(harness.kinds(), [MessageKind::New]);
}

#[test]
fn a_run_killed_between_sending_and_saving_sends_one_message_twice() {
    let mut harness = Harness::new(config(""), MONDAY);
    let step = harness.store(vec![incident_of("mysql", Sev1), incident_of("n8n", Sev2)]);
    harness.post(&step.due[0]);
    for _ in 0..3 {
        harness.cycle(vec![incident_of("mysql", Sev1), incident_of("n8n", Sev2)]);
    }
    assert_eq!(harness.messages.len(), 3);
}

#[test]
fn marking_a_message_delivered_twice_has_no_effect() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    let before = harness.state.clone();
    let posted = harness.messages[0].posted.clone();
    lifecycle::delivered(&mut harness.state, 1, harness.now, &posted);
    lifecycle::failed(&mut harness.state, 1, "no");
    assert_eq!(harness.state, before);
}

#[test]
fn a_clock_that_was_set_back_repeats_no_message() {
    let mut harness = Harness::new(config(""), MONDAY);
    for _ in 0..4 {
        harness.cycle(vec![incident_of("mysql", Sev1), incident_of("vault", Sev3)]);
    }
    let before = harness.messages.len();
    harness.pass(-60 * 24 * 400);
    harness.cycle(vec![incident_of("mysql", Sev1), incident_of("vault", Sev3)]);
    assert_eq!(harness.messages.len(), before);
    // The repeat interval counts from there.
    for _ in 0..3 {
        harness.cycle(vec![incident_of("mysql", Sev1)]);
    }
    assert_eq!(harness.last().due.kind, MessageKind::Repeat);
    harness.pass(60 * 24 * 400);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
}

#[test]
fn six_undelivered_incidents_are_still_one_digest() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.slack = false;
    let all = || {
        ["a", "b", "c", "d", "e", "f"]
            .map(|name| incident_of(name, Sev2))
            .to_vec()
    };
    harness.cycle(all());
    harness.slack = true;
    let mut some = all();
    some.truncate(4);
    some.push(incident_of("g", Sev1));
    harness.cycle(some.clone());
    assert_eq!(harness.kinds(), [MessageKind::Digest, MessageKind::New]);
    assert_eq!(harness.messages[0].due.incidents.len(), 6);
    harness.cycle(some);
    assert_eq!(harness.messages.len(), 2);
}
