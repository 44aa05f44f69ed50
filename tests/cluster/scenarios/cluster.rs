//! Faults of nodes, ingress, DNS, secret stores and CronJobs.

use serde_json::json;

use super::once;
use crate::homelab::model::{Health, Workload};
use crate::homelab::{Homelab, NODES};
use crate::time::{Timestamp, shifted};

impl Homelab {
    /// The node, one of [`NODES`], is lost with its pods: its kubelet does not answer.
    pub fn node_lost(&mut self, node: &str, since: Timestamp) {
        let index = NODES.iter().position(|machine| machine.name == node);
        let index = index.unwrap_or_else(|| panic!("the homelab has no node {node}"));
        self.change(|state| {
            state.lost_nodes[index] = Some(since);
            for pod in state
                .workloads
                .iter_mut()
                .flat_map(Workload::pods_mut)
                .filter(|pod| pod.node == index)
            {
                pod.health = Health::Lost { since };
                pod.events
                    .push(once("NodeNotReady", "Node is not ready".to_owned(), since));
            }
        });
    }

    pub fn ingress_down(&mut self, since: Timestamp) {
        self.crash_loops("ingress-nginx-controller", since);
    }

    pub fn dns_down(&mut self, since: Timestamp) {
        self.crash_loops("coredns", since);
    }

    /// The secret stores cannot reach their provider, for example because vault is sealed.
    pub fn secret_stores_fail(&mut self, since: Timestamp) {
        let status = json!({ "conditions": [{ "type": "Ready", "status": "False", "reason": "InvalidProviderConfig",
            "message": "unable to validate store: Vault is sealed", "lastTransitionTime": since.to_string() }] });
        self.patch_status("ClusterSecretStore", "", "vault-backend", &status);
        self.patch_status("SecretStore", "mysql", "vault-backend", &status);
    }

    /// The last successful run of a CronJob finished at this time.
    pub fn last_succeeded(&mut self, cron: &str, at: Timestamp) {
        self.change(|state| state.cron_mut(cron).succeeded = Some(at));
    }

    /// The last run of a CronJob failed. The one before it succeeded.
    pub fn last_run_failed(&mut self, cron: &str) {
        self.change(|state| {
            let cron = state.cron_mut(cron);
            cron.failed = cron.succeeded;
            cron.succeeded = cron.succeeded.map(|time| shifted(time, -cron.period));
        });
    }
}
