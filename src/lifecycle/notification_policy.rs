//! What is due to be said of one incident: the table of severities, rhythms,
//! hours and silences.

use super::timing::{self, REOPEN, passed};
use super::{diff, silence};
use crate::config::Config;
use crate::model::{Decision, Severity, Time};
use crate::report::{Delivered, Notification};
use crate::state::{IncidentRecord, MessageKind, Notified, Thread};

/// What is decided.
pub struct NotificationDecision {
    /// The decision.
    pub decision: Decision,
    /// Where it goes, if it goes anywhere now or later.
    pub channel: Option<String>,
    /// Why so.
    pub why: String,
    /// The message, if one is due now.
    pub say: Option<DueMessage>,
}

/// A message that is due.
pub struct DueMessage {
    /// What it is.
    pub kind: MessageKind,
    /// What it replies to.
    pub thread: Option<Thread>,
    /// Whether a reply is shown in the channel too.
    pub broadcast: bool,
}

impl NotificationDecision {
    fn none(decision: Decision, why: impl Into<String>) -> Self {
        Self {
            decision,
            channel: None,
            why: why.into(),
            say: None,
        }
    }

    fn later(channel: &str, why: String) -> Self {
        Self {
            decision: Decision::Defer,
            channel: Some(channel.to_owned()),
            why,
            say: None,
        }
    }

    fn say(channel: &str, say: DueMessage, why: impl Into<String>) -> Self {
        let decision = if say.thread.is_some() {
            Decision::Thread
        } else {
            Decision::Send
        };
        Self {
            decision,
            channel: Some(channel.to_owned()),
            why: why.into(),
            say: Some(say),
        }
    }

    /// As the report has it. What is due now is not delivered yet.
    pub fn notification(&self, remembered: &IncidentRecord) -> Notification {
        let told = remembered.told.as_ref().filter(|_| self.say.is_none());
        Notification {
            decision: self.decision,
            channel: self.channel.clone(),
            why: self.why.clone(),
            delivered: told.map(|told| Delivered {
                channel: told.thread.channel.clone(),
                ts: told.thread.ts.clone(),
            }),
        }
    }
}

/// What is due of an incident.
pub fn of(remembered: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    if remembered.is_open() {
        open(remembered, config, now)
    } else {
        over(remembered, config, now)
    }
}

fn open(remembered: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = remembered.severity;
    let full = full(remembered, config, now);
    if let Some(hush) = &remembered.silenced {
        return match full {
            Some(_) if breaks_silence(remembered) => NotificationDecision::say(
                channel(severity, config),
                message(MessageKind::Escalated),
                format!("escalated to SEV-1 while {}", silence::words(hush)),
            ),
            _ if severity == Severity::Sev4 => {
                NotificationDecision::none(Decision::Log, "SEV-4 is only logged")
            }
            _ => NotificationDecision::none(Decision::Suppress, silence::words(hush)),
        };
    }
    let Some((kind, why)) = full else {
        return reply(remembered, config, now);
    };
    let channel = channel(severity, config);
    if severity == Severity::Sev3 && config.business_hours.opened_at(now).is_none() {
        return NotificationDecision::later(channel, format!("{why}: {}", waits(config, now)));
    }
    // Back in its old thread, and seen in the channel; a worse one elsewhere
    // begins anew where its severity belongs.
    let told = remembered.told.as_ref();
    let thread = told
        .filter(|told| kind == MessageKind::Reopened && told.channel == channel)
        .map(|told| told.thread.clone());
    let broadcast = thread.is_some();
    let say = DueMessage {
        kind,
        thread,
        broadcast,
    };
    NotificationDecision::say(channel, say, why)
}

fn message(kind: MessageKind) -> DueMessage {
    DueMessage {
        kind,
        thread: None,
        broadcast: false,
    }
}

/// The full message that table and history ask for, whatever the hour.
fn full(remembered: &IncidentRecord, config: &Config, now: Time) -> Option<(MessageKind, String)> {
    let severity = remembered.severity;
    if severity == Severity::Sev4 {
        return None;
    }
    let Some(told) = &remembered.told else {
        return Some((MessageKind::New, first_words(remembered, now)));
    };
    if told.resolved {
        let why = format!("{severity} is back after it was resolved");
        return Some((MessageKind::Reopened, why));
    }
    // What is as bad again as it was said to be before, and flaps, keeps to the rhythm.
    let is_said = severity >= told.worst && timing::flaps(told, now);
    if severity < told.severity && !is_said {
        return Some((
            MessageKind::Escalated,
            format!("{} became {severity}", told.severity),
        ));
    }
    if remembered.unsilenced_at.is_some_and(|at| at > told.full_at) {
        let why = format!("the silence has ended and the {severity} is still open");
        return Some((MessageKind::Repeat, why));
    }
    let every = match severity {
        Severity::Sev1 => config.repeat.sev1,
        Severity::Sev2 => config.repeat.sev2,
        _ => {
            let opened = config.business_hours.opened_at(now)?;
            return (told.full_at < opened).then(|| {
                (
                    MessageKind::Repeat,
                    "SEV-3 still open on a new business day".to_owned(),
                )
            });
        }
    };
    timing::is_due(told.full_at, every, now).then(|| {
        let every = crate::model::duration::human(every);
        (
            MessageKind::Repeat,
            format!("{severity} still open: again every {every}"),
        )
    })
}

