//! Whole cycles of the built program, hour after hour: what Slack gets, and
//! when, whatever happens in between.

use std::process::Stdio;

use serde_json::{Value, json};

use super::harness::{Harness, Is, Ran};
use super::stub::{Answer, Fault};

fn decision(ran: &Ran) -> (&str, &str) {
    let notification = &ran.report["incidents"][0]["notification"];
    let text = |key: &str| notification[key].as_str().unwrap();
    (text("decision"), text("why"))
}

#[test]
fn an_outage_of_a_day_is_notified_at_the_documented_times() {
    let harness = Harness::new();
    let mut sent = Vec::new();
    for hour in 0..24 {
        let ran = harness.run(hour, Is::Ill);
        assert_eq!(ran.status, 1, "hour {hour}: {}", ran.stderr);
        assert_eq!(ran.report["incidents"][0]["id"], "INC-2026-11-23-001");
        if ran.sums() != [0, 0, 0] {
            assert_eq!(ran.sums(), [1, 0, 0]);
            sent.push(hour);
        }
    }
    assert_eq!(sent, [0, 3, 6, 9, 12, 15, 18, 21]);
    let over = harness.run(24, Is::Well);
    assert_eq!((over.status, over.sums()), (0, [1, 0, 0]));
    assert_eq!(over.report["incidents"][0]["state"], "resolved");
    let said = harness.workspace.said();
    assert_eq!(said.len(), 9);
    assert!(said.iter().all(|said| said.channel == "C0CRITICAL"));
    assert!(said[0].text.contains("Resolved") && said[0].edits == 1);
    assert_eq!(said[8].thread.as_ref(), Some(&said[0].ts));
    assert!(said[8].broadcast);
    let after = harness.run(25, Is::Well);
    assert_eq!((after.status, after.sums()), (0, [0, 0, 0]));
    assert_eq!(
        after.report["incidents"],
        json!([]),
        "listed once more only"
    );
}

#[test]
fn the_report_names_the_message_and_a_second_run_sends_none() {
    let harness = Harness::new();
    let first = harness.run(0, Is::Ill);
    let delivered = &first.report["incidents"][0]["notification"]["delivered"];
    assert_eq!(delivered["channel"], "C0CRITICAL");
    assert_eq!(first.report["requests"]["slack"], 1);
    let second = harness.run(0, Is::Ill);
    assert_eq!(second.sums(), [0, 0, 0]);
    assert_eq!(decision(&second).0, "suppress");
    assert_eq!(
        &second.report["incidents"][0]["notification"]["delivered"],
        delivered
    );
    assert_eq!(harness.workspace.said().len(), 1);
}

#[test]
fn an_incident_is_not_resolved_while_its_kind_is_unread() {
    let harness = Harness::new();
    harness.run(0, Is::Ill);
    let blind = harness.run(1, Is::Hidden);
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
        Fault::Says(Answer::status(503, "")),
        Fault::Says(Answer::json(
            &json!({ "ok": false, "error": "invalid_auth" }),
        )),
        Fault::Says(Answer::json(
            &json!({ "ok": false, "error": "not_in_channel" }),
        )),
    ] {
        let harness = Harness::new();
        harness.workspace.break_for_long(&fault);
        for hour in 0..5 {
            let ran = harness.run(hour, Is::Ill);
            assert_eq!(ran.status, 1);
            let [sent, failed, queued] = ran.sums();
            assert_eq!((sent, failed + queued), (0, 1), "{fault:?}");
            let notes = ran.report["notes"].to_string();
            assert!(notes.contains("#critical-alerts"), "{notes}");
        }
        harness.workspace.stub.mend();
        assert_eq!(harness.run(5, Is::Ill).sums(), [1, 0, 0], "{fault:?}");
        assert_eq!(harness.run(6, Is::Ill).sums(), [0, 0, 0]);
        assert_eq!(harness.workspace.said().len(), 1);
    }
}

#[test]
fn an_incident_resolved_while_slack_was_down_is_one_message() {
    let harness = Harness::new();
    harness.workspace.break_for_long(&Fault::Cut);
    harness.run(0, Is::Ill);
    assert_eq!(harness.run(1, Is::Well).sums(), [0, 0, 1]);
    harness.workspace.stub.mend();
    assert_eq!(harness.run(2, Is::Well).sums(), [1, 0, 0]);
    assert_eq!(harness.run(3, Is::Well).sums(), [0, 0, 0]);
    let said = harness.workspace.said();
    assert_eq!(said.len(), 1);
    assert!(
        said[0].text.contains("Already resolved"),
        "{}",
        said[0].text
    );
}

#[test]
fn a_failed_edit_is_retried_in_the_next_cycle() {
    let harness = Harness::new();
    harness.run(0, Is::Ill);
    let limited = Fault::Says(Answer::status(503, ""));
    // The reply goes out; every try of the edit fails.
    harness.workspace.stub.break_with([Fault::Fine]);
    harness.workspace.break_for_long(&limited);
    assert_eq!(harness.run(1, Is::Well).sums(), [1, 0, 0]);
    harness.workspace.stub.mend();
    assert_eq!(harness.run(2, Is::Well).sums(), [0, 0, 0]);
    let said = harness.workspace.said();
    assert_eq!((said.len(), said[0].edits), (2, 1));
}

