//! The Slack client with a workspace that checks every request and has faults.

use std::time::Duration;

use k8s_monitor::model::secret::Secret;
use k8s_monitor::net::Peer;
use k8s_monitor::notify::slack::{SlackError, SlackMessage};
use k8s_monitor::notify::{MessageHandle, MessageKind};
use serde_json::{Value, json};

use super::samples::{context, database, rendered, services};
use super::slack_rules::PERMANENT_ERRORS;
use super::stub::{Answer, Fault};
use super::workspace::{TOKEN, Workspace};

fn message() -> SlackMessage {
    let incidents = [database()];
    rendered(&context(MessageKind::New, &incidents, &services()))
}

fn post(workspace: &Workspace) -> Result<MessageHandle, SlackError> {
    let deadline = workspace.deadline();
    workspace
        .slack()
        .post("#critical-alerts", &message(), None, deadline)
}

fn rejection(code: &str) -> Fault {
    Fault::Answer(Answer::json(&json!({ "ok": false, "error": code })))
}

#[test]
fn a_message_a_reply_and_an_edit() {
    let workspace = Workspace::new();
    let (slack, deadline) = (workspace.slack(), workspace.deadline());
    let first = post(&workspace).unwrap();
    assert_eq!(first.channel, "C0CRITICAL");
    slack
        .post(
            &first.channel,
            &message(),
            Some((&first.id, true)),
            deadline,
        )
        .unwrap();
    slack.update(&first, &message(), deadline).unwrap();
    let messages = workspace.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].edits, 1);
    assert_eq!(messages[1].thread.as_deref(), Some(first.id.as_str()));
    assert!(messages[1].broadcast);
    assert_eq!(workspace.http.attempts(Peer::Slack), 3);
}

/// Id and timestamp are stored.
#[test]
fn a_message_with_an_endless_timestamp_counts_as_unknown() {
    let workspace = Workspace::new();
    let answer = json!({ "ok": true, "channel": "C0CRITICAL", "ts": "1".repeat(100_000) });
    workspace.inject_always(&Fault::Answer(Answer::json(&answer)));
    let error = post(&workspace).unwrap_err();
    assert!(matches!(error, SlackError::Unexpected(_)), "{error}");
    assert!(error.to_string().len() < 400);
}

#[test]
fn a_rate_limit_is_waited_for_within_the_deadline() {
    let workspace = Workspace::new();
    let wait = |seconds: &str| {
        Fault::Answer(Answer {
            headers: vec![("retry-after", seconds.into())],
            ..Answer::status(429, "")
        })
    };
    workspace.stub.inject([wait("7")]);
    post(&workspace).unwrap();
    assert_eq!(workspace.clock.waits(), [Duration::from_secs(7)]);

    workspace.stub.inject([wait("300")]);
    let error = post(&workspace).unwrap_err();
    let retry_after = Duration::from_mins(5);
    assert_eq!(error, SlackError::RateLimited { retry_after });
    assert_eq!(workspace.clock.waits().len(), 1, "a wait past the deadline");
    assert_eq!(workspace.messages().len(), 1);
}

#[test]
fn a_transient_error_is_retried() {
    for fault in [
        Fault::Cut,
        Fault::Answer(Answer::status(500, "oops")),
        Fault::Answer(Answer::status(503, "<html>down</html>")),
    ] {
        let workspace = Workspace::new();
        workspace.stub.inject([fault.clone()]);
        post(&workspace).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(workspace.messages().len(), 1, "{fault:?}");
        assert_eq!(workspace.http.attempts(Peer::Slack), 2);
    }
}

#[test]
fn a_persistent_error_is_reported_without_the_token() {
    let huge = "x".repeat(3 * 1024 * 1024);
    for (fault, wanted) in [
        (Fault::Cut, "is incomplete"),
        (Fault::Answer(Answer::status(500, "oops")), "status 500"),
        (
            Fault::Answer(Answer::status(200, "<html>login</html>")),
            "not JSON",
        ),
        (Fault::Answer(Answer::status(200, "{}")), "without `ok`"),
        (Fault::Answer(Answer::status(200, "[1]")), "without `ok`"),
        (Fault::Answer(Answer::status(302, "moved")), "status 302"),
        (Fault::Answer(Answer::status(200, &huge)), "more than"),
        (
            Fault::Answer(Answer::json(&json!({ "ok": true }))),
            "without its channel",
        ),
        (
            Fault::Answer(Answer::json(&json!({ "ok": false, "error": "a <b>" }))),
            "unreadable_code",
        ),
    ] {
        let workspace = Workspace::new();
        workspace.inject_always(&fault);
        let error = post(&workspace).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(
            !error.contains(TOKEN) && !error.contains("xoxb-0"),
            "{error}"
        );
        assert!(workspace.messages().is_empty());
        assert!(workspace.http.attempts(Peer::Slack) <= 3);
    }
}

