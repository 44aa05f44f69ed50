//! A snapshot made easy to ask: workloads with their pods, events by object,
//! and which service each workload belongs to.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::TimeDelta;

use super::ownership;
use crate::cluster::objects::{
    Condition, Deployment, Event, Node, ObjectMeta, Pod, PodSpec, PodTemplate, ReplicaSet,
    StatefulSet, Time, condition,
};
use crate::cluster::{Resource, Snapshot};
use crate::detect::ObjectRef;
use crate::inventory::Service;

/// Restart counts as the previous cycle saw them, by `namespace/pod/container`.
pub type RestartCounts = BTreeMap<String, u32>;

/// All that detection may look at.
pub struct View<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// Listed services and K3s's own parts.
    pub roster: &'a [Service],
    /// Deployments, stateful sets, daemon sets, and pods on their own.
    pub workloads: Vec<Workload<'a>>,
    /// Time between cycles.
    pub look_back: TimeDelta,
    /// What the previous cycle remembered.
    pub restarts: &'a RestartCounts,
    events: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Event>>,
    nodes: HashMap<&'a str, &'a Node>,
}

/// Something that keeps a number of pods running.
pub struct Workload<'a> {
    /// Kind, as in manifests; of pods on their own, `Pod`.
    pub kind: &'a str,
    /// Its metadata.
    pub meta: &'a ObjectMeta,
    /// How many pods there should be; none when only the pods are known.
    pub desired: Option<u32>,
    /// How many it reports as ready.
    pub reported_ready: u32,
    /// The pods' template.
    pub template: Option<&'a PodTemplate>,
    /// Its conditions.
    pub conditions: &'a [Condition],
    /// Seconds that a rollout may take.
    pub progress_deadline: Option<i64>,
    /// How many pods have the newest template.
    pub updated: Option<u32>,
    /// Its pods.
    pub pods: Vec<&'a Pod>,
    /// Its replica sets.
    pub replica_sets: Vec<&'a ReplicaSet>,
    /// Index of its service in the roster.
    pub service: Option<usize>,
}

impl<'a> View<'a> {
    /// Joins what belongs together. Linear in the number of objects.
    #[must_use]
    pub fn new(
        snapshot: &'a Snapshot,
        roster: &'a [Service],
        look_back: Duration,
        restarts: &'a RestartCounts,
    ) -> Self {
        let mut events: HashMap<_, Vec<_>> = HashMap::new();
        for event in &snapshot.objects.events {
            let about = &event.involved_object;
            events
                .entry((
                    about.kind.as_str(),
                    about.namespace.as_str(),
                    about.name.as_str(),
                ))
                .or_default()
                .push(event);
        }
        let mut workloads = collect(snapshot);
        ownership::assign(&mut workloads, roster);
        Self {
            snapshot,
            roster,
            workloads,
            look_back: TimeDelta::from_std(look_back).unwrap_or(TimeDelta::hours(1)),
            restarts,
            events,
            nodes: snapshot
                .objects
                .nodes
                .iter()
                .map(|n| (n.metadata.name.as_str(), n))
                .collect(),
        }
    }

    /// The moment of the snapshot.
    #[must_use]
    pub fn now(&self) -> Time {
        self.snapshot.now
    }

    /// Warning events about an object.
    #[must_use]
    pub fn events<'b>(
        &'b self,
        kind: &'b str,
        namespace: &'b str,
        name: &'b str,
    ) -> &'b [&'b Event] {
        self.events
            .get(&(kind, namespace, name))
            .map_or(&[], Vec::as_slice)
    }

    /// Warning events about a pod. Events of an earlier pod of the same name
    /// (stateful sets) are another pod's.
    pub fn pod_events<'b>(&'b self, pod: &'b Pod) -> impl Iterator<Item = &'b Event> {
        let meta = &pod.metadata;
        self.events("Pod", &meta.namespace, &meta.name)
            .iter()
            .copied()
            .filter(|e| {
                let uid = &e.involved_object.uid;
                uid.is_empty() || meta.uid.is_empty() || *uid == meta.uid
            })
    }

    /// When a node last became ready again; ends of containers before that are
    /// the node's.
    #[must_use]
    pub fn node_came_back(&self, node: &str) -> Option<Time> {
        let node = self.node(node)?;
        let ready = condition(&node.status.conditions, "Ready")?;
        // The first heartbeat of a node is no return.
        let joined = node.metadata.creation_timestamp?;
        let since = ready.last_transition_time?;
        (ready.is_true() && since > joined + TimeDelta::minutes(10)).then_some(since)
    }

    /// A node by name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    /// The service of a workload.
    #[must_use]
    pub fn service_of(&self, workload: &Workload) -> Option<&'a Service> {
        workload.service.map(|index| &self.roster[index])
    }

    /// The workloads of the service at `index` of the roster.
    pub fn workloads_of(&self, index: usize) -> impl Iterator<Item = &Workload<'a>> {
        self.workloads
            .iter()
            .filter(move |w| w.service == Some(index))
    }
}

