//! An API that refuses, limits, breaks, is slow or cut off: the rules' own
//! words stand, loudly and without hammering.

use std::time::Duration;

use k8s_monitor::agents::Role;
use serde_json::json;

use super::api::{Api, Says, error};
use super::stub::{Answer, Fault};
use super::world::{Said, World, but, good};

fn helpful() -> Api {
    Api::new(|role, _, _| Says::Json(good(role)))
}

/// What is said is what the rules say.
fn assert_rules(said: &Said, world: &mut World, case: &str) {
    let rules = world.rules();
    assert_eq!(said.advice, rules.advice, "{case}");
    assert_eq!(said.announcements, rules.announcements, "{case}");
}

#[test]
fn what_no_retry_can_mend_is_asked_once_and_said() {
    for (status, kind, message, note) in [
        (
            400,
            "invalid_request_error",
            "bad",
            "does not take the question (400: bad)",
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
            "is not there any more (404",
        ),
    ] {
        let api = but(Role::Analyzer, Says::Http(error(status, kind, message)));
        let mut world = World::new(&api);
        let said = world.cycle();
        let case = format!("{status} {message}");
        assert_rules(&said, &mut world, &case);
        assert_eq!(api.stub.asked().len(), 1, "{case}");
        assert!(world.clock.waits().is_empty(), "{case}");
        let shown = said.llm.note.unwrap();
        assert!(shown.contains(note), "{case}: {shown}");
        assert_eq!((said.llm.calls, said.llm.cost_usd), (0, 0.0), "{case}");
        // Nothing came: the next cycle asks again.
        assert!(world.state.cache.is_empty(), "{case}");
    }
}

#[test]
fn a_question_that_is_too_large_is_not_the_end() {
    let api = but(
        Role::Analyzer,
        Says::Http(error(413, "request_too_large", "big")),
    );
    let mut world = World::new(&api);
    let said = world.cycle();
    assert_eq!(api.roles().len(), 4);
    let rules = world.rules();
    assert_eq!(
        said.advice[0].analysis.hypothesis,
        rules.advice[0].analysis.hypothesis
    );
    assert!(said.announcements[0].words().is_some());
}

#[test]
fn what_passes_is_waited_for_twice() {
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
        let mut world = World::new(&api);
        api.stub.break_with([fault.clone(), fault.clone()]);
        let said = world.cycle();
        assert!(said.announcements[0].words().is_some(), "{case}");
        let seconds: Vec<_> = world.clock.waits().iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, waits, "{case}");
        assert_eq!(api.stub.asked().len(), 6, "{case}");

        // A third time ends it for this cycle.
        let api = helpful();
        let mut world = World::new(&api);
        api.stub.break_with(vec![fault; 100]);
        let said = world.cycle();
        assert_eq!(api.stub.asked().len(), 3, "{case}");
        assert!(said.llm.note.is_some(), "{case}");
        assert_rules(&said, &mut world, &case);
    }
}

fn limited(after: Option<&str>) -> Fault {
    let mut answer = error(429, "rate_limit_error", "slow down");
    if let Some(after) = after {
        answer.headers.push(("retry-after", after.to_owned()));
    }
    Fault::Says(answer)
}

fn overloaded(status: u16) -> Fault {
    Fault::Says(error(status, "overloaded_error", "busy"))
}

#[test]
fn nobody_waits_beyond_the_deadline() {
    // Half of what is left is the model's.
    for (after, tries) in [("50", 2), ("70", 1), ("86400", 1)] {
        let api = helpful();
        let mut world = World::new(&api);
        api.stub.break_with(vec![limited(Some(after)); 100]);
        let said = world.cycle();
        assert_eq!(api.stub.asked().len(), tries, "{after}");
        assert_rules(&said, &mut world, after);
    }
    let api = helpful();
    let mut world = World::new(&api);
    world.deadline = Duration::ZERO;
    let said = world.cycle();
    assert!(api.stub.asked().is_empty());
    assert_rules(&said, &mut world, "no time");
}

