//! The state: incidents, the outbox, silences, restart counts, the model's cost.
//!
//! Fields may be added within a schema version: a field that an older document lacks has its
//! default, and one that a newer document adds is ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::{Destination, MessageHandle, MessageKind, OutboxMessage};
use crate::detect::RestartCounts;
use crate::model::{IncidentEnd, IncidentState, ObjectRef, Severity, Tier, Time};

/// Value of the document's `schema`.
pub const SCHEMA: &str = "k8s-monitor/state/v1";

/// Everything that one cycle keeps for the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct State {
    /// The time of the last cycle.
    pub last_cycle: Option<Time>,
    /// Open incidents, and resolved ones for 30 days.
    pub incidents: Vec<IncidentRecord>,
    /// Messages that are not delivered yet.
    pub outbox: Vec<OutboxMessage>,
    /// The number of the newest outbox entry.
    pub last_message: u64,
    /// The cycle that is delivering the outbox.
    pub sending: Option<Sending>,
    /// Silences from the command line. The configuration's mute time intervals are not here.
    pub silences: Vec<Silence>,
    /// Restart counts by `namespace/pod/container` at `restarts_at`.
    pub restarts: RestartCounts,
    /// When `restarts` was read.
    pub restarts_at: Option<Time>,
    /// The last incident number of each date.
    pub numbers: BTreeMap<String, u32>,
    /// The model's cost this month.
    pub spend: Spend,
    /// Cached answers of the model and of GitHub, by keys that their modules choose.
    pub cache: BTreeMap<String, Cached>,
}

/// An incident in the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentRecord {
    /// `INC-YYYY-MM-DD-NNN`.
    pub id: String,
    /// Its fingerprint in the last cycle that found it.
    pub fingerprint: String,
    /// Its state in the last cycle.
    pub state: IncidentState,
    /// Its severity in the last cycle that found it.
    pub severity: Severity,
    /// The name of the rule that set the severity.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// The service of its root finding.
    #[serde(default)]
    pub service: Option<String>,
    /// The service's tier.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// When it began.
    pub since: Time,
    /// The first cycle that found it.
    pub first_seen: Time,
    /// The last cycle that found it.
    pub last_seen: Time,
    /// The first cycle that read everything required and did not find it.
    #[serde(default)]
    pub resolved_at: Option<Time>,
    /// When it ended, if that is known to be before [`Self::resolved_at`]: the cluster says since when
    /// the object has been healthy, or no cycle ran for some time after it was last found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// When its severity last rose.
    #[serde(default)]
    pub escalated_at: Option<Time>,
    /// Since when its severity has been lower than in the last message.
    #[serde(default)]
    pub better_since: Option<Time>,
    /// Since when a crash loop has been caught in ready moments only.
    #[serde(default)]
    pub caught_ready_since: Option<Time>,
    /// Since when its first message has been due without being delivered.
    #[serde(default)]
    pub due_since: Option<Time>,
    /// The finding that explains the others.
    pub root: RootFinding,
    /// What makes it different for its readers.
    #[serde(default, rename = "facts")]
    pub change_key: ChangeKey,
    /// Names of the kinds that must be read before it may be resolved.
    #[serde(default, rename = "restsOn")]
    pub required_reads: Vec<String>,
    /// The silence that hides it.
    #[serde(default)]
    pub silenced: Option<ActiveSilence>,
    /// When the silence that hid it ended.
    #[serde(default)]
    pub unsilenced_at: Option<Time>,
    /// The id of the incident that contains it now.
    #[serde(default)]
    pub part_of: Option<String>,
    /// What was delivered about it; none: nothing yet.
    #[serde(default, rename = "told")]
    pub notified: Option<Notified>,
    /// The last messages delivered, oldest first.
    #[serde(default)]
    pub sent: Vec<Sent>,
}

impl IncidentRecord {
    /// Whether it is not resolved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// When it ended, as far as that is known.
    #[must_use]
    pub fn end(&self) -> Option<IncidentEnd> {
        let resolved_at = self.resolved_at?;
        Some(IncidentEnd {
            at: self.ended_at.unwrap_or(resolved_at),
            or_later: self.ended_at == Some(self.last_seen),
        })
    }

