//! Relative times in tests and fixtures: `20.minutes_ago()`, `{{-20m}}`.

use std::time::{SystemTime, UNIX_EPOCH};

pub use k8s_openapi::jiff::Timestamp;

/// Now, in whole seconds as Kubernetes writes time.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is before 1970");
    shifted(Timestamp::UNIX_EPOCH, since_epoch.as_secs().cast_signed())
}

pub fn shifted(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(time.as_second() + seconds).expect("a time that no calendar has")
}

pub trait Ago {
    fn seconds_ago(self) -> Timestamp;
    fn minutes_ago(self) -> Timestamp;
    fn hours_ago(self) -> Timestamp;
    fn days_ago(self) -> Timestamp;
}

impl Ago for i32 {
    fn seconds_ago(self) -> Timestamp {
        shifted(now(), -i64::from(self))
    }
    fn minutes_ago(self) -> Timestamp {
        (self * 60).seconds_ago()
    }
    fn hours_ago(self) -> Timestamp {
        (self * 60).minutes_ago()
    }
    fn days_ago(self) -> Timestamp {
        (self * 24).hours_ago()
    }
}

/// Replaces the relative times of a fixture: `{{-3d}}`, `{{-20m}}`, `{{+60d}}`, `{{-0s}}`
/// become RFC 3339; `{{-10s micro}}` is the form with microseconds that Leases require.
/// Any other `{{...}}` is left unchanged.
pub fn fill_times(text: &str, now: Timestamp) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, remainder) = after.split_once("}}").expect("a fixture with {{ but no }}");
        filled.push_str(before);
        match relative(inside, now) {
            Some(time) => filled.push_str(&time),
            None => filled.push_str(&format!("{{{{{inside}}}}}")),
        }
        rest = remainder;
    }
    filled + rest
}

fn relative(expression: &str, now: Timestamp) -> Option<String> {
    let (offset, micro) = match expression.strip_suffix(" micro") {
        Some(offset) => (offset, true),
        None => (expression, false),
    };
    let unit = match offset.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    let amount: i64 = offset[..offset.len() - 1].parse().ok()?;
    let time = shifted(now, amount * unit);
    Some(if micro {
        format!("{time:.6}")
    } else {
        time.to_string()
    })
}
