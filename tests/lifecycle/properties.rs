//! Properties of any sequence of cycles.

use std::collections::BTreeSet;

use k8s_monitor::cluster::Resource;
use k8s_monitor::lifecycle;
use k8s_monitor::model::Severity;
use k8s_monitor::state::MessageKind;
use k8s_monitor::state::SilenceTarget;
use proptest::prelude::*;

use super::harness::*;
use super::property::cases;

#[derive(Debug, Clone)]
struct Hour {
    minutes: i64,
    severities: Vec<Option<Severity>>,
    slack: bool,
    pods_read: bool,
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
        .prop_map(|(minutes, severities, slack, pods_read)| Hour {
            minutes,
            severities,
            slack,
            pods_read,
        })
}

fn found(hour: &Hour) -> Vec<k8s_monitor::assess::Incident> {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let each = names.iter().zip(&hour.severities);
    each.filter_map(|(name, severity)| Some(incident_of(name, (*severity)?)))
        .collect()
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn repeating_a_cycle_sends_nothing_twice(hours in prop::collection::vec(hour(), 1..25)) {
        let mut harness = Harness::new(config(""), "2026-11-02T00:00:00Z");
        for hour in &hours {
            harness.slack = hour.slack;
            harness.unread = if hour.pods_read { vec![] } else { vec![Resource::Pods] };
            let step = harness.store(found(hour));
            let ids: BTreeSet<_> = step.state.incidents.iter().map(|r| r.id.clone()).collect();
            prop_assert_eq!(ids.len(), step.state.incidents.len());
            let listed: BTreeSet<_> = step.tracked.iter().map(|t| t.id.clone()).collect();
            prop_assert_eq!(listed.len(), step.tracked.len());
            for due in &step.due {
                // Every message has incidents and a channel.
                prop_assert!(!due.incidents.is_empty() && due.destination.channel.starts_with('#'));
                prop_assert!(due.incidents.iter().all(|id| listed.contains(id)));
                prop_assert_eq!(due.kind.is_full() || due.thread.is_some(), due.kind != MessageKind::Resolved || due.thread.is_some());
            }
            let due: Vec<_> = step.due.iter().flat_map(|d| &d.incidents).collect();
            let distinct: BTreeSet<_> = due.iter().collect();
            prop_assert_eq!(distinct.len(), due.len(), "twice in one cycle");
            if hour.slack {
                harness.send(&step);
                let again = harness.advance(found(hour));
                prop_assert!(again.due.is_empty(), "{:?}", again.due);
                prop_assert!(again.state.outbox.is_empty());
            } else {
                let again = harness.advance(found(hour));
                prop_assert_eq!(again.due.len(), step.due.len());
            }
            harness.pass(hour.minutes);
        }
    }

    #[test]
    fn sev3_is_never_notified_outside_business_hours(hours in prop::collection::vec(hour(), 1..40)) {
        let mut harness = Harness::new(config("businessHours: { timezone: Europe/Berlin }"), "2026-10-23T00:00:00Z");
        for hour in hours {
            harness.slack = hour.slack;
            let mut hour = hour;
            for severity in hour.severities.iter_mut().flatten() {
                *severity = (*severity).max(Sev3);
            }
            let found = found(&hour);
            harness.cycle(found);
            harness.pass(hour.minutes - 60);
        }
        for message in &harness.messages {
            prop_assert!(harness.config.business_hours.opened_at(message.at).is_some(), "{message:?}");
            prop_assert_eq!(message.due.destination.channel.as_str(), "#infrastructure-alerts");
        }
    }
}

/// The faults of Slack or of the run in a cycle.
#[derive(Debug, Clone, Copy)]
enum Slack {
    Up,
    /// Slack accepts this many messages, then none.
    Breaks(usize),
    /// The run is killed after this many messages were delivered and marked.
    Killed(usize),
    /// The run is killed after one more message was delivered, but not marked.
    KilledUnmarked(usize),
}

fn slack() -> impl Strategy<Value = Slack> {
    prop_oneof![
        6 => Just(Slack::Up),
        2 => (0_usize..3).prop_map(Slack::Breaks),
        1 => (0_usize..3).prop_map(Slack::Killed),
        1 => (0_usize..3).prop_map(Slack::KilledUnmarked),
    ]
}

#[derive(Debug, Clone)]
struct Period {
    hours: usize,
    hour: Hour,
    slack: Slack,
    /// A service that is silenced from the start, and for how many hours.
    silence: Option<(usize, u64)>,
}

/// Three weeks of periods with the same symptoms and faults.
fn weeks() -> impl Strategy<Value = Vec<Period>> {
    let silence = prop::option::weighted(0.1, (0_usize..8, 1_u64..40));
    let period =
        (1_usize..8, hour(), slack(), silence).prop_map(|(hours, hour, slack, silence)| Period {
            hours,
            hour,
            slack,
            silence,
        });
    prop::collection::vec(period, 126)
}

