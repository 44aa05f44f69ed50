//! An API that rejects, limits, fails, is slow or cuts connections: the rules' text is used, the
//! error is noted, and retries are limited.

use std::time::Duration;

use k8s_monitor::agents::Role;
use serde_json::json;

use super::api::{Api, Reply, error};
use super::harness::{AgentResults, Harness, except, good};
use super::stub::{Answer, Fault};

fn helpful() -> Api {
    Api::new(|role, _, _| Reply::Json(good(role)))
}

/// Asserts that the results are those of the rules.
fn assert_rules(results: &AgentResults, harness: &mut Harness, case: &str) {
    let rules = harness.rules_only();
    assert_eq!(results.advice, rules.advice, "{case}");
    assert_eq!(results.announcements, rules.announcements, "{case}");
}

#[test]
fn a_permanent_error_is_requested_once_and_noted() {
    for (status, kind, message, note) in [
        (
            400,
            "invalid_request_error",
            "bad",
            "rejects the request (400: bad)",
        ),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low",
            "add credit",
        ),
        (
            401,
            "authentication_error",
            "invalid x-api-key",
            "set a valid ANTHROPIC_API_KEY",
        ),
        (402, "billing_error", "pay", "add credit"),
        (
            403,
            "permission_error",
            "no",
            "set a valid ANTHROPIC_API_KEY",
        ),
        (
            404,
            "not_found_error",
            "model: claude-haiku-4-5-20251001",
            "does not exist (404",
        ),
    ] {
        let api = except(Role::Analyzer, Reply::Http(error(status, kind, message)));
        let mut harness = Harness::new(&api);
        let results = harness.cycle();
        let case = format!("{status} {message}");
        assert_rules(&results, &mut harness, &case);
        assert_eq!(api.stub.requests().len(), 1, "{case}");
        assert!(harness.clock.waits().is_empty(), "{case}");
        let shown = results.llm.note.unwrap();
        assert!(shown.contains(note), "{case}: {shown}");
        assert_eq!(
            (results.llm.calls, results.llm.cost_usd),
            (0, 0.0),
            "{case}"
        );
        // Nothing is cached, so the next cycle asks again.
        assert!(harness.state.cache.is_empty(), "{case}");
    }
}

#[test]
fn a_request_that_is_too_large_does_not_stop_the_others() {
    let api = except(
        Role::Analyzer,
        Reply::Http(error(413, "request_too_large", "big")),
    );
    let mut harness = Harness::new(&api);
    let results = harness.cycle();
    assert_eq!(api.roles().len(), 4);
    let rules = harness.rules_only();
    assert_eq!(
        results.advice[0].analysis.hypothesis,
        rules.advice[0].analysis.hypothesis
    );
    assert!(results.announcements[0].model_text().is_some());
}

#[test]
fn a_temporary_error_is_retried_twice() {
    for (fault, waits) in [
        (limited(Some("3")), vec![3, 3]),
        (limited(None), vec![1, 2]),
        (overloaded(500), vec![1, 2]),
        (overloaded(504), vec![1, 2]),
        (overloaded(529), vec![1, 2]),
        (Fault::Cut, vec![1, 2]),
    ] {
        let case = format!("{fault:?}");
        let api = helpful();
        let mut harness = Harness::new(&api);
        api.stub.inject([fault.clone(), fault.clone()]);
        let results = harness.cycle();
        assert!(results.announcements[0].model_text().is_some(), "{case}");
        let seconds: Vec<_> = harness
            .clock
            .waits()
            .iter()
            .map(Duration::as_secs)
            .collect();
        assert_eq!(seconds, waits, "{case}");
        assert_eq!(api.stub.requests().len(), 6, "{case}");

        // A third error ends the requests of this cycle.
        let api = helpful();
        let mut harness = Harness::new(&api);
        api.stub.inject(vec![fault; 100]);
        let results = harness.cycle();
        assert_eq!(api.stub.requests().len(), 3, "{case}");
        assert!(results.llm.note.is_some(), "{case}");
        assert_rules(&results, &mut harness, &case);
    }
}

fn limited(after: Option<&str>) -> Fault {
    let mut answer = error(429, "rate_limit_error", "slow down");
    if let Some(after) = after {
        answer.headers.push(("retry-after", after.to_owned()));
    }
    Fault::Answer(answer)
}

fn overloaded(status: u16) -> Fault {
    Fault::Answer(error(status, "overloaded_error", "busy"))
}

