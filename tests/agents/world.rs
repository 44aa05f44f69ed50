//! The example homelab as the rules judge it, with the agents' desk beside it.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_monitor::agents::{
    Advice, Agents, Announcement, CacheAndSpend, CycleContext, IncidentContext, Role,
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

use super::api::{Api, KEY, Says};
use super::clock::FakeClock;

pub const SHA: &str = "1f0c2a9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b";
pub const OTHER: &str = "9ab8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0";

pub struct World {
    pub snapshot: Snapshot,
    pub inventory: Inventory,
    pub roster: Vec<Service>,
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

/// What one cycle's agents said.
pub struct Said {
    pub advice: Vec<Advice>,
    pub announcements: Vec<Announcement>,
    pub llm: Llm,
}

impl World {
    /// A world with a key for this API.
    pub fn new(api: &Api) -> Self {
        Self::at(&api.stub.url())
    }

    pub fn at(url: &str) -> Self {
        let (roster, incidents) = &*EXAMPLE;
        let mut world = Self::unjudged(snapshot(), url);
        world.roster.clone_from(roster);
        world.incidents.clone_from(incidents);
        world
    }

    /// A world of another snapshot.
    pub fn of(snapshot: Snapshot, url: &str) -> Self {
        let mut world = Self::unjudged(snapshot, url);
        world.evaluate();
        world
    }

    fn unjudged(snapshot: Snapshot, url: &str) -> Self {
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
            roster: Vec::new(),
            incidents: Vec::new(),
            correlation: Some(correlation()),
            candidates: vec![CandidateCommit {
                sha: SHA.to_owned(),
                title: "mysql: less memory".to_owned(),
                changes: vec![
                    "base-apps/mysql/statefulset.yaml: limits.memory from 4Gi to 2Gi".to_owned(),
                ],
                confidence: Confidence::Medium,
            }],
            state: State::default(),
            http: Http::with_clock(&config, Box::new(clock.clone())),
            config,
            clock,
            deadline: Duration::from_secs(120),
        }
    }

    /// Judges the snapshot anew.
    pub fn evaluate(&mut self) {
        let grounds = EvaluateInput {
            inventory: &self.inventory,
            look_back: Duration::from_secs(3600),
            restarts: &RestartCounts::default(),
            outages: &Outages::default(),
            unlisted: Tier::P3,
        };
        let verdict = k8s_monitor::assess::evaluate(&self.snapshot, &grounds);
        self.roster = verdict.monitored;
        self.incidents = verdict.incidents;
    }

    /// As if this rule had decided.
    pub fn by_rule(mut self, rule: Rule) -> Self {
        self.incidents[0].rule = rule;
        self.incidents[0].severity = rule.severity();
        self
    }

    /// One cycle's agents.
    pub fn cycle(&mut self) -> Said {
        self.with(None)
    }

    /// The same without a model.
    pub fn rules(&mut self) -> Said {
        self.with(Some("--no-llm".into()))
    }

    fn with(&mut self, off: Option<String>) -> Said {
        let scene = CycleContext {
            snapshot: &self.snapshot,
            roster: &self.roster,
            now: self.now,
            deadline: self.clock.after(self.deadline),
        };
        let dossiers: Vec<_> = self
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
        let mut memory = CacheAndSpend { spend, cache };
        let advice = agents.advise(&mut memory, &scene, &dossiers);
        let told: Vec<_> = self
            .incidents
            .iter()
            .zip(&advice)
            .map(|(incident, advice)| {
                let mut told = report::draft(incident, &self.roster);
                told.severity = advice.severity;
                told.analysis = advice.analysis.clone();
                told.correlation.clone_from(&advice.correlation);
                told
            })
            .collect();
        let told: Vec<_> = told.iter().collect();
        let announcements = agents.announce(&mut memory, &scene, &told);
        let llm = agents.llm(&self.state.spend);
        Said {
            advice,
            announcements,
            llm,
        }
    }
}

/// Read and judged once: most tests look at the same.
static SNAPSHOT: LazyLock<Snapshot> =
    LazyLock::new(|| dump::read(Path::new("docs/example/homelab"), None).unwrap());
static INVENTORY: LazyLock<Inventory> =
    LazyLock::new(|| inventory::parse(&std::fs::read("docs/reference/services.txt").unwrap()));
static EXAMPLE: LazyLock<(Vec<Service>, Vec<Incident>)> = LazyLock::new(|| {
    let world = World::of(snapshot(), "http://127.0.0.1:9");
    (world.roster, world.incidents)
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

/// What a good model answers.
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
            { "sha": SHA, "why": "It halves the memory limit of the container that is killed for memory." },
        ] }),
        Role::Escalation => json!({
            "severity": "SEV-1", "knownIssue": "",
            "rationale": "The database of a daily app is gone and does not come back by itself.",
            "businessImpact": "Nobody in the family can sign in to the chores app or tick anything off.",
            "nextActions": [],
        }),
        Role::Notifier => json!({
            "headline": "mysql is down, killed for memory since its limit was cut",
            "summary": "MySQL is killed at the memory limit that a commit probably lowered too far. The chores app has no database, so nobody can sign in.",
        }),
    }
}

/// A good model, but for one agent.
pub fn but(role: Role, says: Says) -> Api {
    Api::new(move |asked, _, _| {
        if asked == role {
            says.clone()
        } else {
            Says::Json(good(asked))
        }
    })
}
