//! What runs that a services file lacks, and what it lists that does not run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::Draft;
use crate::assess::{Unlisted, monitored_services};
use crate::cluster::Snapshot;
use crate::detect::{ClusterIndex, RestartCounts, detect};
use crate::inventory::Inventory;
use crate::render::{Block, Document, Headline, Item, Page};

/// `schema` of the comparison for programs.
const SCHEMA: &str = "k8s-monitor/services-diff/v1";

/// What differs between a services file and the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Services that run and are not listed.
    pub unlisted: Vec<Unmatched>,
    /// Listed services that have nothing in the cluster.
    pub absent: Vec<Unmatched>,
    /// Hosts that are served and not listed.
    pub unlisted_hosts: Vec<Host>,
    /// Listed hosts that nothing serves.
    pub absent_hosts: Vec<Host>,
}

/// A service of one side only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its workloads, `kind/name`.
    pub workloads: Vec<String>,
}

/// A host of one side only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Host {
    /// The service.
    pub service: String,
    /// The host.
    pub host: String,
}

/// Compares drafted services with a services file.
pub(super) fn compare(snapshot: &Snapshot, inventory: &Inventory, drafts: &[Draft]) -> Comparison {
    let monitored = monitored_services(inventory, &snapshot.objects);
    let restarts = RestartCounts::default();
    let index = ClusterIndex::new(snapshot, &monitored, Duration::from_hours(1), &restarts);
    let listed = inventory.services.len();
    let matched = Unlisted::matched(&index, &detect(&index), listed);
    let mut found = Comparison::default();
    let mut hosts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for draft in drafts {
        let service = listed_as(&index, inventory, draft);
        let served = draft
            .hosts
            .iter()
            .map(|host| host.trim_start_matches("https://").to_owned());
        match service {
            Some(name) => hosts.entry(name).or_default().extend(served),
            None => found.unlisted.push(Unmatched {
                name: draft.name.clone(),
                namespace: Some(draft.namespace.clone()),
                workloads: names(draft),
            }),
        }
    }
    for (at, service) in inventory.services.iter().enumerate() {
        let served = hosts.remove(service.name.as_str());
        if served.is_none() && !matched.contains(&at) {
            found.absent.push(Unmatched {
                name: service.name.clone(),
                namespace: service.namespace.clone(),
                workloads: Vec::new(),
            });
            continue;
        }
        let served = served.unwrap_or_default();
        let own: BTreeSet<String> = service.ingress.iter().cloned().collect();
        let host = |host: &String| Host {
            service: service.name.clone(),
            host: host.clone(),
        };
        found
            .unlisted_hosts
            .extend(served.difference(&own).map(host));
        found.absent_hosts.extend(own.difference(&served).map(host));
    }
    found
}

/// The listed service that a drafted one is: by its workloads, else by name and namespace.
fn listed_as<'i>(index: &ClusterIndex, inventory: &'i Inventory, draft: &Draft) -> Option<&'i str> {
    let named = |name: &str| {
        let mut listed = inventory.services.iter();
        listed
            .find(|service| service.name == name)
            .map(|service| service.name.as_str())
    };
    let of_workloads = draft.workloads.iter().find_map(|(kind, name)| {
        let service = match kind.as_str() {
            "CronJob" => {
                let crons = &index.snapshot.objects.cron_jobs;
                let mut crons = crons.iter().map(|cron| &cron.metadata);
                let meta =
                    crons.find(|m| m.name == name.as_str() && m.namespace == draft.namespace)?;
                index.service_of_cron_job(meta)
            }
            _ => index.service_of(index.workload(kind, &draft.namespace, name)?),
        };
        named(&service?.name)
    });
    let names = || std::iter::once(&draft.name).chain(&draft.aliases);
    let by_name = || {
        let mut listed = inventory.services.iter();
        let found = listed.find(|service| {
            let is_here = service.namespace.as_deref() == Some(draft.namespace.as_str());
            is_here && names().any(|name| service.is_called(name))
        });
        found.map(|service| service.name.as_str())
    };
    of_workloads.or_else(by_name)
}

fn names(draft: &Draft) -> Vec<String> {
    let workloads = draft.workloads.iter();
    workloads
        .map(|(kind, name)| format!("{}/{name}", kind.to_ascii_lowercase()))
        .collect()
}

/// The comparison with a file.
pub struct ComparisonDocument<'a> {
    /// The file, for messages.
    pub file: &'a str,
    /// What differs.
    pub comparison: &'a Comparison,
}

impl Document for ComparisonDocument<'_> {
    fn data(&self) -> impl Serialize {
        json!({ "schema": SCHEMA, "file": self.file, "differences": self.comparison })
    }

    fn page(&self) -> Page {
        let found = self.comparison;
        let sentence = if *found == Comparison::default() {
            format!("{} lists what runs", self.file)
        } else {
            format!("{} differs from what runs", self.file)
        };
        let mut blocks = vec![Block::Headline(Headline {
            sentence: sentence.into(),
            ..Headline::default()
        })];
        let services = |services: &[Unmatched]| {
            let items: Vec<Item> = services
                .iter()
                .map(|service| {
                    let place = service.namespace.as_deref().unwrap_or("no namespace");
                    let workloads = if service.workloads.is_empty() {
                        String::new()
                    } else {
                        format!(": {}", service.workloads.join(", "))
                    };
                    Item::new(format!("{} ({place}){workloads}", service.name))
                })
                .collect();
            Block::list(items)
        };
        let hosts = |hosts: &[Host]| {
            let items: Vec<Item> = hosts
                .iter()
                .map(|host| Item::new(format!("{}: {}", host.service, host.host)))
                .collect();
            Block::list(items)
        };
        for (title, list) in [
            ("Runs, and is not listed", services(&found.unlisted)),
            ("Listed, and does not run", services(&found.absent)),
            (
                "Hosts that are served, and not listed",
                hosts(&found.unlisted_hosts),
            ),
            (
                "Hosts that are listed, and not served",
                hosts(&found.absent_hosts),
            ),
        ] {
            blocks.extend(Block::section(title, list.into_iter().collect()));
        }
        Page {
            title: "Services file and cluster".into(),
            blocks,
            footer: None,
        }
    }
}
