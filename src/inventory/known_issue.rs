//! Classifies the text of a known issue.

use std::time::Duration;

use super::duration_tokens::{self, Token, Unit};
use super::model::KnownIssueKind;

/// Only this many characters of a text are read.
const MAX_CHARS: usize = 2_000;
/// A longer duration is not a startup time but something else that the text mentions. As a startup
/// grace it would hide an outage.
const MAX_GRACE: Duration = Duration::from_hours(2);

/// Phrases about the time until a service is ready.
const STARTING: [&str; 20] = [
    "startup",
    "start-up",
    "start up",
    "initialdelayseconds",
    "slow to start",
    "slow start",
    "to start",
    "to become ready",
    "to be ready",
    "to get ready",
    "to ready",
    "until ready",
    "until it is ready",
    "before ready",
    "before it is ready",
    "to boot",
    "warm-up",
    "warmup",
    "to come up",
    "to be up",
];
/// Beginnings of clauses that continue the previous one.
const CONTINUATIONS: [&str; 9] = [
    "takes", "needs", "it takes", "it needs", "allow", "wait", "about", "up to", "expect",
];

/// Classifies a known issue.
#[must_use]
pub fn classify(text: &str) -> KnownIssueKind {
    let end = text
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(text.len(), |(index, _)| index);
    let text = &text[..end];
    let lower = text.to_ascii_lowercase();
    if lower.contains("unseal") && (lower.contains("manual") || lower.contains("by hand")) {
        KnownIssueKind::ManualUnseal
    } else if let Some(grace) = grace(text) {
        KnownIssueKind::SlowStartup { grace }
    } else if [
        "single replica",
        "single-replica",
        "one replica",
        "1 replica",
        "replica count of 1",
    ]
    .iter()
    .any(|words| contains_word(&lower, words))
    {
        KnownIssueKind::SingleReplica
    } else {
        KnownIssueKind::Other
    }
}

/// Whether a text mentions a slow start.
pub(super) fn mentions_slow_start(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("slow") && STARTING.iter().any(|words| contains_word(&lower, words))
}

/// The longest duration in the clauses about startup.
fn grace(text: &str) -> Option<Duration> {
    let mut longest = None;
    let mut is_about_startup = false;
    for clause in clauses(text) {
        let lower = clause.to_ascii_lowercase();
        let continues = CONTINUATIONS
            .iter()
            .any(|words| lower.trim_start().starts_with(words));
        is_about_startup = STARTING.iter().any(|words| contains_word(&lower, words))
            || (is_about_startup && continues);
        if is_about_startup {
            longest = longest.max(longest_time(&duration_tokens::tokens(clause)));
        }
    }
    longest
}

/// A duration belongs to its clause: "slow startup: 5 min; certificates last 90 min" is a grace of 5
/// minutes.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split(';')
        .flat_map(|part| part.split(". "))
        .flat_map(|part| part.split(" - "))
}

fn longest_time(tokens: &[Token<'_>]) -> Option<Duration> {
    let mut longest = None;
    let mut rest = tokens;
    while let [_, after @ ..] = rest {
        let seconds = match rest {
            // `200m CPU` is in millicores.
            [Token::Number(_), Token::Unit(..), Token::Word(word), ..]
                if ["cpu", "core", "cores"]
                    .iter()
                    .any(|it| word.eq_ignore_ascii_case(it)) =>
            {
                None
            }
            [
                Token::Number(a),
                Token::Dash | Token::Word("to"),
                Token::Number(b),
                Token::Unit(unit, _),
                ..,
            ] => time(a.max(*b), *unit),
            [Token::Number(number), Token::Unit(unit, _), ..]
            | [Token::Number(number), Token::Dash, Token::Unit(unit, _), ..] => {
                time(*number, *unit)
            }
            // The field of a probe, in seconds, with or without a unit.
            [
                Token::Word(word),
                Token::Comma,
                Token::Number(a),
                Token::Dash,
                Token::Number(b),
                ..,
            ] if is_delay(word) => time(a.max(*b), Unit::Second),
            [Token::Word(word), Token::Comma, Token::Number(number), ..] if is_delay(word) => {
                time(*number, Unit::Second)
            }
            _ => None,
        };
        longest = longest.max(seconds);
        rest = after;
    }
    longest
}

fn is_delay(word: &str) -> bool {
    word.eq_ignore_ascii_case("initialDelaySeconds")
}

fn time(number: f64, unit: Unit) -> Option<Duration> {
    duration_tokens::duration(number * unit.seconds())
        .filter(|time| !time.is_zero() && *time <= MAX_GRACE)
}

/// Finds whole words only: not `1 replica` in `11 replicas`.
fn contains_word(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(index, found)| {
        let before = text[..index].chars().next_back();
        let after = text[index + found.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(seconds: u64) -> KnownIssueKind {
        KnownIssueKind::SlowStartup {
            grace: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn known_issues_are_classified() {
        for (text, kind) in [
            (
                "⚠️ VERY SLOW STARTUP: 5-6 minutes to be ready (initialDelaySeconds: 300-360s) - slowest in cluster",
                slow(360),
            ),
            ("takes up to 4 min to be ready", slow(240)),
            ("a 5-minute startup", slow(300)),
            ("initialDelaySeconds: 300", slow(300)),
            ("initialDelaySeconds: 300-420", slow(420)),
            ("Slow startup. Takes 5 to 8 minutes.", slow(480)),
            ("slow startup: 90s; certificates last 100 minutes", slow(90)),
            ("slow start, wants 200m CPU for 3 minutes", slow(180)),
            (
                "**Requires manual unsealing** after pod restart",
                KnownIssueKind::ManualUnseal,
            ),
            ("must be unsealed by hand", KnownIssueKind::ManualUnseal),
            (
                "⚠️ Single replica (no HA) - data loss risk",
                KnownIssueKind::SingleReplica,
            ),
            ("runs with only one replica", KnownIssueKind::SingleReplica),
            ("Single replica, slow startup of 3 minutes", slow(180)),
            ("11 replicas", KnownIssueKind::Other),
            ("auto-unseal is set up", KnownIssueKind::Other),
            ("already slow for 10 minutes a day", KnownIssueKind::Other),
            ("backup starts every 6 hours", KnownIssueKind::Other),
            ("slow startup: 3 days", KnownIssueKind::Other),
            ("Very slow startup", KnownIssueKind::Other),
            ("Has automated backup CronJob to S3", KnownIssueKind::Other),
            ("", KnownIssueKind::Other),
        ] {
            assert_eq!(classify(text), kind, "{text}");
        }
    }

    #[test]
    fn a_slow_start_without_a_duration_is_recognized() {
        assert!(mentions_slow_start("⚠️ VERY SLOW STARTUP"));
        assert!(!mentions_slow_start("slow queries at night"));
    }
}
