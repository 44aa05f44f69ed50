//! Everything about one service, as `check` shows it to people. Programs get
//! the same document as from `run`.

use chrono::{DateTime, Utc};

use super::{Action, Incident, Service, Unread};
use crate::model::text::clean;
use crate::model::{ServiceStatus, Severity, Tier};

/// One service on one screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckView {
    /// Name of the cluster.
    pub cluster: String,
    /// The moment of the look.
    pub now: DateTime<Utc>,
    /// The highest severity of the incidents below that count.
    pub severity: Severity,
    /// The service as the report lists it.
    pub service: Service,
    /// What it is for.
    pub purpose: Option<String>,
    /// What it consists of.
    pub workloads: Vec<CheckWorkload>,
    /// Its pods.
    pub pods: Vec<CheckPod>,
    /// Incidents at its root or that affect it.
    pub incidents: Vec<Incident>,
    /// Last lines of its failing containers.
    pub logs: Vec<CheckLog>,
    /// What it needs.
    pub dependencies: Vec<Neighbour>,
    /// What needs it.
    pub dependents: Vec<Neighbour>,
    /// What the services file says is normal for it.
    pub known_issues: Vec<String>,
    /// Recent warning events, newest first.
    pub events: Vec<CheckEvent>,
    /// What to type next.
    pub commands: Vec<Action>,
    /// What could not be seen.
    pub unread: Vec<Unread>,
}

/// A workload of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckWorkload {
    /// Like `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Replicas that serve.
    pub ready: Option<u32>,
    /// Replicas that should.
    pub desired: Option<u32>,
}

/// A pod of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckPod {
    /// Its name.
    pub name: String,
    /// Phase, or the reason why it is not serving, like `CrashLoopBackOff`.
    pub state: String,
    /// Containers that are ready, of all: `1/2`.
    pub ready: String,
    /// Of all containers together.
    pub restarts: u32,
    /// Since its creation.
    pub created: Option<DateTime<Utc>>,
    /// Where it runs.
    pub node: Option<String>,
}

/// The last lines of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckLog {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Of the run before this one.
    pub previous: bool,
    /// The lines, oldest first.
    pub lines: Vec<String>,
}

/// A service next to this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// `None`: an outsider that the services file does not list.
    pub tier: Option<Tier>,
    /// `None`: an outsider.
    pub status: Option<ServiceStatus>,
}

/// A warning event, repeated ones counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckEvent {
    /// When it was last seen.
    pub last_seen: Option<DateTime<Utc>>,
    /// Like `BackOff`.
    pub reason: String,
    /// Like `Pod/mysql-0`.
    pub object: String,
    /// What it says.
    pub message: String,
    /// How often it was seen.
    pub count: u32,
}

impl CheckView {
    /// `0 of 2 ready`, `up to 15m of downtime allowed`: facts in one line.
    pub(super) fn facts(&self) -> String {
        use super::format::{ready, seconds};
        let service = &self.service;
        let mut facts = vec![service.tier.to_string()];
        if let Some(namespace) = &service.namespace {
            facts.push(format!("namespace {namespace}"));
        }
        let replicas = ready(service.ready, service.desired);
        if !replicas.is_empty() {
            facts.push(format!("{replicas} ready"));
        }
        facts.push(match service.max_downtime_seconds {
            Some(limit) => format!("max downtime {}", seconds(limit)),
            None => "no downtime limit".to_owned(),
        });
        clean(&facts.join(", "))
    }

    /// `mysql is unavailable since 2026-11-02 00:59 UTC, 2h 5m ago`.
    pub(super) fn verdict(&self) -> String {
        use super::format::{ago, moment};
        let name = clean(&self.service.name);
        let status = self.service.status;
        match self.service.since {
            Some(since) => {
                let (since, ago) = (moment(since), ago(since, self.now));
                format!("{name} is {status} since {since}, {ago}")
            }
            None => format!("{name} is {status}"),
        }
    }
}

impl Neighbour {
    /// What is known of it: `mysql (P0, unavailable)`.
    pub(super) fn describe(&self) -> String {
        let known = [
            self.tier.map(|tier| tier.to_string()),
            self.status.map(|status| status.to_string()),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        let known = if known.is_empty() {
            "not in the services file".to_owned()
        } else {
            known.join(", ")
        };
        format!("{} ({known})", clean(&self.name))
    }
}
