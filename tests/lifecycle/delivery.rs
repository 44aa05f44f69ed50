//! Nothing lost, nothing twice: Slack that is down, runs that are killed, two
//! runs by hand, clocks that jump.

use k8s_monitor::lifecycle::{self, MessageKind};
use k8s_monitor::model::Decision;

use super::world::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

#[test]
fn two_runs_in_a_row_send_once() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev1)]);
    world.pass(-60);
    let step = world.cycle(vec![trouble("mysql", Sev1)]);
    assert_eq!(world.messages.len(), 1);
    let known = &tracked(&step, "mysql").notification;
    assert_eq!(known.decision, Decision::Suppress);
    let delivered = known.delivered.as_ref().expect("an earlier message");
    assert_eq!(delivered.ts, world.messages[0].posted.ts);
}

#[test]
fn five_cycles_without_slack_lose_nothing() {
    let mut world = World::new(config(""), MONDAY);
    world.slack = false;
    for hour in 0..5 {
        let mut found = vec![trouble("mysql", Sev1)];
        if hour >= 2 {
            found.push(trouble("n8n", Sev2));
        }
        let step = world.cycle(found);
        assert_eq!(step.due.len(), if hour >= 2 { 2 } else { 1 });
        assert_eq!(world.state.outbox.len(), step.due.len());
        for id in world.state.outbox.iter().map(|m| m.id).collect::<Vec<_>>() {
            lifecycle::failed(&mut world.state, id, "no answer");
        }
    }
    assert_eq!(world.state.outbox[0].attempts, 5);
    assert_eq!(world.state.outbox[0].created, time(MONDAY));
    world.slack = true;
    world.cycle(vec![trouble("mysql", Sev1), trouble("n8n", Sev2)]);
    assert_eq!(world.kinds(), [MessageKind::New, MessageKind::New]);
    assert!(world.messages[0].due.channel.contains("critical"));
    assert!(world.state.outbox.is_empty());
    world.cycle(vec![trouble("mysql", Sev1), trouble("n8n", Sev2)]);
    assert_eq!(world.messages.len(), 2);
}

#[test]
fn what_came_and_went_unsaid_is_one_message() {
    let mut world = World::new(config(""), MONDAY);
    world.slack = false;
    world.cycle(vec![trouble("mysql", Sev1)]);
    world.cycle(vec![]);
    world.cycle(vec![]);
    world.slack = true;
    world.cycle(vec![]);
    world.cycle(vec![]);
    assert_eq!(world.kinds(), [MessageKind::Resolved]);
    let due = &world.last().due;
    assert_eq!((due.thread.as_ref(), due.broadcast), (None, false));
    assert!(due.channel.contains("critical"));
}

#[test]
fn a_resolution_that_slack_refused_is_said_later() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev1)]);
    world.slack = false;
    world.cycle(vec![]);
    world.cycle(vec![]);
    world.slack = true;
    world.cycle(vec![]);
    world.cycle(vec![]);
    assert_eq!(world.kinds(), [MessageKind::New, MessageKind::Resolved]);
}

#[test]
fn a_queued_sev3_is_not_sent_at_night() {
    let mut world = World::new(config(""), "2026-11-02T16:00:00Z");
    world.slack = false;
    world.cycle(vec![trouble("vault", Sev3), trouble("loki", Sev3)]);
    world.slack = true;
    for _ in 0..16 {
        world.cycle(vec![trouble("vault", Sev3)]);
    }
    assert_eq!(world.messages.len(), 0);
    world.cycle(vec![trouble("vault", Sev3)]);
    assert_eq!(world.kinds(), [MessageKind::New]);
}

#[test]
fn a_run_killed_before_it_sends_is_made_up_for() {
    let mut world = World::new(config(""), MONDAY);
    world.store(vec![trouble("mysql", Sev1)]);
    assert_eq!(world.state.outbox.len(), 1);
    world.cycle(vec![trouble("mysql", Sev1)]);
    world.cycle(vec![trouble("mysql", Sev1)]);
    assert_eq!(world.kinds(), [MessageKind::New]);
}

#[test]
fn a_run_killed_between_send_and_mark_sends_one_twice() {
    let mut world = World::new(config(""), MONDAY);
    let step = world.store(vec![trouble("mysql", Sev1), trouble("n8n", Sev2)]);
    world.post(&step.due[0]);
    for _ in 0..3 {
        world.cycle(vec![trouble("mysql", Sev1), trouble("n8n", Sev2)]);
    }
    assert_eq!(world.messages.len(), 3);
}

#[test]
fn what_is_marked_twice_is_marked_once() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev1)]);
    let before = world.state.clone();
    let posted = world.messages[0].posted.clone();
    lifecycle::delivered(&mut world.state, 1, world.now, &posted);
    lifecycle::failed(&mut world.state, 1, "no");
    assert_eq!(world.state, before);
}

#[test]
fn a_clock_that_was_set_back_repeats_nothing() {
    let mut world = World::new(config(""), MONDAY);
    for _ in 0..4 {
        world.cycle(vec![trouble("mysql", Sev1), trouble("vault", Sev3)]);
    }
    let before = world.messages.len();
    world.pass(-60 * 24 * 400);
    world.cycle(vec![trouble("mysql", Sev1), trouble("vault", Sev3)]);
    assert_eq!(world.messages.len(), before);
    // The rhythm goes on from there.
    for _ in 0..3 {
        world.cycle(vec![trouble("mysql", Sev1)]);
    }
    assert_eq!(world.last().due.kind, MessageKind::Repeat);
    world.pass(60 * 24 * 400);
    world.cycle(vec![trouble("mysql", Sev1)]);
}

#[test]
fn six_that_slack_did_not_take_are_still_one_digest() {
    let mut world = World::new(config(""), MONDAY);
    world.slack = false;
    let all = || {
        ["a", "b", "c", "d", "e", "f"]
            .map(|name| trouble(name, Sev2))
            .to_vec()
    };
    world.cycle(all());
    world.slack = true;
    let mut some = all();
    some.truncate(4);
    some.push(trouble("g", Sev1));
    world.cycle(some.clone());
    assert_eq!(world.kinds(), [MessageKind::Digest, MessageKind::New]);
    assert_eq!(world.messages[0].due.incidents.len(), 6);
    world.cycle(some);
    assert_eq!(world.messages.len(), 2);
}
