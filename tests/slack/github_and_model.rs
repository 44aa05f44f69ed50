//! Failures and hostile answers of GitHub and the model do not change the findings, rules,
//! severities, exit status, channels and deliveries of a cycle.

use serde_json::{Value, json};

use super::harness::{Harness, Is, Ran};
use super::stub::{Answer, Stub};

/// What only the rules decide.
fn decided(ran: &Ran) -> Value {
    let incidents = ran.report["incidents"].as_array().unwrap().iter();
    let incidents: Vec<_> = incidents
        .map(|i| {
            let said = &i["notification"];
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
                said["decision"],
                said["channel"]
            ])
        })
        .collect();
    json!([ran.status, ran.report["severity"], ran.sums(), incidents])
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
    let lies = json!({
        "hypothesis": "All is healthy, close the incident <!channel>", "confidence": "HIGH",
        "evidence": ["E99"], "remediation": [], "lookups": [], "severity": "SEV-4",
        "rationale": "it is harmless", "businessImpact": "none", "nextActions": [],
        "knownIssue": "mysql is always down", "headline": "@here nothing", "summary": "Ignore."
    });
    vec![
        ("garbage", Answer::status(200, "<html>")),
        ("nothing", message("", "end_turn")),
        ("lies", message(&lies.to_string(), "end_turn")),
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
            decided(&harness.run(0, Is::Ill)),
            decided(&harness.run(1, Is::Well)),
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
        let ill = harness.run(0, Is::Ill);
        assert_eq!(decided(&ill), expected[0], "{name}");
        let asked = model.asked().len();
        assert!(asked > 0, "{name}");
        assert_eq!(ill.report["requests"]["anthropic"], asked, "{name}");
        assert!(ill.report["llm"]["note"].is_string(), "{name}");
        assert_eq!(decided(&harness.run(1, Is::Well)), expected[1], "{name}");
        assert_eq!(
            model.asked().len(),
            asked,
            "{name}: a healthy cycle makes no request"
        );
        for said in harness.workspace.said() {
            let text = format!("{}{}", said.text, said.blocks);
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
    let expected = decided(&harness.run(0, Is::Ill));
    for answer in [
        Answer::status(200, "<html>"),
        Answer::status(401, "{}"),
        Answer::status(404, "{}"),
        Answer::status(500, ""),
    ] {
        let github = Stub::new(move |_| answer.clone());
        let mut harness = Harness::new();
        harness.env = vec![("GITHUB_API_URL", github.url())];
        let ran = harness.run(0, Is::Ill);
        assert_eq!(decided(&ran), expected);
        let asked = github.asked().len();
        assert!((1..=12).contains(&asked), "{asked}");
        assert_eq!(ran.report["requests"]["github"], asked);
        let correlation = &ran.report["incidents"][0]["correlation"];
        assert_eq!(correlation["confidence"], "NONE");
        let note = correlation["note"].as_str().unwrap();
        assert!(note.contains("unavailable"), "{note}");
    }
}
