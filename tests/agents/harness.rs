//! The example homelab, rated by the rules, with the agents and their state.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_monitor::agents::{
    Advice, AgentState, Agents, Announcement, CycleContext, IncidentContext, Role,
};
use k8s_monitor::assess::{EvaluateInput, Incident, Outages, Rule};
use k8s_monitor::cluster::{Snapshot, dump};
use k8s_monitor::config::{Config, Environment};
use k8s_monitor::correlate::CandidateCommit;
use k8s_monitor::detect::RestartCounts;
use k8s_monitor::inventory::{self, Inventory, Service};
use k8s_monitor::model::{Confidence, Tier};
use k8s_monitor::net::Http;
use k8s_monitor::report::{self, Commit, Correlation, Llm};
use k8s_monitor::state::State;
use serde_json::{Value, json};

use super::api::{Api, KEY, Reply};
use super::clock::FakeClock;

pub const SHA: &str = "1f0c2a9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b";
pub const OTHER: &str = "9ab8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0";

pub struct Harness {
    pub snapshot: Snapshot,
    pub inventory: Inventory,
    pub monitored: Vec<Service>,
    pub incidents: Vec<Incident>,
    pub correlation: Option<Correlation>,
    pub candidates: Vec<CandidateCommit>,
    pub state: State,
    pub config: Config,
    pub clock: FakeClock,
    pub http: Http,
    pub deadline: Duration,
    pub now: DateTime<Utc>,
}

/// The results of one cycle.
pub struct AgentResults {
    pub advice: Vec<Advice>,
    pub announcements: Vec<Announcement>,
    pub llm: Llm,
}

impl Harness {
    /// A harness with the URL and the key of this API.
    pub fn new(api: &Api) -> Self {
        Self::at(&api.stub.url())
    }

    pub fn at(url: &str) -> Self {
        let (monitored, incidents) = &*EXAMPLE;
        let mut harness = Self::unrated(snapshot(), url);
        harness.monitored.clone_from(monitored);
        harness.incidents.clone_from(incidents);
        harness
    }

    /// A harness with another snapshot.
    pub fn of(snapshot: Snapshot, url: &str) -> Self {
        let mut harness = Self::unrated(snapshot, url);
        harness.evaluate();
        harness
    }

    fn unrated(snapshot: Snapshot, url: &str) -> Self {
        let environment = Environment::from([
            ("ANTHROPIC_API_KEY".into(), KEY.into()),
            ("ANTHROPIC_BASE_URL".into(), url.into()),
        ]);
        let config = Config::load(None, &environment).unwrap().config;
        let clock = FakeClock::new();
        Self {
            now: snapshot.now,
            snapshot,
            inventory: INVENTORY.clone(),
            monitored: Vec::new(),
            incidents: Vec::new(),
            correlation: Some(correlation()),
            candidates: vec![CandidateCommit {
                sha: SHA.to_owned(),
                title: "mysql: less memory".to_owned(),
                changes: vec![
                    "base-apps/mysql/statefulset.yaml: limits.memory from 4Gi to 2Gi".to_owned(),
                ],
                confidence: Confidence::Medium,
                rollback: Vec::new(),
            }],
            state: State::default(),
            http: Http::with_clock(&config, Box::new(clock.clone())),
            config,
            clock,
            deadline: Duration::from_secs(120),
        }
    }

    /// Rates the snapshot again.
    pub fn evaluate(&mut self) {
        let input = EvaluateInput {
            inventory: &self.inventory,
            look_back: Duration::from_secs(3600),
            restarts: &RestartCounts::default(),
            outages: &Outages::default(),
            unlisted: Some(Tier::P3),
        };
        let verdict = k8s_monitor::assess::evaluate(&self.snapshot, &input);
        self.monitored = verdict.monitored;
        self.incidents = verdict.incidents;
    }