#[test]
fn a_run_killed_before_sending_sends_the_message_once() {
    let harness = Harness::new();
    harness.workspace.stub.break_with([Fault::Hangs]);
    harness.killed(0, Is::Ill, 1);
    assert_eq!(harness.workspace.said().len(), 0);
    assert_eq!(harness.run(0, Is::Ill).sums(), [1, 0, 0]);
    harness.run(1, Is::Ill);
    assert_eq!(harness.workspace.said().len(), 1);
}

#[test]
fn a_run_killed_before_the_state_is_saved_sends_twice_at_most() {
    let harness = Harness::new();
    harness.workspace.stub.break_with([Fault::HangsAfter]);
    harness.killed(0, Is::Ill, 1);
    assert_eq!(harness.workspace.said().len(), 1);
    harness.run(1, Is::Ill);
    harness.run(2, Is::Ill);
    assert_eq!(harness.workspace.said().len(), 2);
}

#[test]
fn of_two_concurrent_runs_one_sends() {
    let mut harness = Harness::new();
    harness.extra = vec!["--deadline".into(), "6s".into()];
    harness.workspace.stub.break_with([Fault::Hangs]);
    let slow = harness.start(0, Is::Ill);
    while harness.workspace.stub.asked().is_empty() {
        std::thread::yield_now();
    }
    // The first holds the state until Slack has answered or its time is over.
    let second = harness.run(0, Is::Ill);
    assert_eq!((second.status, second.sums()), (1, [0, 0, 0]));
    let notes = second.report["notes"].to_string();
    assert!(notes.contains("another cycle"), "{notes}");
    let first = Ran::of(&slow.wait_with_output().unwrap());
    let total: u64 = first.sums().iter().sum();
    assert_eq!(total, 1, "{:?}", first.sums());
    harness.run(1, Is::Ill);
    assert_eq!(harness.workspace.said().len(), 1);
}

#[test]
fn a_dry_run_decides_the_same_and_writes_nothing() {
    let harness = Harness::new();
    harness.run(0, Is::Ill);
    let before = std::fs::read(harness.state().join("state.json")).unwrap();
    let asked = harness.workspace.stub.asked().len();
    let mut dry = Harness::new();
    dry.extra = vec!["--dry-run".into()];
    dry.borrows = Some(harness.state());
    for (hour, is, kind) in [(3, Is::Ill, "repeat"), (4, Is::Well, "resolved")] {
        let planned = dry.run(hour, is);
        assert_eq!(dry.workspace.stub.asked().len(), 0);
        assert_eq!(planned.sums(), [0, 0, 0]);
        let plan = &planned.report["plan"];
        assert_eq!(plan["messages"][0]["kind"], kind);
        assert_eq!(plan["messages"][0]["channel"], "#critical-alerts");
        assert_eq!(
            plan["state"]["place"],
            format!("dir:{}", harness.state().display())
        );
        let after = std::fs::read(harness.state().join("state.json")).unwrap();
        assert_eq!(before, after);
        let real = harness.run(hour, is);
        assert_eq!(decision(&planned), decision(&real));
        assert_eq!(planned.status, real.status);
        assert!(harness.workspace.stub.asked().len() > asked);
        std::fs::write(harness.state().join("state.json"), &before).unwrap();
    }
}

#[test]
fn without_a_token_the_report_has_a_note() {
    let mut harness = Harness::new();
    harness.env = vec![("SLACK_BOT_TOKEN", String::new())];
    let mute = harness.run(0, Is::Ill);
    assert_eq!((mute.status, mute.sums()), (1, [0, 0, 0]));
    assert!(mute.report["notes"].to_string().contains("SLACK_BOT_TOKEN"));
    // With one, what is still open is told; what went before is not.
    harness.env.clear();
    assert_eq!(harness.run(1, Is::Ill).sums(), [1, 0, 0]);
}

#[test]
fn a_state_that_cannot_be_saved_is_reported_and_messages_are_sent() {
    let harness = Harness::new();
    std::fs::write(harness.state(), "a file where the directory should be").unwrap();
    let ran = harness.run(0, Is::Ill);
    assert_eq!(ran.sums(), [1, 0, 0], "{}", ran.report["notes"]);
    assert!(ran.report["notes"].to_string().contains("state"));
    assert_eq!(harness.workspace.said().len(), 1);
}

#[test]
fn a_corrupt_state_is_set_aside_and_reported() {
    let harness = Harness::new();
    harness.run(0, Is::Ill);
    std::fs::write(harness.state().join("state.json"), "{ not json").unwrap();
    let ran = harness.run(1, Is::Ill);
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
    let place = format!("dir:{}", harness.state().display());
    let call = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
            .args(args)
            .args(["--state", &place])
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
    harness.run(0, Is::Ill);
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
    let silenced = harness.run(1, Is::Ill);
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
    assert_eq!(harness.run(2, Is::Ill).status, 1);
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
