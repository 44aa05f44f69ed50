//! Changes and faults of whole workloads: rollouts, scaling, deletion, quotas.

use serde_json::json;

use super::{cannot_pull, without_pods};
use crate::homelab::Homelab;
use crate::homelab::model::{Controller, Refusal, Revision, Workload};
use crate::time::{Timestamp, now, shifted};

impl Homelab {
    /// A new image was rolled out successfully at this time.
    pub fn rolled_out(&mut self, workload: &str, at: Timestamp, image: &str) {
        self.change(|state| {
            let workload = state.workload_mut(workload);
            without_pods(workload);
            let next = next_revision(workload, at, image);
            let pods = (0..workload.desired)
                .map(|index| workload.ready_pod(&next, index, at))
                .collect();
            adopt(workload, Revision { pods, ..next });
        });
    }

    /// The pod of a new image does not start. The old pods still serve.
    pub fn rollout_stuck(&mut self, workload: &str, since: Timestamp, image: &str, error: &str) {
        self.change(|state| {
            let workload = state.workload_mut(workload);
            let next = next_revision(workload, since, image);
            let mut pod = workload.ready_pod(&next, 0, since);
            cannot_pull(&mut pod, since, image, error);
            adopt(
                workload,
                Revision {
                    pods: vec![pod],
                    ..next
                },
            );
            // The progress deadline of a Deployment is ten minutes.
            workload.stuck_since = Some(shifted(since, 600)).filter(|given_up| *given_up <= now());
        });
    }

    /// The workload was scaled to zero.
    pub fn scaled_to_zero(&mut self, workload: &str, since: Timestamp) {
        self.change(|state| {
            let workload = state.workload_mut(workload);
            workload.desired = 0;
            workload.scaled = since;
            without_pods(workload);
        });
    }

    /// The workload and its pods were deleted. Its Service and its claims remain.
    pub fn deleted(&mut self, workload: &str) {
        self.change(|state| {
            let workload = state.workload_mut(workload);
            without_pods(workload);
            workload.is_deleted = true;
        });
    }

    /// The selector of the Service matches no pod. The pods are healthy.
    pub fn selector_matches_nothing(&mut self, workload: &str) {
        self.change(|state| state.workload_mut(workload).selector_is_wrong = true);
    }

    /// The quota of the namespace is used up, so that no new pod can be created.
    pub fn quota_refuses(&mut self, workload: &str, since: Timestamp) {
        self.change(|state| {
            let workload = state.workload_mut(workload);
            let message = format!(
                "pods \"{}-\" is forbidden: exceeded quota: memory, requested: limits.memory={}Mi, \
                 used: limits.memory=0, limited: limits.memory=16Mi",
                workload.name, workload.container.memory.1
            );
            without_pods(workload);
            workload.refused = Some(Refusal { since, message });
        });
        let namespace = self.state().workload(workload).namespace.clone();
        let limit = json!({ "limits.memory": "16Mi" });
        self.apply(vec![json!({ "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": { "name": "memory", "namespace": namespace, "creationTimestamp": since.to_string() },
            "spec": { "hard": limit }, "status": { "hard": limit, "used": { "limits.memory": "0" } } })]);
    }
}

fn next_revision(workload: &Workload, created: Timestamp, image: &str) -> Revision {
    let number = workload.current().number + 1;
    Revision {
        number,
        image: image.to_owned(),
        created,
        pods: Vec::new(),
    }
}

/// A Deployment keeps its old ReplicaSets; the others have only the newest revision.
fn adopt(workload: &mut Workload, revision: Revision) {
    if workload.controller != Controller::Deployment {
        workload.revisions.clear();
    }
    workload.container.image = revision.image.clone();
    workload.revisions.push(revision);
}
