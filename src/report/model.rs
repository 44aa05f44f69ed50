//! The report as data: schema `k8s-monitor/report/v1`.
//!
//! Names and order are part of the interface; a test compares them with
//! `docs/report.schema.json`. Every key is always present: what is unknown is `null`. Only
//! `notes` and `plan` are left out when there are none.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::time;
pub use crate::model::{
    Action, AnalysisSource, Confidence, Decision, IncidentEnd, IncidentState, Mode, ServiceStatus,
    Severity, Tier,
};

/// Value of [`Report::schema`].
pub const SCHEMA: &str = "k8s-monitor/report/v1";

/// The report of one cycle.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The cycle itself.
    pub cycle: Cycle,
    /// The highest severity that is open and not silenced.
    pub severity: Severity,
    /// The exit status of the program.
    pub exit_code: u8,
    /// What could not be read.
    pub visibility: Visibility,
    /// The services file, and what it does not name.
    pub services_file: ServicesFile,
    /// Every listed service.
    pub services: Vec<Service>,
    /// Most important first.
    pub incidents: Vec<Incident>,
    /// Messages that were sent, failed or queued.
    pub delivery: Delivery,
    /// Use and cost of the model.
    pub llm: Llm,
    /// Requests sent, retries included.
    pub requests: Requests,
    /// Problems of the monitor itself, for example that it cannot send messages or save
    /// its state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What would have been sent and stored. Only in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

impl Report {
    /// The report of a healthy cycle that found nothing.
    #[must_use]
    pub fn new(cycle: Cycle) -> Self {
        Self {
            schema: SCHEMA,
            cycle,
            severity: Severity::Sev4,
            exit_code: 0,
            visibility: Visibility::default(),
            services_file: ServicesFile {
                origin: "none".to_owned(),
                ..ServicesFile::default()
            },
            services: Vec::new(),
            incidents: Vec::new(),
            delivery: Delivery::default(),
            llm: Llm::default(),
            requests: Requests::default(),
            notes: Vec::new(),
            plan: None,
        }
    }
}

/// One cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cycle {
    /// Its id in logs and messages.
    pub id: String,
    /// When it started. "ago" is measured from here.
    #[serde(serialize_with = "time::second")]
    pub started_at: DateTime<Utc>,
    /// When the verdict was complete.
    #[serde(serialize_with = "time::second")]
    pub finished_at: DateTime<Utc>,
    /// Its duration.
    pub duration_ms: u64,
    /// Name of the cluster.
    pub cluster: String,
    /// Whether `run` or `check` ran it.
    pub mode: Mode,
    /// Whether it was a dry run, which sends and writes nothing.
    pub dry_run: bool,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visibility {
    /// Whether everything was read.
    pub complete: bool,
    /// What was not read.
    pub unread: Vec<Unread>,
}

impl Visibility {
    /// How many kinds could not be read.
    #[must_use]
    pub fn unread_kinds(&self) -> usize {
        let is_kind = |unread: &&Unread| unread.reason != DAMAGED;
        self.unread.iter().filter(is_kind).count()
    }
}

impl Default for Visibility {
    fn default() -> Self {
        Self {
            complete: true,
            unread: Vec::new(),
        }
    }
}

/// [`Unread::reason`] of a kind that was read without some of its objects.
pub const DAMAGED: &str = "DamagedObjects";

/// A kind that could not be read, or objects of a kind that could not be decoded as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Plural and group, as in an RBAC rule.
    pub resource: String,
    /// The kind of error, for example `Forbidden`.
    pub reason: String,
    /// The error and what to do about it.
    pub message: String,
}

/// The services file, why it was chosen, and what it does not name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicesFile {
    /// The file; `null`: there is none.
    pub path: Option<String>,
    /// `option`, `variable`, `found` or `none`.
    pub origin: String,
    /// Why this file, in a few words.
    pub why: String,
    /// Services that it lists.
    pub listed: usize,
    /// Those that have something in the cluster, the monitor itself aside.
    pub matched: usize,
    /// Tier of workloads that it does not list.
    pub unlisted_tier: Tier,
    /// Workloads that it does not list and that have no ready pod.
    pub unlisted_down: usize,
}

/// The status of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its name in the services file.
    pub name: String,
    /// Its criticality.
    pub tier: Tier,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its status.
    pub status: ServiceStatus,
    /// Since when it has this status.
    #[serde(serialize_with = "time::optional")]
    pub since: Option<DateTime<Utc>>,
    /// How long it has been unavailable; 0 when it is available.
    pub downtime_seconds: u64,
    /// How long it may be unavailable; `null`: no limit.
    pub max_downtime_seconds: Option<u64>,
    /// Ready replicas.
    pub ready: Option<u32>,
    /// Desired replicas.
    pub desired: Option<u32>,
}

/// An incident: all findings with one root.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// `INC-YYYY-MM-DD-NNN`. It never changes.
    pub id: String,
    /// Cluster, root and cause class.
    pub fingerprint: String,
    /// Its state.
    pub state: IncidentState,
    /// Its severity.
    pub severity: Severity,
    /// The rule that decided the severity.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// The service at the root; `null` for nodes, unread kinds and the inventory.
    pub service: Option<String>,
    /// Its tier, or that of the most critical affected service.
    pub tier: Option<Tier>,
    /// When it started.
    #[serde(serialize_with = "time::second")]
    pub since: DateTime<Utc>,
    /// When it ended, of a resolved incident. For the texts.
    #[serde(skip)]
    pub end: Option<IncidentEnd>,
    /// The affected services.
    pub affects: Vec<String>,
    /// Its root cause.
    pub root_cause: RootCause,
    /// Its findings.
    pub findings: Vec<Finding>,
    /// Commits that can be the cause; `null`: not searched for.
    pub correlation: Option<Correlation>,
    /// Likely cause and impact.
    pub analysis: Analysis,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// End of the silence that mutes it.
    #[serde(serialize_with = "time::optional")]
    pub silenced_until: Option<DateTime<Utc>>,
    /// The notification: where it went, and why.
    pub notification: Notification,
}

