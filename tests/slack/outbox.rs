//! Cycles with a Slack that is unavailable, limits, rejects or is slow: messages are sent in order,
//! none is lost and none is sent twice.

use std::time::{Duration, Instant};

use k8s_monitor::model::IncidentState;
use k8s_monitor::net::Clock as _;
use k8s_monitor::notify::{
    Delivery, Destination, MessageHandle, MessageKind, MessageTarget, Outbox, OutboxError, compose,
    compose_resolved, deliver,
};
use k8s_monitor::report::Incident;
use k8s_monitor::state::OutboxMessage;
use serde_json::json;

use super::samples::{at, backend, certificate, context, database, later, many, services};
use super::stub::{Answer, Fault};
use super::workspace::Workspace;

pub const CRITICAL: &str = "#critical-alerts";
pub const INFRASTRUCTURE: &str = "#infrastructure-alerts";

/// An outbox in a store that never fails, or always with the same error.
#[derive(Default)]
pub struct TestOutbox {
    pub waiting: Vec<OutboxMessage>,
    pub posted: Vec<MessageHandle>,
    pub fault: Option<OutboxError>,
}

impl Outbox for TestOutbox {
    fn delivered(&mut self, message: u64, posted: &MessageHandle) {
        self.waiting.retain(|m| m.id != message);
        self.posted.push(posted.clone());
    }

    fn failed(&mut self, message: u64, error: &str) {
        let failed = self.waiting.iter_mut().find(|m| m.id == message);
        failed.unwrap().last_error = Some(error.to_owned());
    }

    fn dropped(&mut self, message: u64) {
        self.waiting.retain(|m| m.id != message);
    }

    fn store(&mut self) -> Result<(), OutboxError> {
        self.fault.clone().map_or(Ok(()), Err)
    }
}

pub fn entry(kind: MessageKind, channel: &str, incident: Incident, hour: u32) -> OutboxMessage {
    let services = services();
    let incidents = [incident];
    OutboxMessage {
        id: u64::from(hour),
        incident_ids: vec![incidents[0].id.clone()],
        kind,
        destination: Destination::new("slack", channel),
        target: MessageTarget::Channel,
        message: compose(&context(kind, &incidents, &services)),
        created: at(&format!("2026-11-02T{hour:02}:00:00Z")),
        attempts: 0,
        last_error: None,
    }
}

fn run(workspace: &Workspace, outbox: &mut TestOutbox) -> Delivery {
    run_until(workspace, outbox, workspace.deadline())
}

fn run_until(workspace: &Workspace, outbox: &mut TestOutbox, deadline: Instant) -> Delivery {
    let waiting = outbox.waiting.clone();
    deliver(
        &waiting,
        &mut [Box::new(workspace.slack())],
        outbox,
        &workspace.clock,
        deadline,
    )
}

fn outbox(waiting: Vec<OutboxMessage>) -> TestOutbox {
    TestOutbox {
        waiting,
        ..TestOutbox::default()
    }
}

fn sums(delivery: &Delivery) -> (u32, u32, u32) {
    (delivery.sent, delivery.failed, delivery.queued)
}

#[test]
fn after_five_cycles_without_slack_all_messages_are_sent_in_order() {
    for fault in [
        Fault::Cut,
        Fault::Answer(Answer::status(503, "")),
        Fault::Answer(Answer::status(429, "")),
        Fault::Answer(Answer::status(200, "<html>")),
        Fault::Answer(Answer::json(
            &json!({ "ok": false, "error": "fatal_error" }),
        )),
        Fault::Answer(Answer::json(
            &json!({ "ok": false, "error": "ratelimited" }),
        )),
    ] {
        let workspace = Workspace::new();
        workspace.inject_always(&fault);
        let mut entries = TestOutbox::default();
        let due = [
            entry(MessageKind::New, CRITICAL, database(), 1),
            entry(MessageKind::Update, CRITICAL, database(), 2),
            entry(MessageKind::New, INFRASTRUCTURE, backend(), 3),
            entry(MessageKind::Repeat, CRITICAL, database(), 4),
            entry(MessageKind::New, INFRASTRUCTURE, certificate(), 5),
        ];
        for (cycle, due) in (1..).zip(due) {
            entries.waiting.push(due);
            let delivery = run(&workspace, &mut entries);
            assert_eq!(sums(&delivery), (0, 0, cycle), "{fault:?} {delivery:?}");
            assert!(!delivery.notes.is_empty());
        }
        workspace.stub.repair();
        let delivery = run(&workspace, &mut entries);
        assert_eq!(sums(&delivery), (5, 0, 0), "{delivery:?}");
        let messages = workspace.messages();
        let heads: Vec<_> = messages.iter().map(|sent| &sent.text[..10]).collect();
        let texts = [
            "SEV-1:",
            "Still SEV-1",
            "chores-tracker-backend",
            "SEV-1 for",
            "cert-manager",
        ];
        for (sent, text) in messages.iter().zip(texts) {
            assert!(sent.text.contains(text), "{heads:?}");
        }
        assert_eq!(entries.posted.len(), 5);
        assert!(entries.waiting.is_empty());
        assert_eq!(sums(&run(&workspace, &mut entries)), (0, 0, 0));
        assert_eq!(workspace.messages().len(), 5);
    }
}

