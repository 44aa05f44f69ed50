//! Workloads with their pods and replica sets, joined by owner references.

use std::collections::HashMap;

use super::damage::Unjudged;
use super::owners::{self, Owner, is_keeper};
use super::run_pods::is_run;
use crate::cluster::Snapshot;
use crate::cluster::types::{
    Condition, DaemonSet, Deployment, ObjectMeta, Pod, PodSpec, PodTemplate, ReplicaSet,
    StatefulSet,
};
use crate::model::ObjectRef;

/// A controller that keeps a number of pods running, or a pod without one.
pub struct Workload<'a> {
    /// Its kind; of pods without a controller, `Pod`.
    pub kind: &'a str,
    /// Its name, also known where only its pods were read.
    pub name: &'a str,
    /// Its metadata; where only its pods were read, that of one of them.
    pub meta: &'a ObjectMeta,
    /// How many pods there should be, by the workload or by its replica sets; none
    /// where only the pods were read.
    pub desired: Option<u32>,
    /// How many pods its status reports as ready.
    pub reported_ready: u32,
    /// The pods' template.
    pub template: Option<&'a PodTemplate>,
    /// Its conditions.
    pub conditions: &'a [Condition],
    /// Seconds that a rollout may take.
    pub progress_deadline: Option<i64>,
    /// How many pods have the newest template.
    pub updated: Option<u32>,
    /// Its pods are created one at a time, each once the one before is ready.
    pub is_ordered: bool,
    /// Its pods.
    pub pods: Vec<&'a Pod>,
    /// How many further pods it has of which only the name is known.
    pub unjudged_pods: u32,
    /// Whether only its name is known.
    pub is_unjudged: bool,
    /// Its replica sets.
    pub replica_sets: Vec<&'a ReplicaSet>,
    /// What it says about its pods, where it is a custom resource that was read.
    pub owner: Option<Owner>,
    /// The position of its service in the monitored services.
    pub service: Option<usize>,
}

/// Kind, namespace and name.
pub type Key<'a> = (&'a str, &'a str, &'a str);

impl<'a> Workload<'a> {
    /// Its unique key.
    #[must_use]
    pub fn key(&self) -> Key<'a> {
        (self.kind, &self.meta.namespace, self.name)
    }

    /// Its reference.
    #[must_use]
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind, &self.meta.namespace, self.name)
    }

    /// The pods' specification, from the template or one of the pods.
    #[must_use]
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        // A dump may not have the template.
        let template = self.template.map(|t| &*t.spec);
        template
            .filter(|spec| !spec.containers.is_empty())
            .or_else(|| self.pods.first().map(|p| &*p.spec))
    }
}

/// Every workload of a snapshot. Linear in the number of objects.
#[must_use]
pub fn collect<'a>(snapshot: &'a Snapshot, unjudged: &Unjudged) -> Vec<Workload<'a>> {
    let objects = &snapshot.objects;
    let mut workloads: Vec<_> = objects
        .deployments
        .iter()
        .map(deployment)
        .chain(objects.stateful_sets.iter().map(stateful_set))
        .chain(objects.daemon_sets.iter().map(daemon_set))
        .collect();
    let mut by_key: HashMap<Key, usize> = workloads
        .iter()
        .enumerate()
        .map(|(at, w)| (w.key(), at))
        .collect();
    for set in &objects.replica_sets {
        let owner = set.metadata.controller();
        let owner = owner.map_or(("", ""), |o| (o.kind.as_str(), o.name.as_str()));
        if let Some(&at) = by_key.get(&(owner.0, set.metadata.namespace.as_str(), owner.1)) {
            if !unjudged.is("ReplicaSet", &set.metadata) {
                workloads[at].replica_sets.push(set);
            }
        } else {
            let workload = match owner {
                (_, "") => replica_set(set),
                _ if unjudged.is("ReplicaSet", &set.metadata) => replica_set(set),
                (kind, name) => owner_of_sets(kind, name, set),
            };
            by_key.insert(workload.key(), workloads.len());
            workloads.push(workload);
        }
    }
    for workload in &mut workloads {
        workload.desired = workload.desired.or_else(|| wanted_by_sets(workload));
    }
    let owners = replica_set_owners(snapshot, unjudged);
    for pod in &objects.pods {
        let Some((kind, name)) = owner_of(pod, &owners) else {
            continue;
        };
        let key = (kind, pod.metadata.namespace.as_str(), name);
        let at = *by_key.entry(key).or_insert_with(|| {
            workloads.push(bare(kind, name, &pod.metadata));
            workloads.len() - 1
        });
        if unjudged.is("Pod", &pod.metadata) {
            workloads[at].unjudged_pods += 1;
        } else {
            workloads[at].pods.push(pod);
        }
    }
    for object in &objects.custom {
        let meta = &object.metadata;
        let key = (
            object.kind.as_str(),
            meta.namespace.as_str(),
            meta.name.as_str(),
        );
        let known = by_key.get(&key).copied();
        let Some(owner) = owners::of(object).filter(|o| known.is_some() || is_keeper(object, o))
        else {
            continue;
        };
        let at = known.unwrap_or(workloads.len());
        if known.is_none() {
            workloads.push(bare(key.0, key.2, meta));
            by_key.insert(key, at);
        }
        // A kind of Kubernetes may have its name from another group too.
        if workloads[at].template.is_none() {
            workloads[at].desired = Some(owner.wanted);
            workloads[at].owner = Some(owner);
        }
    }
    // The order of the snapshot must not change the result.
    for workload in &mut workloads {
        let (kind, namespace, name) = workload.key();
        workload.is_unjudged = unjudged.has(kind, namespace, name);
        workload.pods.shrink_to_fit();
        workload.pods.sort_unstable_by_key(|p| &p.metadata.name);
        workload
            .replica_sets
            .sort_unstable_by_key(|s| &s.metadata.name);
    }
    workloads.sort_unstable_by_key(Workload::key);
    workloads
}

