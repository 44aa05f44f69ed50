//! Whether a message about an incident is due: by severity, repeat interval, business hours and
//! silence.

use super::diff::diff;
use super::route::route;
use super::silence;
use super::timing::{self, REOPEN, elapsed};
use crate::config::Config;
use crate::model::{Decision, Severity, Time, duration};
use crate::report::{Delivered, Notification};
use crate::state::{Destination, IncidentRecord, MessageHandle, MessageKind, Notified};

const ONLY_LOGGED: &str = "SEV-4 is only logged";
const RESOLVED_BEFORE: &str = "resolved before a message was due";

/// What is decided about an incident.
pub struct NotificationDecision {
    /// The decision.
    pub decision: Decision,
    /// Where the message goes, now or later.
    pub destination: Option<Destination>,
    /// Why.
    pub why: String,
    /// The message, if one is due now.
    pub message: Option<DueMessage>,
}

/// A message that is due.
#[derive(Clone)]
pub struct DueMessage {
    /// Its kind.
    pub kind: MessageKind,
    /// The message that it replies to.
    pub thread: Option<MessageHandle>,
    /// Whether a reply is shown in the channel too.
    pub broadcast: bool,
}

impl DueMessage {
    fn new(kind: MessageKind) -> Self {
        Self {
            kind,
            thread: None,
            broadcast: false,
        }
    }

    fn reply(kind: MessageKind, notified: &Notified, broadcast: bool) -> Self {
        Self {
            kind,
            thread: Some(notified.thread.clone()),
            broadcast,
        }
    }
}

impl NotificationDecision {
    fn none(decision: Decision, why: impl Into<String>) -> Self {
        Self {
            decision,
            destination: None,
            why: why.into(),
            message: None,
        }
    }

    fn defer(destination: Destination, why: String) -> Self {
        Self {
            decision: Decision::Defer,
            destination: Some(destination),
            why,
            message: None,
        }
    }

    fn send(destination: Destination, message: DueMessage, why: impl Into<String>) -> Self {
        let decision = if message.thread.is_some() {
            Decision::Thread
        } else {
            Decision::Send
        };
        Self {
            decision,
            destination: Some(destination),
            why: why.into(),
            message: Some(message),
        }
    }

    /// For the report. A message that is due now is not delivered yet.
    pub fn notification(&self, record: &IncidentRecord) -> Notification {
        let notified = record.notified.as_ref();
        let notified = notified.filter(|_| self.message.is_none());
        Notification {
            decision: self.decision,
            channel: self.destination.as_ref().map(|d| d.channel.clone()),
            why: self.why.clone(),
            delivered: notified.map(|notified| Delivered {
                channel: notified.thread.channel.clone(),
                ts: notified.thread.id.clone(),
            }),
        }
    }
}

/// Decides about an incident.
pub fn decide(record: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    if record.is_open() {
        open(record, config, now)
    } else {
        resolved(record, config, now)
    }
}

fn open(record: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = record.severity;
    let full = full_message(record, config, now);
    if let Some(active) = &record.silenced {
        return match full {
            Some(_) if breaks_silence(record) => NotificationDecision::send(
                route(severity, config),
                DueMessage::new(MessageKind::Escalated),
                format!("escalated to SEV-1 while {}", silence::describe(active)),
            ),
            _ if severity == Severity::Sev4 => {
                NotificationDecision::none(Decision::Log, ONLY_LOGGED)
            }
            _ => NotificationDecision::none(Decision::Suppress, silence::describe(active)),
        };
    }
    let Some((kind, why)) = full else {
        return reply(record, config, now);
    };
    let destination = route(severity, config);
    if severity == Severity::Sev3 && config.business_hours.opened_at(now).is_none() {
        let why = format!("{why}; {}", deferred_until(config, now));
        return NotificationDecision::defer(destination, why);
    }
    // A reopened incident continues its thread and is shown in the channel. One that belongs to
    // another channel by now begins a new thread there.
    let notified = record.notified.as_ref();
    let message = notified
        .filter(|n| kind == MessageKind::Reopened && n.destination == destination)
        .map_or_else(
            || DueMessage::new(kind),
            |notified| DueMessage::reply(kind, notified, true),
        );
    NotificationDecision::send(destination, message, why)
}

/// The full message that is due, whatever the hour.
fn full_message(
    record: &IncidentRecord,
    config: &Config,
    now: Time,
) -> Option<(MessageKind, String)> {
    let severity = record.severity;
    if severity == Severity::Sev4 {
        return None;
    }
    let Some(notified) = &record.notified else {
        return Some((MessageKind::New, why_new(record, now)));
    };
    if notified.resolved {
        let why = format!("{severity} is open again after it was resolved");
        return Some((MessageKind::Reopened, why));
    }
    // A flapping incident that reaches a severity it had before keeps to the repeat interval.
    let is_known = severity >= notified.worst && timing::is_flapping(notified, now);
    if severity < notified.severity && !is_known {
        let why = format!("escalated from {} to {severity}", notified.severity);
        return Some((MessageKind::Escalated, why));
    }
    if (record.unsilenced_at).is_some_and(|at| at > notified.full_at) {
        let why = format!("the silence has ended and the {severity} is still open");
        return Some((MessageKind::Repeat, why));
    }
    let interval = match severity {
        Severity::Sev1 => config.repeat.sev1,
        Severity::Sev2 => config.repeat.sev2,
        Severity::Sev3 | Severity::Sev4 => {
            let opened = config.business_hours.opened_at(now)?;
            let why = "SEV-3 still open on a new business day".to_owned();
            return (notified.full_at < opened).then_some((MessageKind::Repeat, why));
        }
    };
    timing::is_due(notified.full_at, interval, now).then(|| {
        let interval = duration::human(interval);
        let why = format!("{severity} still open, repeated every {interval}");
        (MessageKind::Repeat, why)
    })
}

