//! Cycles of the built program, hour after hour: which messages Slack gets, and when.

use std::process::Stdio;

use serde_json::{Value, json};

use super::harness::{Harness, HomelabState, RunResult};
use super::stub::{Answer, Fault};

fn decision(ran: &RunResult) -> (&str, &str) {
    let notification = &ran.report["incidents"][0]["notification"];
    let text = |key: &str| notification[key].as_str().unwrap();
    (text("decision"), text("why"))
}

#[test]
fn an_outage_of_a_day_is_notified_at_the_documented_times() {
    let harness = Harness::new();
    let mut sent = Vec::new();
    for hour in 0..24 {
        let ran = harness.run(hour, HomelabState::Outage);
        assert_eq!(ran.status, 1, "hour {hour}: {}", ran.stderr);
        assert_eq!(ran.report["incidents"][0]["id"], "INC-2026-11-23-001");
        if ran.sums() != [0, 0, 0] {
            assert_eq!(ran.sums(), [1, 0, 0]);
            sent.push(hour);
        }
    }
    assert_eq!(sent, [0, 3, 6, 9, 12, 15, 18, 21]);
    let resolved = harness.run(24, HomelabState::Healthy);
    assert_eq!((resolved.status, resolved.sums()), (0, [1, 0, 0]));
    assert_eq!(resolved.report["incidents"][0]["state"], "resolved");
    let messages = harness.workspace.messages();
    assert_eq!(messages.len(), 9);
    assert!(messages.iter().all(|sent| sent.channel == "C0CRITICAL"));
    assert!(messages[0].text.contains("Resolved") && messages[0].edits == 1);
    assert_eq!(messages[8].thread.as_ref(), Some(&messages[0].ts));
    assert!(messages[8].broadcast);
    let after = harness.run(25, HomelabState::Healthy);
    assert_eq!((after.status, after.sums()), (0, [0, 0, 0]));
    assert_eq!(
        after.report["incidents"],
        json!([]),
        "a resolved incident is listed once"
    );
}

#[test]
fn the_report_names_the_message_and_a_second_run_sends_none() {
    let harness = Harness::new();
    let first = harness.run(0, HomelabState::Outage);
    let delivered = &first.report["incidents"][0]["notification"]["delivered"];
    assert_eq!(delivered["channel"], "C0CRITICAL");
    assert_eq!(first.report["requests"]["slack"], 1);
    let second = harness.run(0, HomelabState::Outage);
    assert_eq!(second.sums(), [0, 0, 0]);
    assert_eq!(decision(&second).0, "suppress");
    assert_eq!(
        &second.report["incidents"][0]["notification"]["delivered"],
        delivered
    );
    assert_eq!(harness.workspace.messages().len(), 1);
}

#[test]
fn an_incident_is_not_resolved_while_its_kind_is_unread() {
    let harness = Harness::new();
    harness.run(0, HomelabState::Outage);
    let blind = harness.run(1, HomelabState::PodsUnread);
    let incidents = blind.report["incidents"].as_array().unwrap();
    let states: Vec<_> = incidents.iter().map(|i| &i["state"]).collect();
    assert!(!states.contains(&&json!("resolved")), "{states:?}");
    assert!(incidents.iter().any(|i| i["id"] == "INC-2026-11-23-001"));
    assert!(blind.status != 0);
}

#[test]
fn after_five_hours_without_slack_each_message_is_sent_once() {
    for fault in [
        Fault::Cut,
        Fault::Answer(Answer::status(503, "")),
        Fault::Answer(Answer::json(
            &json!({ "ok": false, "error": "invalid_auth" }),
        )),
        Fault::Answer(Answer::json(
            &json!({ "ok": false, "error": "not_in_channel" }),
        )),
    ] {
        let harness = Harness::new();
        harness.workspace.inject_always(&fault);
        for hour in 0..5 {
            let ran = harness.run(hour, HomelabState::Outage);
            assert_eq!(ran.status, 1);
            let [sent, failed, queued] = ran.sums();
            assert_eq!((sent, failed + queued), (0, 1), "{fault:?}");
            let notes = ran.report["notes"].to_string();
            assert!(notes.contains("#critical-alerts"), "{notes}");
        }
        harness.workspace.stub.repair();
        assert_eq!(
            harness.run(5, HomelabState::Outage).sums(),
            [1, 0, 0],
            "{fault:?}"
        );
        assert_eq!(harness.run(6, HomelabState::Outage).sums(), [0, 0, 0]);
        assert_eq!(harness.workspace.messages().len(), 1);
    }
}

