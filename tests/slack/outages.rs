//! Cycle after cycle with a Slack that is away, limits, refuses or is slow:
//! the sums are right, the order is kept, nothing is lost and nothing doubled.

use std::time::Duration;

use k8s_monitor::http::Clock as _;
use k8s_monitor::notify::{
    Delivery, Entry, Journal, JournalError, Kind, Place, compose, compose_closed, deliver, enqueue,
    is_unsaid, take_delivered,
};
use k8s_monitor::report::{Incident, IncidentState};
use serde_json::json;

use crate::stories::{at, backend, certificate, database, later, many, services, story};
use crate::stub::{Answer, Fault};
use crate::workspace::Workspace;

pub const CRITICAL: &str = "#critical-alerts";
pub const INFRASTRUCTURE: &str = "#infrastructure-alerts";

/// A store that never fails.
pub struct Memory(pub Vec<Entry>);

impl Journal for Memory {
    fn record(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        self.0 = entries.to_vec();
        Ok(())
    }
}

/// A store that fails in one way.
struct Broken(JournalError);

impl Journal for Broken {
    fn record(&mut self, _: &[Entry]) -> Result<(), JournalError> {
        Err(self.0.clone())
    }
}

pub fn entry(kind: Kind, channel: &str, incident: Incident, hour: u32) -> Entry {
    let services = services();
    let incidents = [incident];
    Entry {
        id: format!("{}/{hour}/{kind:?}", incidents[0].id),
        incidents: vec![incidents[0].id.clone()],
        kind,
        channel: channel.into(),
        place: if kind.is_first() {
            Place::Channel
        } else {
            Place::Thread {
                of: None,
                broadcast: kind.is_broadcast(),
            }
        },
        message: compose(&story(kind, &incidents, &services)),
        queued_at: at(&format!("2026-11-02T{hour:02}:00:00Z")),
        delivered: None,
        refused: None,
    }
}

fn round(workspace: &Workspace, entries: &mut Vec<Entry>) -> Delivery {
    deliver(
        entries,
        &mut workspace.slack(),
        &mut Memory(Vec::new()),
        &workspace.clock,
        workspace.deadline(),
    )
}

fn sums(delivery: &Delivery) -> (u32, u32, u32) {
    (delivery.sent, delivery.failed, delivery.queued)
}

#[test]
fn five_cycles_without_slack_then_all_of_it_in_order() {
    for fault in [
        Fault::Cut,
        Fault::Says(Answer::status(503, "")),
        Fault::Says(Answer::status(429, "")),
        Fault::Says(Answer::status(200, "<html>")),
        Fault::Says(Answer::json(
            &json!({ "ok": false, "error": "fatal_error" }),
        )),
        Fault::Says(Answer::json(
            &json!({ "ok": false, "error": "ratelimited" }),
        )),
    ] {
        let workspace = Workspace::new();
        workspace.break_for_long(&fault);
        let mut entries = Vec::new();
        let due = [
            entry(Kind::New, CRITICAL, database(), 1),
            entry(Kind::Update, CRITICAL, database(), 2),
            entry(Kind::New, INFRASTRUCTURE, backend(), 3),
            entry(Kind::Repeat, CRITICAL, database(), 4),
            entry(Kind::New, INFRASTRUCTURE, certificate(), 5),
        ];
        for (cycle, due) in (1..).zip(due) {
            enqueue(&mut entries, due);
            let delivery = round(&workspace, &mut entries);
            // The repetition refreshes the message that waits.
            let waiting = if cycle >= 4 { cycle - 1 } else { cycle };
            assert_eq!(sums(&delivery), (0, 0, waiting), "{fault:?} {delivery:?}");
            assert!(!delivery.notes.is_empty());
        }
        workspace.stub.mend();
        let delivery = round(&workspace, &mut entries);
        assert_eq!(sums(&delivery), (4, 0, 0), "{delivery:?}");
        let said = workspace.said();
        let heads: Vec<_> = said.iter().map(|said| &said.text[..10]).collect();
        assert!(said[0].text.contains("SEV-1 for"), "{heads:?}");
        assert_eq!(said[1].thread.as_deref(), Some(said[0].ts.as_str()));
        assert!(said[2].text.contains("chores-tracker-backend is degraded"));
        assert!(said[3].text.contains("cert-manager"));
        assert_eq!(take_delivered(&mut entries).len(), 4);
        assert_eq!(sums(&round(&workspace, &mut entries)), (0, 0, 0));
        assert_eq!(workspace.said().len(), 4);
    }
}

