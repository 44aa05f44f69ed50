//! Parses `Max Downtime` as a [`Tolerance`].

use std::time::Duration;

use super::duration_tokens::{self, Token};
use crate::model::Tolerance;

/// Why a text is not a tolerance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToleranceError {
    /// The text is empty.
    #[error("there is no value")]
    Empty,
    /// `None`: no downtime, or no limit?
    #[error("`none` can mean no downtime or no limit")]
    Ambiguous,
    /// It contains no duration.
    #[error("it is not a duration")]
    NotUnderstood,
    /// A number without a unit.
    #[error("the number has no unit")]
    MissingUnit,
    /// It is longer than ten years.
    #[error("it is longer than ten years")]
    TooLong,
}

impl ToleranceError {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Ambiguous => "write `0 minutes` for no downtime, `N/A` for no limit",
            Self::TooLong => "write `N/A` for no limit",
            _ => "write it like `0 minutes`, `5-15 minutes`, `12 hours`, `1 day` or `N/A`",
        }
    }
}

/// Longer texts are not read.
const MAX_TEXT: usize = 4_096;
const NO_LIMIT: [&str; 9] = [
    "n/a",
    "na",
    "unlimited",
    "no limit",
    "unbounded",
    "not applicable",
    "any",
    "indefinite",
    "indefinitely",
];
const NOTHING: [&str; 4] = [
    "zero",
    "no downtime",
    "zero downtime",
    "no downtime allowed",
];
const LEAD_INS: [&str; 14] = [
    "up to ",
    "at most ",
    "no more than ",
    "less than ",
    "maximum ",
    "max. ",
    "max ",
    "about ",
    "around ",
    "ca. ",
    "under ",
    "<=",
    "<",
    "~",
];

/// Parses a tolerance and the note after it.
///
/// Of a range the upper end counts (`5-15 minutes` is 15 min, `Hours to days` is one day). `N/A` and
/// its synonyms mean no limit. A note is in brackets, or after a dash or comma.
///
/// # Errors
/// [`ToleranceError`] when the text is not a duration or is ambiguous.
pub fn parse_tolerance(text: &str) -> Result<(Tolerance, Option<String>), ToleranceError> {
    if text.len() > MAX_TEXT {
        return Err(ToleranceError::NotUnderstood);
    }
    let (body, note) = super::values::split_note(text);
    let note = note.map(str::to_owned);
    let lower = body
        .trim_matches(['`', '*', '"', ' ', '\t', '.'])
        .to_lowercase();
    let mut short = lower.as_str();
    while let Some(rest) = LEAD_INS.iter().find_map(|lead| short.strip_prefix(lead)) {
        short = rest.trim_start();
    }
    if short.is_empty() {
        return Err(ToleranceError::Empty);
    }
    let (first, after) = head_and_note(short);
    if ["none", "no", "nil"].contains(&first) {
        return Err(ToleranceError::Ambiguous);
    }
    let note = note.or_else(|| after.map(str::to_owned));
    if NO_LIMIT.contains(&first) || ["-", "∞"].contains(&short) {
        return Ok((Tolerance::Unlimited, note));
    }
    if NOTHING.contains(&first) {
        return Ok((Tolerance::Limit(Duration::ZERO), note));
    }
    let tokens = duration_tokens::tokens(short);
    let limit = read(&tokens)?;
    Ok((Tolerance::Limit(limit), note))
}

/// Parses a duration: `6 minutes`, `26h`.
///
/// # Errors
/// As [`parse_tolerance`], and for "no limit".
pub fn parse_duration(text: &str) -> Result<Duration, ToleranceError> {
    match parse_tolerance(text)? {
        (Tolerance::Limit(limit), _) => Ok(limit),
        (Tolerance::Unlimited, _) => Err(ToleranceError::NotUnderstood),
    }
}

/// Splits off the note of `0 minutes - customer-facing`. The dash of `5 - 15 minutes` does not begin
/// a note.
fn head_and_note(text: &str) -> (&str, Option<&str>) {
    for mark in [" - ", " – ", " — ", ", ", "; "] {
        if let Some((head, tail)) = text.split_once(mark)
            && !matches!(
                duration_tokens::tokens(tail).first(),
                Some(Token::Number(_) | Token::Unit(..))
            )
        {
            return (
                head.trim(),
                Some(tail.trim()).filter(|tail| !tail.is_empty()),
            );
        }
    }
    (text, None)
}

/// One end of a range: its seconds, or a number whose unit follows the other end.
struct End {
    seconds: f64,
    bare: Option<f64>,
}

