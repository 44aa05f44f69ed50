//! Durations as written in the configuration and in the services file (`90s`, `10m`, `2h30m`), and
//! as shown.

use std::time::Duration;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// A longer duration is a mistake, and adding it to a time could overflow.
const MAX_SECONDS: u64 = 366 * 86_400;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text is blank.
    #[error("the duration is empty")]
    Empty,
    /// A number without a unit.
    #[error("`{0}` has no unit: write s, m, h or d after it, as in `90s` or `10m`")]
    MissingUnit(String),
    /// Something else where a number is expected.
    #[error("`{0}` is not a number followed by s, m, h or d, as in `90s` or `2h30m`")]
    NotANumber(String),
    /// A unit that is not s, m, h or d.
    #[error("`{0}` is not a unit of time: use s, m, h or d")]
    UnknownUnit(char),
    /// `30m2h` or `1h1h`.
    #[error("write the units in the order d, h, m, s, each at most once, as in `1d2h30m`")]
    UnitOrder,
    /// More than a year.
    #[error("the duration is longer than the maximum of 366d")]
    TooLarge,
}

/// Parses `90s`, `10m`, `2h`, `1d` or a sequence such as `2h30m`.
///
/// Blanks around and between the parts are allowed, so the output of [`human`] can be parsed. Units
/// go from large to small. Every number needs a unit.
///
/// # Errors
/// [`DurationError`], whose text follows "the deadline is wrong: " or the like.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut seconds: u64 = 0;
    let mut allowed = &UNITS[..];
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(end);
        if digits.is_empty() {
            return Err(DurationError::NotANumber(excerpt(rest)));
        }
        let number: u64 = digits.parse().map_err(|_| DurationError::TooLarge)?;
        let unit = tail
            .chars()
            .next()
            .ok_or_else(|| DurationError::MissingUnit(excerpt(digits)))?;
        let Some(index) = allowed.iter().position(|(letter, _)| *letter == unit) else {
            return Err(if UNITS.iter().any(|(letter, _)| *letter == unit) {
                DurationError::UnitOrder
            } else if unit.is_whitespace() {
                DurationError::MissingUnit(excerpt(digits))
            } else {
                DurationError::UnknownUnit(unit)
            });
        };
        seconds = number
            .checked_mul(allowed[index].1)
            .and_then(|part| seconds.checked_add(part))
            .filter(|seconds| *seconds <= MAX_SECONDS)
            .ok_or(DurationError::TooLarge)?;
        allowed = &allowed[index + 1..];
        rest = tail[unit.len_utf8()..].trim_start();
    }
    Ok(Duration::from_secs(seconds))
}

/// Formats a duration with its largest unit and the next one: `45s`, `6m`, `2h30m`, `1d2h`.
/// Smaller units are cut off, not rounded.
#[must_use]
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let Some(first) = UNITS.iter().position(|(_, size)| seconds >= *size) else {
        return "0s".to_owned();
    };
    let (letter, size) = UNITS[first];
    let whole = format!("{}{letter}", seconds / size);
    match UNITS.get(first + 1) {
        Some((next, small)) if (seconds % size) / small > 0 => {
            format!("{whole}{}{next}", (seconds % size) / small)
        }
        _ => whole,
    }
}

/// Formats an age as `kubectl get` does: `90s`, `9m5s`, `25m`, `3h4m`, `14h`, `2d`.
#[must_use]
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let with = |large: u64, unit: char, small: u64, next: char| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{next}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => with(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with(days, 'd', hours % 24, 'h'),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed() {
        for (text, seconds) in [
            ("90s", 90),
            ("10m", 600),
            ("2h", 7_200),
            ("1d", 86_400),
            ("2h30m", 9_000),
            (" 2h 30m ", 9_000),
            ("0s", 0),
            ("1d2h3m4s", 93_784),
            ("366d", 31_622_400),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_text_is_an_error() {
        for (text, error) in [
            ("", DurationError::Empty),
            ("10", DurationError::MissingUnit("10".into())),
            ("2h30", DurationError::MissingUnit("30".into())),
            ("10 m", DurationError::MissingUnit("10".into())),
            ("m", DurationError::NotANumber("m".into())),
            ("-5m", DurationError::NotANumber("-5m".into())),
            ("1.5h", DurationError::UnknownUnit('.')),
            ("3w", DurationError::UnknownUnit('w')),
            ("30m2h", DurationError::UnitOrder),
            ("1h1h", DurationError::UnitOrder),
            ("99999999999999999999s", DurationError::TooLarge),
            ("18446744073709551615d", DurationError::TooLarge),
            ("9223372036854775807s", DurationError::TooLarge),
            ("106751991167d", DurationError::TooLarge),
            ("366d1s", DurationError::TooLarge),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn at_most_two_units_are_shown() {
        for (seconds, text) in [
            (0, "0s"),
            (45, "45s"),
            (360, "6m"),
            (9_000, "2h30m"),
            (7_230, "2h"),
            (93_784, "1d2h"),
            (61, "1m1s"),
        ] {
            assert_eq!(human(Duration::from_secs(seconds)), text);
        }
    }

    /// The cases of `k8s.io/apimachinery/pkg/util/duration`.
    #[test]
    fn ages_are_as_kubectl_writes_them() {
        const DAY: u64 = 86_400;
        for (seconds, text) in [
            (0, "0s"),
            (70, "70s"),
            (119, "119s"),
            (120, "2m"),
            (190, "3m10s"),
            (600, "10m"),
            (1_501, "25m"),
            (47 * 60, "47m"),
            (2 * 3_600 + 300, "125m"),
            (3 * 3_600 + 240, "3h4m"),
            (8 * 3_600 + 120, "8h"),
            (47 * 3_600 + 1_800, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + 7_200, "2d2h"),
            (8 * DAY + 7_200, "8d"),
            (400 * DAY, "400d"),
            (2 * 365 * DAY + DAY, "2y1d"),
            (9 * 365 * DAY, "9y"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }
}
