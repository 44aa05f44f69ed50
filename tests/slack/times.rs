//! Messages tell from when to when and for how long, with the date unless it is today's in the
//! configured time zone.

use chrono_tz::Tz;
use k8s_monitor::model::{IncidentEnd, IncidentState};
use k8s_monitor::notify::{MessageContext, MessageKind, compose, compose_resolved, plain_text};

use super::samples::{at, context, database, services};

struct Case {
    what: &'static str,
    zone: Tz,
    /// When it started, when it ended, and when the message is written.
    times: [&'static str; 3],
    or_later: bool,
    title: &'static str,
    period: &'static str,
}

const CASES: &[Case] = &[
    Case {
        what: "the same day",
        zone: Tz::Europe__Berlin,
        times: [
            "2026-11-06T07:00:00Z",
            "2026-11-06T10:00:00Z",
            "2026-11-06T10:00:00Z",
        ],
        or_later: false,
        title: "SEV-1 for 3h:",
        period: "From 08:00 CET to 11:00 CET.",
    },
    Case {
        what: "on Friday, written on Monday when business hours begin",
        zone: Tz::America__New_York,
        times: [
            "2026-11-06T17:05:00Z",
            "2026-11-06T20:05:00Z",
            "2026-11-09T14:05:00Z",
        ],
        or_later: false,
        title: "SEV-1 for 3h:",
        period: "From Fri 6 Nov 12:05 EST to Fri 6 Nov 15:05 EST.",
    },
    Case {
        what: "an hour, told five days later",
        zone: Tz::UTC,
        times: [
            "2026-11-02T10:00:00Z",
            "2026-11-02T11:00:00Z",
            "2026-11-07T10:00:00Z",
        ],
        or_later: false,
        title: "SEV-1 for 60m:",
        period: "From Mon 2 Nov 10:00 UTC to Mon 2 Nov 11:00 UTC.",
    },
    Case {
        what: "today in UTC, yesterday in the time zone",
        zone: Tz::America__New_York,
        times: [
            "2026-11-07T02:00:00Z",
            "2026-11-07T04:00:00Z",
            "2026-11-07T14:00:00Z",
        ],
        or_later: false,
        title: "SEV-1 for 120m:",
        period: "From Fri 6 Nov 21:00 EST to Fri 6 Nov 23:00 EST.",
    },
    Case {
        what: "across the end of daylight saving time",
        zone: Tz::Europe__Berlin,
        times: [
            "2026-10-24T23:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T09:00:00Z",
        ],
        or_later: false,
        title: "SEV-1 for 120m:",
        period: "From 01:30 CEST to 02:30 CET.",
    },
    Case {
        what: "the monitor was down",
        zone: Tz::UTC,
        times: [
            "2026-11-02T09:00:00Z",
            "2026-11-02T10:00:00Z",
            "2026-11-07T10:00:00Z",
        ],
        or_later: true,
        title: "SEV-1 for at least 60m:",
        period: "From Mon 2 Nov 09:00 UTC, last seen Mon 2 Nov 10:00 UTC.",
    },
];

#[test]
fn a_resolution_tells_when_it_was() {
    let services = services();
    for case in CASES {
        let [since, end, now] = case.times.map(at);
        let mut incident = database();
        incident.state = IncidentState::Resolved;
        incident.since = since;
        incident.end = Some(IncidentEnd {
            at: end,
            or_later: case.or_later,
        });
        let incidents = [incident];
        let base = MessageContext {
            zone: case.zone,
            now,
            ..context(MessageKind::Resolved, &incidents, &services)
        };
        let undelivered = MessageContext {
            is_undelivered: true,
            ..base.clone()
        };
        for message in [
            compose(&base),
            compose(&undelivered),
            compose_resolved(&base),
        ] {
            let text = plain_text(&message);
            assert!(
                text.contains(case.title) && text.contains(case.period),
                "{}: {text}",
                case.what
            );
        }
    }
}
