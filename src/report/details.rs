//! Everything about one service: what `check` adds to a report.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::format::{ago, ready};
use super::{Action, time};
use crate::model::duration::human;
use crate::model::{ServiceStatus, Tier};
use crate::render::{Block, Item, Line, Table};

/// One service in detail. The report's list of services holds its status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetails {
    /// Its name.
    pub service: String,
    /// Its purpose, from the services file.
    pub purpose: Option<String>,
    /// Its workloads.
    pub workloads: Vec<WorkloadDetails>,
    /// Its pods.
    pub pods: Vec<PodDetails>,
    /// The last log lines of pods that are not ready.
    pub logs: Vec<ContainerLog>,
    /// The services that it needs.
    pub dependencies: Vec<Neighbour>,
    /// The services that need it.
    pub dependents: Vec<Neighbour>,
    /// Its known issues, from the services file.
    pub known_issues: Vec<String>,
    /// Recent warning events, newest first.
    pub events: Vec<WarningEvent>,
    /// Commands to go on with, besides the actions of its incidents.
    pub commands: Vec<Action>,
}

/// A workload of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorkloadDetails {
    /// For example `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Ready replicas.
    pub ready: Option<u32>,
    /// Desired replicas.
    pub desired: Option<u32>,
}

/// A pod of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PodDetails {
    /// Its name.
    pub name: String,
    /// Its phase, or why it is not ready, for example `CrashLoopBackOff`.
    pub state: String,
    /// Ready containers of all, for example `1/2`.
    pub ready: String,
    /// Restarts of all containers.
    pub restarts: u32,
    /// When it was created.
    #[serde(serialize_with = "time::optional")]
    pub created: Option<DateTime<Utc>>,
    /// Its node.
    pub node: Option<String>,
}

/// The last log lines of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ContainerLog {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether they are of the previous run of the container.
    pub previous: bool,
    /// The lines, oldest first, redacted.
    pub lines: Vec<String>,
}

/// A dependency or a dependent of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// `None`: not in the services file.
    pub tier: Option<Tier>,
    /// `None`: not in the services file.
    pub status: Option<ServiceStatus>,
}

/// A warning event and its repetitions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WarningEvent {
    /// When it was last seen.
    #[serde(serialize_with = "time::optional")]
    pub last_seen: Option<DateTime<Utc>>,
    /// For example `BackOff`.
    pub reason: String,
    /// For example `Pod/mysql-0`.
    pub object: String,
    /// Its text, redacted.
    pub message: String,
    /// How often it was seen.
    pub count: u32,
}

impl ServiceDetails {
    /// Workloads and pods.
    pub(super) fn objects(&self, now: DateTime<Utc>) -> Vec<Block> {
        let workloads = Table {
            titles: vec!["Kind", "Name", "Ready"],
            rows: self.workloads.iter().map(WorkloadDetails::row).collect(),
            names: 2,
            ..Table::default()
        };
        let pods = Table {
            titles: vec!["Name", "State", "Ready", "Restarts", "Age", "Node"],
            rows: self.pods.iter().map(|pod| pod.row(now)).collect(),
            names: 1,
            right: vec![3],
            ..Table::default()
        };
        let sections = [
            section("Workloads", workloads.block()),
            section("Pods", pods.block()),
        ];
        sections.into_iter().flatten().collect()
    }

    /// Logs, neighbours, known issues and events.
    pub(super) fn background(&self, now: DateTime<Utc>) -> Vec<Block> {
        let logs = self.logs.iter().filter_map(|log| {
            let run = if log.previous { " (previous run)" } else { "" };
            let name = format!("{}/{}", log.pod, log.container);
            let title = Line::from("Last log lines of ").code(&name).text(run);
            Block::section(title, vec![Block::code(&log.lines.join("\n"))])
        });
        let known_issues = Block::list(self.known_issues.iter().map(Item::new));
        let events = Block::list(self.events.iter().map(|event| event.item(now)));
        let sections = [
            section("Dependencies", neighbours(&self.dependencies)),
            section("Dependents", neighbours(&self.dependents)),
            section("Known issues", known_issues),
            section("Warning events", events),
        ];
        logs.chain(sections.into_iter().flatten()).collect()
    }
}

fn section(title: &str, content: Option<Block>) -> Option<Block> {
    Block::section(title, content.into_iter().collect())
}

impl WorkloadDetails {
    fn row(&self) -> Vec<Line> {
        let ready = ready(self.ready, self.desired);
        vec![
            Line::from(&self.kind),
            Line::new().code(&self.name),
            ready.into(),
        ]
    }
}

impl PodDetails {
    fn row(&self, now: DateTime<Utc>) -> Vec<Line> {
        let age = self.created.and_then(|at| (now - at).to_std().ok());
        vec![
            Line::new().code(&self.name),
            Line::from(&self.state),
            Line::from(&self.ready),
            self.restarts.to_string().into(),
            age.map_or_else(String::new, human).into(),
            self.node.as_deref().unwrap_or_default().into(),
        ]
    }
}

fn neighbours(neighbours: &[Neighbour]) -> Option<Block> {
    let row = |neighbour: &Neighbour| {
        let tier = neighbour.tier.map_or("", Tier::as_str);
        let status = match neighbour.status {
            Some(status) => Line::new().status(status),
            None => "not in the services file".into(),
        };
        vec![Line::from(&neighbour.name), tier.into(), status]
    };
    let table = Table {
        titles: vec!["Name", "Tier", "Status"],
        rows: neighbours.iter().map(row).collect(),
        names: 1,
        ..Table::default()
    };
    table.block()
}

impl WarningEvent {
    fn item(&self, now: DateTime<Utc>) -> Item {
        let seen = self.last_seen.map(|at| ago(at, now));
        let times = (self.count > 1).then(|| format!("{} times", self.count));
        let parts: Vec<_> = seen.into_iter().chain(times).collect();
        let line = Line::new()
            .strong(&self.reason)
            .text(" ")
            .code(&self.object)
            .text(&format!(" ({}): ", parts.join(", ")))
            .text(&self.message);
        Item::new(line)
    }
}