#[test]
fn what_came_and_went_is_said_once() {
    let workspace = Workspace::new();
    workspace.break_for_long(&Fault::Cut);
    let mut entries = Vec::new();
    enqueue(&mut entries, entry(Kind::New, CRITICAL, database(), 1));
    enqueue(&mut entries, entry(Kind::Update, CRITICAL, database(), 2));
    round(&workspace, &mut entries);
    let over = later(database(), "2026-11-02T05:58:10Z", IncidentState::Resolved);
    assert!(is_unsaid(&entries, &over.id));
    let services = services();
    let incidents = [over.clone()];
    let mut told = story(Kind::Resolved, &incidents, &services);
    told.collapsed = true;
    let end = Entry {
        place: Place::Channel,
        message: compose(&told),
        ..entry(Kind::Resolved, CRITICAL, over, 3)
    };
    enqueue(&mut entries, end);
    workspace.stub.mend();
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 0, 0));
    let said = workspace.said();
    assert_eq!(said.len(), 1);
    assert!(said[0].text.contains("Came and went"), "{}", said[0].text);
}

#[test]
fn the_end_is_a_reply_and_the_first_message_shows_it() {
    let workspace = Workspace::new();
    let mut entries = Vec::new();
    enqueue(&mut entries, entry(Kind::New, CRITICAL, database(), 1));
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 0, 0));
    let first = take_delivered(&mut entries)[0].delivered.clone();
    let over = later(database(), "2026-11-02T05:58:10Z", IncidentState::Resolved);
    let services = services();
    let incidents = [over.clone()];
    let closed = compose_closed(&story(Kind::Resolved, &incidents, &services));
    let end = entry(Kind::Resolved, CRITICAL, over, 2);
    let edit = Entry {
        id: "edit".into(),
        place: Place::Edit { of: first.clone() },
        message: closed,
        ..end.clone()
    };
    let reply = Entry {
        place: Place::Thread {
            of: first,
            broadcast: true,
        },
        ..end
    };
    enqueue(&mut entries, reply);
    enqueue(&mut entries, edit);
    // Edits are not counted.
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 0, 0));
    let said = workspace.said();
    assert_eq!(said.len(), 2);
    assert!(said[0].edits == 1 && said[0].text.contains("Resolved"));
    assert!(said[1].broadcast && said[1].thread.is_some());
}

#[test]
fn one_channel_that_fails_holds_no_other_up() {
    let workspace = Workspace::new();
    let mut entries = vec![
        entry(Kind::New, "#nowhere", backend(), 1),
        entry(Kind::Update, "#nowhere", backend(), 2),
        entry(Kind::New, "#others", certificate(), 3),
        entry(Kind::New, CRITICAL, database(), 4),
    ];
    let delivery = round(&workspace, &mut entries);
    assert_eq!(sums(&delivery), (1, 3, 0), "{delivery:?}");
    assert_eq!(workspace.said().len(), 1);
    assert_eq!(delivery.notes.len(), 2, "{:?}", delivery.notes);
    assert!(
        entries[0]
            .refused
            .as_deref()
            .unwrap()
            .contains("SLACK_CHANNEL")
    );
    // Nothing is lost, and the next cycle says the same.
    assert_eq!(take_delivered(&mut entries).len(), 1);
    assert_eq!(sums(&round(&workspace, &mut entries)), (0, 3, 0));
}

#[test]
fn a_message_that_is_refused_for_itself_is_alone_in_that() {
    let workspace = Workspace::new();
    let too_long = json!({ "ok": false, "error": "msg_too_long" });
    workspace
        .stub
        .break_with([Fault::Says(Answer::json(&too_long))]);
    let mut entries = vec![
        entry(Kind::New, CRITICAL, database(), 1),
        entry(Kind::New, CRITICAL, backend(), 2),
    ];
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 1, 0));
    assert!(workspace.said()[0].text.contains("backend"));
}