fn why_new(record: &IncidentRecord, now: Time) -> String {
    let severity = record.severity;
    if let Some(since) = record.due_since.filter(|since| *since < now) {
        let since = timing::format(since);
        return format!("new {severity}, due since {since} and not delivered yet");
    }
    if record.unsilenced_at == Some(now) {
        return format!("the silence has ended and the {severity} is still open");
    }
    match severity {
        Severity::Sev3 => "new SEV-3, sent within business hours".to_owned(),
        Severity::Sev1 | Severity::Sev2 | Severity::Sev4 => format!("new {severity}, sent at once"),
    }
}

/// Whether the incident escalated to SEV-1 since it was silenced or since its last message.
fn breaks_silence(record: &IncidentRecord) -> bool {
    let is_escalated = record.escalated_at.is_some();
    let is_news = match &record.notified {
        Some(notified) => notified.severity > Severity::Sev1 && !notified.resolved,
        None => true,
    };
    record.severity == Severity::Sev1 && is_escalated && is_news
}

/// Between full messages: one reply if something changed.
fn reply(record: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = record.severity;
    let Some(notified) = record.notified.as_ref().filter(|n| !n.resolved) else {
        return NotificationDecision::none(Decision::Log, format!("{severity} is only logged"));
    };
    let is_flapping = timing::is_flapping(notified, now);
    let is_better = severity > notified.severity;
    let is_stable = (record.better_since).is_some_and(|since| elapsed(since, now) >= REOPEN);
    let change = diff(&notified.change_key, &record.change_key);
    let (kind, why) = if is_better && (!is_flapping || is_stable) {
        let why = format!("de-escalated from {} to {severity}", notified.severity);
        (MessageKind::DeEscalated, why)
    } else if let (Some(change), false, false) = (change, is_flapping, is_better) {
        (MessageKind::Update, change)
    } else {
        return unchanged(record, notified, is_flapping, config, now);
    };
    let is_outside_hours = config.business_hours.opened_at(now).is_none();
    if notified.severity == Severity::Sev3 && is_outside_hours {
        let why = format!("{why}; {}", deferred_until(config, now));
        return NotificationDecision::defer(notified.destination.clone(), why);
    }
    let message = DueMessage::reply(kind, notified, false);
    NotificationDecision::send(notified.destination.clone(), message, why)
}

fn unchanged(
    record: &IncidentRecord,
    notified: &Notified,
    is_flapping: bool,
    config: &Config,
    now: Time,
) -> NotificationDecision {
    let next = match record.severity {
        Severity::Sev1 => timing::next(notified.full_at, config.repeat.sev1),
        Severity::Sev2 => timing::next(notified.full_at, config.repeat.sev2),
        Severity::Sev3 => config.business_hours.next_opening(now),
        Severity::Sev4 => return NotificationDecision::none(Decision::Log, ONLY_LOGGED),
    };
    let next = next.map_or_else(String::new, |at| {
        format!(", next one at {}", timing::format(at))
    });
    let what = if is_flapping { "flapping" } else { "unchanged" };
    let last = timing::format(notified.full_at);
    let why = format!("{what} since the last message at {last}{next}");
    NotificationDecision::none(Decision::Suppress, why)
}

/// What is due of a resolved incident.
fn resolved(record: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = record.severity;
    if !record.is_resolution_due() {
        let why = if record.notified.is_none() {
            RESOLVED_BEFORE
        } else {
            "the resolution was sent before"
        };
        return NotificationDecision::none(Decision::Suppress, why);
    }
    let is_outside_hours = config.business_hours.opened_at(now).is_none();
    let Some(notified) = &record.notified else {
        if let Some(active) = &record.silenced {
            return NotificationDecision::none(Decision::Suppress, silence::describe(active));
        }
        if severity == Severity::Sev4 || severity == Severity::Sev3 && is_outside_hours {
            return NotificationDecision::none(Decision::Suppress, RESOLVED_BEFORE);
        }
        return NotificationDecision::send(
            route(severity, config),
            DueMessage::new(MessageKind::Resolved),
            "resolved while messages could not be delivered",
        );
    };
    let resolved_at = record.resolved_at.unwrap_or(now);
    if timing::is_flapping(notified, now) && elapsed(resolved_at, now) < REOPEN {
        let at = timing::format(resolved_at + REOPEN);
        let why = format!("flapping; the resolution is sent at {at} if it stays resolved");
        return NotificationDecision::defer(notified.destination.clone(), why);
    }
    if notified.worst >= Severity::Sev3 && is_outside_hours {
        let why = format!("resolved; {}", deferred_until(config, now));
        return NotificationDecision::defer(notified.destination.clone(), why);
    }
    let (broadcast, why) = match &record.silenced {
        Some(active) => (
            false,
            format!("resolved while {}", silence::describe(active)),
        ),
        None => (true, "resolved".to_owned()),
    };
    let message = DueMessage::reply(MessageKind::Resolved, notified, broadcast);
    NotificationDecision::send(notified.destination.clone(), message, why)
}

fn deferred_until(config: &Config, now: Time) -> String {
    config.business_hours.next_opening(now).map_or_else(
        || "sent within business hours".to_owned(),
        |at| format!("sent when business hours begin at {}", timing::format(at)),
    )
}