#[test]
fn a_resolution_is_a_reply_and_an_edit_of_the_first_message() {
    let workspace = Workspace::new();
    let mut entries = outbox(vec![entry(MessageKind::New, CRITICAL, database(), 1)]);
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 0, 0));
    let first = entries.posted[0].clone();
    let resolved = later(database(), "2026-11-02T05:58:10Z", IncidentState::Resolved);
    let services = services();
    let incidents = [resolved.clone()];
    let closed = compose_resolved(&context(MessageKind::Resolved, &incidents, &services));
    let end = entry(MessageKind::Resolved, CRITICAL, resolved, 2);
    entries.waiting = vec![
        OutboxMessage {
            target: MessageTarget::Reply {
                to: first.clone(),
                broadcast: true,
            },
            ..end.clone()
        },
        OutboxMessage {
            id: 3,
            target: MessageTarget::Edit { of: first },
            message: closed,
            ..end
        },
    ];
    // Edits are not counted.
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 0, 0));
    let messages = workspace.messages();
    assert_eq!(messages.len(), 2);
    assert!(messages[0].edits == 1 && messages[0].text.contains("Resolved"));
    assert!(messages[1].broadcast && messages[1].thread.is_some());
}

#[test]
fn a_channel_that_fails_delays_no_other() {
    let workspace = Workspace::new();
    let mut entries = outbox(vec![
        entry(MessageKind::New, "#nowhere", backend(), 1),
        entry(MessageKind::Update, "#nowhere", backend(), 2),
        entry(MessageKind::New, "#others", certificate(), 3),
        entry(MessageKind::New, CRITICAL, database(), 4),
    ]);
    let delivery = run(&workspace, &mut entries);
    assert_eq!(sums(&delivery), (1, 3, 0), "{delivery:?}");
    assert_eq!(workspace.messages().len(), 1);
    assert_eq!(delivery.notes.len(), 2, "{:?}", delivery.notes);
    assert!(
        entries.waiting[0]
            .last_error
            .as_deref()
            .unwrap()
            .contains("SLACK_CHANNEL")
    );
    // Nothing is lost, and the next cycle says the same.
    assert_eq!(entries.posted.len(), 1);
    assert_eq!(sums(&run(&workspace, &mut entries)), (0, 3, 0));
}

#[test]
fn a_rejected_message_does_not_stop_the_others() {
    let workspace = Workspace::new();
    let too_long = json!({ "ok": false, "error": "msg_too_long" });
    workspace
        .stub
        .inject([Fault::Answer(Answer::json(&too_long))]);
    let mut entries = outbox(vec![
        entry(MessageKind::New, CRITICAL, database(), 1),
        entry(MessageKind::New, CRITICAL, backend(), 2),
    ]);
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 1, 0));
    assert!(workspace.messages()[0].text.contains("backend"));
}

#[test]
fn a_channel_gets_one_message_a_second_until_the_deadline() {
    let workspace = Workspace::new();
    let waiting = (1..)
        .zip(many())
        .map(|(hour, incident)| entry(MessageKind::New, CRITICAL, incident, hour));
    let mut entries = outbox(waiting.collect());
    let deadline = workspace.clock.after(Duration::from_millis(2_500));
    let delivery = run_until(&workspace, &mut entries, deadline);
    assert_eq!(sums(&delivery), (3, 0, 4), "{delivery:?}");
    assert!(delivery.notes[0].contains("no time left"), "{delivery:?}");
    assert!(workspace.clock.now() < deadline);
    assert_eq!(sums(&run(&workspace, &mut entries)), (4, 0, 0));
    let ids: Vec<_> = many().into_iter().map(|incident| incident.id).collect();
    for (sent, id) in workspace.messages().iter().zip(ids) {
        assert!(sent.blocks.to_string().contains(&id), "{id}");
    }
}