impl Workload<'_> {
    /// Names the workload.
    #[must_use]
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind, &self.meta.namespace, &self.meta.name)
    }

    /// The pods' specification, from the template or a living pod.
    #[must_use]
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        self.template
            .map(|t| &*t.spec)
            .or_else(|| self.pods.first().map(|p| &*p.spec))
    }
}

fn collect(snapshot: &Snapshot) -> Vec<Workload<'_>> {
    let objects = &snapshot.objects;
    let mut workloads: Vec<_> = objects
        .deployments
        .iter()
        .map(deployment)
        .chain(objects.stateful_sets.iter().map(stateful_set))
        .chain(objects.daemon_sets.iter().map(|d| Workload {
            desired: Some(d.status.desired_number_scheduled),
            reported_ready: d.status.number_ready,
            template: Some(&d.spec.template),
            conditions: &d.status.conditions,
            updated: Some(d.status.updated_number_scheduled),
            ..bare("DaemonSet", &d.metadata)
        }))
        .collect();
    let mut index: HashMap<_, usize> = HashMap::new();
    for (at, w) in workloads.iter().enumerate() {
        index.insert(
            (w.kind, w.meta.namespace.as_str(), w.meta.name.as_str()),
            at,
        );
    }
    let replica_sets = replica_set_owners(snapshot);
    for set in &objects.replica_sets {
        let meta = &set.metadata;
        let owner = meta.controller().map_or("", |o| o.name.as_str());
        if let Some(&at) = index.get(&("Deployment", meta.namespace.as_str(), owner)) {
            workloads[at].replica_sets.push(set);
        } else if owner.is_empty() {
            index.insert(("ReplicaSet", &meta.namespace, &meta.name), workloads.len());
            workloads.push(Workload {
                desired: Some(set.spec.replicas.unwrap_or(1)),
                reported_ready: set.status.ready_replicas,
                template: Some(&set.spec.template),
                conditions: &set.status.conditions,
                ..bare("ReplicaSet", meta)
            });
        }
    }
    for pod in &objects.pods {
        let Some((kind, name)) = owner_of(pod, &replica_sets) else {
            continue;
        };
        let key = (kind, pod.metadata.namespace.as_str(), name);
        let at = *index.entry(key).or_insert_with(|| {
            workloads.push(Workload {
                // The pod stands for its owner: only the owner's name would differ.
                ..bare(kind, &pod.metadata)
            });
            workloads.len() - 1
        });
        workloads[at].pods.push(pod);
    }
    workloads
}

fn bare<'a>(kind: &'a str, meta: &'a ObjectMeta) -> Workload<'a> {
    Workload {
        kind,
        meta,
        desired: None,
        reported_ready: 0,
        template: None,
        conditions: &[],
        progress_deadline: None,
        updated: None,
        pods: Vec::new(),
        replica_sets: Vec::new(),
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
        ..bare("Deployment", &d.metadata)
    }
}

fn stateful_set(s: &StatefulSet) -> Workload<'_> {
    Workload {
        desired: Some(s.spec.replicas.unwrap_or(1)),
        reported_ready: s.status.ready_replicas,
        template: Some(&s.spec.template),
        conditions: &s.status.conditions,
        updated: Some(s.status.updated_replicas),
        ..bare("StatefulSet", &s.metadata)
    }
}

/// The deployment that owns each replica set.
type ReplicaSetOwners<'a> = HashMap<(&'a str, &'a str), &'a str>;

fn replica_set_owners(snapshot: &Snapshot) -> ReplicaSetOwners<'_> {
    snapshot
        .objects
        .replica_sets
        .iter()
        .filter_map(|set| {
            let owner = set.metadata.controller()?;
            Some((
                (set.metadata.namespace.as_str(), set.metadata.name.as_str()),
                owner.name.as_str(),
            ))
        })
        .collect()
}

/// The workload that a pod belongs to; pods of jobs are their job's affair.
fn owner_of<'a>(pod: &'a Pod, replica_sets: &ReplicaSetOwners<'a>) -> Option<(&'a str, &'a str)> {
    let meta = &pod.metadata;
    let Some(owner) = meta.controller() else {
        return Some(("Pod", &meta.name));
    };
    match owner.kind.as_str() {
        "Job" => None,
        // Static pods belong to their node and have no other keeper.
        "Node" => Some(("Pod", &meta.name)),
        "ReplicaSet" => {
            let known = replica_sets.get(&(meta.namespace.as_str(), owner.name.as_str()));
            let deployment = known.copied().or_else(|| {
                let hash = meta.label("pod-template-hash")?;
                owner.name.strip_suffix(hash)?.strip_suffix('-')
            });
            Some(deployment.map_or(("ReplicaSet", owner.name.as_str()), |d| ("Deployment", d)))
        }
        kind => Some((kind, &owner.name)),
    }
}

/// Whether pods and everything that keeps them were read, so that "there is
/// none" can be said.
#[must_use]
pub fn workloads_are_read(snapshot: &Snapshot) -> bool {
    [
        Resource::Pods,
        Resource::Deployments,
        Resource::StatefulSets,
        Resource::DaemonSets,
        Resource::CronJobs,
    ]
    .into_iter()
    .all(|r| snapshot.is_read(r))
}
