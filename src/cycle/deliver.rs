//! The end of a cycle: what is due is stored, sent and marked, or, in a dry
//! run, shown.

use std::time::Instant;

use super::state_session::{OutboxWriter, StateSession};
use crate::lifecycle::{self, Due, Rendered};
use crate::model::Time;
use crate::net::{Http, Peer};
use crate::notify::{self, Outbox as _, Slack};
use crate::report::{Delivered, Delivery, Plan, PlannedMessage, PlannedState, Report};
use crate::state::{MessageTarget, document};

/// Whom a cycle tells.
pub enum DeliveryMode<'a> {
    /// Nobody; nothing is stored either.
    None,
    /// Nobody; what would be sent and stored is shown.
    Plan,
    /// Slack.
    Slack {
        /// The workspace.
        slack: Slack<'a>,
        /// Its client: the clock, and the number of requests.
        http: &'a Http,
        /// When sending must be over.
        deadline: Instant,
    },
    /// Nobody, as there is no way to; what was seen is stored.
    Mute,
}

/// Does with what is due what the voice allows, and notes it in the report.
/// True when nothing that was due is left unsaid.
pub fn tell(
    voice: DeliveryMode,
    memory: &mut StateSession,
    due: Vec<(Due, Rendered)>,
    report: &mut Report,
    now: Time,
) -> bool {
    let is_due = !due.is_empty();
    let voice = match voice {
        DeliveryMode::Slack { .. } | DeliveryMode::Mute if memory.is_anothers => DeliveryMode::None,
        voice => voice,
    };
    match voice {
        DeliveryMode::None => !is_due,
        DeliveryMode::Mute => {
            let due: Vec<_> = due.into_iter().map(|(due, _)| due).collect();
            for incident in report.incidents.iter_mut().filter(|i| is_in(&due, &i.id)) {
                incident.notification.why += "; not sent, SLACK_BOT_TOKEN is not set";
            }
            lifecycle::unsaid(&mut memory.state, &due);
            let stored = OutboxWriter::new(memory, now).store();
            report.notes.extend(stored.err().map(|e| e.to_string()));
            !is_due
        }
        DeliveryMode::Plan => {
            enqueue(memory, due, now);
            report.plan = Some(plan(memory, report));
            !is_due
        }
        DeliveryMode::Slack {
            mut slack,
            http,
            deadline,
        } => {
            enqueue(memory, due, now);
            let outbox = memory.state.outbox.clone();
            let mut ledger = OutboxWriter::new(memory, now);
            let time = deadline.saturating_duration_since(Instant::now());
            if !outbox.is_empty() {
                ledger.begin(time);
            }
            let mut delivery =
                notify::deliver(&outbox, &mut slack, &mut ledger, http.clock(), deadline);
            if !outbox.is_empty() && !delivery.conflict {
                let ended = ledger.end().err().map(|e| e.to_string());
                delivery
                    .notes
                    .extend(ended.filter(|note| !delivery.notes.contains(note)));
            }
            for (incidents, posted) in ledger.posted {
                mark(report, &incidents, &posted);
            }
            report.requests.slack = http.attempts(Peer::Slack);
            report.delivery = Delivery {
                sent: delivery.sent,
                failed: delivery.failed,
                queued: delivery.queued,
            };
            report.notes.extend(delivery.notes);
            delivery.failed == 0 && delivery.queued == 0
        }
    }
}

fn enqueue(memory: &mut StateSession, due: Vec<(Due, Rendered)>, now: Time) {
    for (due, rendered) in due {
        lifecycle::enqueue(&mut memory.state, &due, rendered, now);
    }
}

fn is_in(due: &[Due], incident: &String) -> bool {
    due.iter().any(|due| due.incidents.contains(incident))
}

fn mark(report: &mut Report, incidents: &[String], posted: &notify::Thread) {
    let named = report.incidents.iter_mut();
    for incident in named.filter(|i| incidents.contains(&i.id)) {
        incident.notification.delivered = Some(Delivered {
            channel: posted.channel.clone(),
            ts: posted.ts.clone(),
        });
    }
}

fn plan(memory: &StateSession, report: &Report) -> Plan {
    let state = &memory.state;
    let messages = state.outbox.iter().map(|message| {
        let (thread, broadcast) = match &message.place {
            MessageTarget::Thread { of, broadcast } => (Some(of), *broadcast),
            MessageTarget::Channel | MessageTarget::Edit { .. } => (None, false),
        };
        let edits = match &message.place {
            MessageTarget::Edit { of } => Some(of),
            MessageTarget::Channel | MessageTarget::Thread { .. } => None,
        };
        let place = |thread: &notify::Thread| Delivered {
            channel: thread.channel.clone(),
            ts: thread.ts.clone(),
        };
        PlannedMessage {
            kind: message.kind.as_str().to_owned(),
            channel: message.channel.clone(),
            thread: thread.map(place),
            broadcast,
            edits: edits.map(place),
            incidents: message.incident_ids.clone(),
            why: why(report, &message.incident_ids),
            text: notify::plain(&message.message),
            blocks: message.message.blocks.clone(),
        }
    });
    Plan {
        messages: messages.collect(),
        state: PlannedState {
            place: memory.place(),
            incidents: state.incidents.len(),
            messages: state.outbox.len(),
            bytes: document::size(state),
        },
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
