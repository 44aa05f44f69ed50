//! Cycles with a rate limit or rejected blocks, and with a silence that is added meanwhile. The exit
//! status is that of the verdict.

use std::process::Command;

use serde_json::json;

use super::harness::{Harness, HomelabState};
use super::stub::{Answer, Fault, Hook};

fn limited(seconds: &str) -> Fault {
    Fault::Answer(Answer {
        headers: vec![("retry-after", seconds.into())],
        ..Answer::status(429, "")
    })
}

#[test]
fn a_rate_limit_is_waited_for_within_the_deadline() {
    let harness = Harness::new();
    harness.workspace.stub.inject([limited("1")]);
    let ran = harness.run(0, HomelabState::Outage);
    assert_eq!((ran.status, ran.sums()), (1, [1, 0, 0]));
    assert_eq!(ran.report["requests"]["slack"], 2);
}

#[test]
fn rejected_blocks_are_sent_as_text() {
    let harness = Harness::new();
    harness.workspace.refuse_blocks();
    let ran = harness.run(0, HomelabState::Outage);
    assert_eq!((ran.status, ran.sums()), (1, [1, 0, 0]));
    let messages = harness.workspace.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.contains("SEV-1") && messages[0].text.contains("kubectl"));
}

#[test]
fn a_silence_added_while_a_cycle_sends_is_kept_and_delays_no_message() {
    let harness = Harness::new();
    let place = format!("dir:{}", harness.state().display());
    let silence = Hook::new(move || {
        let made = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
            .args(["silence", "add", "--reason-code", "OOMKilled"])
            .args(["--for", "300d", "--reason", "known", "--state", &place])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    });
    harness.workspace.stub.inject([Fault::Hooked(silence)]);
    let ran = harness.run(0, HomelabState::Outage);
    assert_eq!(ran.sums(), [1, 0, 0]);
    assert!(!ran.report["notes"].to_string().contains("another"));
    let silenced = harness.run(3, HomelabState::Outage);
    assert_eq!(silenced.sums(), [0, 0, 0], "the repetition is hidden");
    assert!(silenced.report["incidents"][0]["silencedUntil"].is_string());
    assert_eq!(harness.workspace.messages().len(), 1);
}

#[test]
fn a_state_that_cannot_be_written_is_noted_once() {
    let harness = Harness::new();
    std::fs::write(harness.state(), "a file where the directory should be").unwrap();
    let ran = harness.run(0, HomelabState::Outage);
    let mut notes = ran.report["notes"].as_array().unwrap().clone();
    let count = notes.len();
    notes.sort_by_key(ToString::to_string);
    notes.dedup();
    assert_eq!(notes.len(), count, "{notes:#?}");
}

#[test]
fn the_impact_of_unread_objects_is_unknown() {
    let harness = Harness::new();
    let blind = harness.run(0, HomelabState::PodsUnread);
    let incidents = blind.report["incidents"].as_array().unwrap();
    let found = incidents.iter().find(|i| i["rule"] == "MONITORING_BLIND");
    let impact = &found.unwrap()["analysis"]["businessImpact"];
    assert_eq!(
        impact,
        &json!("Outages of objects that cannot be read are not detected.")
    );
}
