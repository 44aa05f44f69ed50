//! A snapshot made easy to ask: workloads with their pods, events and metrics
//! by object, and which service each workload belongs to. Whatever detection
//! looks up often has an index here, so that a cycle stays linear.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::TimeDelta;

use super::ownership::ServiceMatcher;
use super::workload::{self, Key, Workload};
use crate::cluster::types::{Event, Node, Pod, PodMetrics, Service as Endpoint, condition};
use crate::cluster::{Resource, Snapshot};
use crate::inventory::Service;
use crate::model::Time;

/// Restart counts as the previous cycle saw them, by `namespace/pod/container`.
pub type RestartCounts = BTreeMap<String, u32>;

/// All that detection may look at.
pub struct ClusterIndex<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// Listed services and K3s's own parts.
    pub roster: &'a [Service],
    /// Deployments, stateful sets, daemon sets, and pods on their own.
    pub workloads: Vec<Workload<'a>>,
    /// The roster by namespace.
    pub owners: ServiceMatcher<'a>,
    /// Time between cycles.
    pub look_back: TimeDelta,
    /// What the previous cycle remembered.
    pub restarts: &'a RestartCounts,
    events: HashMap<Key<'a>, Vec<&'a Event>>,
    nodes: HashMap<&'a str, &'a Node>,
    metrics: Vec<&'a PodMetrics>,
    endpoints: Vec<&'a Endpoint>,
    by_namespace: HashMap<&'a str, Vec<usize>>,
    by_service: Vec<Vec<usize>>,
    by_name: HashMap<&'a str, usize>,
}

impl<'a> ClusterIndex<'a> {
    /// Joins what belongs together. Linear in the number of objects.
    #[must_use]
    pub fn new(
        snapshot: &'a Snapshot,
        roster: &'a [Service],
        look_back: Duration,
        restarts: &'a RestartCounts,
    ) -> Self {
        let objects = &snapshot.objects;
        let owners = ServiceMatcher::new(roster);
        let mut workloads = workload::collect(snapshot);
        owners.assign(&mut workloads);
        let mut by_service = vec![Vec::new(); roster.len()];
        let mut by_namespace: HashMap<&str, Vec<_>> = HashMap::new();
        for (at, workload) in workloads.iter().enumerate() {
            let namespace = workload.meta.namespace.as_str();
            by_namespace.entry(namespace).or_default().push(at);
            if let Some(service) = workload.service {
                by_service[service].push(at);
            }
        }
        let nodes = objects.nodes.iter();
        Self {
            snapshot,
            roster,
            owners,
            look_back: TimeDelta::from_std(look_back).unwrap_or(TimeDelta::hours(1)),
            restarts,
            events: warnings(&objects.events),
            nodes: nodes.map(|n| (n.metadata.name.as_str(), n)).collect(),
            metrics: by_name(&objects.pod_metrics, metrics_name),
            endpoints: by_name(&objects.services, endpoint_name),
            by_namespace,
            by_service,
            by_name: roster
                .iter()
                .enumerate()
                .map(|(at, s)| (s.name.as_str(), at))
                .collect(),
            workloads,
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
        (ready.is_true() && since - joined > TimeDelta::minutes(10)).then_some(since)
    }

    /// Whether a node is known and not ready: what runs there cannot be reached.
    #[must_use]
    pub fn is_lost(&self, node: &str) -> bool {
        let ready = self
            .node(node)
            .and_then(|n| condition(&n.status.conditions, "Ready"));
        ready.is_some_and(|c| !c.is_true())
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

    /// A workload by kind, namespace and name.
    #[must_use]
    pub fn workload(&self, kind: &str, namespace: &str, name: &str) -> Option<&Workload<'a>> {
        // They are collected in this order.
        let key = (kind, namespace, name);
        let at = self.workloads.binary_search_by(|w| w.key().cmp(&key));
        at.ok().map(|at| &self.workloads[at])
    }

    /// The workloads of a namespace, in the order of all.
    pub fn workloads_in<'v>(&'v self, namespace: &str) -> impl Iterator<Item = &'v Workload<'a>> {
        let here = self.by_namespace.get(namespace);
        let here = here.map_or(&[][..], Vec::as_slice).iter();
        here.map(|&at| &self.workloads[at])
    }

    /// A Kubernetes Service by namespace and name.
    #[must_use]
    pub fn endpoint(&self, namespace: &str, name: &str) -> Option<&'a Endpoint> {
        named(&self.endpoints, (namespace, name), endpoint_name)
    }

    /// A service of the roster by its name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&'a Service> {
        self.by_name.get(name).map(|&at| &self.roster[at])
    }

    /// Positions of the workloads of the service at `index` of the roster.
    #[must_use]
    pub fn workloads_of(&self, index: usize) -> &[usize] {
        &self.by_service[index]
    }

    /// What a pod uses, where it was measured.
    #[must_use]
    pub fn metrics(&self, pod: &Pod) -> Option<&'a PodMetrics> {
        let meta = &pod.metadata;
        named(&self.metrics, (&meta.namespace, &meta.name), metrics_name)
    }
}

/// Objects in the order of their names. There are as many as pods or workloads:
/// a table would take five times the room.
fn by_name<T>(objects: &[T], name_of: fn(&T) -> Name<'_>) -> Vec<&T> {
    let mut sorted: Vec<_> = objects.iter().collect();
    // Of two with one name the later counts.
    sorted.sort_by_key(|object| name_of(object));
    sorted
}

fn named<'a, T>(sorted: &[&'a T], name: Name, name_of: fn(&T) -> Name<'_>) -> Option<&'a T> {
    let end = sorted.partition_point(|object| name_of(object) <= name);
    let last = *sorted[..end].last()?;
    (name_of(last) == name).then_some(last)
}

/// Namespace and name.
type Name<'a> = (&'a str, &'a str);

fn endpoint_name(endpoint: &Endpoint) -> Name<'_> {
    (&endpoint.metadata.namespace, &endpoint.metadata.name)
}

fn metrics_name(metrics: &PodMetrics) -> Name<'_> {
    (&metrics.metadata.namespace, &metrics.metadata.name)
}

/// Warning events by what they are about; normal ones, which a dump may hold,
/// tell of no trouble.
fn warnings(events: &[Event]) -> HashMap<Key<'_>, Vec<&Event>> {
    let mut by_object: HashMap<Key, Vec<_>> = HashMap::new();
    for event in events.iter().filter(|e| e.is_warning()) {
        let about = &event.involved_object;
        let key = (
            about.kind.as_str(),
            about.namespace.as_str(),
            about.name.as_str(),
        );
        by_object.entry(key).or_default().push(event);
    }
    // What is said of them must not hang on the order in which they came.
    for events in by_object.values_mut() {
        events.sort_unstable_by_key(|e| (e.first(), &e.metadata.name, &e.message));
    }
    by_object
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