impl Incident {
    /// Whether it counts for the verdict: it is open and not silenced.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.state != IncidentState::Resolved && self.silenced_until.is_none()
    }
}

/// The root cause of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RootCause {
    /// One of the documented causes; `null` without evidence for one.
    pub cause: Option<String>,
    /// The object at the root.
    pub resource: Resource,
    /// One sentence.
    pub summary: String,
}

/// An object of the cluster, or of the monitor's input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// For example `Deployment`.
    pub kind: String,
    /// `null` for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// `Deployment mysql/mysql`, `Node k3s-1`.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// One symptom of one workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The symptom, by Kubernetes' own name.
    pub reason: String,
    /// The diagnosed cause.
    pub cause: Option<String>,
    /// The object.
    pub resource: Resource,
    /// When it started, if known.
    #[serde(serialize_with = "time::optional")]
    pub since: Option<DateTime<Utc>>,
    /// One sentence.
    pub message: String,
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// The known issue that describes it, verbatim.
    pub known_issue: Option<String>,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Its id within the report.
    pub id: String,
    /// Its source, for example `event` or `log`.
    pub kind: String,
    /// Its text.
    pub text: String,
}

/// Commits that can be the cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Correlation {
    /// How likely it is that one of them is.
    pub confidence: Confidence,
    /// The most likely one first.
    pub commits: Vec<Commit>,
    /// What led to the first failure, in order of time; may be empty.
    pub timeline: Vec<TimelineEvent>,
    /// Why the search is incomplete, if it is.
    pub note: Option<String>,
}

/// An event before a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEvent {
    /// When it happened.
    #[serde(serialize_with = "time::second")]
    pub at: DateTime<Utc>,
    /// What happened.
    pub what: String,
    /// The source of this event.
    pub source: String,
}

/// A commit that can be the cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// The full SHA.
    pub sha: String,
    /// Its URL.
    pub url: String,
    /// The URL of its pull request.
    pub pull_request: Option<String>,
    /// Committer's date.
    #[serde(serialize_with = "time::second")]
    pub committed_at: DateTime<Utc>,
    /// Seconds from the commit to the onset of the incident.
    pub lag_seconds: i64,
    /// Why it can be the cause.
    pub reasons: Vec<String>,
}

/// Likely cause and impact of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// Whether the rules or the model wrote it.
    pub source: AnalysisSource,
    /// The likely cause.
    pub hypothesis: String,
    /// The confidence in it.
    pub confidence: Confidence,
    /// The impact on users.
    pub business_impact: String,
    /// The severity that the model proposed, where the rules do not allow it.
    pub dissent: Option<String>,
}

/// The notification of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// What was decided.
    pub decision: Decision,
    /// Its channel.
    pub channel: Option<String>,
    /// Why.
    pub why: String,
    /// The message in Slack; `null`: not delivered.
    pub delivered: Option<Delivered>,
}

/// A message in Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Slack's id of the channel.
    pub channel: String,
    /// Slack's id of the message.
    pub ts: String,
}

/// Messages and replies; edits are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Delivered.
    pub sent: u32,
    /// Failed.
    pub failed: u32,
    /// Not delivered yet.
    pub queued: u32,
}

/// Use and cost of the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Llm {
    /// Paid calls.
    pub calls: u32,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Cost of this cycle.
    pub cost_usd: f64,
    /// Incidents about which it was asked.
    pub incidents: u32,
    /// Parts of its answers that were dropped, by reason.
    pub dropped: Vec<Dropped>,
    /// Cost of this calendar month, including this cycle.
    pub month_usd: f64,
    /// Paid calls of this calendar month.
    pub month_calls: u32,
    /// Incidents of this calendar month about which it was asked.
    pub month_incidents: u32,
    /// Why it was not called, or what failed.
    pub note: Option<String>,
    /// Why it cannot be called until somebody acts.
    pub refused: Option<String>,
}

/// Parts of the model's answers that were dropped for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Why they cannot be shown.
    pub reason: String,
    /// Their number.
    pub count: u32,
}

/// Attempts, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "one number a service, named like it")]
pub struct Requests {
    pub kubernetes: u32,
    pub github: u32,
    pub slack: u32,
    pub anthropic: u32,
}

/// What a dry run would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// What would have been sent, oldest first.
    pub messages: Vec<PlannedMessage>,
    /// What would have been stored before.
    pub state: PlannedState,
}

/// A message that was not sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedMessage {
    /// Its kind: `new`, `repeat`, `escalated`, `resolved` and so on.
    pub kind: String,
    /// Its channel.
    pub channel: String,
    /// The message that it would reply to.
    pub thread: Option<Delivered>,
    /// Whether the reply would be shown in the channel too.
    pub broadcast: bool,
    /// The message that it would replace.
    pub edits: Option<Delivered>,
    /// Ids of its incidents.
    pub incidents: Vec<String>,
    /// Why it is due.
    pub why: String,
    /// Its plain text.
    pub text: String,
    /// Block Kit.
    pub blocks: serde_json::Value,
}

/// A state that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedState {
    /// Its location, in the syntax of `--state`.
    pub place: String,
    /// Number of incidents, including resolved ones.
    pub incidents: usize,
    /// Number of queued messages.
    pub messages: usize,
    /// Its size in bytes.
    pub bytes: usize,
}