fn read(tokens: &[Token<'_>]) -> Result<Duration, ToleranceError> {
    let (first, rest) = end(tokens).ok_or(ToleranceError::NotUnderstood)?;
    let second = match rest {
        [Token::Dash | Token::Word("to"), after @ ..] => end(after),
        _ => None,
    };
    let (seconds, rest) = match second {
        Some((second, rest)) => {
            let unit =
                tokens[..tokens.len() - rest.len()]
                    .iter()
                    .rev()
                    .find_map(|token| match token {
                        Token::Unit(unit, _) => Some(unit.seconds()),
                        _ => None,
                    });
            let of = |end: &End| match end.bare {
                Some(number) => unit.map(|unit| number * unit),
                None => Some(end.seconds),
            };
            let low = of(&first).ok_or(ToleranceError::MissingUnit)?;
            let high = of(&second).ok_or(ToleranceError::MissingUnit)?;
            (low.max(high), rest)
        }
        None => match first.bare {
            // Zero is zero in every unit.
            Some(number) if number > 0.0 => return Err(ToleranceError::MissingUnit),
            _ => (first.seconds, rest),
        },
    };
    if !matches!(rest, [] | [Token::Dash | Token::Comma, ..]) {
        return Err(ToleranceError::NotUnderstood);
    }
    duration_tokens::duration(seconds).ok_or(ToleranceError::TooLong)
}

/// `2 hours and 30 minutes`, `15m`, `hours`, `a few days`, `15`.
fn end<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(End, &'a [Token<'t>])> {
    let mut rest = tokens;
    while let [
        Token::Word("a" | "an" | "one" | "few" | "some" | "several"),
        after @ ..,
    ] = rest
    {
        rest = after;
    }
    // A unit without a number counts once: the upper end of `hours to days` is one day.
    if let [Token::Unit(unit, _), after @ ..] = rest {
        return Some((
            End {
                seconds: unit.seconds(),
                bare: None,
            },
            after,
        ));
    }
    let mut seconds = None;
    loop {
        match rest {
            [Token::Number(number), Token::Unit(unit, _), after @ ..] => {
                *seconds.get_or_insert(0.0) += number * unit.seconds();
                rest = match after {
                    [Token::Comma | Token::Word("and"), again @ ..]
                        if matches!(again, [Token::Number(_), ..]) =>
                    {
                        again
                    }
                    _ => after,
                };
            }
            [Token::Number(number), after @ ..] if seconds.is_none() => {
                return Some((
                    End {
                        seconds: 0.0,
                        bare: Some(*number),
                    },
                    after,
                ));
            }
            _ => {
                return seconds.map(|seconds| {
                    (
                        End {
                            seconds,
                            bare: None,
                        },
                        rest,
                    )
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 86_400;

    #[test]
    fn limits() {
        for (text, seconds) in [
            ("0 minutes", 0),
            ("0", 0),
            ("zero downtime", 0),
            ("5-15 minutes", 15 * MINUTE),
            ("5 – 15 min", 15 * MINUTE),
            ("5 to 15 minutes", 15 * MINUTE),
            ("15-5 minutes", 15 * MINUTE),
            ("5m-15m", 15 * MINUTE),
            ("30 seconds - 2 minutes", 2 * MINUTE),
            ("12 hours", 12 * HOUR),
            ("Hours to days", DAY),
            ("hours", HOUR),
            ("a few hours", HOUR),
            ("up to 1 hour", HOUR),
            ("~ 10 min.", 10 * MINUTE),
            ("2h30m", 2 * HOUR + 30 * MINUTE),
            ("2 hours and 30 minutes", 2 * HOUR + 30 * MINUTE),
            ("1.5 hours", 90 * MINUTE),
            ("1 week", 7 * DAY),
            ("15 minutes - people notice", 15 * MINUTE),
            ("15 minutes, then people notice", 15 * MINUTE),
            ("`15m`", 15 * MINUTE),
        ] {
            let read = parse_tolerance(text).map(|(tolerance, _)| tolerance);
            assert_eq!(
                read,
                Ok(Tolerance::Limit(Duration::from_secs(seconds))),
                "{text}"
            );
        }
    }

    #[test]
    fn no_limit() {
        for text in [
            "N/A",
            "n/a (provisioning only)",
            "Unlimited",
            "no limit",
            "-",
            "N/A - for now",
        ] {
            let read = parse_tolerance(text).map(|(tolerance, _)| tolerance);
            assert_eq!(read, Ok(Tolerance::Unlimited), "{text}");
        }
    }

    #[test]
    fn notes_are_kept() {
        for (text, note) in [
            (
                "0 minutes (customer (all) facing)",
                Some("customer (all) facing"),
            ),
            ("15 minutes - people notice", Some("people notice")),
            ("15 minutes", None),
            (
                "N/A (infra - doesn't matter)",
                Some("infra - doesn't matter"),
            ),
        ] {
            let read = parse_tolerance(text).expect(text).1;
            assert_eq!(read.as_deref(), note, "{text}");
        }
    }

    #[test]
    fn refusals() {
        for (text, error) in [
            ("", ToleranceError::Empty),
            ("(soon)", ToleranceError::Empty),
            ("soonish", ToleranceError::NotUnderstood),
            ("None", ToleranceError::Ambiguous),
            ("none (critical)", ToleranceError::Ambiguous),
            ("15", ToleranceError::MissingUnit),
            ("5-15", ToleranceError::MissingUnit),
            ("15 minutes per month", ToleranceError::NotUnderstood),
            ("99 months of sundays", ToleranceError::NotUnderstood),
            ("999999 days", ToleranceError::TooLong),
            ("15 parsecs", ToleranceError::MissingUnit),
        ] {
            assert_eq!(
                parse_tolerance(text).map(|(tolerance, _)| tolerance),
                Err(error),
                "{text}"
            );
        }
    }

    #[test]
    fn one_span() {
        assert_eq!(parse_duration("6 minutes"), Ok(Duration::from_mins(6)));
        assert_eq!(parse_duration("26h"), Ok(Duration::from_hours(26)));
        assert_eq!(parse_duration("N/A"), Err(ToleranceError::NotUnderstood));
    }
}