    /// Whether its resolution has still to be delivered.
    #[must_use]
    pub fn is_resolution_due(&self) -> bool {
        match &self.notified {
            Some(notified) => !self.is_open() && !notified.resolved,
            None => !self.is_open() && self.due_since.is_some(),
        }
    }
}

/// The root finding, without its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootFinding {
    /// Its reason.
    pub reason: String,
    /// Its cause, where known.
    #[serde(default)]
    pub cause: Option<String>,
    /// Kind of the object.
    pub kind: String,
    /// Its namespace, or empty.
    #[serde(default)]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// API group of a custom resource, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The class of its cause, as in the fingerprint.
    pub class: String,
    /// Whether it is about the health of its service, unlike an overdue backup.
    #[serde(default)]
    pub of_health: bool,
    /// Its message, redacted.
    #[serde(default)]
    pub message: String,
}

impl RootFinding {
    /// Its object.
    #[must_use]
    pub fn object(&self) -> ObjectRef {
        ObjectRef::custom(&self.group, &self.kind, &self.namespace, &self.name)
    }
}

/// What makes an incident different for its readers. Durations and counters that only grow are not
/// part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangeKey {
    /// The diagnosed cause.
    pub cause: Option<String>,
    /// Other services affected.
    pub affects: Vec<String>,
    /// The number of objects with findings.
    pub objects: usize,
    /// The number of failing pods.
    pub pods: usize,
}

/// What was delivered about an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notified {
    /// The cycle of the last full message.
    pub full_at: Time,
    /// The severity in the last message.
    pub severity: Severity,
    /// The highest severity in any full message.
    pub worst: Severity,
    /// The destination of the last full message.
    #[serde(flatten)]
    pub destination: Destination,
    /// The message that replies go to.
    pub thread: MessageHandle,
    /// The messages that began a thread: the first one, and that of each escalation.
    #[serde(rename = "heads")]
    pub thread_roots: Vec<MessageHandle>,
    /// The change key at the last message.
    #[serde(default, rename = "facts")]
    pub change_key: ChangeKey,
    /// Whether the last message said that it is resolved.
    #[serde(default)]
    pub resolved: bool,
    /// When a message last said that it is back: reopened, or escalated again.
    #[serde(default)]
    pub last_return: Option<Time>,
}

/// The silence or mute time interval that hides an incident now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSilence {
    /// The silence's id, or `calendar` for a mute time interval.
    pub by: String,
    /// When it ends.
    pub until: Time,
    /// Why.
    pub reason: String,
}

/// A message that was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The cycle.
    pub at: Time,
    /// Its kind.
    pub kind: MessageKind,
    /// Its channel, as configured.
    pub channel: String,
}

/// The cycle that is delivering. Another cycle that reads this waits until it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    /// The time of the cycle.
    pub cycle: Time,
    /// It has ended by then, even if it was killed.
    pub until: Time,
}

/// A silence from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Like `s-1a2b`.
    pub id: String,
    /// The incidents that it hides.
    pub target: SilenceTarget,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub until: Time,
    /// Why.
    pub reason: String,
}

/// The incidents that a silence hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SilenceTarget {
    /// Those with this service at their root.
    Service(String),
    /// Those whose root finding has this reason or cause.
    ReasonCode(String),
    /// This one.
    Incident(String),
}

/// The model's cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spend {
    /// The month, `YYYY-MM`, in UTC.
    pub month: String,
    /// In US dollars.
    #[serde(deserialize_with = "crate::cluster::types::null_as_default")]
    pub usd: f64,
    /// Paid answers.
    pub calls: u32,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Incidents about which the model was asked; one that changed counts again.
    pub incidents: u32,
    /// Parts of answers that were dropped, by reason.
    pub dropped: BTreeMap<String, u32>,
}

/// A cached answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cached {
    /// When it was last used. The oldest are dropped first.
    pub at: Time,
    /// The answer.
    pub value: Value,
}
