//! The durations of Go, which `@every` takes.

use chrono::TimeDelta;

const UNITS: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];
/// A longer one is no interval of anything.
const MAX_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// `90s`, `1h30m`, `1.5h`, in whole seconds and at least one.
#[must_use]
pub fn delay(text: &str) -> Option<TimeDelta> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(end.unwrap_or(tail.len()));
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number.parse::<f64>().ok()? * size;
        rest = tail;
    }
    #[allow(clippy::cast_possible_truncation, reason = "bounded before")]
    let whole = (seconds <= MAX_SECONDS).then_some(seconds as i64)?;
    TimeDelta::try_seconds(whole.max(1))
}
