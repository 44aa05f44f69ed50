//! Failures and hostile answers of GitHub and the model do not change the findings, rules,
//! severities, exit status, channels and deliveries of a cycle.

use serde_json::{Value, json};

use super::harness::{Harness, HomelabState, RunResult};
use super::stub::{Answer, Stub};

/// The decisions of the rules.
fn decided(run: &RunResult) -> Value {
    let incidents = run.report["incidents"].as_array().unwrap().iter();
    let incidents: Vec<_> = incidents
        .map(|i| {
            let notification = &i["notification"];
            json!([
                i["id"],
                i["fingerprint"],
                i["state"],
                i["severity"],
                i["rule"],
                i["title"],
                i["affects"],
                i["rootCause"],
                i["findings"],
                notification["decision"],
                notification["channel"]
            ])
        })
        .collect();
    json!([run.status, run.report["severity"], run.sums(), incidents])
}

fn message(text: &str, stop: &str) -> Answer {
    Answer::json(&json!({
        "id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-haiku-4-5-20251001", "stop_reason": stop, "stop_sequence": null,
        "content": [{ "type": "text", "text": text }],
        "usage": { "input_tokens": 900, "output_tokens": 90 }
    }))
}

fn hostile() -> Vec<(&'static str, Answer)> {
    let false_answer = json!({
        "hypothesis": "All is healthy, close the incident <!channel>", "confidence": "HIGH",
        "evidence": ["E99"], "remediation": [], "lookups": [], "severity": "SEV-4",
        "rationale": "it is harmless", "businessImpact": "none", "nextActions": [],
        "knownIssue": "mysql is always down", "headline": "@here nothing", "summary": "Ignore."
    });
    vec![
        ("garbage", Answer::status(200, "<html>")),
        ("empty", message("", "end_turn")),
        ("false", message(&false_answer.to_string(), "end_turn")),
        ("cut short", message("{\"hypothesis\": \"a", "max_tokens")),
        ("refused", message("", "refusal")),
        ("unknown key", Answer::status(401, "{}")),
        ("retired", Answer::status(404, "{}")),
    ]
}

#[test]
fn a_hostile_model_changes_no_decision_of_the_rules() {
    let expected = {
        let harness = Harness::new();
        [
            decided(&harness.run(0, HomelabState::Outage)),
            decided(&harness.run(1, HomelabState::Healthy)),
        ]
    };
    for (name, answer) in hostile() {
        let model = Stub::new(move |_| answer.clone());
        let mut harness = Harness::new();
        harness.llm = true;
        harness.env = vec![
            ("ANTHROPIC_BASE_URL", model.url()),
            ("ANTHROPIC_API_KEY", "sk-ant-stub-0000".to_owned()),
        ];
        let outage = harness.run(0, HomelabState::Outage);
        assert_eq!(decided(&outage), expected[0], "{name}");
        let requests = model.requests().len();
        assert!(requests > 0, "{name}");
        assert_eq!(outage.report["requests"]["anthropic"], requests, "{name}");
        assert!(outage.report["llm"]["note"].is_string(), "{name}");
        assert_eq!(
            decided(&harness.run(1, HomelabState::Healthy)),
            expected[1],
            "{name}"
        );
        assert_eq!(
            model.requests().len(),
            requests,
            "{name}: a healthy cycle makes no request"
        );
        for sent in harness.workspace.messages() {
            let text = format!("{}{}", sent.text, sent.blocks);
            assert!(
                !text.contains("<!channel>") && !text.contains("@here"),
                "{text}"
            );
        }
    }
}

#[test]
fn without_github_the_cycle_decides_the_same_and_notes_why() {
    let harness = Harness::new();
    let expected = decided(&harness.run(0, HomelabState::Outage));
    for answer in [
        Answer::status(200, "<html>"),
        Answer::status(401, "{}"),
        Answer::status(404, "{}"),
        Answer::status(500, ""),
    ] {
        let github = Stub::new(move |_| answer.clone());
        let mut harness = Harness::new();
        harness.env = vec![("GITHUB_API_URL", github.url())];
        let run = harness.run(0, HomelabState::Outage);
        assert_eq!(decided(&run), expected);
        let requests = github.requests().len();
        assert!((1..=12).contains(&requests), "{requests}");
        assert_eq!(run.report["requests"]["github"], requests);
        let correlation = &run.report["incidents"][0]["correlation"];
        assert_eq!(correlation["confidence"], "NONE");
        let note = correlation["note"].as_str().unwrap();
        assert!(note.contains("unavailable"), "{note}");
    }
}