#[test]
fn a_reply_to_a_deleted_thread_is_sent_to_the_channel() {
    let workspace = Workspace::new();
    let deleted = MessageHandle {
        channel: "C0CRITICAL".into(),
        id: "1.000001".into(),
    };
    let reply = OutboxMessage {
        target: MessageTarget::Reply {
            to: deleted.clone(),
            broadcast: true,
        },
        ..entry(MessageKind::Resolved, CRITICAL, database(), 1)
    };
    let edit = OutboxMessage {
        id: 2,
        target: MessageTarget::Edit { of: deleted },
        ..reply.clone()
    };
    let mut entries = outbox(vec![reply, edit]);
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 0, 0));
    assert_eq!(workspace.messages()[0].thread, None);
    assert!(
        entries.waiting.is_empty(),
        "edits of a deleted message are dropped"
    );
}

#[test]
fn a_deleted_channel_delays_no_new_message() {
    // Deleted and created again by the same name, archived, or left by the bot.
    for id in ["C0UNKNOWN", "C0ARCHIVED", "C0NOTAMEMB"] {
        let workspace = Workspace::new();
        let old = MessageHandle {
            channel: id.into(),
            id: "1.000001".into(),
        };
        let reply = OutboxMessage {
            target: MessageTarget::Reply {
                to: old.clone(),
                broadcast: false,
            },
            ..entry(MessageKind::Resolved, CRITICAL, database(), 1)
        };
        let edit = OutboxMessage {
            id: 2,
            target: MessageTarget::Edit { of: old },
            ..reply.clone()
        };
        let new = entry(MessageKind::New, CRITICAL, backend(), 3);
        let mut entries = outbox(vec![reply, edit, new]);
        assert_eq!(sums(&run(&workspace, &mut entries)), (2, 0, 0), "{id}");
        assert!(
            workspace
                .messages()
                .iter()
                .all(|sent| sent.thread.is_none())
        );
        assert!(
            entries.waiting.is_empty(),
            "edits of a deleted channel are dropped"
        );
    }
}

#[test]
fn a_failed_edit_delays_no_new_message() {
    let workspace = Workspace::new();
    let mut entries = outbox(vec![entry(MessageKind::New, CRITICAL, database(), 1)]);
    run(&workspace, &mut entries);
    let edit = OutboxMessage {
        target: MessageTarget::Edit {
            of: entries.posted[0].clone(),
        },
        ..entry(MessageKind::Resolved, CRITICAL, database(), 2)
    };
    entries.waiting = vec![edit, entry(MessageKind::New, CRITICAL, backend(), 3)];
    workspace.refuse_edits();
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 0, 0));
    assert_eq!(entries.waiting.len(), 1, "the edit is retried");
}

#[test]
fn two_concurrent_cycles_send_once() {
    let workspace = Workspace::new();
    let waiting = vec![entry(MessageKind::New, CRITICAL, database(), 1)];
    let mut first = outbox(waiting.clone());
    assert_eq!(sums(&run(&workspace, &mut first)), (1, 0, 0));
    let mut second = outbox(waiting);
    second.fault = Some(OutboxError::Conflict);
    let delivery = run(&workspace, &mut second);
    assert_eq!(sums(&delivery), (0, 0, 1));
    assert!(delivery.notes[0].contains("another cycle"), "{delivery:?}");
    assert_eq!(workspace.messages().len(), 1);
}

#[test]
fn a_state_that_cannot_be_saved_delays_no_message() {
    let workspace = Workspace::new();
    let mut entries = outbox(vec![
        entry(MessageKind::New, CRITICAL, database(), 1),
        entry(MessageKind::New, INFRASTRUCTURE, backend(), 2),
    ]);
    entries.fault = Some(OutboxError::Unwritable("403 Forbidden".into()));
    let delivery = run(&workspace, &mut entries);
    assert_eq!(sums(&delivery), (2, 0, 0));
    assert_eq!(delivery.notes.len(), 1, "{delivery:?}");
    assert!(delivery.notes[0].contains("403 Forbidden"));
}

#[test]
fn a_lost_response_sends_a_message_twice() {
    let workspace = Workspace::new();
    workspace.stub.inject([Fault::CutAfter]);
    let mut entries = outbox(vec![entry(MessageKind::New, CRITICAL, database(), 1)]);
    assert_eq!(sums(&run(&workspace, &mut entries)), (1, 0, 0));
    assert_eq!(workspace.messages().len(), 2);
}

#[test]
fn without_due_messages_no_request_is_made() {
    let workspace = Workspace::new();
    let delivery = run(&workspace, &mut TestOutbox::default());
    assert_eq!(delivery, Delivery::default());
    assert!(workspace.stub.requests().is_empty());
}
