//! Infers when a dump was made: the newest past moment in its objects.

use chrono::Datelike as _;

use crate::model::Time;

/// Fields with a moment in the past. Moments in the future (`notAfter`, `renewalTime`,
/// `deletionTimestamp` with its grace period) must not count, so that other fields are ignored.
const PAST: &[&str] = &[
    "acquireTime",
    "completedAt",
    "completionTime",
    "creationTimestamp",
    "deployedAt",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "eventTime",
    "finishedAt",
    "firstTimestamp",
    "lastFailureTime",
    "lastHeartbeatTime",
    "lastObservedTime",
    "lastProbeTime",
    "lastScaleTime",
    "lastScheduleTime",
    "lastSuccessfulTime",
    "lastTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "observedAt",
    "reconciledAt",
    "refreshTime",
    "renewTime",
    "startTime",
    "startedAt",
    "time",
    "timeAdded",
    "timestamp",
];

/// The newest such moment in an object's JSON.
pub(super) fn newest(raw: &str) -> Option<Time> {
    // Kubernetes writes UTC, so that a moment ends in `Z"`, which is rare elsewhere.
    raw.match_indices('Z')
        .filter(|(end, _)| raw.as_bytes().get(end + 1) == Some(&b'"'))
        .filter_map(|(end, _)| moment(raw, end))
        .max()
}

/// The moment whose `Z` is at an offset, if its field is one of the past.
fn moment(raw: &str, end: usize) -> Option<Time> {
    let before = &raw.as_bytes()[..end];
    let start = end - before.iter().rev().take(32).position(|b| *b == b'"')?;
    let field = raw[..start - 1].trim_end().strip_suffix(':')?.trim_end();
    let field = field.strip_suffix('"')?;
    let length = field
        .bytes()
        .rev()
        .take(32)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let field = &field[field.len() - length..];
    PAST.contains(&field).then_some(())?;
    // RFC 3339 has years of four digits, and arithmetic on later years may overflow.
    let moment: Time = raw[start..=end].parse().ok()?;
    (moment.year() < 10_000).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_past_moment_counts() {
        let raw = r#"{"metadata":{"creationTimestamp": "2026-01-01T00:00:00Z"},
            "status":{"notAfter":"2027-01-01T00:00:00Z","renewalTime" : "2026-12-01T00:00:00Z",
            "conditions":[{"lastTransitionTime":"2026-01-02T03:04:05.678Z","message":"until \"2030-01-01T00:00:00Z\""}]}}"#;
        let newest = newest(raw).expect("a moment");
        assert_eq!(newest.to_rfc3339(), "2026-01-02T03:04:05.678+00:00");
    }

    #[test]
    fn text_without_moments_has_none() {
        for raw in [
            "",
            "Z\"",
            "\"Z\"",
            ":\"Z\"",
            r#"{"startTime":"tomorrowZ"}"#,
            r#"{"startTime":"+262142-12-31T23:59:59Z"}"#,
            "é\"Z\"",
        ] {
            assert_eq!(newest(raw), None, "{raw}");
        }
    }
}
