//! Checks every dependency of the monitor. A failed check says what to do. Nothing is posted,
//! and no file remains.
//!
//! ```text
//! ask / probe ──► facts ──► checks ──► Report ──► document, exit status
//! I/O             data      pure
//! ```
//!
//! There is one file for each dependency: `cluster`, [`rights`] and `cron_job`, `slack`,
//! `github`, `model`, `state`, `services`, `settings`. Slack, GitHub and Anthropic are asked
//! in parallel with the cluster, each with a short timeout of its own.

mod cluster;
mod cron_job;
mod custom_kinds;
mod document;
mod github;
mod line;
mod model;
pub mod rights;
mod services;
mod settings;
mod slack;
mod state;

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::api::{Cluster, SnapshotRequest};
use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::inventory::{self, Inventory, ServicesFile};
use crate::model::{Problem, now};
use crate::net::Http;
use crate::state::Store;

pub use document::{DoctorDocument, SCHEMA};
pub use line::{Check, Status};

use cluster::ClusterFacts;
use rights::StateMap;
use state::StateFacts;

/// Timeout of each service of the internet, retries included.
const INTERNET: Duration = Duration::from_secs(10);

/// The state is in a cluster that cannot be read.
const UNREADABLE: &str = "it is in a ConfigMap of the cluster, which cannot be read";

/// What is checked. An error stands for what could not be set up.
pub struct Facts<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Variables of the process and the env file.
    pub env: &'a Environment,
    /// The cluster's client.
    pub cluster: Result<&'a Cluster, Problem>,
    /// The services file.
    pub services: &'a ServicesFile,
    /// Its content.
    pub inventory: Result<&'a Inventory, Problem>,
    /// Where the state is.
    pub store: Result<&'a dyn Store, Problem>,
    /// Whether the model may be asked.
    pub llm: bool,
    /// The deadline of a cycle.
    pub deadline: Duration,
}

/// The result of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
    /// Whether the cluster cannot be read at all.
    pub is_unreadable: bool,
}

impl Report {
    /// Whether anything is red.
    #[must_use]
    pub fn is_red(&self) -> bool {
        self.checks.iter().any(|check| check.status == Status::Red)
    }

    /// 69 when the cluster cannot be read, else 78 when a check is red.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        if self.is_unreadable {
            ExitStatus::ClusterUnreadable
        } else if self.is_red() {
            ExitStatus::BadConfig
        } else {
            ExitStatus::Healthy
        }
    }
}

/// Asks every dependency and checks the answers.
#[must_use]
pub fn run(facts: &Facts) -> Report {
    let config = facts.config;
    let http = Http::new(config);
    let soon = Instant::now() + INTERNET.min(facts.deadline);
    let inventory = facts.inventory.as_ref().ok().copied();
    let repository = github::repository(config, inventory);
    thread::scope(|scope| {
        let slack = scope.spawn(|| slack::ask(config, &http, soon));
        let github = scope.spawn(|| github::ask(config, repository.as_ref(), &http, soon));
        let model = scope.spawn(|| model::ask(config, &http, soon));
        let place = facts.store.as_ref().map(|store| store.place());
        let state_map = place.ok().as_deref().and_then(StateMap::of);
        let cluster = facts.cluster.as_ref().map(|cluster| {
            let request = SnapshotRequest {
                now: now(),
                deadline: facts.deadline,
                look_back: config.interval,
                resources: inventory::wanted_kinds(&config.resources, inventory),
                log_order: None,
            };
            cluster::ask(cluster, state_map.as_ref(), request)
        });
        let is_alive = cluster.as_ref().is_ok_and(|c| !c.is_unreadable());
        let state = match &facts.store {
            Ok(_) if !is_alive && state_map.is_some() => Err(without_remedy(UNREADABLE)),
            Ok(store) => Ok(state::probe(*store)),
            Err(problem) => Err(problem.clone()),
        };
        let found = Found {
            cluster: cluster.map_err(Clone::clone),
            state,
            slack: slack
                .join()
                .unwrap_or_else(|p| std::panic::resume_unwind(p)),
            github: github
                .join()
                .unwrap_or_else(|p| std::panic::resume_unwind(p)),
            model: model
                .join()
                .unwrap_or_else(|p| std::panic::resume_unwind(p)),
        };
        found.report(facts)
    })
}

/// The answers.
struct Found {
    cluster: Result<ClusterFacts, Problem>,
    state: Result<StateFacts, Problem>,
    slack: Option<slack::SlackFacts>,
    github: Option<github::GithubFacts>,
    model: Option<model::ModelFacts>,
}

impl Found {
    fn report(&self, facts: &Facts) -> Report {
        let (config, now) = (facts.config, now());
        let mut checks = self.cluster_checks(facts);
        checks.extend(services_checks(facts, self.cluster.as_ref().ok()));
        match &self.state {
            Ok(state) => checks.extend(state.checks(config, now)),
            Err(problem) => {
                let remedy = "see the check of the cluster";
                checks.push(Check::warn("state", &problem.message, remedy));
            }
        }
        let state = self.state.as_ref().ok().and_then(StateFacts::state);
        checks.extend(slack::checks(
            self.slack.as_ref(),
            &config.channels,
            state,
            now,
        ));
        checks.extend(github::checks(self.github.as_ref()));
        checks.extend(model::checks(
            self.model.as_ref(),
            facts.llm,
            &config.model_budget,
            state,
            now,
        ));
        let cluster = facts.cluster.as_ref().ok();
        let server_and_proxy = cluster.map(|cluster| (cluster.server(), cluster.proxy()));
        checks.push(settings::heartbeat(config));
        checks.push(settings::proxy(config, facts.env, server_and_proxy));
        checks.push(settings::time_zone(config, facts.env, now));
        Report {
            checks,
            is_unreadable: self.cluster.as_ref().is_ok_and(ClusterFacts::is_unreadable),
        }
    }

    fn cluster_checks(&self, facts: &Facts) -> Vec<Check> {
        match &self.cluster {
            Ok(cluster) => {
                let mut checks = cluster.checks();
                let snapshot = cluster.snapshot();
                checks.extend(
                    snapshot
                        .iter()
                        .flat_map(|s| cron_job::checks(s, facts.deadline)),
                );
                checks
            }
            Err(error) => {
                let otherwise = "correct the kubeconfig, or pass another one with --kubeconfig";
                vec![Check::of_problem("cluster", error, otherwise)]
            }
        }
    }
}

fn services_checks(facts: &Facts, cluster: Option<&ClusterFacts>) -> Vec<Check> {
    match facts.inventory {
        Ok(inventory) => {
            let live = cluster.and_then(ClusterFacts::snapshot);
            let unlisted = facts.config.unlisted_tier;
            let compared = live.map(|s| services::compare(inventory, s, unlisted));
            std::iter::once(services::file(facts.services, inventory))
                .chain(compared.into_iter().flatten())
                .collect()
        }
        Err(ref error) => vec![Check::of_problem(
            "services file",
            error,
            "pass --services FILE",
        )],
    }
}

fn without_remedy(message: &str) -> Problem {
    Problem {
        message: message.to_owned(),
        remedy: None,
    }
}
