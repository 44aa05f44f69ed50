//! Every dependency of the monitor, a line each: does it work, and what to do
//! if not. Nothing is posted, and nothing is written that stays.
//!
//! ```text
//! ask / look ──► facts ──► checks ──► Report ──► text, JSON, exit status
//! edges          plain     pure
//! ```
//!
//! A file a dependency: `cluster`, [`rights`] and `cron_job`, `slack`, `github`, `model`,
//! `memory` (the state), `services`, `settings`. Slack, GitHub and Anthropic
//! are asked beside the cluster, each with its own short time, so that one that
//! hangs hides nothing of the others.

mod cluster;
mod cron_job;
mod github;
mod line;
mod model;
mod render;
pub mod rights;
mod services;
mod settings;
mod slack;
mod state;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::api::Cluster;
use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::inventory::Inventory;
use crate::model::now;
use crate::net::Http;
use crate::state::Store;

pub use line::{Check, Status};
pub use render::SCHEMA;

use cluster::ClusterFacts;
use rights::StateMap;
use state::StateFacts;

/// Time for each service of the internet, retries included.
const OUTSIDE: Duration = Duration::from_secs(10);

/// Of a state in a cluster that cannot be read.
const UNSEEN: &str = "it is in a ConfigMap of the cluster, which cannot be read";

/// What is examined. An error stands for what could not even be set up, in its
/// own words.
pub struct Facts<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Variables of the process and the env file.
    pub env: &'a Environment,
    /// The cluster's client.
    pub cluster: Result<&'a Cluster, String>,
    /// The services file.
    pub services: &'a Path,
    /// What it says.
    pub inventory: Result<&'a Inventory, String>,
    /// Where the state is.
    pub store: Result<&'a dyn Store, String>,
    /// Whether the model may be asked.
    pub llm: bool,
    /// The deadline of a cycle.
    pub deadline: Duration,
}

/// All lines, in the order of the data's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The lines.
    pub checks: Vec<Check>,
    /// Whether a cycle could not read the cluster at all.
    pub is_unreadable: bool,
}

impl Report {
    /// Whether anything is red.
    #[must_use]
    pub fn is_red(&self) -> bool {
        self.checks.iter().any(|check| check.status == Status::Red)
    }

    /// 69 when it is the cluster that is red, else 78 when anything is.
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

/// Asks everybody and writes down what they say.
#[must_use]
pub fn run(facts: &Facts) -> Report {
    let config = facts.config;
    let http = Http::new(config);
    let soon = Instant::now() + OUTSIDE.min(facts.deadline);
    let inventory = facts.inventory.as_ref().ok().copied();
    let repository = github::repository(config, inventory);
    thread::scope(|scope| {
        let slack = scope.spawn(|| slack::ask(config, &http, soon));
        let github = scope.spawn(|| github::ask(config, repository.as_ref(), &http, soon));
        let model = scope.spawn(|| model::ask(config, &http, soon));
        let place = facts.store.as_ref().map(|store| store.place());
        let state_map = place.ok().as_deref().and_then(StateMap::of);
        let cluster = facts.cluster.as_ref().map(|cluster| {
            cluster::ask(cluster, state_map.as_ref(), config.interval, facts.deadline)
        });
        let is_alive = cluster.as_ref().is_ok_and(|c| !c.is_unreadable());
        let memory = match &facts.store {
            Ok(_) if !is_alive && state_map.is_some() => Err(UNSEEN.to_owned()),
            Ok(store) => Ok(state::look(*store)),
            Err(why) => Err(why.clone()),
        };
        let found = Found {
            cluster: cluster.map_err(Clone::clone),
            memory,
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

/// What everybody said.
struct Found {
    cluster: Result<ClusterFacts, String>,
    memory: Result<StateFacts, String>,
    slack: Option<slack::SlackFacts>,
    github: Option<github::GithubFacts>,
    model: Option<model::ModelFacts>,
}

impl Found {
    fn report(&self, facts: &Facts) -> Report {
        let (config, now) = (facts.config, now());
        let mut checks = self.cluster_checks(facts);
        checks.extend(services_checks(facts, self.cluster.as_ref().ok()));
        match &self.memory {
            Ok(memory) => checks.extend(memory.checks(config, now)),
            Err(error) => checks.push(Check::warn("state", error, "see the line on the cluster")),
        }
        let memory = self.memory.as_ref().ok();
        let state = memory.and_then(StateFacts::state);
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
        let way = facts.cluster.as_ref().ok();
        let way = way.map(|cluster| (cluster.server(), cluster.proxy()));
        checks.push(settings::heartbeat(config));
        checks.push(settings::proxy(config, facts.env, way));
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
                let otherwise = "correct the kubeconfig, or name another with --kubeconfig";
                vec![Check::of_error("cluster", error, otherwise)]
            }
        }
    }
}

fn services_checks(facts: &Facts, cluster: Option<&ClusterFacts>) -> Vec<Check> {
    match facts.inventory {
        Ok(inventory) => {
            let live = cluster.and_then(ClusterFacts::snapshot);
            let unlisted = facts.config.unlisted_tier;
            let against = live.map(|s| services::against(inventory, s, unlisted));
            std::iter::once(services::file(facts.services, inventory))
                .chain(against.into_iter().flatten())
                .collect()
        }
        Err(ref error) => vec![Check::of_error(
            "services file",
            error,
            "pass --services FILE",
        )],
    }
}