#[test]
fn a_slow_answer_is_given_up_once_and_counted_as_if_it_cost() {
    let api = helpful();
    let mut world = World::new(&api);
    world.deadline = Duration::from_millis(600);
    api.stub.break_with(vec![Fault::Hangs; 100]);
    let said = world.cycle();
    assert_eq!(api.stub.asked().len(), 1);
    assert_eq!(said.llm.calls, 0);
    assert!(said.llm.cost_usd > 0.001, "{:?}", said.llm);
    assert_rules(&said, &mut world, "slow");
}

#[test]
fn a_cut_connection_after_the_question_is_counted_each_time() {
    let api = helpful();
    let mut world = World::new(&api);
    api.stub.break_with(vec![Fault::CutAfter; 100]);
    let once = {
        let said = world.cycle();
        assert_eq!(api.stub.asked().len(), 3);
        said.llm.cost_usd
    };
    // However often it breaks, the month's budget ends it.
    for _ in 0..100 {
        world.cycle();
    }
    assert!(world.state.spend.usd <= world.config.model_budget.month_usd + once);
    let asked = api.stub.asked().len();
    let said = world.cycle();
    assert_eq!(api.stub.asked().len(), asked);
    assert!(said.llm.note.unwrap().contains("monthUsd"));
}

#[test]
fn nobody_listens() {
    let mut world = World::at(&super::stub::nobody());
    let said = world.cycle();
    assert!(said.llm.cost_usd.abs() < f64::EPSILON);
    assert_rules(&said, &mut world, "nobody");
    assert_eq!(world.http.attempts(k8s_monitor::net::Peer::Anthropic), 3);
}

#[test]
fn answers_that_are_none_are_paid_for_once() {
    let message = |body: serde_json::Value| Says::Http(Answer::json(&body));
    let useless = [
        (
            "garbage",
            Says::Text("I think that everything is fine!".into()),
        ),
        ("markdown", Says::Text("```json\n{}\n```".into())),
        ("nothing", Says::Text(String::new())),
        (
            "another object",
            Says::Json(json!({ "verdict": "healthy" })),
        ),
        ("an array", Says::Json(json!([]))),
        ("null", Says::Json(json!(null))),
        (
            "truncated",
            Says::Stops("max_tokens", "{\"hypothesis\":\"MySQL is".into()),
        ),
        (
            "truncated whole",
            Says::Stops("max_tokens", good(Role::Analyzer).to_string()),
        ),
        (
            "refused",
            Says::Stops("refusal", "I cannot help with that.".into()),
        ),
        (
            "refused whole",
            Says::Stops("refusal", good(Role::Analyzer).to_string()),
        ),
        (
            "tool",
            Says::Stops("tool_use", good(Role::Analyzer).to_string()),
        ),
        (
            "no JSON",
            Says::Http(Answer::status(200, "<html>proxy</html>")),
        ),
        ("empty body", Says::Http(Answer::status(200, ""))),
        (
            "no content",
            message(json!({ "stop_reason": "end_turn", "content": [] })),
        ),
        (
            "no stop",
            message(json!({ "content": [{ "type": "text", "text": "{}" }] })),
        ),
    ];
    for (case, says) in useless {
        let api = Api::new(move |_, _, _| says.clone());
        let mut world = World::new(&api);
        let said = world.cycle();
        assert_rules(&said, &mut world, case);
        assert_eq!(said.llm.calls, 4, "{case}");
        assert!(said.llm.cost_usd > 0.0, "{case}");
        assert!(said.llm.note.is_some(), "{case}");
        // The same question would bring the same answer.
        let again = world.cycle();
        assert_eq!(again.llm.calls, 0, "{case}");
        assert_rules(&again, &mut world, case);
    }
}

#[test]
fn a_count_that_nobody_believes_ends_the_budget_and_nothing_else() {
    let answer = json!({ "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": good(Role::Analyzer).to_string() }],
        "usage": { "input_tokens": u64::MAX, "output_tokens": u64::MAX } });
    let api = Api::new(move |_, _, _| Says::Http(Answer::json(&answer)));
    let mut world = World::new(&api);
    let said = world.cycle();
    assert_eq!(said.llm.calls, 1);
    assert!(world.state.spend.usd.is_finite());
}
