use super::*;

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn next(text: &str, zone: &str, after: &str) -> Option<String> {
    let next = Schedule::parse(text, zone).unwrap().next(time(after))?;
    Some(next.format("%FT%H:%M").to_string())
}

#[test]
fn the_next_time_fits_every_field() {
    for (text, zone, after, expected) in [
        ("0 * * * *", "", "2026-03-02T12:00:00Z", "2026-03-02T13:00"),
        (
            "*/15 * * * *",
            "",
            "2026-03-02T12:14:59Z",
            "2026-03-02T12:15",
        ),
        (
            "5/20 * * * *",
            "",
            "2026-03-02T12:26:00Z",
            "2026-03-02T12:45",
        ),
        (
            "0 2 * * SUN",
            "",
            "2026-03-02T12:00:00Z",
            "2026-03-08T02:00",
        ),
        (
            "0 2 * * mon-fri",
            "",
            "2026-03-06T12:00:00Z",
            "2026-03-09T02:00",
        ),
        ("0 0 29 2 *", "", "2026-03-02T12:00:00Z", "2028-02-29T00:00"),
        // Day or weekday, as both are given.
        ("0 0 13 * 5", "", "2026-03-02T12:00:00Z", "2026-03-06T00:00"),
        // A step opens nothing: the 1st, 3rd ... or any Monday.
        (
            "0 0 */2 * 1",
            "",
            "2026-03-02T12:00:00Z",
            "2026-03-03T00:00",
        ),
        ("@weekly", "", "2026-03-02T12:00:00Z", "2026-03-08T00:00"),
        (
            "@daily",
            "Asia/Tokyo",
            "2026-03-02T12:00:00Z",
            "2026-03-02T15:00",
        ),
        (
            "TZ=Asia/Tokyo 0 9 * * *",
            "",
            "2026-03-02T12:00:00Z",
            "2026-03-03T00:00",
        ),
        (
            "CRON_TZ=UTC 0 9 * * *",
            "",
            "2026-03-02T12:00:00Z",
            "2026-03-03T09:00",
        ),
        (
            "@every 1h30m",
            "",
            "2026-03-02T12:00:07.5Z",
            "2026-03-02T13:30",
        ),
        (
            "@every 0.5h",
            "",
            "2026-03-02T12:00:00Z",
            "2026-03-02T12:30",
        ),
        // The clock goes from two to three, or from midnight to one.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2027-03-27T12:00:00Z",
            "2027-03-29T00:30",
        ),
        (
            "0 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            "2026-03-09T06:00",
        ),
        (
            "0 0 * * *",
            "Africa/Cairo",
            "2026-04-23T12:00:00Z",
            "2026-04-24T21:00",
        ),
        // The clock shows half past two twice.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            "2026-10-25T00:30",
        ),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30",
        ),
    ] {
        assert_eq!(next(text, zone, after).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_the_controller_refuses_is_no_schedule() {
    for (text, zone) in [
        ("", ""),
        ("* * * *", ""),
        ("* * * * * *", ""),
        ("60 * * * *", ""),
        ("0 0 * * 7", ""),
        ("0 0 L * *", ""),
        ("0 0 * * 5#2", ""),
        ("5-1 * * * *", ""),
        ("*/0 * * * *", ""),
        ("1-2-3 * * * *", ""),
        ("0 0 * * *", "Mars/Olympus"),
        ("@reboot", ""),
        ("@every", ""),
        ("@every soon", ""),
        ("@every 1 day", ""),
    ] {
        assert_eq!(Schedule::parse(text, zone), None, "{text}");
    }
}

#[test]
fn what_never_comes_has_no_next_time() {
    assert_eq!(next("0 0 31 2 *", "", "2026-03-02T12:00:00Z"), None);
    let hourly = Schedule::parse("@hourly", "").unwrap();
    assert_eq!(hourly.next(Time::MAX_UTC), None);
    assert_eq!(hourly.previous(Time::MIN_UTC), None);
    let often = Schedule::parse("@every 99999999999h", "");
    assert_eq!(often, None);
}

#[test]
fn the_previous_time_is_at_or_before() {
    let daily = Schedule::parse("30 2 * * *", "Europe/Berlin").unwrap();
    for (at, expected) in [
        ("2026-03-02T01:30:00Z", "2026-03-02T01:30:00Z"),
        ("2026-03-02T01:29:59Z", "2026-03-01T01:30:00Z"),
        ("2027-03-28T12:00:00Z", "2027-03-27T01:30:00Z"),
        ("2026-10-25T01:29:00Z", "2026-10-25T00:30:00Z"),
    ] {
        assert_eq!(daily.previous(time(at)), Some(time(expected)), "{at}");
    }
    assert!(daily.is_due(time("2026-03-02T01:30:20Z")));
    assert!(!daily.is_due(time("2026-03-02T02:30:00Z")));
}
