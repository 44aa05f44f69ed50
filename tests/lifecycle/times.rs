//! When incidents ended: by the cluster's own times where it has one, never by the cycle that
//! reports it.

use k8s_monitor::model::ObjectRef;

use super::harness::{Harness, Sev1, Sev3, config, incident_of, time, tracked};

const FRIDAY: &str = "2026-11-06T14:05:00Z";

struct Case {
    what: &'static str,
    /// Minutes until the next cycle, after the one that found the incident.
    pause: i64,
    /// Since when the cluster says the deployment is healthy.
    recovered: &'static [&'static str],
    end: &'static str,
    or_later: bool,
}

const CASES: &[Case] = &[
    Case {
        what: "gone by the next cycle",
        pause: 60,
        recovered: &[],
        end: "2026-11-06T15:05:00Z",
        or_later: false,
    },
    Case {
        what: "came and went between two cycles",
        pause: 60,
        recovered: &["2026-11-06T14:21:00Z"],
        end: "2026-11-06T14:21:00Z",
        or_later: false,
    },
    Case {
        what: "the condition changed before a later rollout",
        pause: 60,
        recovered: &["2026-11-06T14:21:00Z", "2026-11-06T14:50:00Z"],
        end: "2026-11-06T14:21:00Z",
        or_later: false,
    },
    Case {
        what: "a condition that never changed says nothing",
        pause: 60,
        recovered: &["2026-10-01T00:00:00Z"],
        end: "2026-11-06T15:05:00Z",
        or_later: false,
    },
    Case {
        what: "the monitor was down for days, and the cluster has the time",
        pause: 5 * 24 * 60,
        recovered: &["2026-11-06T15:00:00Z"],
        end: "2026-11-06T15:00:00Z",
        or_later: false,
    },
    Case {
        what: "the monitor was down for days, and nobody has the time",
        pause: 5 * 24 * 60,
        recovered: &[],
        end: "2026-11-06T14:05:00Z",
        or_later: true,
    },
];

#[test]
fn an_incident_ends_when_the_cluster_says_so() {
    for case in CASES {
        let mut harness = Harness::new(config(""), FRIDAY);
        harness.store(vec![incident_of("mysql", Sev1)]);
        harness.pass(case.pause);
        let object = || ObjectRef::new("Deployment", "mysql", "mysql");
        let times = case.recovered.iter().map(|at| (object(), time(at)));
        harness.recoveries = times.collect();
        // What another object says is about that one.
        let other = ObjectRef::new("Deployment", "mysql", "mysql-exporter");
        harness
            .recoveries
            .push((other, time("2026-11-06T14:06:00Z")));
        let step = harness.store(Vec::new());
        let end = tracked(&step, "mysql").end.expect(case.what);
        assert_eq!(
            (end.at, end.or_later),
            (time(case.end), case.or_later),
            "{}",
            case.what
        );
    }
}

/// SEV-3 from Friday 14:05 to 15:05 UTC; the message waits for Monday.
#[test]
fn a_resolution_that_waits_for_business_hours_keeps_its_end() {
    let mut harness = Harness::new(config(""), FRIDAY);
    harness.cycle(vec![incident_of("vault", Sev3)]);
    harness.pass(8 * 60 - 60);
    let step = harness.cycle(Vec::new());
    let end = tracked(&step, "vault").end.expect("it is resolved");
    let mut last = step;
    for _ in 0..64 {
        let step = harness.cycle(Vec::new());
        if !step.tracked.is_empty() {
            last = step;
        }
    }
    assert_eq!(harness.messages.len(), 2, "{:?}", harness.kinds());
    assert_eq!(tracked(&last, "vault").end, Some(end));
    assert!(harness.last().at > end.at + chrono::TimeDelta::days(2));
}

/// Slack is down for five days; the incident lasted an hour.
#[test]
fn an_outage_that_could_not_be_told_keeps_its_end() {
    let mut harness = Harness::new(config(""), FRIDAY);
    harness.slack = false;
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    for _ in 0..5 * 24 {
        harness.cycle(Vec::new());
    }
    harness.slack = true;
    let step = harness.cycle(Vec::new());
    let end = tracked(&step, "mysql").end.expect("it is resolved");
    assert_eq!(end.at, time("2026-11-06T15:05:00Z"));
}

/// It is open again: it has no end.
#[test]
fn a_reopened_incident_has_no_end() {
    let mut harness = Harness::new(config(""), FRIDAY);
    harness.cycle(vec![incident_of("mysql", Sev1)]);
    harness.cycle(Vec::new());
    let step = harness.cycle(vec![incident_of("mysql", Sev1)]);
    assert_eq!(tracked(&step, "mysql").end, None);
}