#[test]
fn retries_end_at_the_deadline() {
    // The model gets half of the time that is left.
    for (after, tries) in [("50", 2), ("70", 1), ("86400", 1)] {
        let api = helpful();
        let mut harness = Harness::new(&api);
        api.stub.inject(vec![limited(Some(after)); 100]);
        let results = harness.cycle();
        assert_eq!(api.stub.requests().len(), tries, "{after}");
        assert_rules(&results, &mut harness, after);
    }
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.deadline = Duration::ZERO;
    let results = harness.cycle();
    assert!(api.stub.requests().is_empty());
    assert_rules(&results, &mut harness, "no time");
}

#[test]
fn a_slow_request_is_not_retried_and_counts_at_its_highest_cost() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    harness.deadline = Duration::from_millis(600);
    api.stub.inject(vec![Fault::Hangs; 100]);
    let results = harness.cycle();
    assert_eq!(api.stub.requests().len(), 1);
    assert_eq!(results.llm.calls, 0);
    assert!(results.llm.cost_usd > 0.001, "{:?}", results.llm);
    assert_rules(&results, &mut harness, "slow");
}

#[test]
fn a_connection_that_breaks_after_the_request_counts_each_time() {
    let api = helpful();
    let mut harness = Harness::new(&api);
    api.stub.inject(vec![Fault::CutAfter; 100]);
    let cost = {
        let results = harness.cycle();
        assert_eq!(api.stub.requests().len(), 3);
        results.llm.cost_usd
    };
    // The budget of the month limits the number of attempts.
    for _ in 0..100 {
        harness.cycle();
    }
    assert!(harness.state.spend.usd <= harness.config.model_budget.month_usd + cost);
    let before = api.stub.requests().len();
    let results = harness.cycle();
    assert_eq!(api.stub.requests().len(), before);
    assert!(results.llm.note.unwrap().contains("monthUsd"));
}

#[test]
fn a_refused_connection_costs_nothing() {
    let mut harness = Harness::at(&super::stub::unreachable_url());
    let results = harness.cycle();
    assert!(results.llm.cost_usd.abs() < f64::EPSILON);
    assert_rules(&results, &mut harness, "refused");
    assert_eq!(harness.http.attempts(k8s_monitor::net::Peer::Anthropic), 3);
}

#[test]
fn an_unusable_answer_is_billed_once_and_cached() {
    let message = |body: serde_json::Value| Reply::Http(Answer::json(&body));
    let unusable = [
        (
            "garbage",
            Reply::Text("I think that everything is fine!".into()),
        ),
        ("markdown", Reply::Text("```json\n{}\n```".into())),
        ("nothing", Reply::Text(String::new())),
        (
            "another object",
            Reply::Json(json!({ "verdict": "healthy" })),
        ),
        ("an array", Reply::Json(json!([]))),
        ("null", Reply::Json(json!(null))),
        (
            "truncated",
            Reply::Stopped("max_tokens", "{\"hypothesis\":\"MySQL is".into()),
        ),
        (
            "truncated whole",
            Reply::Stopped("max_tokens", good(Role::Analyzer).to_string()),
        ),
        (
            "refused",
            Reply::Stopped("refusal", "I cannot help with that.".into()),
        ),
        (
            "refused whole",
            Reply::Stopped("refusal", good(Role::Analyzer).to_string()),
        ),
        (
            "tool",
            Reply::Stopped("tool_use", good(Role::Analyzer).to_string()),
        ),
        (
            "no JSON",
            Reply::Http(Answer::status(200, "<html>proxy</html>")),
        ),
        ("empty body", Reply::Http(Answer::status(200, ""))),
        (
            "no content",
            message(json!({ "stop_reason": "end_turn", "content": [] })),
        ),
        (
            "no stop",
            message(json!({ "content": [{ "type": "text", "text": "{}" }] })),
        ),
    ];
    for (case, reply) in unusable {
        let api = Api::new(move |_, _, _| reply.clone());
        let mut harness = Harness::new(&api);
        let results = harness.cycle();
        assert_rules(&results, &mut harness, case);
        assert_eq!(results.llm.calls, 4, "{case}");
        assert!(results.llm.cost_usd > 0.0, "{case}");
        assert!(results.llm.note.is_some(), "{case}");
        // The same question would get the same answer.
        let again = harness.cycle();
        assert_eq!(again.llm.calls, 0, "{case}");
        assert_rules(&again, &mut harness, case);
    }
}

#[test]
fn an_implausible_token_count_is_limited() {
    let answer = json!({ "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": good(Role::Analyzer).to_string() }],
        "usage": { "input_tokens": u64::MAX, "output_tokens": u64::MAX } });
    let api = Api::new(move |_, _, _| Reply::Http(Answer::json(&answer)));
    let mut harness = Harness::new(&api);
    let results = harness.cycle();
    assert_eq!(results.llm.calls, 1);
    assert!(harness.state.spend.usd.is_finite());
}
