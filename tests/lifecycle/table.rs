//! What is notified by severity: which message, in which channel, when.

use chrono::Timelike as _;
use k8s_monitor::model::{Decision, IncidentState};
use k8s_monitor::state::MessageKind;

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";
const CRITICAL: &str = "#critical-alerts";
const INFRASTRUCTURE: &str = "#infrastructure-alerts";

fn day_of(severity: k8s_monitor::model::Severity) -> Harness {
    let mut harness = Harness::new(config(""), MONDAY);
    for _ in 0..24 {
        harness.cycle(vec![incident_of("mysql", severity)]);
    }
    harness
}

#[test]
fn an_outage_of_a_day_is_notified_at_the_documented_times() {
    use MessageKind::{New, Repeat};
    let hours = |kinds: &[i64], channel| -> Vec<_> {
        let kind = |i| if i == 0 { New } else { Repeat };
        let each = kinds.iter().enumerate();
        each.map(|(i, hour)| (*hour, kind(i), channel)).collect()
    };
    assert_eq!(
        day_of(Sev1).log(MONDAY),
        hours(&[0, 3, 6, 9, 12, 15, 18, 21], CRITICAL)
    );
    assert_eq!(day_of(Sev2).log(MONDAY), hours(&[0, 12], INFRASTRUCTURE));
    assert_eq!(day_of(Sev3).log(MONDAY), hours(&[9], INFRASTRUCTURE));
    assert_eq!(day_of(Sev4).log(MONDAY), hours(&[], ""));
}

#[test]
fn cycles_that_start_some_seconds_late_keep_the_repeat_interval() {
    let mut harness = Harness::new(config(""), MONDAY);
    for hour in 0..24 {
        harness.now = time(MONDAY)
            + chrono::TimeDelta::hours(hour)
            + chrono::TimeDelta::seconds(59 - hour * 2);
        harness.cycle(vec![incident_of("mysql", Sev1)]);
    }
    assert_eq!(harness.messages.len(), 8);
}

#[test]
fn the_configured_repeat_interval_is_used() {
    let mut harness = Harness::new(config("repeat: { sev1: 1h, sev2: 2h }"), MONDAY);
    for _ in 0..6 {
        harness.cycle(vec![incident_of("mysql", Sev1), incident_of("n8n", Sev2)]);
    }
    assert_eq!(harness.messages.len(), 6 + 3);
}

#[test]
fn a_sev3_that_started_at_night_waits_and_is_dropped_if_resolved() {
    let friday_evening = "2026-11-06T18:00:00Z";
    let mut harness = Harness::new(config(""), friday_evening);
    let step = harness.cycle(vec![incident_of("vault", Sev3), incident_of("loki", Sev3)]);
    let waits = &tracked(&step, "vault").notification;
    assert_eq!(waits.decision, Decision::Defer);
    assert!(waits.why.contains("2026-11-09 09:00 UTC"), "{}", waits.why);
    let step = harness.cycle(vec![incident_of("vault", Sev3)]);
    assert_eq!(life(&step, "loki"), IncidentState::Resolved);
    for _ in 0..80 {
        harness.cycle(vec![incident_of("vault", Sev3)]);
    }
    let log = harness.log(friday_evening);
    assert_eq!(log, [(63, MessageKind::New, INFRASTRUCTURE)]);
}

#[test]
fn sev3_is_repeated_at_each_opening_across_daylight_saving_changes() {
    for (zone, from) in [
        ("America/New_York", "2026-03-04T05:00:00Z"),
        ("America/New_York", "2026-10-28T05:00:00Z"),
        ("Europe/Berlin", "2026-03-25T05:00:00Z"),
        ("Europe/Berlin", "2026-10-21T05:00:00Z"),
    ] {
        let text = format!("businessHours: {{ timezone: {zone} }}");
        let mut harness = Harness::new(config(&text), from);
        for _ in 0..24 * 14 {
            harness.cycle(vec![incident_of("vault", Sev3)]);
        }
        let zone = harness.config.business_hours.timezone;
        let local: Vec<_> = harness
            .messages
            .iter()
            .map(|m| m.at.with_timezone(&zone))
            .collect();
        assert!(local.iter().all(|at| at.hour() == 9), "{local:?}");
        assert_eq!(local.len(), 10, "{local:?}");
    }
}

#[test]
fn an_escalation_is_a_full_message_in_the_channel_of_its_severity() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(life(&step, "mysql"), IncidentState::Escalated);
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(life(&step, "mysql"), IncidentState::Ongoing);
    assert_eq!(
        harness.log(MONDAY),
        [
            (0, MessageKind::New, INFRASTRUCTURE),
            (1, MessageKind::Escalated, CRITICAL)
        ]
    );
    assert_eq!(harness.last().due.thread, None);
    // The resolution is sent to the last channel, and both first messages are edited.
    let step = harness.cycle(vec![]);
    assert_eq!(life(&step, "mysql"), IncidentState::Resolved);
    let last = harness.last();
    assert_eq!(last.due.thread.as_ref(), Some(&harness.messages[1].posted));
    assert!(last.due.broadcast);
    let heads = [&harness.messages[0].posted, &harness.messages[1].posted];
    assert_eq!(last.due.edit.iter().collect::<Vec<_>>(), heads);
    // The report lists it once.
    assert!(harness.cycle(vec![]).tracked.is_empty());
    assert_eq!(harness.messages.len(), 3);
}

