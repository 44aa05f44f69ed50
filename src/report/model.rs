//! The report as data: schema `k8s-monitor/report/v1`.
//!
//! Names and order are the contract; `docs/report.schema.json` is its strict
//! twin and a test holds the two together. Every key is always there: what is
//! not known is `null`.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::time;
pub use crate::model::{
    AnalysisSource, Confidence, Decision, IncidentState, Mode, ServiceStatus, Severity, Tier,
};

/// Value of [`Report::schema`].
pub const SCHEMA: &str = "k8s-monitor/report/v1";

/// Everything that one cycle found, decided and did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The cycle itself.
    pub cycle: Cycle,
    /// The highest severity that is open and not silenced.
    pub severity: Severity,
    /// What the program ends with.
    pub exit_code: u8,
    /// What could not be seen.
    pub visibility: Visibility,
    /// Every listed service.
    pub services: Vec<Service>,
    /// Most important first.
    pub incidents: Vec<Incident>,
    /// What became of the messages.
    pub delivery: Delivery,
    /// What the model was asked and cost.
    pub llm: Llm,
    /// Requests sent, retries included.
    pub requests: Requests,
    /// What must be known of the monitor itself, a line each: that nobody can
    /// be told, that the state cannot be kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What would have been sent and stored; only in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

impl Report {
    /// A report of a healthy cycle that found nothing: the base to fill in.
    #[must_use]
    pub fn new(cycle: Cycle) -> Self {
        Self {
            schema: SCHEMA,
            cycle,
            severity: Severity::Sev4,
            exit_code: 0,
            visibility: Visibility::default(),
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

/// One look at the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cycle {
    /// Names this cycle in logs and messages.
    pub id: String,
    /// Also the moment that "ago" is measured from.
    #[serde(serialize_with = "time::second")]
    pub started_at: DateTime<Utc>,
    /// When the verdict was complete.
    #[serde(serialize_with = "time::second")]
    pub finished_at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: u64,
    /// Name of the cluster.
    pub cluster: String,
    /// A full cycle, or the triage of one service.
    pub mode: Mode,
    /// Whether nothing was sent or written.
    pub dry_run: bool,
}

/// What could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visibility {
    /// Whether everything wanted was read.
    pub complete: bool,
    /// What was not.
    pub unread: Vec<Unread>,
}

impl Default for Visibility {
    fn default() -> Self {
        Self {
            complete: true,
            unread: Vec::new(),
        }
    }
}

/// A kind that was wanted and not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Plural and group, as in an RBAC rule.
    pub resource: String,
    /// The class of the trouble, like `Forbidden`.
    pub reason: String,
    /// In words, with what to do.
    pub message: String,
}

/// How one service does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// As the services file names it.
    pub name: String,
    /// Its criticality.
    pub tier: Tier,
    /// Where it runs.
    pub namespace: Option<String>,
    /// How it does.
    pub status: ServiceStatus,
    /// Since when it does so.
    #[serde(serialize_with = "time::optional")]
    pub since: Option<DateTime<Utc>>,
    /// How long it has been unavailable; 0 when it is not.
    pub downtime_seconds: u64,
    /// How long it may be; `null`: no limit.
    pub max_downtime_seconds: Option<u64>,
    /// Replicas that serve.
    pub ready: Option<u32>,
    /// Replicas that should.
    pub desired: Option<u32>,
}

/// Something wrong, with everything that follows from one root.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// `INC-YYYY-MM-DD-NNN`, kept for life.
    pub id: String,
    /// Cluster, root and cause class.
    pub fingerprint: String,
    /// Where it stands in its life.
    pub state: IncidentState,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that decided the severity.
    pub rule: String,
    /// One line for people.
    pub title: String,
    /// The service at the root; `null` for nodes, blindness, the inventory.
    pub service: Option<String>,
    /// Its tier, or that of the most critical service hurt.
    pub tier: Option<Tier>,
    /// When it began.
    #[serde(serialize_with = "time::second")]
    pub since: DateTime<Utc>,
    /// Services that suffer from it.
    pub affects: Vec<String>,
    /// What it all comes from.
    pub root_cause: RootCause,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Which commit may have done it; `null`: not asked.
    pub correlation: Option<Correlation>,
    /// What it means.
    pub analysis: Analysis,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// End of the silence that hides it.
    #[serde(serialize_with = "time::optional")]
    pub silenced_until: Option<DateTime<Utc>>,
    /// What was said about it, where, and why.
    pub notification: Notification,
}

