//! Silences: what they mute, how they end, and what is notified all the same.

use std::time::Duration;

use chrono::TimeDelta;
use k8s_monitor::model::Decision;
use k8s_monitor::state::MessageKind;
use k8s_monitor::state::{SilenceTarget, silences};

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

fn hours(number: u64) -> Duration {
    Duration::from_secs(number * 3600)
}

fn silence(harness: &mut Harness, target: SilenceTarget, length: Duration) -> String {
    let now = harness.now;
    silences::add(&mut harness.state, target, length, "upgrade", now).id
}

#[test]
fn a_silence_mutes_its_target_and_expires() {
    let targets = [
        SilenceTarget::Service("MySQL".into()),
        SilenceTarget::ReasonCode("crashloopbackoff".into()),
        SilenceTarget::Incident("INC-2026-11-02-001".into()),
    ];
    for target in targets {
        let mut harness = Harness::new(config(""), MONDAY);
        silence(&mut harness, target.clone(), hours(2));
        for _ in 0..2 {
            let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
            let hidden = tracked(&step, "mysql");
            assert_eq!(hidden.notification.decision, Decision::Suppress);
            assert!(hidden.notification.why.contains("upgrade"));
            assert_eq!(hidden.silenced_until, Some(time("2026-11-02T02:00:00Z")));
        }
        let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
        assert_eq!(tracked(&step, "mysql").silenced_until, None);
        assert_eq!(harness.kinds(), [MessageKind::New], "{target:?}");
        assert!(harness.state.silences.is_empty());
    }
}

#[test]
fn a_silence_uses_the_local_clock() {
    for days in [-1, 1] {
        let mut harness = Harness::new(config(""), MONDAY);
        silence(
            &mut harness,
            SilenceTarget::Service("mysql".into()),
            hours(2),
        );
        harness.skew = TimeDelta::days(days);
        harness.now += harness.skew;
        for _ in 0..2 {
            let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
            assert!(tracked(&step, "mysql").silenced_until.is_some(), "{days}");
        }
        let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
        assert_eq!(tracked(&step, "mysql").silenced_until, None);
        assert_eq!(harness.kinds(), [MessageKind::New]);
    }
}

#[test]
fn other_incidents_are_not_muted() {
    let mut harness = Harness::new(config(""), MONDAY);
    silence(&mut harness, SilenceTarget::Service("n8n".into()), hours(2));
    silence(
        &mut harness,
        SilenceTarget::ReasonCode("BackupOverdue".into()),
        hours(2),
    );
    silence(
        &mut harness,
        SilenceTarget::Incident("INC-2026-11-02-009".into()),
        hours(2),
    );
    let mut found = incident_of("mysql", Sev1);
    found.affects = vec!["n8n".to_owned()];
    harness.cycle(vec![found]);
    assert_eq!(harness.kinds(), [MessageKind::New]);
}

#[test]
fn an_incident_resolved_during_its_silence_is_never_notified() {
    let mut harness = Harness::new(config(""), MONDAY);
    silence(
        &mut harness,
        SilenceTarget::Service("mysql".into()),
        hours(5),
    );
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    for _ in 0..6 {
        harness.cycle(vec![]);
    }
    assert!(harness.messages.is_empty());
}

#[test]
fn an_incident_notified_before_its_silence_is_notified_again_at_the_end() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    let id = silence(
        &mut harness,
        SilenceTarget::Service("mysql".into()),
        hours(100),
    );
    for _ in 0..20 {
        harness.cycle(vec![incident_of("mysql", Sev2)]);
    }
    assert_eq!(harness.messages.len(), 1);
    assert!(silences::remove(&mut harness.state, &id.to_uppercase()).is_some());
    assert!(silences::remove(&mut harness.state, &id).is_none());
    harness.slack = false;
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    harness.slack = true;
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    harness.cycle(vec![incident_of("mysql", Sev2)]);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::Repeat]);
    assert!(harness.last().due.why.contains("silence has ended"));
}

#[test]
fn an_escalation_to_sev1_is_notified_once_despite_the_silence() {
    for told_before in [true, false] {
        let mut harness = Harness::new(config(""), MONDAY);
        if told_before {
            harness.cycle(vec![incident_of("mysql", Sev2)]);
        }
        silence(
            &mut harness,
            SilenceTarget::Service("mysql".into()),
            hours(24),
        );
        harness.cycle(vec![incident_of("mysql", Sev2)]);
        harness.slack = false;
        harness.cycle(vec![incident_of("mysql", Sev1)]);
        harness.slack = true;
        for _ in 0..8 {
            harness.cycle(vec![incident_of("mysql", Sev1)]);
        }
        assert_eq!(harness.messages.len(), if told_before { 2 } else { 1 });
        let last = &harness.last().due;
        assert_eq!(last.kind, MessageKind::Escalated);
        assert!(last.destination.channel.contains("critical"));
        assert!(last.why.contains("silenced until"), "{}", last.why);
        // The resolution is a reply that is not shown in the channel.
        harness.cycle(vec![]);
        let last = &harness.last().due;
        assert_eq!((last.kind, last.broadcast), (MessageKind::Resolved, false));
    }
}

#[test]
fn a_sev1_that_started_during_its_silence_stays_muted() {
    let mut harness = Harness::new(config(""), MONDAY);
    silence(
        &mut harness,
        SilenceTarget::Service("mysql".into()),
        hours(24),
    );
    for _ in 0..10 {
        harness.cycle(vec![incident_of("mysql", Sev1)]);
    }
    assert!(harness.messages.is_empty());
}

#[test]
fn a_mute_time_interval_silences() {
    let text = "silences: [ { service: n8n, schedule: '0 2 * * Sun', duration: 1h, \
                timezone: Europe/Berlin, reason: weekly backup } ]";
    // Saturday, 7 November; Berlin is at +1.
    let mut harness = Harness::new(config(text), "2026-11-07T23:00:00Z");
    for hour in 0..4 {
        // The outage begins outside the mute time interval.
        let found = if hour >= 2 {
            vec![incident_of("n8n", Sev1)]
        } else {
            vec![]
        };
        let step = harness.cycle(found);
        if hour == 2 {
            let hidden = tracked(&step, "n8n");
            assert!(hidden.notification.why.contains("weekly backup"));
        }
    }
    assert_eq!(harness.log("2026-11-07T23:00:00Z")[0].0, 3);
    assert_eq!(harness.messages.len(), 1);
}

#[test]
fn silences_have_short_ids() {
    let mut harness = Harness::new(config(""), MONDAY);
    let mut ids: Vec<_> = (0..50)
        .map(|_| silence(&mut harness, SilenceTarget::Service("a".into()), hours(1)))
        .collect();
    assert!(
        ids.iter().all(|id| id.len() == 6 && id.starts_with("s-")),
        "{ids:?}"
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    let now = harness.now;
    assert_eq!(silences::in_force(&harness.state, now).len(), 50);
    assert_eq!(
        silences::in_force(&harness.state, now + chrono::TimeDelta::hours(1)).len(),
        0
    );
}
