//! Tokens of durations in prose, for `Max Downtime` and known issues.

use std::time::Duration;

/// Ten years. A longer duration is a mistake.
const MAX_SECONDS: f64 = 10.0 * 365.0 * 86_400.0;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token<'t> {
    Number(f64),
    Unit(Unit, &'t str),
    Word(&'t str),
    /// `-`, `–`, `—` and the like.
    Dash,
    Comma,
    Other,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Unit {
    fn of(word: &str) -> Option<Self> {
        // A capital M means mega, not minutes.
        Some(match word {
            "s" => Self::Second,
            "m" => Self::Minute,
            "h" => Self::Hour,
            "d" => Self::Day,
            "w" => Self::Week,
            _ => match word.to_ascii_lowercase().as_str() {
                "sec" | "secs" | "second" | "seconds" => Self::Second,
                "min" | "mins" | "minute" | "minutes" => Self::Minute,
                "hr" | "hrs" | "hour" | "hours" => Self::Hour,
                "day" | "days" => Self::Day,
                "week" | "weeks" => Self::Week,
                "month" | "months" => Self::Month,
                _ => return None,
            },
        })
    }

    /// Seconds in one unit. A month has 30 days.
    pub(super) fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3_600.0,
            Self::Day => 86_400.0,
            Self::Week => 7.0 * 86_400.0,
            Self::Month => 30.0 * 86_400.0,
        }
    }
}

/// Seconds as a duration, up to ten years.
pub(super) fn duration(seconds: f64) -> Option<Duration> {
    (seconds.is_finite() && (0.0..=MAX_SECONDS).contains(&seconds))
        .then(|| Duration::from_secs_f64(seconds))
}

/// Splits a text into numbers, words and punctuation. `5m` is a number and a unit.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c.is_ascii_digit() {
            let length = number_length(rest);
            // A duration does not have this many digits.
            let number = rest[..length].parse().ok().filter(|_| length <= 12);
            tokens.push(number.map_or(Token::Other, Token::Number));
            length
        } else if c.is_alphabetic() {
            let length = run(rest, |c| c.is_alphanumeric() && !c.is_ascii_digit());
            let word = &rest[..length];
            tokens.push(Unit::of(word).map_or(Token::Word(word), |unit| Token::Unit(unit, word)));
            length
        } else {
            if !c.is_whitespace() {
                tokens.push(match c {
                    '-' | '–' | '—' | '−' | '‐' | '‑' => Token::Dash,
                    ',' | ';' | ':' => Token::Comma,
                    _ => Token::Other,
                });
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn run(text: &str, inside: impl Fn(char) -> bool) -> usize {
    text.find(|c| !inside(c)).unwrap_or(text.len())
}

/// Length of `12` or `1.5`. A dot without a digit after it is not part of the number.
fn number_length(text: &str) -> usize {
    let whole = run(text, |c| c.is_ascii_digit());
    let fraction = text[whole..]
        .strip_prefix('.')
        .map_or(0, |rest| run(rest, |c| c.is_ascii_digit()));
    if fraction > 0 {
        whole + 1 + fraction
    } else {
        whole
    }
}
