//! The owner of each pod, by its owner reference.
//!
//! The API server does not check that an owner exists. A pod that names one which was looked for
//! and does not exist is judged like a pod without an owner.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::damage::Unjudged;
use super::run_pods::is_run;
use crate::cluster::types::{ObjectMeta, OwnerReference, Pod};
use crate::cluster::{Resource, Snapshot};

/// A pod so young may be read before its owner.
const NEW: TimeDelta = TimeDelta::minutes(2);

/// Kind and name.
type Owner<'a> = (&'a str, &'a str);

/// The objects that may own pods.
pub struct PodOwners<'a> {
    snapshot: &'a Snapshot,
    /// The owner of each replica set, usually a deployment. The set itself where it has none.
    replica_sets: HashMap<(&'a str, &'a str), Owner<'a>>,
    /// Replica sets whose owner may be what could not be decoded.
    unjudged_sets: HashSet<(&'a str, &'a str)>,
    /// The deployments that have a replica set, by namespace and name.
    with_replica_sets: HashSet<(&'a str, &'a str)>,
    /// The deployments whose own status counts all replicas as ready.
    whole: HashSet<(&'a str, &'a str)>,
    /// Every other owner by kind, namespace and name.
    others: HashSet<(Resource, &'a str, &'a str)>,
}

impl<'a> PodOwners<'a> {
    /// The owners of a snapshot. Linear in the number of objects.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, unjudged: &Unjudged) -> Self {
        let objects = &snapshot.objects;
        let mut owners = Self {
            snapshot,
            replica_sets: HashMap::new(),
            unjudged_sets: HashSet::new(),
            with_replica_sets: HashSet::new(),
            whole: objects
                .deployments
                .iter()
                .filter(|d| d.status.ready_replicas >= d.spec.replicas.unwrap_or(1))
                .map(|d| (&*d.metadata.namespace, &*d.metadata.name))
                .collect(),
            others: HashSet::new(),
        };
        for set in &objects.replica_sets {
            let meta = &set.metadata;
            if unjudged.is("ReplicaSet", meta) {
                owners.unjudged_sets.insert((&meta.namespace, &meta.name));
                continue;
            }
            let owner = meta.controller();
            let owner = owner.map_or(("ReplicaSet", meta.name.as_str()), |o| (&*o.kind, &*o.name));
            if owner.0 == "Deployment" {
                owners.with_replica_sets.insert((&meta.namespace, owner.1));
            }
            owners
                .replica_sets
                .insert((&meta.namespace, &meta.name), owner);
        }
        let mut add = |resource: Resource, meta: &'a ObjectMeta| {
            owners
                .others
                .insert((resource, &meta.namespace, &meta.name));
        };
        let deployments = objects.deployments.iter();
        deployments.for_each(|d| add(Resource::Deployments, &d.metadata));
        let stateful_sets = objects.stateful_sets.iter();
        stateful_sets.for_each(|s| add(Resource::StatefulSets, &s.metadata));
        let daemon_sets = objects.daemon_sets.iter();
        daemon_sets.for_each(|d| add(Resource::DaemonSets, &d.metadata));
        objects
            .jobs
            .iter()
            .for_each(|j| add(Resource::Jobs, &j.metadata));
        owners
    }

    /// Kind and name of the workload that a pod belongs to. Runs belong to none, and neither do
    /// ended pods without an owner that were to end.
    #[must_use]
    pub fn of(&self, pod: &'a Pod) -> Option<Owner<'a>> {
        let owner = pod.metadata.controller();
        // A pod that claims a Job which does not exist is no run.
        if is_run(pod) && !owner.is_some_and(|owner| self.is_missing(pod, owner)) {
            return None;
        }
        let name = pod.metadata.name.as_str();
        let bare = || (!pod.has_ended() || pod.is_lost()).then_some(("Pod", name));
        let Some(owner) = owner else {
            return bare();
        };
        match owner.kind.as_str() {
            // Static pods are owned by their node and have no controller.
            "Node" => Some(("Pod", &pod.metadata.name)),
            "ReplicaSet" => self.by_replica_set(pod, owner).or_else(bare),
            _ if self.is_missing(pod, owner) => bare(),
            "Job" => None,
            kind => Some((kind, &owner.name)),
        }
    }

    fn by_replica_set(&self, pod: &'a Pod, owner: &'a OwnerReference) -> Option<Owner<'a>> {
        let namespace = pod.metadata.namespace.as_str();
        if let Some(known) = self.replica_sets.get(&(namespace, owner.name.as_str())) {
            return Some(*known);
        }
        // The name of the set tells its owner too.
        if self.unjudged_sets.contains(&(namespace, &owner.name)) {
            let by_hash = || Some(("Deployment", pod.deployment_by_hash()?));
            return by_hash().or(Some(("ReplicaSet", &owner.name)));
        }
        let are_read = self.snapshot.is_read(Resource::ReplicaSets);
        match pod.deployment_by_hash() {
            Some(name) if self.may_lack_set(pod, namespace, name) => Some(("Deployment", name)),
            _ => (!are_read).then_some(("ReplicaSet", owner.name.as_str())),
        }
    }

    /// Whether a pod may belong to this deployment although its replica set is not in the
    /// snapshot: the sets were left out, or this one is just being created. A pod that only claims
    /// to belong to it must not stand in for a missing replica.
    fn may_lack_set(&self, pod: &Pod, namespace: &str, deployment: &str) -> bool {
        let key = (Resource::Deployments, namespace, deployment);
        let exists = !self.snapshot.is_read(Resource::Deployments) || self.others.contains(&key);
        let name = (namespace, deployment);
        let is_left_out = !self.with_replica_sets.contains(&name) || self.whole.contains(&name);
        exists && (is_left_out || self.is_changing(pod))
    }

    /// Whether an owner of one of Kubernetes' own kinds was looked for and does not exist.
    fn is_missing(&self, pod: &Pod, owner: &OwnerReference) -> bool {
        let (resource, group) = match owner.kind.as_str() {
            "Job" => (Resource::Jobs, "batch"),
            "Deployment" => (Resource::Deployments, "apps"),
            "StatefulSet" => (Resource::StatefulSets, "apps"),
            "DaemonSet" => (Resource::DaemonSets, "apps"),
            _ => return false,
        };
        let key = (
            resource,
            pod.metadata.namespace.as_str(),
            owner.name.as_str(),
        );
        owner.is_in_group(group)
            && self.snapshot.is_read(resource)
            && !self.others.contains(&key)
            && !self.is_changing(pod)
    }

    /// Kinds are listed one after the other: the owner of a new pod may have been created, and
    /// that of a pod which is being deleted may be gone, in between.
    fn is_changing(&self, pod: &Pod) -> bool {
        let created = pod.metadata.creation_timestamp;
        pod.metadata.deletion_timestamp.is_some()
            || created.is_some_and(|t| self.snapshot.now - t < NEW)
    }
}