    /// Sets the rule of the first incident.
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.incidents[0].rule = rule;
        self.incidents[0].severity = rule.severity();
        self
    }

    /// Runs the agents for one cycle.
    pub fn cycle(&mut self) -> AgentResults {
        self.run(None)
    }

    /// The same without a model.
    pub fn rules_only(&mut self) -> AgentResults {
        self.run(Some("--no-llm".into()))
    }

    fn run(&mut self, off: Option<String>) -> AgentResults {
        let cycle = CycleContext {
            snapshot: &self.snapshot,
            monitored: &self.monitored,
            now: self.now,
            deadline: self.clock.after(self.deadline),
        };
        let contexts: Vec<_> = self
            .incidents
            .iter()
            .map(|incident| IncidentContext {
                incident,
                correlation: self.correlation.as_ref(),
                candidates: &self.candidates,
            })
            .collect();
        let mut agents = Agents::new(&self.config, &self.http, off);
        let State { spend, cache, .. } = &mut self.state;
        let mut state = AgentState { spend, cache };
        let advice = agents.advise(&mut state, &cycle, &contexts);
        let reported: Vec<_> = self
            .incidents
            .iter()
            .zip(&advice)
            .map(|(incident, advice)| {
                let mut reported = report::draft(incident, &self.monitored);
                reported.severity = advice.severity;
                reported.analysis = advice.analysis.clone();
                reported.correlation.clone_from(&advice.correlation);
                reported
            })
            .collect();
        let reported: Vec<_> = reported.iter().collect();
        let announcements = agents.announce(&mut state, &cycle, &reported);
        let llm = agents.llm(&self.state.spend);
        AgentResults {
            advice,
            announcements,
            llm,
        }
    }
}

/// Read and rated once for all tests.
static SNAPSHOT: LazyLock<Snapshot> =
    LazyLock::new(|| dump::read(Path::new("docs/example/homelab"), None).unwrap());
static INVENTORY: LazyLock<Inventory> =
    LazyLock::new(|| inventory::parse(&std::fs::read("docs/reference/services.txt").unwrap()));
static EXAMPLE: LazyLock<(Vec<Service>, Vec<Incident>)> = LazyLock::new(|| {
    let harness = Harness::of(snapshot(), "http://127.0.0.1:9");
    (harness.monitored, harness.incidents)
});

pub fn snapshot() -> Snapshot {
    SNAPSHOT.clone()
}

fn correlation() -> Correlation {
    let commit = |sha: &str, lag: i64, reason: &str| Commit {
        sha: sha.to_owned(),
        url: format!("https://github.com/arigsela/kubernetes/commit/{sha}"),
        pull_request: None,
        committed_at: "2026-11-23T06:37:00Z".parse().unwrap(),
        lag_seconds: lag,
        reasons: vec![reason.to_owned()],
    };
    Correlation {
        confidence: Confidence::Medium,
        timeline: Vec::new(),
        note: None,
        commits: vec![
            commit(
                SHA,
                720,
                "lowers the memory limit of what is killed for memory",
            ),
            commit(OTHER, 1_500, "touches the same manifests"),
        ],
    }
}

/// The answers of a good model.
pub fn good(role: Role) -> Value {
    match role {
        Role::Analyzer => json!({
            "hypothesis": "MySQL is killed while its buffer pool grows beyond the container's memory limit; the chores backend then has no database.",
            "confidence": "HIGH", "evidence": ["E1", "E2"],
            "remediation": [
                { "title": "Revert the commit that lowered the limit", "command": format!("git revert {SHA}") },
                { "title": "Compare use and limit", "command": "kubectl top pods -n mysql --containers" },
            ],
            "lookups": [],
        }),
        Role::Reviewer => json!({ "ranking": [
            { "sha": "C1", "why": "It halves the memory limit of the container that is killed for memory.", "evidence": ["E1"] },
        ] }),
        Role::Escalation => json!({
            "severity": "SEV-1", "knownIssue": "",
            "rationale": "The database of a daily app is gone and does not recover by itself.", "evidence": ["L1"],
            "businessImpact": "Nobody in the family can sign in to the chores app or tick anything off.",
            "nextActions": [],
        }),
        Role::Notifier => json!({
            "headline": "mysql is down, killed for memory since its limit was cut",
            "summary": "MySQL is killed at the memory limit that a commit probably lowered too far. The chores app has no database, so nobody can sign in.",
        }),
    }
}

/// A good model, except for one agent.
pub fn except(role: Role, reply: Reply) -> Api {
    Api::new(move |of, _, _| {
        if of == role {
            reply.clone()
        } else {
            Reply::Json(good(of))
        }
    })
}
