//! The end of a cycle: what is due is stored, sent and marked, or shown in a dry run.

use std::time::Instant;

use super::state_session::{OutboxWriter, StateSession};
use crate::lifecycle::{self, Due, Rendered};
use crate::model::Time;
use crate::net::Clock;
use crate::notify::{self, MessageHandle, Notifier, Outbox as _};
use crate::report::{Delivered, Delivery, Plan, PlannedMessage, PlannedState, Report};
use crate::state::{MessageTarget, OutboxMessage, document};

/// What a cycle does with what is due.
pub enum DeliveryMode<'a> {
    /// Sends and stores nothing.
    Off,
    /// Sends and stores nothing, and shows what it would send and store.
    DryRun,
    /// Stores and sends.
    Send {
        /// One for each receiver.
        notifiers: Vec<Box<dyn Notifier + 'a>>,
        /// The clock for the pace of messages.
        clock: &'a dyn Clock,
        /// When sending must end.
        deadline: Instant,
    },
    /// Stores the state and sends nothing, because no receiver is configured.
    StoreOnly {
        /// What is missing.
        why: &'static str,
    },
}

impl DeliveryMode<'_> {
    /// Whether messages are written.
    #[must_use]
    pub fn needs_messages(&self) -> bool {
        match self {
            Self::DryRun | Self::Send { .. } => true,
            Self::Off | Self::StoreOnly { .. } => false,
        }
    }

    /// Whether the state is written.
    #[must_use]
    pub fn stores(&self) -> bool {
        match self {
            Self::Send { .. } | Self::StoreOnly { .. } => true,
            Self::Off | Self::DryRun => false,
        }
    }
}

/// Delivers what is due, as the mode allows, and notes it in the report. True when everything that
/// was due is delivered.
pub fn deliver(
    mode: DeliveryMode,
    session: &mut StateSession,
    due: Vec<(Due, Rendered)>,
    report: &mut Report,
    now: Time,
) -> bool {
    let is_nothing_due = due.is_empty();
    if mode.stores() && session.is_other_cycle_running {
        return is_nothing_due;
    }
    match mode {
        DeliveryMode::Off => is_nothing_due,
        DeliveryMode::StoreOnly { why } => {
            let due: Vec<_> = due.into_iter().map(|(due, _)| due).collect();
            for incident in report.incidents.iter_mut().filter(|i| is_in(&due, &i.id)) {
                incident.notification.why += &format!("; not sent, {why}");
            }
            lifecycle::discarded(&mut session.state, &due);
            let stored = OutboxWriter::new(session, now).store();
            report.notes.extend(stored.err().map(|e| e.to_string()));
            is_nothing_due
        }
        DeliveryMode::DryRun => {
            enqueue(session, due, now);
            report.plan = Some(plan(session, report));
            is_nothing_due
        }
        DeliveryMode::Send {
            mut notifiers,
            clock,
            deadline,
        } => {
            enqueue(session, due, now);
            send(session, &mut notifiers, (clock, deadline), report, now)
        }
    }
}

fn send(
    session: &mut StateSession,
    notifiers: &mut [Box<dyn Notifier + '_>],
    (clock, deadline): (&dyn Clock, Instant),
    report: &mut Report,
    now: Time,
) -> bool {
    let entries = session.state.outbox.clone();
    let mut outbox = OutboxWriter::new(session, now);
    if !entries.is_empty() {
        outbox.begin(deadline.saturating_duration_since(Instant::now()));
    }
    let mut delivery = notify::deliver(&entries, notifiers, &mut outbox, clock, deadline);
    if !entries.is_empty() && !delivery.conflict {
        let ended = outbox.end().err().map(|e| e.to_string());
        let is_new = |note: &String| !delivery.notes.contains(note);
        delivery.notes.extend(ended.filter(is_new));
    }
    for (incidents, handle) in outbox.delivered {
        mark(report, &incidents, &handle);
    }
    report.delivery = Delivery {
        sent: delivery.sent,
        failed: delivery.failed,
        queued: delivery.queued,
    };
    report.notes.extend(delivery.notes);
    delivery.failed == 0 && delivery.queued == 0
}

fn enqueue(session: &mut StateSession, due: Vec<(Due, Rendered)>, now: Time) {
    for (due, rendered) in due {
        lifecycle::enqueue(&mut session.state, &due, rendered, now);
    }
}

fn is_in(due: &[Due], incident: &String) -> bool {
    due.iter().any(|due| due.incidents.contains(incident))
}

fn mark(report: &mut Report, incidents: &[String], handle: &MessageHandle) {
    let named = report.incidents.iter_mut();
    for incident in named.filter(|i| incidents.contains(&i.id)) {
        incident.notification.delivered = Some(reported(handle));
    }
}

fn reported(handle: &MessageHandle) -> Delivered {
    Delivered {
        channel: handle.channel.clone(),
        ts: handle.id.clone(),
    }
}

fn plan(session: &StateSession, report: &Report) -> Plan {
    let state = &session.state;
    let messages = state.outbox.iter().map(|entry| planned(entry, report));
    Plan {
        messages: messages.collect(),
        state: PlannedState {
            place: session.location(),
            incidents: state.incidents.len(),
            messages: state.outbox.len(),
            bytes: document::size(state),
        },
    }
}

fn planned(entry: &OutboxMessage, report: &Report) -> PlannedMessage {
    let (thread, broadcast, edits) = match &entry.target {
        MessageTarget::Channel => (None, false, None),
        MessageTarget::Reply { to, broadcast } => (Some(reported(to)), *broadcast, None),
        MessageTarget::Edit { of } => (None, false, Some(reported(of))),
    };
    let (text, blocks) = notify::receivers::preview(entry);
    PlannedMessage {
        kind: entry.kind.as_str().to_owned(),
        channel: entry.destination.channel.clone(),
        thread,
        broadcast,
        edits,
        incidents: entry.incident_ids.clone(),
        why: why(report, &entry.incident_ids),
        text,
        blocks,
    }
}

fn why(report: &Report, incidents: &[String]) -> String {
    let mut named = report
        .incidents
        .iter()
        .filter(|i| incidents.contains(&i.id));
    named
        .next()
        .map_or_else(String::new, |i| i.notification.why.clone())
}
