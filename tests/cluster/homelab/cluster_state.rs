//! The state of the whole homelab, and every object that is derived from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::batch::{self, Cron};
use super::model::{Termination, Workload};
use super::{controllers, events, heartbeats, network, nodes, platform, pods, services, storage};
use crate::object;
use crate::time::{Timestamp, fill_times, shifted};
use crate::yaml;

const FIXTURES: [&str; 4] = [
    include_str!("cluster.yaml"),
    include_str!("platform.yaml"),
    include_str!("policies.yaml"),
    include_str!("history.yaml"),
];

#[derive(Clone)]
pub struct ClusterState {
    pub workloads: Vec<Workload>,
    pub crons: Vec<Cron>,
    /// By index of the node, since when it has been lost.
    pub lost_nodes: [Option<Timestamp>; 3],
    /// The current time, which only heartbeats use. Past times are relative to `loaded`.
    pub now: Timestamp,
    loaded: Timestamp,
}

impl ClusterState {
    /// A healthy homelab with a history of resolved problems.
    pub fn healthy(now: Timestamp) -> ClusterState {
        let mut workloads = services::workloads();
        for (slot, workload) in workloads.iter_mut().enumerate() {
            workload.start(now, slot);
        }
        let mut state = ClusterState {
            workloads,
            crons: batch::crons(now),
            lost_nodes: [None; 3],
            now,
            loaded: now,
        };
        for pod in state.workload_mut("n8n").pods_mut() {
            let at = shifted(now, -3 * 86400);
            pod.restarts = 14;
            pod.past = Some(Termination {
                reason: "OOMKilled".to_owned(),
                exit_code: 137,
                at,
            });
            pod.health = super::model::Health::Ready {
                since: shifted(at, 30),
            };
        }
        state.workload_mut("oncall-agent").evicted = Some(shifted(now, -2 * 86400));
        state
    }

    pub fn workload(&self, name: &str) -> &Workload {
        let found = self.workloads.iter().find(|workload| workload.name == name);
        found.unwrap_or_else(|| panic!("the homelab has no workload {name}"))
    }

    pub fn workload_mut(&mut self, name: &str) -> &mut Workload {
        let found = self
            .workloads
            .iter_mut()
            .find(|workload| workload.name == name);
        found.unwrap_or_else(|| panic!("the homelab has no workload {name}"))
    }

    pub fn cron_mut(&mut self, name: &str) -> &mut Cron {
        let found = self.crons.iter_mut().find(|cron| cron.name == name);
        found.unwrap_or_else(|| panic!("the homelab has no CronJob {name}"))
    }

    /// Every object by `Kind namespace/name`.
    pub fn objects(&self) -> BTreeMap<String, Value> {
        let mut objects = platform::definitions();
        objects.extend(nodes::objects(&self.lost_nodes, self.loaded));
        objects.extend(heartbeats::objects(&self.lost_nodes, self.now));
        objects.extend(platform::applications(self.loaded));
        objects.extend(platform::node_metrics(self.loaded));
        objects.extend(self.crons.iter().flat_map(batch::objects));
        for workload in &self.workloads {
            objects.extend(self.of_workload(workload));
        }
        for fixture in FIXTURES {
            objects.extend(yaml::documents(&fill_times(fixture, self.loaded)));
        }
        let namespaces: BTreeSet<String> = objects
            .iter()
            .map(|object| object::namespace(object).to_owned())
            .collect();
        objects.extend(
            namespaces
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| self.namespace(name)),
        );
        objects
            .into_iter()
            .map(|object| (object::reference(&object), object))
            .collect()
    }

    fn of_workload(&self, workload: &Workload) -> Vec<Value> {
        let mut objects = network::objects(workload, self.loaded);
        objects.extend(storage::objects(workload));
        if workload.is_deleted {
            return objects;
        }
        objects.extend(controllers::objects(workload));
        objects.extend(platform::pod_metrics(workload, self.loaded));
        for revision in &workload.revisions {
            for pod in &revision.pods {
                objects.push(pods::object(workload, revision, pod));
                objects.extend(events::of_pod(workload, pod));
            }
        }
        objects.extend(workload.evicted.map(|at| pods::evicted(workload, at)));
        objects
    }

    fn namespace(&self, name: &str) -> Value {
        let created = shifted(self.loaded, -400 * 86400).to_string();
        json!({ "apiVersion": "v1", "kind": "Namespace",
            "metadata": { "name": name, "creationTimestamp": created } })
    }
}
