//! Trouble with what all workloads share: nodes, ingress, names, secrets, scheduled jobs.

use serde_json::json;

use super::once;
use crate::homelab::model::{Health, Workload};
use crate::homelab::{Homelab, NODES};
use crate::time::{Timestamp, shifted};

impl Homelab {
    /// The node's kubelet fell silent, and its pods with it. Name one of [`NODES`].
    pub fn node_lost(&mut self, node: &str, since: Timestamp) {
        let index = NODES.iter().position(|machine| machine.name == node);
        let index = index.unwrap_or_else(|| panic!("the homelab has no node {node}"));
        self.change(|scene| {
            scene.lost_nodes[index] = Some(since);
            for pod in scene
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

    /// The secret stores cannot reach their provider, as when vault is sealed or down.
    pub fn secret_stores_fail(&mut self, since: Timestamp) {
        let status = json!({ "conditions": [{ "type": "Ready", "status": "False", "reason": "InvalidProviderConfig",
            "message": "unable to validate store: Vault is sealed", "lastTransitionTime": since.to_string() }] });
        self.patch_status("ClusterSecretStore", "", "vault-backend", &status);
        self.patch_status("SecretStore", "mysql", "vault-backend", &status);
    }

    /// The last good run of a CronJob lies that far back.
    pub fn last_succeeded(&mut self, cron: &str, at: Timestamp) {
        self.change(|scene| scene.cron_mut(cron).succeeded = Some(at));
    }

    /// The newest run of a CronJob failed, and the one before it was the last good one.
    pub fn last_run_failed(&mut self, cron: &str) {
        self.change(|scene| {
            let cron = scene.cron_mut(cron);
            cron.failed = cron.succeeded;
            cron.succeeded = cron.succeeded.map(|time| shifted(time, -cron.period));
        });
    }
}