impl Incident {
    /// Whether it counts for the verdict.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.state != IncidentState::Resolved && self.silenced_until.is_none()
    }
}

/// What an incident comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RootCause {
    /// One of the documented causes; `null` without evidence for one.
    pub cause: Option<String>,
    /// The object at the root.
    pub resource: Resource,
    /// In one sentence.
    pub summary: String,
}

/// An object of the cluster, or what stands for one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Like `Deployment`.
    pub kind: String,
    /// `null` for what has none.
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
    /// The symptom, in Kubernetes' own word.
    pub reason: String,
    /// The diagnosed cause.
    pub cause: Option<String>,
    /// Where.
    pub resource: Resource,
    /// When it began, where objects tell.
    #[serde(serialize_with = "time::optional")]
    pub since: Option<DateTime<Utc>>,
    /// In one sentence.
    pub message: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The known issue that describes it, verbatim.
    pub known_issue: Option<String>,
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Names it within the report.
    pub id: String,
    /// Where it comes from, like `event` or `log`.
    pub kind: String,
    /// What it says.
    pub text: String,
}

/// Commits that may have done it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Correlation {
    /// How sure.
    pub confidence: Confidence,
    /// Most suspect first.
    pub commits: Vec<Commit>,
    /// What led to the first failure, in order; empty where nothing is known.
    pub timeline: Vec<TimelineEvent>,
    /// Why not all was asked, if so.
    pub note: Option<String>,
}

/// One moment on the way to a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEvent {
    /// When.
    #[serde(serialize_with = "time::second")]
    pub at: DateTime<Utc>,
    /// What happened.
    pub what: String,
    /// Who says so.
    pub source: String,
}

/// A suspect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// In full.
    pub sha: String,
    /// Its page.
    pub url: String,
    /// The page of the pull request that brought it.
    pub pull_request: Option<String>,
    /// Committer's date.
    #[serde(serialize_with = "time::second")]
    pub committed_at: DateTime<Utc>,
    /// From the commit to the onset.
    pub lag_seconds: i64,
    /// Why it is suspect.
    pub reasons: Vec<String>,
}

/// What an incident means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// Whose words these are.
    pub source: AnalysisSource,
    /// What probably happened.
    pub hypothesis: String,
    /// How sure.
    pub confidence: Confidence,
    /// Who notices, and how.
    pub business_impact: String,
    /// Where the model would have decided otherwise than the rules allow.
    pub dissent: Option<String>,
}

/// Something to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Action {
    /// In words.
    pub title: String,
    /// What to type; `null` when it is not done by typing.
    pub command: Option<String>,
}

/// What was said about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// What was decided.
    pub decision: Decision,
    /// Where it goes.
    pub channel: Option<String>,
    /// Why so.
    pub why: String,
    /// Where Slack put it; `null`: not there, or not yet.
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
    /// Accepted.
    pub sent: u32,
    /// Refused.
    pub failed: u32,
    /// Waiting.
    pub queued: u32,
}

/// What the model was asked and cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Llm {
    /// Answers paid for.
    pub calls: u32,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// This cycle.
    pub cost_usd: f64,
    /// This calendar month, this cycle included.
    pub month_usd: f64,
    /// Why it was not asked, or what went wrong.
    pub note: Option<String>,
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
    /// What it is: `new`, `repeat`, `escalated`, `resolved` and so on.
    pub kind: String,
    /// Where it would go.
    pub channel: String,
    /// The message that it would reply to.
    pub thread: Option<Delivered>,
    /// Whether the reply would be shown in the channel too.
    pub broadcast: bool,
    /// The message that it would replace.
    pub edits: Option<Delivered>,
    /// Ids of the incidents that it is about.
    pub incidents: Vec<String>,
    /// Why now and there.
    pub why: String,
    /// The whole of it without blocks.
    pub text: String,
    /// Block Kit.
    pub blocks: serde_json::Value,
}

/// A state that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedState {
    /// Where, as `--state` spells it.
    pub place: String,
    /// How many incidents, resolved ones included.
    pub incidents: usize,
    /// How many messages on their way.
    pub messages: usize,
    /// Its size.
    pub bytes: usize,
}
