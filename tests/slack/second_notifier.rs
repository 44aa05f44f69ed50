//! A second notifier, without threads and edits: it needs an implementation of the trait and
//! nothing else.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use k8s_monitor::notify::{
    Capabilities, Destination, MessageHandle, MessageKind, MessageTarget, Notifier, NotifyError,
    compose_resolved, deliver, plain_text,
};
use k8s_monitor::state::OutboxMessage;

use super::outbox::{CRITICAL, TestOutbox, entry};
use super::samples::{backend, context, database};
use super::workspace::Workspace;

/// Keeps the text of each message in memory.
struct MemoryNotifier<'a>(&'a RefCell<Vec<String>>);

impl Notifier for MemoryNotifier<'_> {
    fn receiver(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            threads: false,
            edits: false,
            pace: Duration::ZERO,
        }
    }

    fn deliver(&mut self, entry: &OutboxMessage, _: Instant) -> Result<MessageHandle, NotifyError> {
        let mut messages = self.0.borrow_mut();
        messages.push(plain_text(&entry.message));
        Ok(MessageHandle {
            channel: entry.destination.channel.clone(),
            id: messages.len().to_string(),
        })
    }
}

fn in_memory(entry: OutboxMessage) -> OutboxMessage {
    OutboxMessage {
        destination: Destination::new("memory", "topic"),
        ..entry
    }
}

/// The first message, the resolution as a reply, and the edit of the first message.
fn life_of_an_incident() -> Vec<OutboxMessage> {
    let first = MessageHandle {
        channel: "topic".into(),
        id: "1".into(),
    };
    let incidents = [database()];
    let closed = compose_resolved(&context(MessageKind::Resolved, &incidents, &[]));
    vec![
        in_memory(entry(MessageKind::New, CRITICAL, database(), 1)),
        OutboxMessage {
            target: MessageTarget::Reply {
                to: first.clone(),
                broadcast: true,
            },
            ..in_memory(entry(MessageKind::Resolved, CRITICAL, database(), 2))
        },
        OutboxMessage {
            id: 3,
            target: MessageTarget::Edit { of: first },
            message: closed,
            ..in_memory(entry(MessageKind::Resolved, CRITICAL, database(), 2))
        },
    ]
}

#[test]
fn without_threads_and_edits_a_resolution_is_a_message_that_names_its_incident() {
    let workspace = Workspace::new();
    let messages = RefCell::default();
    let mut outbox = TestOutbox {
        waiting: life_of_an_incident(),
        ..TestOutbox::default()
    };
    let delivery = deliver(
        &outbox.waiting.clone(),
        &mut [Box::new(MemoryNotifier(&messages))],
        &mut outbox,
        &workspace.clock,
        workspace.deadline(),
    );
    assert_eq!((delivery.sent, delivery.failed, delivery.queued), (2, 0, 0));
    assert!(outbox.waiting.is_empty(), "the edit is dropped");
    let messages = messages.into_inner();
    assert!(messages[0].contains("SEV-1: mysql"), "{}", messages[0]);
    for part in ["Resolved", "mysql", "INC-2026-11-02-001"] {
        assert!(messages[1].contains(part), "{part}: {}", messages[1]);
    }
    assert!(!messages.concat().contains('*'), "no markup of Slack's");
}

#[test]
fn a_receiver_that_fails_delays_no_other() {
    let workspace = Workspace::new();
    let messages = RefCell::default();
    let mut outbox = TestOutbox {
        waiting: vec![
            entry(MessageKind::New, "#nowhere", backend(), 1),
            in_memory(entry(MessageKind::New, CRITICAL, database(), 2)),
            OutboxMessage {
                destination: Destination::new("removed", "topic"),
                ..entry(MessageKind::New, CRITICAL, database(), 3)
            },
        ],
        ..TestOutbox::default()
    };
    let delivery = deliver(
        &outbox.waiting.clone(),
        &mut [
            Box::new(workspace.slack()),
            Box::new(MemoryNotifier(&messages)),
        ],
        &mut outbox,
        &workspace.clock,
        workspace.deadline(),
    );
    assert_eq!((delivery.sent, delivery.failed, delivery.queued), (1, 2, 0));
    assert_eq!(messages.into_inner().len(), 1);
    assert_eq!(outbox.waiting.len(), 2, "what failed stays queued");
    assert!(
        delivery.notes.iter().any(|note| note.contains("removed")),
        "{:?}",
        delivery.notes
    );
}
