//! Silences: what they hide, how they end, and what breaks through.

use std::time::Duration;

use chrono::TimeDelta;
use k8s_monitor::lifecycle::MessageKind;
use k8s_monitor::model::Decision;
use k8s_monitor::state::{SilenceTarget, silences};

use super::world::*;

const MONDAY: &str = "2026-11-02T00:00:00Z";

fn hours(number: u64) -> Duration {
    Duration::from_secs(number * 3600)
}

fn silence(world: &mut World, target: SilenceTarget, length: Duration) -> String {
    let now = world.now;
    silences::add(&mut world.state, target, length, "upgrade", now).id
}

#[test]
fn a_silence_hides_what_it_names_and_ends_by_itself() {
    let targets = [
        SilenceTarget::Service("MySQL".into()),
        SilenceTarget::ReasonCode("crashloopbackoff".into()),
        SilenceTarget::Incident("INC-2026-11-02-001".into()),
    ];
    for target in targets {
        let mut world = World::new(config(""), MONDAY);
        silence(&mut world, target.clone(), hours(2));
        for _ in 0..2 {
            let step = world.cycle(vec![trouble("mysql", Sev1)]);
            let hidden = tracked(&step, "mysql");
            assert_eq!(hidden.notification.decision, Decision::Suppress);
            assert!(hidden.notification.why.contains("upgrade"));
            assert_eq!(hidden.silenced_until, Some(time("2026-11-02T02:00:00Z")));
        }
        let step = world.cycle(vec![trouble("mysql", Sev1)]);
        assert_eq!(tracked(&step, "mysql").silenced_until, None);
        assert_eq!(world.kinds(), [MessageKind::New], "{target:?}");
        assert!(world.state.silences.is_empty());
    }
}

#[test]
fn a_silence_goes_by_the_clock_it_was_set_by() {
    for days in [-1, 1] {
        let mut world = World::new(config(""), MONDAY);
        silence(&mut world, SilenceTarget::Service("mysql".into()), hours(2));
        world.skew = TimeDelta::days(days);
        world.now += world.skew;
        for _ in 0..2 {
            let step = world.cycle(vec![trouble("mysql", Sev1)]);
            assert!(tracked(&step, "mysql").silenced_until.is_some(), "{days}");
        }
        let step = world.cycle(vec![trouble("mysql", Sev1)]);
        assert_eq!(tracked(&step, "mysql").silenced_until, None);
        assert_eq!(world.kinds(), [MessageKind::New]);
    }
}

#[test]
fn others_are_not_hidden() {
    let mut world = World::new(config(""), MONDAY);
    silence(&mut world, SilenceTarget::Service("n8n".into()), hours(2));
    silence(
        &mut world,
        SilenceTarget::ReasonCode("BackupOverdue".into()),
        hours(2),
    );
    silence(
        &mut world,
        SilenceTarget::Incident("INC-2026-11-02-009".into()),
        hours(2),
    );
    let mut found = trouble("mysql", Sev1);
    found.affects = vec!["n8n".to_owned()];
    world.cycle(vec![found]);
    assert_eq!(world.kinds(), [MessageKind::New]);
}

#[test]
fn what_is_over_before_its_silence_is_never_told() {
    let mut world = World::new(config(""), MONDAY);
    silence(&mut world, SilenceTarget::Service("mysql".into()), hours(5));
    world.cycle(vec![trouble("mysql", Sev1)]);
    for _ in 0..6 {
        world.cycle(vec![]);
    }
    assert!(world.messages.is_empty());
}

#[test]
fn what_was_told_before_is_announced_again_at_the_end() {
    let mut world = World::new(config(""), MONDAY);
    world.cycle(vec![trouble("mysql", Sev2)]);
    let id = silence(
        &mut world,
        SilenceTarget::Service("mysql".into()),
        hours(100),
    );
    for _ in 0..20 {
        world.cycle(vec![trouble("mysql", Sev2)]);
    }
    assert_eq!(world.messages.len(), 1);
    assert!(silences::remove(&mut world.state, &id.to_uppercase()).is_some());
    assert!(silences::remove(&mut world.state, &id).is_none());
    world.slack = false;
    world.cycle(vec![trouble("mysql", Sev2)]);
    world.slack = true;
    world.cycle(vec![trouble("mysql", Sev2)]);
    world.cycle(vec![trouble("mysql", Sev2)]);
    assert_eq!(world.kinds(), [MessageKind::New, MessageKind::Repeat]);
    assert!(world.last().due.why.contains("silence has ended"));
}

#[test]
fn an_escalation_to_sev1_breaks_through_once_and_says_so() {
    for told_before in [true, false] {
        let mut world = World::new(config(""), MONDAY);
        if told_before {
            world.cycle(vec![trouble("mysql", Sev2)]);
        }
        silence(
            &mut world,
            SilenceTarget::Service("mysql".into()),
            hours(24),
        );
        world.cycle(vec![trouble("mysql", Sev2)]);
        world.slack = false;
        world.cycle(vec![trouble("mysql", Sev1)]);
        world.slack = true;
        for _ in 0..8 {
            world.cycle(vec![trouble("mysql", Sev1)]);
        }
        assert_eq!(world.messages.len(), if told_before { 2 } else { 1 });
        let last = &world.last().due;
        assert_eq!(last.kind, MessageKind::Escalated);
        assert!(last.channel.contains("critical"));
        assert!(last.why.contains("silenced until"), "{}", last.why);
        // The end is told quietly, in the thread.
        world.cycle(vec![]);
        let last = &world.last().due;
        assert_eq!((last.kind, last.broadcast), (MessageKind::Resolved, false));
    }
}

#[test]
fn a_sev1_that_began_under_its_silence_stays_silent() {
    let mut world = World::new(config(""), MONDAY);
    silence(
        &mut world,
        SilenceTarget::Service("mysql".into()),
        hours(24),
    );
    for _ in 0..10 {
        world.cycle(vec![trouble("mysql", Sev1)]);
    }
    assert!(world.messages.is_empty());
}

#[test]
fn the_calendar_silences_too() {
    let text = "silences: [ { service: n8n, schedule: '0 2 * * Sun', duration: 1h, \
                timezone: Europe/Berlin, reason: weekly backup } ]";
    // Saturday, 7 November; Berlin is at +1.
    let mut world = World::new(config(text), "2026-11-07T23:00:00Z");
    for hour in 0..4 {
        // Well outside the window, down within it.
        let found = if hour >= 2 {
            vec![trouble("n8n", Sev1)]
        } else {
            vec![]
        };
        let step = world.cycle(found);
        if hour == 2 {
            let hidden = tracked(&step, "n8n");
            assert!(hidden.notification.why.contains("weekly backup"));
        }
    }
    assert_eq!(world.log("2026-11-07T23:00:00Z")[0].0, 3);
    assert_eq!(world.messages.len(), 1);
}

#[test]
fn silences_have_ids_to_type() {
    let mut world = World::new(config(""), MONDAY);
    let mut ids: Vec<_> = (0..50)
        .map(|_| silence(&mut world, SilenceTarget::Service("a".into()), hours(1)))
        .collect();
    assert!(
        ids.iter().all(|id| id.len() == 6 && id.starts_with("s-")),
        "{ids:?}"
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    let now = world.now;
    assert_eq!(silences::in_force(&world.state, now).len(), 50);
    assert_eq!(
        silences::in_force(&world.state, now + chrono::TimeDelta::hours(1)).len(),
        0
    );
}