/// A cycle as the program runs it: the outbox is stored, then each message is delivered and marked.
/// Also returns the incidents of messages that were delivered, but not marked.
fn run_cycle(
    harness: &mut Harness,
    found: Vec<k8s_monitor::assess::Incident>,
    slack: Slack,
) -> (k8s_monitor::lifecycle::Transition, BTreeSet<String>) {
    let step = harness.store(found);
    let mut unmarked = BTreeSet::new();
    let limit = match slack {
        Slack::Up => usize::MAX,
        Slack::Breaks(limit) | Slack::Killed(limit) | Slack::KilledUnmarked(limit) => limit,
    };
    let queue: Vec<u64> = harness.state.outbox.iter().map(|m| m.id).collect();
    for (at, (id, due)) in queue.into_iter().zip(&step.due).enumerate() {
        if at < limit {
            let posted = harness.post(due);
            lifecycle::delivered(&mut harness.state, id, harness.now, &posted);
        } else if matches!(slack, Slack::Breaks(_)) {
            lifecycle::failed(&mut harness.state, id, "down");
        } else {
            if matches!(slack, Slack::KilledUnmarked(_)) {
                harness.post(due);
                unmarked.extend(due.incidents.iter().cloned());
            }
            break;
        }
    }
    (step, unmarked)
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn in_three_weeks_no_message_is_lost_or_repeated(weeks in weeks()) {
        let start = "2026-10-19T00:07:00Z";
        let mut harness = Harness::new(config("businessHours: { timezone: Europe/Berlin }"), start);
        let end = time(start) + chrono::TimeDelta::weeks(3);
        for period in weeks.iter().cycle() {
            if harness.now >= end { break; }
            if let Some((service, hours)) = period.silence {
                let name = ["a", "b", "c", "d", "e", "f", "g", "h"][service];
                let length = std::time::Duration::from_secs(hours * 3600);
                k8s_monitor::state::silences::add(&mut harness.state, SilenceTarget::Service(name.into()), length, "known", harness.now);
            }
            for _ in 0..period.hours {
                harness.unread = if period.hour.pods_read { vec![] } else { vec![Resource::Pods] };
                let before = harness.messages.len();
                let (step, unmarked) = run_cycle(&mut harness, found(&period.hour), period.slack);
                let sent = &harness.messages[before..];
                let due: BTreeSet<_> = step.due.iter().flat_map(|d| &d.incidents).collect();
                let notified: BTreeSet<_> = sent.iter().flat_map(|m| &m.due.incidents).collect();
                // Once per cycle at most, and to the channel of its severity.
                prop_assert_eq!(notified.len(), sent.iter().map(|m| m.due.incidents.len()).sum::<usize>());
                for message in sent {
                    check_channel(&harness, &step, message)?;
                }
                // In the same cycle again, all is due but what was marked as delivered.
                let again = harness.advance(found(&period.hour));
                let open: BTreeSet<_> = again.due.iter().flat_map(|d| &d.incidents).collect();
                let marked = |id: &&String| notified.contains(id) && !unmarked.contains(*id);
                prop_assert_eq!(&open, &due.iter().filter(|id| !marked(id)).copied().collect::<BTreeSet<_>>());
                harness.pass(60);
            }
        }
        // Without symptoms and faults, every notified incident is notified as resolved.
        harness.unread.clear();
        for _ in 0..24 * 5 {
            run_cycle(&mut harness, Vec::new(), Slack::Up);
            harness.pass(60);
        }
        prop_assert!(harness.state.outbox.is_empty());
        for incident in &harness.state.incidents {
            prop_assert!(!incident.is_open());
            prop_assert!(incident.notified.as_ref().is_none_or(|notified| notified.resolved), "{incident:?}");
        }
    }
}

fn check_channel(
    harness: &Harness,
    step: &k8s_monitor::lifecycle::Transition,
    message: &Delivered,
) -> Result<(), TestCaseError> {
    let members = step
        .tracked
        .iter()
        .filter(|t| message.due.incidents.contains(&t.id));
    let highest = members.map(|t| t.incident.severity).min();
    prop_assert!(highest.is_some());
    if message.due.thread.is_none() {
        let wanted = if highest == Some(Sev1) {
            "#critical-alerts"
        } else {
            "#infrastructure-alerts"
        };
        prop_assert_eq!(message.due.destination.channel.as_str(), wanted);
        prop_assert!(highest < Some(Sev4));
        let is_open = harness
            .config
            .business_hours
            .opened_at(message.at)
            .is_some();
        prop_assert!(is_open || highest < Some(Sev3), "{message:?}");
    }
    Ok(())
}