#[test]
fn a_channel_gets_one_message_a_second_while_there_is_time() {
    let workspace = Workspace::new();
    let mut entries: Vec<Entry> = (1..)
        .zip(many())
        .map(|(hour, incident)| entry(Kind::New, CRITICAL, incident, hour))
        .collect();
    let deadline = workspace.clock.after(Duration::from_millis(2_500));
    let mut memory = Memory(Vec::new());
    let delivery = deliver(
        &mut entries,
        &mut workspace.slack(),
        &mut memory,
        &workspace.clock,
        deadline,
    );
    assert_eq!(sums(&delivery), (3, 0, 4), "{delivery:?}");
    assert!(delivery.notes[0].contains("no time left"), "{delivery:?}");
    assert!(workspace.clock.now() < deadline);
    assert_eq!(sums(&round(&workspace, &mut entries)), (4, 0, 0));
    let ids: Vec<_> = many().into_iter().map(|incident| incident.id).collect();
    for (said, id) in workspace.said().iter().zip(ids) {
        assert!(said.blocks.to_string().contains(&id), "{id}");
    }
}

#[test]
fn a_thread_that_was_deleted_does_not_swallow_replies() {
    let workspace = Workspace::new();
    let gone = k8s_monitor::notify::Posted {
        channel: "C0CRITICAL".into(),
        ts: "1.000001".into(),
    };
    let reply = Entry {
        place: Place::Thread {
            of: Some(gone.clone()),
            broadcast: true,
        },
        ..entry(Kind::Resolved, CRITICAL, database(), 1)
    };
    let edit = Entry {
        id: "edit".into(),
        place: Place::Edit { of: Some(gone) },
        ..reply.clone()
    };
    let lost = Entry {
        id: "lost".into(),
        place: Place::Edit { of: None },
        ..reply.clone()
    };
    let mut entries = vec![reply, edit, lost];
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 0, 0));
    assert_eq!(workspace.said()[0].thread, None);
    assert_eq!(entries.len(), 1, "edits of what is gone are dropped");
}

#[test]
fn two_cycles_at_once_say_it_once() {
    let workspace = Workspace::new();
    let mut first = vec![entry(Kind::New, CRITICAL, database(), 1)];
    let mut second = first.clone();
    assert_eq!(sums(&round(&workspace, &mut first)), (1, 0, 0));
    let mut conflict = Broken(JournalError::Conflict);
    let delivery = deliver(
        &mut second,
        &mut workspace.slack(),
        &mut conflict,
        &workspace.clock,
        workspace.deadline(),
    );
    assert_eq!(sums(&delivery), (0, 0, 1));
    assert!(delivery.notes[0].contains("another cycle"), "{delivery:?}");
    assert_eq!(workspace.said().len(), 1);
}

#[test]
fn a_state_that_cannot_be_written_keeps_no_alarm_back() {
    let workspace = Workspace::new();
    let mut entries = vec![
        entry(Kind::New, CRITICAL, database(), 1),
        entry(Kind::New, INFRASTRUCTURE, backend(), 2),
    ];
    let mut broken = Broken(JournalError::Unwritable("403 Forbidden".into()));
    let delivery = deliver(
        &mut entries,
        &mut workspace.slack(),
        &mut broken,
        &workspace.clock,
        workspace.deadline(),
    );
    assert_eq!(sums(&delivery), (2, 0, 0));
    assert_eq!(delivery.notes.len(), 1, "{delivery:?}");
    assert!(delivery.notes[0].contains("403 Forbidden"));
}

#[test]
fn an_answer_that_is_lost_is_the_only_other_way_to_say_it_twice() {
    let workspace = Workspace::new();
    workspace.stub.break_with([Fault::CutAfter]);
    let mut entries = vec![entry(Kind::New, CRITICAL, database(), 1)];
    assert_eq!(sums(&round(&workspace, &mut entries)), (1, 0, 0));
    assert_eq!(workspace.said().len(), 2);
}

#[test]
fn nothing_due_asks_and_stores_nothing() {
    let workspace = Workspace::new();
    let mut broken = Broken(JournalError::Conflict);
    let delivery = deliver(
        &mut Vec::new(),
        &mut workspace.slack(),
        &mut broken,
        &workspace.clock,
        workspace.deadline(),
    );
    assert_eq!(delivery, Delivery::default());
    assert!(workspace.stub.asked().is_empty());
}