fn bare<'a>(kind: &'a str, name: &'a str, meta: &'a ObjectMeta) -> Workload<'a> {
    Workload {
        kind,
        name,
        meta,
        desired: None,
        reported_ready: 0,
        template: None,
        conditions: &[],
        progress_deadline: None,
        updated: None,
        is_ordered: false,
        pods: Vec::new(),
        unjudged_pods: 0,
        is_unjudged: false,
        replica_sets: Vec::new(),
        owner: None,
        service: None,
    }
}

fn deployment(d: &Deployment) -> Workload<'_> {
    Workload {
        desired: Some(d.spec.replicas.unwrap_or(1)),
        reported_ready: d.status.ready_replicas,
        template: Some(&d.spec.template),
        conditions: &d.status.conditions,
        progress_deadline: (!d.spec.paused)
            .then_some(d.spec.progress_deadline_seconds.unwrap_or(600)),
        updated: Some(d.status.updated_replicas),
        ..bare("Deployment", &d.metadata.name, &d.metadata)
    }
}

fn stateful_set(s: &StatefulSet) -> Workload<'_> {
    Workload {
        desired: Some(s.spec.replicas.unwrap_or(1)),
        reported_ready: s.status.ready_replicas,
        template: Some(&s.spec.template),
        conditions: &s.status.conditions,
        updated: Some(s.status.updated_replicas),
        is_ordered: s.spec.pod_management_policy != "Parallel",
        ..bare("StatefulSet", &s.metadata.name, &s.metadata)
    }
}

fn daemon_set(d: &DaemonSet) -> Workload<'_> {
    Workload {
        desired: Some(d.status.desired_number_scheduled),
        reported_ready: d.status.number_ready,
        template: Some(&d.spec.template),
        conditions: &d.status.conditions,
        updated: Some(d.status.updated_number_scheduled),
        ..bare("DaemonSet", &d.metadata.name, &d.metadata)
    }
}

fn replica_set(s: &ReplicaSet) -> Workload<'_> {
    Workload {
        desired: Some(s.spec.replicas.unwrap_or(1)),
        reported_ready: s.status.ready_replicas,
        template: s.spec.template.as_deref(),
        conditions: &s.status.conditions,
        ..bare("ReplicaSet", &s.metadata.name, &s.metadata)
    }
}

/// An owner that was not read, known by one of its replica sets.
fn owner_of_sets<'a>(kind: &'a str, name: &'a str, set: &'a ReplicaSet) -> Workload<'a> {
    Workload {
        replica_sets: vec![set],
        ..bare(kind, name, &set.metadata)
    }
}

/// How many pods the replica sets of an owner want.
fn wanted_by_sets(workload: &Workload) -> Option<u32> {
    let sets = workload.replica_sets.iter();
    let wanted = sets.map(|set| set.spec.replicas.unwrap_or(1));
    wanted.reduce(u32::saturating_add)
}

/// Kind and name of the owner of each replica set, usually a deployment.
type ReplicaSetOwners<'a> = HashMap<(&'a str, &'a str), (&'a str, &'a str)>;

fn replica_set_owners<'a>(snapshot: &'a Snapshot, unjudged: &Unjudged) -> ReplicaSetOwners<'a> {
    let sets = snapshot.objects.replica_sets.iter();
    // Its owner may be what could not be decoded. The name of the set tells it too.
    let sets = sets.filter(|set| !unjudged.is("ReplicaSet", &set.metadata));
    sets.filter_map(|set| {
        let meta = &set.metadata;
        let owner = meta.controller()?;
        let key = (meta.namespace.as_str(), meta.name.as_str());
        Some((key, (owner.kind.as_str(), owner.name.as_str())))
    })
    .collect()
}

/// Kind and name of the workload that a pod belongs to. Runs belong to none, and
/// neither do ended pods without a controller that were to end.
fn owner_of<'a>(pod: &'a Pod, owners: &ReplicaSetOwners<'a>) -> Option<(&'a str, &'a str)> {
    if is_run(pod) {
        return None;
    }
    let meta = &pod.metadata;
    let Some(owner) = meta.controller() else {
        return (!pod.has_ended() || pod.is_lost()).then_some(("Pod", &meta.name));
    };
    match owner.kind.as_str() {
        // Static pods are owned by their node and have no controller.
        "Node" => Some(("Pod", &meta.name)),
        "ReplicaSet" => {
            let known = owners.get(&(meta.namespace.as_str(), owner.name.as_str()));
            let by_hash = || Some(("Deployment", pod.deployment_by_hash()?));
            let workload = known.copied().or_else(by_hash);
            Some(workload.unwrap_or(("ReplicaSet", &owner.name)))
        }
        kind => Some((kind, &owner.name)),
    }
}