#[test]
fn a_deescalation_is_a_reply() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    let step = harness.cycle(vec![incident_of("mysql", Sev2)]);
    assert_eq!(life(&step, "mysql"), IncidentState::DeEscalated);
    let decision = tracked(&step, "mysql").notification.decision;
    assert_eq!(decision, Decision::Thread);
    let reply = &harness.last().due;
    assert_eq!(
        (reply.kind, reply.broadcast),
        (MessageKind::DeEscalated, false)
    );
    assert_eq!(reply.thread.as_ref(), Some(&harness.messages[0].posted));
    // De-escalation to SEV-4, which is only logged.
    harness.cycle(vec![incident_of("mysql", Sev4)]);
    assert_eq!(
        harness.kinds()[1..],
        [MessageKind::DeEscalated, MessageKind::DeEscalated]
    );
    harness.cycle(vec![incident_of("mysql", Sev4)]);
    harness.cycle(vec![]);
    assert_eq!(harness.last().due.kind, MessageKind::Resolved);
    assert_eq!(harness.messages.len(), 4);
}

#[test]
fn an_incident_that_recurs_within_three_hours_is_the_same() {
    let mut harness = Harness::new(config(""), MONDAY);
    let first = harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.cycle(vec![]);
    harness.cycle(vec![]);
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(life(&step, "mysql"), IncidentState::Reopened);
    assert_eq!(step.tracked[0].id, first.tracked[0].id);
    let back = &harness.last().due;
    assert_eq!((back.kind, back.broadcast), (MessageKind::Reopened, true));
    assert_eq!(back.thread.as_ref(), Some(&harness.messages[0].posted));
    assert_eq!(
        harness.kinds(),
        [
            MessageKind::New,
            MessageKind::Resolved,
            MessageKind::Reopened
        ]
    );
}

#[test]
fn an_incident_that_recurs_later_is_new() {
    let mut harness = Harness::new(config(""), MONDAY);
    let first = harness.cycle(vec![incident_of("mysql", Sev1)]);
    for _ in 0..4 {
        harness.cycle(vec![]);
    }
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(life(&step, "mysql"), IncidentState::New);
    assert_ne!(step.tracked[0].id, first.tracked[0].id);
}

#[test]
fn a_change_is_one_reply_and_no_change_is_none() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    let mut wider = incident_of("mysql", Sev2);
    wider.affects = vec!["chores-tracker-backend".to_owned()];
    wider.findings[0].cause = Some(k8s_monitor::model::Cause::OOMKilled);
    harness.cycle(vec![wider.clone()]);
    let reply = harness.last().due.clone();
    assert_eq!((reply.kind, reply.broadcast), (MessageKind::Update, false));
    assert!(
        reply.why.contains("chores-tracker-backend"),
        "{}",
        reply.why
    );
    assert!(reply.why.contains("OOMKilled"), "{}", reply.why);
    // Another pod name, another symptom, and a cause that the log no longer shows.
    let mut same = wider;
    same.findings[0].cause = None;
    same.findings[0].reason = k8s_monitor::model::Reason::Error;
    same.findings[0].message = "restarted 17 times, 3h ago".to_owned();
    same.findings[0].pods = vec![pod("mysql", "b")];
    harness.cycle(vec![same]);
    assert_eq!(harness.messages.len(), 2);
}

#[test]
fn six_new_incidents_are_one_digest_and_five_are_five_messages() {
    let many = |n: usize| -> Vec<_> {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let each = names.iter().take(n);
        each.map(|name| incident_of(name, if *name == "c" { Sev1 } else { Sev2 }))
            .collect()
    };
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(many(5));
    assert_eq!(harness.kinds(), [MessageKind::New; 5]);

    let mut harness = Harness::new(config(""), MONDAY);
    let step = harness.cycle(many(7));
    let digest = harness.last().due.clone();
    assert_eq!(harness.messages.len(), 1);
    assert_eq!(
        (digest.kind, digest.destination.channel.as_str()),
        (MessageKind::Digest, CRITICAL)
    );
    assert_eq!(digest.incidents.len(), 7);
    assert!(
        step.tracked
            .iter()
            .all(|t| t.notification.decision == Decision::Send)
    );
    assert_eq!(digest.incidents[0], tracked(&step, "c").id);
    // Three are resolved: one reply in the digest's thread.
    harness.cycle(many(4));
    let reply = &harness.last().due;
    assert_eq!(
        (reply.kind, reply.incidents.len()),
        (MessageKind::Resolved, 3)
    );
    assert_eq!(reply.thread.as_ref(), Some(&harness.messages[0].posted));
    assert_eq!(harness.messages.len(), 2);
}

#[test]
fn many_that_stay_open_are_repeated_as_one_digest() {
    let all = || {
        ["a", "b", "c", "d", "e", "f"]
            .map(|name| incident_of(name, Sev1))
            .to_vec()
    };
    let mut harness = Harness::new(config(""), MONDAY);
    for _ in 0..4 {
        harness.cycle(all());
    }
    let log = harness.log(MONDAY);
    assert_eq!(
        log,
        [
            (0, MessageKind::Digest, CRITICAL),
            (3, MessageKind::Digest, CRITICAL)
        ]
    );
}

#[test]
fn the_resolution_of_a_sev3_waits_for_business_hours() {
    let mut harness = Harness::new(config(""), "2026-11-02T15:00:00Z");
    harness.cycle(vec![incident_of("vault", Sev3)]);
    for _ in 0..3 {
        harness.cycle(vec![incident_of("vault", Sev3)]);
    }
    let step = harness.cycle(vec![]);
    assert_eq!(
        tracked(&step, "vault").notification.decision,
        Decision::Defer
    );
    for _ in 0..20 {
        harness.cycle(vec![]);
    }
    assert_eq!(
        harness.log("2026-11-02T15:00:00Z"),
        [
            (0, MessageKind::New, INFRASTRUCTURE),
            (18, MessageKind::Resolved, INFRASTRUCTURE)
        ]
    );
}
