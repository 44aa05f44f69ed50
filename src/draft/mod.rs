//! A draft of the services file from what runs. Pure: a snapshot in, a text or a comparison out.
//!
//! `parts` groups what runs into services, `links` finds their hosts and dependencies, `facts` what
//! their containers say, `tier` guesses how critical they are, `text` writes the file, and `compare`
//! compares what runs with a file.

mod compare;
mod facts;
mod links;
mod parts;
mod text;
mod tier;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::assess::monitored_services;
use crate::cluster::Snapshot;
use crate::detect::{ClusterIndex, RestartCounts};
use crate::inventory::{Inventory, Service, WorkloadKind};
use crate::model::Tier;

pub use compare::{Comparison, ComparisonDocument};

/// A service as drafted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Further names.
    pub aliases: BTreeSet<String>,
    /// Its namespace.
    pub namespace: String,
    /// What is known of its purpose.
    pub purpose: Option<String>,
    /// Where its manifests are.
    pub source: Source,
    /// Its workloads and cron jobs: kind and name.
    pub workloads: BTreeSet<(String, String)>,
    /// Hosts under which it is reached, with `https://` where a certificate serves them.
    pub hosts: BTreeSet<String>,
    /// Image of its principal container.
    pub image: Option<String>,
    /// Desired pods of its principal workload.
    pub replicas: Option<u32>,
    /// What its probe asks.
    pub health_check: Option<String>,
    /// Services that it needs, with the reason.
    pub dependencies: BTreeMap<String, &'static str>,
    /// All its cron jobs are backups.
    pub has_backups: bool,
    /// What it is for others.
    pub role: Role,
    /// The guessed tier and the reason.
    pub tier: (Tier, String),
}

/// Where the manifests of a service are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Its Argo CD Application.
    pub application: Option<String>,
    /// Their directory in the repository.
    pub manifests: Option<String>,
    /// The Helm chart.
    pub chart: Option<String>,
    /// The repository.
    pub repository: Option<String>,
    /// The Flux object that applies it.
    pub flux: Option<String>,
}

/// What a service is for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// An application, as far as is known.
    #[default]
    Application,
    /// A database or a similar store.
    Database,
    /// A cache or a queue.
    Cache,
    /// It keeps the secrets of others.
    SecretStore,
    /// It brings traffic in.
    IngressController,
    /// A part of the platform.
    Platform,
    /// It observes others.
    Monitoring,
    /// A test or a demonstration.
    Test,
}

/// The draft of a services file.
#[must_use]
pub fn draft(snapshot: &Snapshot) -> String {
    let drafts = services(snapshot);
    text::write(&snapshot.cluster, &drafts)
}

/// Every service that runs, except K3s's own, in the order of their names.
#[must_use]
pub fn services(snapshot: &Snapshot) -> Vec<Draft> {
    let monitored = monitored_services(&Inventory::default(), &snapshot.objects);
    let restarts = RestartCounts::default();
    let index = ClusterIndex::new(snapshot, &monitored, Duration::from_hours(1), &restarts);
    let mut drafts = parts::collect(&index);
    if drafts.is_empty() {
        // A file without any service cannot be used.
        return monitored.iter().map(of_k3s).collect();
    }
    for draft in &mut drafts {
        facts::add(&index, draft);
    }
    links::add(&index, &mut drafts);
    tier::guess(&mut drafts);
    drafts
}

/// A part of K3s that runs.
fn of_k3s(service: &Service) -> Draft {
    let workloads = service.workloads.iter();
    Draft {
        name: service.name.clone(),
        namespace: service.namespace.clone().unwrap_or_default(),
        purpose: service.purpose.clone(),
        workloads: workloads
            .map(|workload| (workload.kind.as_str().to_owned(), workload.name.clone()))
            .collect(),
        tier: (service.tier, "part of K3s".to_owned()),
        ..Draft::default()
    }
}

/// Compares what runs with a services file.
#[must_use]
pub fn compare(snapshot: &Snapshot, inventory: &Inventory) -> Comparison {
    compare::compare(snapshot, inventory, &services(snapshot))
}

/// The kind of a workload as the services file knows it.
fn known_kind(kind: &str) -> Option<WorkloadKind> {
    let all = WorkloadKind::ALL.iter();
    all.copied().find(|known| known.as_str() == kind)
}
