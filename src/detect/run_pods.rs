//! The pods of runs: of jobs, workflows, pipelines and the like. They end, so they are no
//! replicas of anything.

use std::collections::HashMap;

use super::damage::Unjudged;
use crate::cluster::types::Pod;

/// Kind, namespace and name.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Kinds whose pods serve although they are never restarted: their controller makes new ones.
const SERVERS: &[&str] = &["VirtualMachineInstance", "GameServer"];

/// Whether a pod is a run.
#[must_use]
pub fn is_run(pod: &Pod) -> bool {
    let owner = pod.metadata.controller().map_or("", |o| o.kind.as_str());
    let ends = matches!(pod.spec.restart_policy.as_str(), "Never" | "OnFailure");
    owner == "Job" || ends && !SERVERS.contains(&owner)
}

/// The pods of runs, by what made them.
#[derive(Default)]
pub struct RunPods<'a> {
    by_owner: HashMap<Key<'a>, Vec<&'a Pod>>,
    by_name: HashMap<(&'a str, &'a str), &'a Pod>,
}

impl<'a> RunPods<'a> {
    /// Indexes the runs among the pods.
    #[must_use]
    pub fn new(pods: &'a [Pod], unjudged: &Unjudged) -> Self {
        let mut runs = Self::default();
        let is_judged_run = |pod: &&Pod| is_run(pod) && !unjudged.is("Pod", &pod.metadata);
        for pod in pods.iter().filter(is_judged_run) {
            let meta = &pod.metadata;
            let owner = meta
                .controller()
                .map(|o| (o.kind.as_str(), o.name.as_str()));
            let (kind, name) = owner.unwrap_or(("Pod", &meta.name));
            let key = (kind, meta.namespace.as_str(), name);
            runs.by_owner.entry(key).or_default().push(pod);
            runs.by_name.insert((&meta.namespace, &meta.name), pod);
        }
        // The order of the snapshot must not change the result.
        for pods in runs.by_owner.values_mut() {
            pods.sort_unstable_by_key(|pod| &pod.metadata.name);
        }
        runs
    }

    /// The pods that an object of this kind, namespace and name made.
    #[must_use]
    pub fn of<'s>(&'s self, kind: &'s str, namespace: &'s str, name: &'s str) -> &'s [&'a Pod] {
        self.by_owner
            .get(&(kind, namespace, name))
            .map_or(&[], Vec::as_slice)
    }

    /// A pod by namespace and name.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Option<&'a Pod> {
        self.by_name.get(&(namespace, name)).copied()
    }

    /// What made the pods, in the order of kind, namespace and name.
    #[must_use]
    pub fn owners(&self) -> Vec<Key<'a>> {
        let mut owners: Vec<_> = self.by_owner.keys().copied().collect();
        owners.sort_unstable();
        owners
    }
}
