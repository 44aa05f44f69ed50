//! A GitHub that breaks: the cycle goes on, on time, and says why.

use std::time::{Duration, Instant};

use k8s_monitor::correlate::IncidentCorrelation as Found;
use k8s_monitor::model::{Cause, Confidence};
use serde_json::json;

use super::history::{History, IMAGE, SET, mysql};
use super::server::Manner;
use super::stub::{Answer, Fault};
use super::world::World;

const TOKEN: &str = "github_pat_stub";

fn guilty() -> History {
    let history = History::new();
    history.write(SET, mysql("256Mi", IMAGE));
    history.commit("trim mysql", 12);
    history
}

fn world(history: &History) -> World {
    let token = Some(TOKEN.to_owned());
    World::with(
        history,
        Manner {
            token,
            ..Manner::default()
        },
    )
}

fn with(status: u16, headers: &[(&'static str, &str)], body: &str) -> Fault {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Fault::Says(Answer {
        headers: headers.collect(),
        ..Answer::status(status, body)
    })
}

/// What may come in place of an answer, and what is said of it when nothing
/// else came.
fn faults() -> Vec<(Fault, &'static str)> {
    vec![
        (with(401, &[], "{}"), "refuses the token (401)"),
        (
            with(403, &[("x-ratelimit-remaining", "0")], "{}"),
            "rate limit is used up",
        ),
        (
            with(403, &[("retry-after", "60")], "secondary rate limit"),
            "rate limit is used up for another 1m",
        ),
        (with(403, &[], "{}"), "forbids it (403)"),
        (with(404, &[], "{}"), "no such repository"),
        (with(409, &[], "{}"), "empty"),
        (with(422, &[], "{}"), "refuses to answer (422)"),
        (with(429, &[("retry-after", "3600")], ""), "rate limit"),
        (with(500, &[], "oops"), "status 500"),
        (
            with(502, &[("retry-after", "3600")], "<html>"),
            "status 502",
        ),
        (with(200, &[], "<html>login</html>"), "is not GitHub"),
        (with(200, &[], "{}"), "is not GitHub"),
        (with(200, &[], "[{\"sha\":1}]"), "is not GitHub"),
        (with(304, &[], ""), "nothing changed"),
        (Fault::Cut, "no whole answer"),
    ]
}

fn tells(answer: &Found, wanted: &str) {
    let note = answer.correlation.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("correlation unavailable: "), "{answer:?}");
    assert!(note.contains(wanted), "{wanted}: {note}");
    assert!(!note.contains(TOKEN), "{note}");
    assert_eq!(answer.correlation.confidence, Confidence::None);
    assert!(answer.rollback.is_empty() && answer.correlation.commits.is_empty());
}

#[test]
fn a_github_that_is_broken_throughout_is_named() {
    let history = guilty();
    for (fault, wanted) in faults() {
        let mut world = world(&history);
        world.stub.break_with(vec![fault.clone(); 40]);
        tells(&world.look(Cause::OOMKilled), wanted);
        assert!(world.requests() <= 4, "{fault:?}: {}", world.requests());
    }
}

#[test]
fn a_fault_at_any_moment_harms_nothing_else() {
    let history = guilty();
    for (fault, _) in faults() {
        for good in 1..5 {
            let mut world = world(&history);
            world.stub.break_with(vec![Fault::Fine; good]);
            world.stub.break_with(vec![fault.clone(); 40]);
            let answer = world.look(Cause::OOMKilled);
            let found = answer.correlation.confidence == Confidence::High;
            assert!(
                found || answer.correlation.note.is_some(),
                "{good}, {fault:?}: {answer:?}"
            );
            assert!(
                good < 3 || found,
                "all that counts was answered: {good}, {fault:?}"
            );
        }
    }
}

#[test]
fn a_passing_fault_is_tried_again() {
    let history = guilty();
    for fault in [Fault::Cut, with(500, &[], ""), with(503, &[], "")] {
        let mut world = world(&history);
        world.stub.break_with([fault.clone()]);
        let answer = world.look(Cause::OOMKilled);
        assert_eq!(answer.correlation.confidence, Confidence::High, "{fault:?}");
        assert!(!world.clock.waits().is_empty());
    }
}

#[test]
fn a_github_that_hangs_ends_with_the_deadline() {
    let history = guilty();
    let mut world = world(&history);
    world.stub.break_with(vec![Fault::Hangs; 40]);
    world.patience = Duration::from_millis(200);
    let began = Instant::now();
    tells(&world.look(Cause::OOMKilled), "did not answer within");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(world.requests(), 1);

    world.patience = Duration::ZERO;
    tells(&world.look(Cause::OOMKilled), "no time is left");
    assert_eq!(world.requests(), 1);
}

#[test]
fn an_empty_repository_and_an_unknown_branch_are_said() {
    let history = History::empty();
    tells(&world(&history).look(Cause::OOMKilled), "empty (409)");
    let history = guilty();
    super::history::run(
        history.path(),
        &["branch", "--quiet", "-m", "main", "trunk"],
        None,
    )
    .unwrap();
    tells(
        &world(&history).look(Cause::OOMKilled),
        "no such repository or branch",
    );
}

#[test]
fn links_that_go_in_circles_are_left() {
    let history = guilty();
    let manner = Manner {
        link_loop: true,
        ..Manner::default()
    };
    let answer = World::with(&history, manner).look(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::High);
}

#[test]
fn the_token_goes_nowhere_else() {
    let history = guilty();
    let thief = super::stub::Stub::new(|_| Answer::json(&json!([])));
    let manner = Manner {
        token: Some(TOKEN.into()),
        link_elsewhere: Some(thief.url()),
        ..Manner::default()
    };
    let answer = World::with(&history, manner).look(Cause::OOMKilled);
    assert_eq!(answer.correlation.confidence, Confidence::High);
    assert!(thief.asked().is_empty());
}

#[test]
fn the_last_request_of_the_hour_is_the_last_one() {
    let history = guilty();
    let mut world = world(&history);
    let last = Answer {
        headers: vec![
            ("x-ratelimit-remaining", "0".into()),
            ("x-ratelimit-reset", "1793520000".into()),
        ],
        ..Answer::json(&json!([]))
    };
    world.stub.break_with([Fault::Says(last)]);
    let answer = world.look(Cause::OOMKilled);
    assert_eq!(world.requests(), 1);
    let note = answer.correlation.note.unwrap();
    assert!(
        note.contains("rate limit is used up until 08:00 UTC"),
        "{note}"
    );
}
