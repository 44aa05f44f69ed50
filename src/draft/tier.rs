//! How critical a service probably is. Each guess has its reason, because a person decides.

use std::collections::BTreeMap;

use super::{Draft, Role};
use crate::model::Tier;

/// Guesses the tier of every service.
pub fn guess(drafts: &mut [Draft]) {
    let mut dependents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for draft in drafts.iter() {
        for needed in draft.dependencies.keys() {
            let clients = dependents.entry(needed.clone()).or_default();
            clients.push(draft.name.clone());
        }
    }
    for draft in drafts {
        let clients = dependents.get(&draft.name).map_or(&[][..], Vec::as_slice);
        draft.tier = tier(draft, clients);
    }
}

fn tier(draft: &Draft, clients: &[String]) -> (Tier, String) {
    let of_clients = || match clients {
        [] => String::new(),
        [first] => format!(" of {first}"),
        [first, rest @ ..] => format!(" of {first} and {} more", rest.len()),
    };
    let is_used = !clients.is_empty();
    if draft.workloads.is_empty() && draft.role != Role::Test {
        return (Tier::P2, "it has no workload".to_owned());
    }
    match draft.role {
        Role::Test => (Tier::P3, "a test by its name".to_owned()),
        Role::IngressController => (
            Tier::P0,
            "all traffic from outside comes through it".to_owned(),
        ),
        Role::Database if is_used => (Tier::P0, format!("data layer{}", of_clients())),
        Role::Database => (Tier::P1, "a database".to_owned()),
        Role::SecretStore => (Tier::P1, format!("secret store{}", of_clients())),
        Role::Cache if is_used => (Tier::P1, format!("cache or queue{}", of_clients())),
        Role::Platform => (Tier::P1, "platform part".to_owned()),
        Role::Monitoring => (Tier::P2, "it observes others".to_owned()),
        Role::Application | Role::Cache => application(draft, clients, &of_clients()),
    }
}

fn application(draft: &Draft, clients: &[String], of_clients: &str) -> (Tier, String) {
    if let Some(host) = draft.hosts.first() {
        return (Tier::P0, format!("serves {host}"));
    }
    if !clients.is_empty() {
        return (Tier::P1, format!("backend{of_clients}"));
    }
    let runs_only = draft.workloads.iter().all(|(kind, _)| kind == "CronJob");
    let why = if runs_only {
        "it consists of cron jobs"
    } else {
        "nothing in the cluster shows who needs it"
    };
    (Tier::P2, why.to_owned())
}