#[test]
fn an_incident_resolved_while_slack_was_down_is_one_message() {
    let harness = Harness::new();
    harness.workspace.inject_always(&Fault::Cut);
    harness.run(0, HomelabState::Outage);
    assert_eq!(harness.run(1, HomelabState::Healthy).sums(), [0, 0, 1]);
    harness.workspace.stub.repair();
    assert_eq!(harness.run(2, HomelabState::Healthy).sums(), [1, 0, 0]);
    assert_eq!(harness.run(3, HomelabState::Healthy).sums(), [0, 0, 0]);
    let messages = harness.workspace.messages();
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].text.contains("Already resolved"),
        "{}",
        messages[0].text
    );
}

#[test]
fn a_failed_edit_is_retried_in_the_next_cycle() {
    let harness = Harness::new();
    harness.run(0, HomelabState::Outage);
    let limited = Fault::Answer(Answer::status(503, ""));
    // The reply is sent; every attempt of the edit fails.
    harness.workspace.stub.inject([Fault::None]);
    harness.workspace.inject_always(&limited);
    assert_eq!(harness.run(1, HomelabState::Healthy).sums(), [1, 0, 0]);
    harness.workspace.stub.repair();
    assert_eq!(harness.run(2, HomelabState::Healthy).sums(), [0, 0, 0]);
    let messages = harness.workspace.messages();
    assert_eq!((messages.len(), messages[0].edits), (2, 1));
}

#[test]
fn a_run_killed_before_sending_sends_the_message_once() {
    let harness = Harness::new();
    harness.workspace.stub.inject([Fault::Hangs]);
    harness.run_and_kill(0, HomelabState::Outage, 1);
    assert_eq!(harness.workspace.messages().len(), 0);
    assert_eq!(harness.run(0, HomelabState::Outage).sums(), [1, 0, 0]);
    harness.run(1, HomelabState::Outage);
    assert_eq!(harness.workspace.messages().len(), 1);
}

#[test]
fn a_run_killed_before_the_state_is_saved_sends_twice_at_most() {
    let harness = Harness::new();
    harness.workspace.stub.inject([Fault::HangsAfter]);
    harness.run_and_kill(0, HomelabState::Outage, 1);
    assert_eq!(harness.workspace.messages().len(), 1);
    harness.run(1, HomelabState::Outage);
    harness.run(2, HomelabState::Outage);
    assert_eq!(harness.workspace.messages().len(), 2);
}

#[test]
fn of_two_concurrent_runs_one_sends() {
    let mut harness = Harness::new();
    harness.extra = vec!["--deadline".into(), "6s".into()];
    harness.workspace.stub.inject([Fault::Hangs]);
    let slow = harness.start(0, HomelabState::Outage);
    while harness.workspace.stub.requests().is_empty() {
        std::thread::yield_now();
    }
    // The first holds the state until Slack answers or its deadline passes.
    let second = harness.run(0, HomelabState::Outage);
    assert_eq!((second.status, second.sums()), (1, [0, 0, 0]));
    let notes = second.report["notes"].to_string();
    assert!(notes.contains("another cycle"), "{notes}");
    let first = RunResult::of(&slow.wait_with_output().unwrap());
    let total: u64 = first.sums().iter().sum();
    assert_eq!(total, 1, "{:?}", first.sums());
    harness.run(1, HomelabState::Outage);
    assert_eq!(harness.workspace.messages().len(), 1);
}

#[test]
fn a_dry_run_decides_the_same_and_writes_nothing() {
    let harness = Harness::new();
    harness.run(0, HomelabState::Outage);
    let stored = std::fs::read(harness.state().join("state.json")).unwrap();
    let before = harness.workspace.stub.requests().len();
    let mut dry = Harness::new();
    dry.extra = vec!["--dry-run".into()];
    dry.other_state = Some(harness.state());
    for (hour, state, kind) in [
        (3, HomelabState::Outage, "repeat"),
        (4, HomelabState::Healthy, "resolved"),
    ] {
        let planned = dry.run(hour, state);
        assert_eq!(dry.workspace.stub.requests().len(), 0);
        assert_eq!(planned.sums(), [0, 0, 0]);
        let plan = &planned.report["plan"];
        assert_eq!(plan["messages"][0]["kind"], kind);
        assert_eq!(plan["messages"][0]["channel"], "#critical-alerts");
        assert_eq!(
            plan["state"]["place"],
            format!("dir:{}", harness.state().display())
        );
        let after = std::fs::read(harness.state().join("state.json")).unwrap();
        assert_eq!(stored, after);
        let real = harness.run(hour, state);
        assert_eq!(decision(&planned), decision(&real));
        assert_eq!(planned.status, real.status);
        assert!(harness.workspace.stub.requests().len() > before);
        std::fs::write(harness.state().join("state.json"), &stored).unwrap();
    }
}

