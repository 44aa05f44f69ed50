//! A GitHub that fails: the cycle continues within its deadline, and notes the error.

use std::time::{Duration, Instant};

use k8s_monitor::correlate::IncidentCorrelation;
use k8s_monitor::model::{Cause, Confidence};
use serde_json::json;

use super::harness::Harness;
use super::history::{History, IMAGE, SET, mysql};
use super::server::ServerOptions;
use super::stub::{Answer, Fault};

const TOKEN: &str = "github_pat_stub";

fn lowered_limit() -> History {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    history.commit("trim mysql", 12);
    history
}

fn harness(history: &History) -> Harness {
    let token = Some(TOKEN.to_owned());
    Harness::with(
        history,
        ServerOptions {
            token,
            ..ServerOptions::default()
        },
    )
}

fn with(status: u16, headers: &[(&'static str, &str)], body: &str) -> Fault {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Fault::Answer(Answer {
        headers: headers.collect(),
        ..Answer::status(status, body)
    })
}

/// Faults, and the note when every request has the fault.
fn faults() -> Vec<(Fault, &'static str)> {
    vec![
        (with(401, &[], "{}"), "rejects the token (401)"),
        (
            with(403, &[("x-ratelimit-remaining", "0")], "{}"),
            "rate limit is used up",
        ),
        (
            with(403, &[("retry-after", "60")], "secondary rate limit"),
            "rate limit is used up for another 1m",
        ),
        (with(403, &[], "{}"), "denies access (403)"),
        (with(404, &[], "{}"), "does not exist"),
        (with(409, &[], "{}"), "empty"),
        (with(422, &[], "{}"), "rejects the request (422)"),
        (with(429, &[("retry-after", "3600")], ""), "rate limit"),
        (with(500, &[], "oops"), "status 500"),
        (
            with(502, &[("retry-after", "3600")], "<html>"),
            "status 502",
        ),
        (
            with(200, &[], "<html>login</html>"),
            "is not from GitHub's API",
        ),
        (with(200, &[], "{}"), "is not from GitHub's API"),
        (with(200, &[], "[{\"sha\":1}]"), "is not from GitHub's API"),
        (with(304, &[], ""), "304 (not modified)"),
        (Fault::Cut, "was lost before the response was complete"),
    ]
}

fn is_unavailable(answer: &IncidentCorrelation, expected: &str) {
    let note = answer.correlation.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("correlation unavailable: "), "{answer:?}");
    assert!(note.contains(expected), "{expected}: {note}");
    assert!(!note.contains(TOKEN), "{note}");
    assert_eq!(answer.correlation.confidence, Confidence::None);
    assert!(answer.rollback().is_empty() && answer.correlation.commits.is_empty());
}

#[test]
fn a_permanent_fault_is_noted() {
    let history = lowered_limit();
    for (fault, expected) in faults() {
        let mut harness = harness(&history);
        harness.stub.inject(vec![fault.clone(); 40]);
        is_unavailable(&harness.correlate(Cause::OOMKilled), expected);
        assert!(harness.requests() <= 4, "{fault:?}: {}", harness.requests());
    }
}

#[test]
fn a_fault_after_any_request_keeps_earlier_results() {
    let history = lowered_limit();
    for (fault, _) in faults() {
        for good in 1..5 {
            let mut harness = harness(&history);
            harness.stub.inject(vec![Fault::None; good]);
            harness.stub.inject(vec![fault.clone(); 40]);
            let answer = harness.correlate(Cause::OOMKilled);
            let found = answer.correlation.confidence == Confidence::High;
            assert!(
                found || answer.correlation.note.is_some(),
                "{good}, {fault:?}: {answer:?}"
            );
            assert!(
                good < 3 || found,
                "list and commit were read: {good}, {fault:?}"
            );
        }
    }
}

#[test]
fn a_temporary_fault_is_retried() {
    let history = lowered_limit();
    for fault in [Fault::Cut, with(500, &[], ""), with(503, &[], "")] {
        let mut harness = harness(&history);
        harness.stub.inject([fault.clone()]);
        let answer = harness.correlate(Cause::OOMKilled);
        assert_eq!(answer.correlation.confidence, Confidence::High, "{fault:?}");
        assert!(!harness.clock.waits().is_empty());
    }
}

#[test]
fn a_github_that_hangs_stops_at_the_deadline() {
    let history = lowered_limit();
    let mut harness = harness(&history);
    harness.stub.inject(vec![Fault::Hangs; 40]);
    harness.timeout = Duration::from_millis(200);
    let start = Instant::now();
    is_unavailable(
        &harness.correlate(Cause::OOMKilled),
        "did not answer within",
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(harness.requests(), 1);

    harness.timeout = Duration::ZERO;
    is_unavailable(&harness.correlate(Cause::OOMKilled), "no time is left");
    assert_eq!(harness.requests(), 1);
}

#[test]
fn an_empty_repository_and_an_unknown_branch_are_noted() {
    let history = History::empty();
    is_unavailable(
        &harness(&history).correlate(Cause::OOMKilled),
        "empty (409)",
    );
    let history = lowered_limit();
    super::history::run(
        history.path(),
        &["branch", "--quiet", "-m", "main", "trunk"],
        None,
    )
    .unwrap();
    is_unavailable(
        &harness(&history).correlate(Cause::OOMKilled),
        "repository or branch does not exist",
    );
}

#[test]
fn a_next_page_that_repeats_is_ignored() {
    let history = lowered_limit();
    let options = ServerOptions {
        link_loop: true,
        ..ServerOptions::default()
    };
    let answer = Harness::with(&history, options).correlate(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::High);
}

#[test]
fn the_token_is_not_sent_to_another_host() {
    let history = lowered_limit();
    let other = super::stub::Stub::new(|_| Answer::json(&json!([])));
    let options = ServerOptions {
        token: Some(TOKEN.into()),
        link_elsewhere: Some(other.url()),
        ..ServerOptions::default()
    };
    let answer = Harness::with(&history, options).correlate(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert!(other.requests().is_empty());
}

#[test]
fn no_request_follows_the_last_one_of_the_rate_limit() {
    let history = lowered_limit();
    let mut harness = harness(&history);
    let last = Answer {
        headers: vec![
            ("x-ratelimit-remaining", "0".into()),
            ("x-ratelimit-reset", "1793520000".into()),
        ],
        ..Answer::json(&json!([]))
    };
    harness.stub.inject([Fault::Answer(last)]);
    let answer = harness.correlate(Cause::OOMKilled);
    assert_eq!(harness.requests(), 1);
    let note = answer.correlation.note.unwrap();
    assert!(
        note.contains("rate limit is used up until 2026-11-01 08:00 UTC"),
        "{note}"
    );
}