#[test]
fn a_request_that_hangs_ends_at_the_deadline() {
    let workspace = Workspace::new();
    workspace.inject_always(&Fault::Hangs);
    let deadline = workspace.clock.after(Duration::from_millis(200));
    let error = workspace
        .slack()
        .post("#critical-alerts", &message(), None, deadline)
        .unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
    assert_eq!(workspace.http.attempts(Peer::Slack), 1);
}

#[test]
fn every_permanent_error_is_reported_once_with_a_remedy() {
    for &(code, remedy) in PERMANENT_ERRORS {
        let workspace = Workspace::new();
        workspace.stub.inject([rejection(code)]);
        let error = post(&workspace).unwrap_err();
        assert!(matches!(error, SlackError::Permanent { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(code) && text.contains(remedy), "{text}");
        assert_eq!(workspace.http.attempts(Peer::Slack), 1, "{code}");
    }
}

#[test]
fn the_api_error_of_an_invalid_channel_or_token_is_reported() {
    let workspace = Workspace::new();
    let deadline = workspace.deadline();
    for (channel, code) in [
        ("#nowhere", "channel_not_found"),
        ("#old", "is_archived"),
        ("#others", "not_in_channel"),
    ] {
        let error = workspace
            .slack()
            .post(channel, &message(), None, deadline)
            .unwrap_err();
        assert!(error.to_string().contains(code), "{error}");
    }
    let stale = Secret::new("xoxb-stale").unwrap();
    let slack = workspace.with_token(&stale);
    let error = slack.auth_test(deadline).unwrap_err().to_string();
    assert!(error.contains("invalid_auth") && !error.contains("xoxb-stale"));
    let broken = Secret::new("xoxb\nbroken").unwrap();
    let error = workspace
        .with_token(&broken)
        .auth_test(deadline)
        .unwrap_err();
    assert!(error.to_string().contains("check the token"), "{error}");
}

#[test]
fn a_message_with_rejected_blocks_is_sent_once_as_text() {
    let workspace = Workspace::new();
    workspace.refuse_blocks();
    let posted = post(&workspace).unwrap();
    workspace
        .slack()
        .update(&posted, &message(), workspace.deadline())
        .unwrap();
    let message = &workspace.messages()[0];
    assert_eq!(message.blocks, json!([]));
    for part in [
        "SEV-1: mysql",
        "kubectl describe",
        "INC-2026-11-02-001",
        "#212",
    ] {
        assert!(message.text.contains(part), "{part}: {}", message.text);
    }
    assert_eq!(workspace.http.attempts(Peer::Slack), 4);

    let rejecting = Workspace::new();
    rejecting.inject_always(&rejection("msg_blocks_too_long"));
    let error = post(&rejecting).unwrap_err();
    assert!(matches!(error, SlackError::Permanent { .. }), "{error:?}");
    assert_eq!(rejecting.http.attempts(Peer::Slack), 2);
}

#[test]
fn doctor_checks_the_account_and_the_channels() {
    let workspace = Workspace::new();
    let (slack, deadline) = (workspace.slack(), workspace.deadline());
    let account = slack.auth_test(deadline).unwrap();
    assert_eq!(
        (account.team.as_str(), account.user.as_str()),
        ("Home", "monitor")
    );
    assert_eq!(account.scopes, ["chat:write", "channels:read"]);
    for name in [
        "#infrastructure-alerts",
        "infrastructure-alerts",
        "C0INFRASTR",
    ] {
        let channel = slack.channel_info(name, deadline).unwrap();
        assert_eq!(channel.id, "C0INFRASTR", "{name}");
        assert!(channel.is_member && !channel.is_archived);
    }
    assert!(
        slack
            .channel_info("#others", deadline)
            .is_ok_and(|c| !c.is_member)
    );
    let error = slack.channel_info("#nowhere", deadline).unwrap_err();
    assert!(error.to_string().contains("channel_not_found"));
}

#[test]
fn requests_match_the_documented_api() {
    let workspace = Workspace::new();
    post(&workspace).unwrap();
    let request = &workspace.stub.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/api/chat.postMessage")
    );
    assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
    assert!(request.header("user-agent").starts_with("k8s-monitor/"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["channel"], "#critical-alerts");
    assert!(body.get("thread_ts").is_none() && body.get("reply_broadcast").is_none());
}