fn first_words(remembered: &IncidentRecord, now: Time) -> String {
    let severity = remembered.severity;
    if let Some(since) = remembered.due_since.filter(|since| *since < now) {
        let since = timing::moment(since);
        return format!("new {severity}, not delivered since {since}");
    }
    if remembered.unsilenced_at == Some(now) {
        return format!("{severity} that a silence hid until now");
    }
    if severity == Severity::Sev3 {
        return "new SEV-3, told within business hours".to_owned();
    }
    format!("new {severity}: at once")
}

/// An incident that was known and less grave when it was silenced, or when
/// people last heard of it.
fn breaks_silence(remembered: &IncidentRecord) -> bool {
    let rose = remembered.escalated_at.is_some();
    let unsaid = match &remembered.told {
        Some(told) => told.severity > Severity::Sev1 && !told.resolved,
        None => true,
    };
    remembered.severity == Severity::Sev1 && rose && unsaid
}

/// Between full messages: one short reply if something changed.
fn reply(remembered: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = remembered.severity;
    let Some(told) = remembered.told.as_ref().filter(|told| !told.resolved) else {
        return NotificationDecision::none(Decision::Log, format!("{severity} is only logged"));
    };
    let flaps = timing::flaps(told, now);
    let is_better = severity > told.severity;
    let stays = (remembered.better_since).is_some_and(|since| passed(since, now) >= REOPEN);
    let change = diff::change(&told.facts, &remembered.facts);
    let (kind, why) = if is_better && (!flaps || stays) {
        (
            MessageKind::DeEscalated,
            format!("{} became {severity}", told.severity),
        )
    } else if let (Some(change), false, false) = (change, flaps, is_better) {
        (MessageKind::Update, change)
    } else {
        return quiet(remembered, told, flaps, config, now);
    };
    let is_night = config.business_hours.opened_at(now).is_none();
    if told.severity == Severity::Sev3 && is_night {
        return NotificationDecision::later(
            &told.channel,
            format!("{why}: {}", waits(config, now)),
        );
    }
    let say = DueMessage {
        kind,
        thread: Some(told.thread.clone()),
        broadcast: false,
    };
    NotificationDecision::say(&told.channel, say, why)
}

fn quiet(
    remembered: &IncidentRecord,
    told: &Notified,
    flaps: bool,
    config: &Config,
    now: Time,
) -> NotificationDecision {
    if remembered.severity == Severity::Sev4 {
        return NotificationDecision::none(Decision::Log, "SEV-4 is only logged");
    }
    let again = match remembered.severity {
        Severity::Sev1 => timing::next(told.full_at, config.repeat.sev1),
        Severity::Sev2 => timing::next(told.full_at, config.repeat.sev2),
        Severity::Sev3 => config.business_hours.next_opening(now),
        Severity::Sev4 => None,
    };
    let again = again.map_or_else(String::new, |at| {
        format!(", again at {}", timing::moment(at))
    });
    let what = if flaps {
        "it comes and goes"
    } else {
        "nothing has changed"
    };
    let said = timing::moment(told.full_at);
    NotificationDecision::none(
        Decision::Suppress,
        format!("{what} since it was said at {said}{again}"),
    )
}

/// What people are owed when an incident is over.
fn over(remembered: &IncidentRecord, config: &Config, now: Time) -> NotificationDecision {
    let severity = remembered.severity;
    if !remembered.is_owed() {
        let why = if remembered.told.is_none() {
            "it was over before it was told"
        } else {
            "its end was told before"
        };
        return NotificationDecision::none(Decision::Suppress, why);
    }
    let is_night = config.business_hours.opened_at(now).is_none();
    let Some(told) = &remembered.told else {
        if let Some(hush) = &remembered.silenced {
            return NotificationDecision::none(Decision::Suppress, silence::words(hush));
        }
        if severity == Severity::Sev4 || severity == Severity::Sev3 && is_night {
            return NotificationDecision::none(
                Decision::Suppress,
                "it was over before it was told",
            );
        }
        return NotificationDecision::say(
            channel(severity, config),
            message(MessageKind::Resolved),
            "it came and went while messages could not be delivered",
        );
    };
    let resolved_at = remembered.resolved_at.unwrap_or(now);
    if timing::flaps(told, now) && passed(resolved_at, now) < REOPEN {
        let at = timing::moment(resolved_at + REOPEN);
        return NotificationDecision::later(
            &told.channel,
            format!("it came back before: told at {at} if it stays away"),
        );
    }
    if told.worst >= Severity::Sev3 && is_night {
        return NotificationDecision::later(
            &told.channel,
            format!("resolved: {}", waits(config, now)),
        );
    }
    let (broadcast, why) = match &remembered.silenced {
        Some(hush) => (false, format!("resolved while {}", silence::words(hush))),
        None => (true, "resolved".to_owned()),
    };
    let say = DueMessage {
        kind: MessageKind::Resolved,
        thread: Some(told.thread.clone()),
        broadcast,
    };
    NotificationDecision::say(&told.channel, say, why)
}

fn channel(severity: Severity, config: &Config) -> &str {
    match severity {
        Severity::Sev1 => &config.channels.critical,
        _ => &config.channels.infrastructure,
    }
}

fn waits(config: &Config, now: Time) -> String {
    config.business_hours.next_opening(now).map_or_else(
        || "waits for business hours".to_owned(),
        |at| format!("waits until business hours open at {}", timing::moment(at)),
    )
}
