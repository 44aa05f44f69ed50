//! Incidents that recur, and cycles with unread kinds.

use k8s_monitor::assess::Rule;
use k8s_monitor::cluster::Resource;
use k8s_monitor::lifecycle::Transition;
use k8s_monitor::model::{Effect, IncidentState, Reason};
use k8s_monitor::state::MessageKind;

use k8s_monitor::state::State;

use super::harness::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn a_service_that_fails_every_hour_gets_only_repeat_messages() {
    let mut harness = Harness::new(config(""), MONDAY);
    let mut ids = std::collections::BTreeSet::new();
    for hour in 0..24 * 7 {
        let down = hour % 2 == 0;
        let found = if down {
            vec![incident_of("n8n", Sev1)]
        } else {
            vec![]
        };
        let step = harness.cycle(found);
        let state = life(&step, "n8n");
        match hour {
            0 => assert_eq!(state, IncidentState::New),
            _ if down => assert_eq!(state, IncidentState::Reopened),
            _ => assert_eq!(state, IncidentState::Resolved),
        }
        ids.insert(step.tracked[0].id.clone());
    }
    assert_eq!(ids.len(), 1);
    // Fewer than for an outage of the same length.
    assert_eq!(
        harness.kinds()[..3],
        [
            MessageKind::New,
            MessageKind::Resolved,
            MessageKind::Reopened
        ]
    );
    assert!(
        harness.kinds()[3..]
            .iter()
            .all(|kind| *kind == MessageKind::Repeat)
    );
    assert!(harness.messages.len() <= 7 * 8, "{:?}", harness.log(MONDAY));
}

#[test]
fn the_end_of_flapping_is_notified_once_it_lasts() {
    let mut harness = Harness::new(config(""), MONDAY);
    for hour in 0..6 {
        let down = hour % 2 == 0;
        harness.cycle(if down {
            vec![incident_of("n8n", Sev2)]
        } else {
            vec![]
        });
    }
    assert_eq!(
        harness.kinds(),
        [
            MessageKind::New,
            MessageKind::Resolved,
            MessageKind::Reopened
        ]
    );
    for _ in 0..4 {
        harness.cycle(vec![]);
    }
    assert_eq!(harness.kinds()[3..], [MessageKind::Resolved]);
    assert_eq!(harness.log(MONDAY)[3].0, 8);
}

#[test]
fn a_crash_loop_that_is_briefly_ready_is_not_resolved() {
    let mut harness = Harness::new(config(""), MONDAY);
    for hour in 0..24 {
        let mut found = incident_of("n8n", Sev1);
        if hour % 2 == 1 {
            found = incident_of("n8n", Sev2);
            found.findings[0].reason = Reason::BackOff;
            found.findings[0].effect = Effect::AtRisk;
        }
        let step = harness.cycle(vec![found]);
        assert_ne!(life(&step, "n8n"), IncidentState::Resolved);
    }
    let full = harness.kinds().into_iter().filter(|k| k.is_full()).count();
    assert!(full <= 8, "{:?}", harness.log(MONDAY));
    assert!(!harness.kinds().contains(&MessageKind::Resolved));
    assert!(harness.messages.len() <= 10, "{:?}", harness.log(MONDAY));
}

#[test]
fn a_crash_loop_caught_in_a_ready_moment_keeps_its_severity_for_an_hour() {
    let ready_moment = || {
        let mut found = incident_of("n8n", Sev2);
        found.rule = Rule::P0AtRisk;
        found.findings[0].reason = Reason::BackOff;
        found.findings[0].effect = Effect::AtRisk;
        found
    };
    let mut harness = Harness::new(config(""), MONDAY);
    let severity = |step: &Transition| tracked(step, "n8n").incident.severity;
    harness.cycle(vec![incident_of("n8n", Sev1)]);
    for _ in 0..3 {
        let step = harness.cycle(vec![ready_moment()]);
        assert_eq!(severity(&step), Sev1);
        assert_eq!(tracked(&step, "n8n").incident.rule, Rule::P0Unavailable);
        assert_eq!(life(&step, "n8n"), IncidentState::Ongoing);
        // It does not escalate a second time when it is down again.
        let step = harness.cycle(vec![incident_of("n8n", Sev1)]);
        assert_eq!(life(&step, "n8n"), IncidentState::Ongoing);
    }
    harness.cycle(vec![ready_moment()]);
    let step = harness.cycle(vec![ready_moment()]);
    assert_eq!(severity(&step), Sev2);
    assert_eq!(life(&step, "n8n"), IncidentState::DeEscalated);
    // A pod that is down for a part only, or that only starts, is better at once.
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("n8n", Sev1)]);
    let step = harness.cycle(vec![incident_of("n8n", Sev2)]);
    assert_eq!(severity(&step), Sev2);
}

#[test]
fn a_cycle_with_unread_kinds_resolves_nothing() {
    let mut harness = Harness::new(config(""), MONDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    for kind in [Resource::Pods, Resource::Deployments] {
        harness.unread = vec![kind];
        let step = harness.cycle(vec![]);
        assert_eq!(life(&step, "mysql"), IncidentState::Ongoing);
        assert_eq!(tracked(&step, "mysql").incident.severity, Sev1);
    }
    // Unread kinds of other incidents make no difference.
    harness.unread = vec![Resource::Certificates];
    let step = harness.cycle(vec![]);
    assert_eq!(life(&step, "mysql"), IncidentState::Resolved);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn with_unread_kinds_no_severity_decreases() {
    let mut harness = Harness::new(config(""), MONDAY);
    let mut wide = incident_of("mysql", Sev1);
    wide.affects = vec!["backend".to_owned()];
    harness.cycle(vec![wide]);
    harness.unread = vec![Resource::Pods];
    let step = harness.cycle(vec![incident_of("mysql", Sev3)]);
    assert_eq!(life(&step, "mysql"), IncidentState::Ongoing);
    assert_eq!(tracked(&step, "mysql").incident.severity, Sev1);
    assert_eq!(harness.messages.len(), 1);
    // Once all kinds are read, it decreases.
    harness.unread.clear();
    harness.cycle(vec![incident_of("mysql", Sev3)]);
    assert_eq!(harness.last().due.kind, MessageKind::DeEscalated);
}

#[test]
fn monitoring_blind_is_resolved_once_all_kinds_are_read() {
    let mut blind = incident_of("mysql", Sev2);
    blind.service = None;
    blind.findings[0].reason = Reason::MonitoringBlind;
    blind.findings[0].effect = Effect::Impaired;
    let mut harness = Harness::new(config(""), MONDAY);
    harness.unread = vec![Resource::Pods];
    harness.cycle(vec![blind]);
    harness.unread.clear();
    harness.cycle(vec![]);
    assert_eq!(harness.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn restarts_are_compared_over_an_interval() {
    use k8s_monitor::lifecycle::{Observation, advance};
    let config = config("");
    let count = |state: &_, now, count| {
        let today = Observation {
            incidents: vec![],
            is_read: &|_, _| true,
            now: time(now),
            local_now: time(now),
            restarts: Some([("n8n/n8n-0/n8n".to_owned(), count)].into()),
            recoveries: Vec::new(),
        };
        advance(state, today, &config).state
    };
    let first = count(&State::default(), "2026-11-02T10:00:00Z", 3);
    let by_hand = count(&first, "2026-11-02T10:01:00Z", 4);
    assert_eq!(by_hand.restarts["n8n/n8n-0/n8n"], 3);
    let next = count(&by_hand, "2026-11-02T11:00:00Z", 9);
    assert_eq!(next.restarts["n8n/n8n-0/n8n"], 9);
}
