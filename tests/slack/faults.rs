//! Whole cycles with a Slack that limits or takes no blocks, and with an operator
//! at work at the same time. The exit status stays the verdict's.

use std::process::Command;

use serde_json::json;

use super::harness::{Harness, Is};
use super::stub::{Answer, Event, Fault};

fn limited(seconds: &str) -> Fault {
    Fault::Says(Answer {
        headers: vec![("retry-after", seconds.into())],
        ..Answer::status(429, "")
    })
}

#[test]
fn a_slack_that_limits_is_waited_for_while_there_is_time() {
    let harness = Harness::new();
    harness.workspace.stub.break_with([limited("1")]);
    let ran = harness.run(0, Is::Ill);
    assert_eq!((ran.status, ran.sums()), (1, [1, 0, 0]));
    assert_eq!(ran.report["requests"]["slack"], 2);
}

#[test]
fn blocks_that_are_refused_become_text() {
    let harness = Harness::new();
    harness.workspace.refuse_blocks();
    let ran = harness.run(0, Is::Ill);
    assert_eq!((ran.status, ran.sums()), (1, [1, 0, 0]));
    let said = harness.workspace.said();
    assert_eq!(said.len(), 1);
    assert!(said[0].text.contains("SEV-1") && said[0].text.contains("kubectl"));
}

#[test]
fn a_silence_made_while_a_cycle_sends_costs_no_message_and_is_kept() {
    let harness = Harness::new();
    let place = format!("dir:{}", harness.state().display());
    let silence = Event::new(move || {
        let made = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
            .args(["silence", "add", "--reason-code", "OOMKilled"])
            .args(["--for", "300d", "--reason", "known", "--state", &place])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    });
    harness
        .workspace
        .stub
        .break_with([Fault::Meanwhile(silence)]);
    let ran = harness.run(0, Is::Ill);
    assert_eq!(ran.sums(), [1, 0, 0]);
    assert!(!ran.report["notes"].to_string().contains("another"));
    let silenced = harness.run(3, Is::Ill);
    assert_eq!(silenced.sums(), [0, 0, 0], "the repetition is hidden");
    assert!(silenced.report["incidents"][0]["silencedUntil"].is_string());
    assert_eq!(harness.workspace.said().len(), 1);
}

#[test]
fn a_state_that_cannot_be_written_is_said_once() {
    let harness = Harness::new();
    std::fs::write(harness.state(), "a file where the directory should be").unwrap();
    let ran = harness.run(0, Is::Ill);
    let mut notes = ran.report["notes"].as_array().unwrap().clone();
    let count = notes.len();
    notes.sort_by_key(ToString::to_string);
    notes.dedup();
    assert_eq!(notes.len(), count, "{notes:#?}");
}

#[test]
fn who_cannot_see_does_not_say_that_nobody_suffers() {
    let harness = Harness::new();
    let blind = harness.run(0, Is::Hidden);
    let incidents = blind.report["incidents"].as_array().unwrap();
    let found = incidents.iter().find(|i| i["rule"] == "MONITORING_BLIND");
    let impact = &found.unwrap()["analysis"]["businessImpact"];
    assert_eq!(
        impact,
        &json!("Outages in what cannot be read are not detected.")
    );
}
