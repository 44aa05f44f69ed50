//! When the next success of a cron job is due agrees with a search from minute to minute.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use k8s_monitor::assess::Verdict;
use k8s_monitor::model::{Schedule, ServiceStatus, Time};
use proptest::prelude::*;
use serde_json::json;

use crate::support::case::Case;
use crate::support::property::cases;

/// One field: what it holds, and how it is written.
#[derive(Debug, Clone)]
struct Field {
    values: BTreeSet<u32>,
    text: String,
    is_open: bool,
}

fn open(min: u32, max: u32) -> Field {
    Field {
        values: (min..=max).collect(),
        text: "*".to_owned(),
        is_open: true,
    }
}

fn a_field(min: u32, max: u32) -> impl Strategy<Value = Field> {
    let listed = prop::collection::btree_set(min..=max, 1..4).prop_map(|values| {
        let text: Vec<_> = values.iter().map(u32::to_string).collect();
        let text = text.join(",");
        (values, text)
    });
    let stepped = (2..=(max - min)).prop_map(move |step| {
        let values = (min..=max).step_by(step as usize).collect();
        (values, format!("*/{step}"))
    });
    let ranged = (min..=max, 0..=(max - min)).prop_map(move |(first, length)| {
        let last = (first + length).min(max);
        ((first..=last).collect(), format!("{first}-{last}"))
    });
    let written = prop_oneof![listed, stepped, ranged];
    let written = written.prop_map(|(values, text): (BTreeSet<u32>, String)| Field {
        values,
        text,
        is_open: false,
    });
    prop_oneof![2 => written, 1 => Just(open(min, max))]
}

/// A schedule that comes at least every few months.
#[derive(Debug, Clone)]
struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    weekday: Field,
}

fn a_schedule() -> impl Strategy<Value = Fields> {
    let day = prop_oneof![3 => Just(open(1, 31)), 1 => a_field(1, 31)];
    let fields = (a_field(0, 59), a_field(0, 23), day, a_field(0, 6));
    fields.prop_map(|(minute, hour, day, weekday)| Fields {
        minute,
        hour,
        day,
        weekday,
    })
}

impl Fields {
    fn text(&self) -> String {
        let texts = [&self.minute, &self.hour, &self.day].map(|field| field.text.as_str());
        format!("{} * {}", texts.join(" "), self.weekday.text)
    }

    /// The first minute after a time at which the clocks of the zone fit.
    fn next(&self, after: Time, zone: Tz) -> Time {
        let mut at = after;
        loop {
            at += TimeDelta::minutes(1);
            let local = at.with_timezone(&zone);
            let day = self.day.values.contains(&local.day());
            let weekday = local.weekday().num_days_from_sunday();
            let weekday = self.weekday.values.contains(&weekday);
            let is_open = self.day.is_open || self.weekday.is_open;
            let fits_day = if is_open {
                day && weekday
            } else {
                day || weekday
            };
            let fits_hour = self.hour.values.contains(&local.hour());
            if fits_day && fits_hour && self.minute.values.contains(&local.minute()) {
                return at;
            }
        }
    }
}

fn a_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::America__Sao_Paulo,
        Tz::Africa__Cairo,
        Tz::Asia__Kathmandu,
        Tz::Australia__Lord_Howe,
        Tz::Pacific__Apia,
    ])
}

/// A minute of some year; every other time close to a change of some clock.
fn a_minute() -> impl Strategy<Value = Time> {
    let changes = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2027-03-14T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2018-11-04T03:00:00Z",
        "2026-04-23T22:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-04-04T15:00:00Z",
        "2011-12-30T10:00:00Z",
    ];
    let changes: Vec<Time> = changes.iter().map(|text| text.parse().unwrap()).collect();
    let close = (prop::sample::select(changes), -3000_i64..3000);
    let close = close.prop_map(|(change, by)| change + TimeDelta::minutes(by));
    let start: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
    let anywhere = (0_i64..3 * 525_600).prop_map(move |by| start + TimeDelta::minutes(by));
    prop_oneof![close, anywhere]
}

/// The verdict about a service that is one cron job, which last succeeded at a time.
fn verdict(schedule: &str, zone: Tz, success: Time, now: Time) -> Verdict {
    let folder = "detect/lateness";
    let path = crate::support::case::files(folder).into_iter();
    let mut path = path.filter(|path| path.ends_with("zero-tolerance-on-time.yaml"));
    let mut case = Case::load(&path.next().unwrap()).unwrap();
    case.snapshot.now = now;
    let cron = json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"namespace": "sync", "name": "sync", "creationTimestamp": "2010-01-01T00:00:00Z"},
        "spec": {"schedule": schedule, "timeZone": zone.name()},
        "status": {"lastScheduleTime": now, "lastSuccessfulTime": success},
    });
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}});
    case.evaluate_objects(&[cron, node]).unwrap()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_next_success_is_due_when_the_clock_says_so(
        fields in a_schedule(),
        zone in a_zone(),
        success in a_minute(),
        seconds in 0_i64..60,
    ) {
        let text = fields.text();
        let due = fields.next(success, zone);
        let after = fields.next(due, zone);
        let success = success + TimeDelta::seconds(seconds);
        let schedule = Schedule::parse(&text, zone.name()).unwrap();
        prop_assert_eq!(schedule.next(success), Some(due), "{} {}", text, zone);
        prop_assert_eq!(schedule.previous(after), Some(after));
        prop_assert_eq!(schedule.previous(after - TimeDelta::seconds(1)), Some(due));

        let on_time = verdict(&text, zone, success, due);
        prop_assert_eq!(on_time.services[0].status, ServiceStatus::Healthy);
        prop_assert!(on_time.incidents.is_empty());
        // Overdue by exactly one interval.
        let late = verdict(&text, zone, success, after);
        prop_assert_eq!(late.services[0].status, ServiceStatus::Unavailable);
        prop_assert_eq!(late.services[0].since, Some(due));
    }
}
