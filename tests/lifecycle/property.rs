//! Whatever happens in whatever order.

use std::collections::BTreeSet;

use k8s_monitor::assess::Severity;
use k8s_monitor::cluster::Resource;
use k8s_monitor::lifecycle::Kind;
use proptest::prelude::*;

use crate::world::*;

#[derive(Debug, Clone)]
struct Hour {
    minutes: i64,
    severities: Vec<Option<Severity>>,
    slack: bool,
    sees: bool,
}

fn hour() -> impl Strategy<Value = Hour> {
    let severity = prop_oneof![
        2 => Just(None),
        1 => prop::sample::select(Severity::ALL.to_vec()).prop_map(Some),
    ];
    let minutes = prop_oneof![6 => Just(60_i64), 1 => -200_i64..2000];
    (
        minutes,
        prop::collection::vec(severity, 8),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(minutes, severities, slack, sees)| Hour {
            minutes,
            severities,
            slack,
            sees,
        })
}

fn found(hour: &Hour) -> Vec<k8s_monitor::assess::Incident> {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let each = names.iter().zip(&hour.severities);
    each.filter_map(|(name, severity)| Some(trouble(name, (*severity)?)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_same_twice_sends_nothing_twice(hours in prop::collection::vec(hour(), 1..25)) {
        let mut world = World::new(config(""), "2026-11-02T00:00:00Z");
        for hour in &hours {
            world.slack = hour.slack;
            world.unread = if hour.sees { vec![] } else { vec![Resource::Pods] };
            let step = world.store(found(hour));
            let ids: BTreeSet<_> = step.state.incidents.iter().map(|r| r.id.clone()).collect();
            prop_assert_eq!(ids.len(), step.state.incidents.len());
            let listed: BTreeSet<_> = step.tracked.iter().map(|t| t.id.clone()).collect();
            prop_assert_eq!(listed.len(), step.tracked.len());
            for due in &step.due {
                // Every message is about something, in a channel, in order.
                prop_assert!(!due.incidents.is_empty() && due.channel.starts_with('#'));
                prop_assert!(due.incidents.iter().all(|id| listed.contains(id)));
                prop_assert_eq!(due.kind.is_full() || due.thread.is_some(), due.kind != Kind::Resolved || due.thread.is_some());
            }
            let said: Vec<_> = step.due.iter().flat_map(|d| &d.incidents).collect();
            let once: BTreeSet<_> = said.iter().collect();
            prop_assert_eq!(once.len(), said.len(), "twice in one cycle");
            if hour.slack {
                world.send(&step);
                let again = world.look(found(hour));
                prop_assert!(again.due.is_empty(), "{:?}", again.due);
                prop_assert!(again.state.outbox.is_empty());
            } else {
                let again = world.look(found(hour));
                prop_assert_eq!(again.due.len(), step.due.len());
            }
            world.pass(hour.minutes);
        }
    }

    #[test]
    fn sev3_is_never_said_outside_its_hours(hours in prop::collection::vec(hour(), 1..40)) {
        let mut world = World::new(config("businessHours: { timezone: Europe/Berlin }"), "2026-10-23T00:00:00Z");
        for hour in hours {
            world.slack = hour.slack;
            let mut hour = hour;
            for severity in hour.severities.iter_mut().flatten() {
                *severity = (*severity).max(Sev3);
            }
            let found = found(&hour);
            world.cycle(found);
            world.pass(hour.minutes - 60);
        }
        for message in &world.messages {
            prop_assert!(world.config.business_hours.opened_at(message.at).is_some(), "{message:?}");
            prop_assert_eq!(message.due.channel.as_str(), "#infrastructure-alerts");
        }
    }
}
