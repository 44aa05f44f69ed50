//! Trouble that comes and goes, and cycles that could not see.

use k8s_monitor::cluster::Resource;
use k8s_monitor::lifecycle::MessageKind;
use k8s_monitor::model::{Effect, IncidentState, Reason};

use k8s_monitor::state::State;

use super::world::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn what_is_up_and_down_by_the_hour_does_not_flap_slack() {
    let mut world = World::new(config(""), MONDAY);
    let mut ids = std::collections::BTreeSet::new();
    for hour in 0..24 * 7 {
        let down = hour % 2 == 0;
        let found = if down {
            vec![trouble("n8n", Sev1)]
        } else {
            vec![]
        };
        let step = world.cycle(found);
        let state = life(&step, "n8n");
        match hour {
            0 => assert_eq!(state, IncidentState::New),
            _ if down => assert_eq!(state, IncidentState::Reopened),
            _ => assert_eq!(state, IncidentState::Resolved),
        }
        ids.insert(step.tracked[0].id.clone());
    }
    assert_eq!(ids.len(), 1);
    // Fewer than an outage of the same length would have sent.
    assert_eq!(
        world.kinds()[..3],
        [
            MessageKind::New,
            MessageKind::Resolved,
            MessageKind::Reopened
        ]
    );
    assert!(
        world.kinds()[3..]
            .iter()
            .all(|kind| *kind == MessageKind::Repeat)
    );
    assert!(world.messages.len() <= 7 * 8, "{:?}", world.log(MONDAY));
}

#[test]
fn the_end_of_flapping_is_said_once_it_lasts() {
    let mut world = World::new(config(""), MONDAY);
    for hour in 0..6 {
        let down = hour % 2 == 0;
        world.cycle(if down {
            vec![trouble("n8n", Sev2)]
        } else {
            vec![]
        });
    }
    assert_eq!(
        world.kinds(),
        [
            MessageKind::New,
            MessageKind::Resolved,
            MessageKind::Reopened
        ]
    );
    for _ in 0..4 {
        world.cycle(vec![]);
    }
    assert_eq!(world.kinds()[3..], [MessageKind::Resolved]);
    assert_eq!(world.log(MONDAY)[3].0, 8);
}

#[test]
fn a_crash_loop_momentarily_ready_is_not_absent() {
    let mut world = World::new(config(""), MONDAY);
    for hour in 0..24 {
        let mut found = trouble("n8n", Sev1);
        if hour % 2 == 1 {
            found = trouble("n8n", Sev2);
            found.findings[0].reason = Reason::BackOff;
            found.findings[0].effect = Effect::AtRisk;
        }
        let step = world.cycle(vec![found]);
        assert_ne!(life(&step, "n8n"), IncidentState::Resolved);
    }
    let full = world.kinds().into_iter().filter(|k| k.is_full()).count();
    assert!(full <= 8, "{:?}", world.log(MONDAY));
    assert!(!world.kinds().contains(&MessageKind::Resolved));
    assert!(world.messages.len() <= 10, "{:?}", world.log(MONDAY));
}

#[test]
fn a_cycle_that_could_not_see_resolves_nothing() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev1)]);
    for kind in [Resource::Pods, Resource::Deployments] {
        world.unread = vec![kind];
        let step = world.cycle(vec![]);
        assert_eq!(life(&step, "mysql"), IncidentState::Ongoing);
        assert_eq!(tracked(&step, "mysql").incident.severity, Sev1);
    }
    // Other kinds do not matter to it.
    world.unread = vec![Resource::Certificates];
    let step = world.cycle(vec![]);
    assert_eq!(life(&step, "mysql"), IncidentState::Resolved);
    assert_eq!(world.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn half_blind_nothing_gets_better() {
    let mut world = World::new(config(""), MONDAY);
    let mut wide = trouble("mysql", Sev1);
    wide.affects = vec!["backend".to_owned()];
    world.cycle(vec![wide]);
    world.unread = vec![Resource::Pods];
    let step = world.cycle(vec![trouble("mysql", Sev3)]);
    assert_eq!(life(&step, "mysql"), IncidentState::Ongoing);
    assert_eq!(tracked(&step, "mysql").incident.severity, Sev1);
    assert_eq!(world.messages.len(), 1);
    // Worse it may get.
    world.unread.clear();
    world.cycle(vec![trouble("mysql", Sev3)]);
    assert_eq!(world.last().due.kind, MessageKind::DeEscalated);
}

#[test]
fn a_blind_monitor_that_sees_again_is_resolved() {
    let mut blind = trouble("mysql", Sev2);
    blind.service = None;
    blind.findings[0].reason = Reason::MonitoringBlind;
    blind.findings[0].effect = Effect::Impaired;
    let mut world = World::new(config(""), MONDAY);
    world.unread = vec![Resource::Pods];
    world.cycle(vec![blind]);
    world.unread.clear();
    world.cycle(vec![]);
    assert_eq!(world.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn restarts_are_compared_over_an_interval() {
    use k8s_monitor::lifecycle::{Observation, advance};
    let config = config("");
    let count = |state: &_, now, count| {
        let today = Observation {
            incidents: vec![],
            is_read: &|_| true,
            now: time(now),
            here: time(now),
            restarts: Some([("n8n/n8n-0/n8n".to_owned(), count)].into()),
        };
        advance(state, today, &config).state
    };
    let first = count(&State::default(), "2026-11-02T10:00:00Z", 3);
    let by_hand = count(&first, "2026-11-02T10:01:00Z", 4);
    assert_eq!(by_hand.restarts["n8n/n8n-0/n8n"], 3);
    let next = count(&by_hand, "2026-11-02T11:00:00Z", 9);
    assert_eq!(next.restarts["n8n/n8n-0/n8n"], 9);
}