#[test]
fn without_a_token_the_report_has_a_note() {
    let mut harness = Harness::new();
    harness.env = vec![("SLACK_BOT_TOKEN", String::new())];
    let first = harness.run(0, HomelabState::Outage);
    assert_eq!((first.status, first.sums()), (1, [0, 0, 0]));
    assert!(
        first.report["notes"]
            .to_string()
            .contains("SLACK_BOT_TOKEN")
    );
    // With a token, open incidents are notified; resolved ones are not.
    harness.env.clear();
    assert_eq!(harness.run(1, HomelabState::Outage).sums(), [1, 0, 0]);
}

#[test]
fn a_state_that_cannot_be_saved_is_reported_and_messages_are_sent() {
    let harness = Harness::new();
    std::fs::write(harness.state(), "a file where the directory should be").unwrap();
    let ran = harness.run(0, HomelabState::Outage);
    assert_eq!(ran.sums(), [1, 0, 0], "{}", ran.report["notes"]);
    assert!(ran.report["notes"].to_string().contains("state"));
    assert_eq!(harness.workspace.messages().len(), 1);
}

#[test]
fn a_corrupt_state_is_set_aside_and_reported() {
    let harness = Harness::new();
    harness.run(0, HomelabState::Outage);
    std::fs::write(harness.state().join("state.json"), "{ not json").unwrap();
    let ran = harness.run(1, HomelabState::Outage);
    assert_eq!(ran.sums(), [1, 0, 0]);
    assert!(ran.report["notes"].to_string().contains("set aside"));
    let names: Vec<_> = std::fs::read_dir(harness.state())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.contains("corrupt")),
        "{names:?}"
    );
}

#[test]
fn silences_mute_are_listed_and_expire() {
    let harness = Harness::new();
    let location = format!("dir:{}", harness.state().display());
    let call = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
            .args(args)
            .args(["--state", &location])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let json = |args: &[&str]| -> Value {
        let (_, text) = call(&[args, &["--output", "json"]].concat());
        serde_json::from_str(&text).unwrap()
    };
    harness.run(0, HomelabState::Outage);
    let id = "INC-2026-11-23-001";
    let (status, text) = call(&[
        "silence",
        "add",
        "--incident",
        id,
        "--for",
        "300d",
        "--reason",
        "known",
    ]);
    assert_eq!(status, 0);
    assert!(text.contains(id), "{text}");
    let silenced = harness.run(1, HomelabState::Outage);
    assert_eq!((silenced.status, silenced.sums()), (0, [0, 0, 0]));
    assert!(silenced.report["incidents"][0]["silencedUntil"].is_string());
    assert_eq!(decision(&silenced).0, "suppress");
    assert!(decision(&silenced).1.contains("known"));
    let (_, list) = call(&["incidents", "list"]);
    assert!(
        list.contains("silenced until") && list.contains("known"),
        "{list}"
    );
    let listed = json(&["silence", "list"]);
    let name = listed["silences"][0]["id"].as_str().unwrap();
    let removed = json(&["silence", "remove", name]);
    assert_eq!(removed["silence"]["id"], name);
    assert_eq!(call(&["silence", "remove", name]).0, 64);
    assert_eq!(harness.run(2, HomelabState::Outage).status, 1);
    let shown = json(&["incidents", "show", id]);
    assert_eq!(shown["incidents"][0]["id"], id);
    assert_eq!(call(&["incidents", "show", "INC-2026-01-01-001"]).0, 64);
    assert_eq!(
        call(&[
            "silence",
            "add",
            "--reason-code",
            "Nonsense",
            "--for",
            "1h",
            "--reason",
            "x"
        ])
        .0,
        64
    );
    assert_eq!(call(&["incidents", "list", "--state", "none"]).0, 64);
}
