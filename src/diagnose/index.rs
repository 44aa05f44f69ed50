//! The cluster as the rules ask for it: what stands in several lists, by name.
//! Built once for all findings, in time linear in the objects.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::cluster::types::{
    PersistentVolumeClaim, Pod, PodSpec, Service as Endpoint, SmallMap, selects,
};
use crate::cluster::{ContainerLog, quantity};
use crate::detect::{ClusterIndex, Workload};
use crate::inventory::Service;
use crate::model::{Finding, ObjectRef, Reason};

/// A name within a namespace.
type Key<'a> = (&'a str, &'a str);

/// What the rules look things up in.
pub struct DiagnosisIndex<'a> {
    /// Everything.
    pub view: &'a ClusterIndex<'a>,
    logs: HashMap<Key<'a>, Vec<&'a ContainerLog>>,
    claims: HashMap<Key<'a>, &'a PersistentVolumeClaim>,
    endpoints: HashMap<Key<'a>, &'a Endpoint>,
    /// What some finding is about.
    troubled: HashSet<ObjectRef>,
    lost_nodes: HashSet<String>,
    in_use: OnceCell<HashMap<&'a str, InUse>>,
    complaints: OnceCell<Vec<(usize, String)>>,
}

/// What the pods of one node ask for together.
#[derive(Debug, Clone, Copy, Default)]
pub struct InUse {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub memory: f64,
    /// Pods.
    pub pods: f64,
}

impl<'a> DiagnosisIndex<'a> {
    /// Sorts what is there.
    #[must_use]
    pub fn new(view: &'a ClusterIndex<'a>, findings: &[Finding]) -> Self {
        let objects = &view.snapshot.objects;
        let mut logs: HashMap<_, Vec<_>> = HashMap::new();
        for log in &view.snapshot.logs {
            logs.entry((log.namespace.as_str(), log.pod.as_str()))
                .or_default()
                .push(log);
        }
        let key = |meta: &'a crate::cluster::types::ObjectMeta| {
            (meta.namespace.as_str(), meta.name.as_str())
        };
        Self {
            view,
            logs,
            claims: objects
                .claims
                .iter()
                .map(|c| (key(&c.metadata), c))
                .collect(),
            endpoints: objects
                .services
                .iter()
                .map(|s| (key(&s.metadata), s))
                .collect(),
            troubled: findings.iter().map(|f| f.resource.clone()).collect(),
            lost_nodes: findings
                .iter()
                .filter(|f| f.reason == Reason::NodeNotReady)
                .map(|f| f.resource.name.clone())
                .collect(),
            in_use: OnceCell::new(),
            complaints: OnceCell::new(),
        }
    }

    /// A workload by the object that stands for it.
    #[must_use]
    pub fn workload(&self, of: &ObjectRef) -> Option<&'a Workload<'a>> {
        self.view.workload(&of.kind, &of.namespace, &of.name)
    }

    /// Logs of a pod, as far as they were read.
    #[must_use]
    pub fn logs<'b>(&'b self, pod: &'b Pod) -> &'b [&'a ContainerLog] {
        let key = (pod.metadata.namespace.as_str(), pod.metadata.name.as_str());
        self.logs.get(&key).map_or(&[], Vec::as_slice)
    }

    /// A claim by name.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&'a PersistentVolumeClaim> {
        self.claims.get(&(namespace, name)).copied()
    }

    /// A Service by name.
    #[must_use]
    pub fn endpoint(&self, namespace: &str, name: &str) -> Option<&'a Endpoint> {
        self.endpoints.get(&(namespace, name)).copied()
    }

    /// Whether some finding is about the object.
    #[must_use]
    pub fn is_troubled(&self, object: &ObjectRef) -> bool {
        self.troubled.contains(object)
    }

    /// Whether a node does not report.
    #[must_use]
    pub fn is_lost(&self, node: &str) -> bool {
        self.lost_nodes.contains(node)
    }

    /// The Service that a host name means when it is asked for in a namespace.
    #[must_use]
    pub fn resolve(&self, host: &str, namespace: &str) -> Option<&'a Endpoint> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = host.strip_suffix(".cluster.local").unwrap_or(host);
        let host = host.strip_suffix(".svc").unwrap_or(host);
        let mut labels = host.rsplit('.');
        let last = labels.next()?;
        // What stands before them is a pod of a headless service: `db-0.db.prod`.
        match labels.next() {
            None => self.endpoint(namespace, last),
            Some(name) => self.endpoint(last, name),
        }
    }

    /// The workload whose pods a Service selects.
    #[must_use]
    pub fn behind(&self, endpoint: &Endpoint) -> Option<&'a Workload<'a>> {
        let selector = &endpoint.spec.selector;
        if selector.is_empty() {
            return None;
        }
        let mut here = self.view.workloads_in(&endpoint.metadata.namespace);
        here.find(|w| {
            let of_pods = w.pods.iter().any(|p| selects(selector, &p.metadata.labels));
            of_pods
                || w.template
                    .is_some_and(|t| selects(selector, &t.metadata.labels))
        })
    }

    /// A listed service by a name of its own.
    #[must_use]
    pub fn listed(&self, name: &str) -> Option<&'a Service> {
        self.view.roster.iter().find(|s| s.is_called(name))
    }

    /// What the pods on each node ask for.
    pub fn in_use(&self, node: &str) -> InUse {
        let by_node = self.in_use.get_or_init(|| {
            let mut sums: HashMap<&str, InUse> = HashMap::new();
            for pod in &self.view.snapshot.objects.pods {
                if pod.node().is_empty()
                    || matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
                {
                    continue;
                }
                let sum = sums.entry(pod.node()).or_default();
                sum.cpu += requested(&pod.spec, "cpu");
                sum.memory += requested(&pod.spec, "memory");
                sum.pods += 1.0;
            }
            sums
        });
        by_node.get(node).copied().unwrap_or_default()
    }

    /// Workloads whose own probes repeat a complaint, with the event's text.
    /// A database that refuses its clients mostly refuses its probe too.
    pub fn complaining(&self) -> impl Iterator<Item = (&'a Workload<'a>, &str)> {
        let found = self.complaints.get_or_init(|| {
            let view = self.view;
            let of_workload = |(at, w): (usize, &'a Workload<'a>)| {
                w.pods
                    .iter()
                    .flat_map(|p| view.pod_events(p))
                    .filter(|e| e.reason == "Unhealthy")
                    .map(|e| (at, e.message.to_string()))
                    .collect::<Vec<_>>()
            };
            view.workloads
                .iter()
                .enumerate()
                .flat_map(of_workload)
                .collect()
        });
        found
            .iter()
            .map(|(at, text)| (&self.view.workloads[*at], text.as_str()))
    }
}

/// What a pod asks for of one resource. Init containers run before the others,
/// so the larger of the two counts.
#[must_use]
pub fn requested(spec: &PodSpec, resource: &str) -> f64 {
    let of = |requests: &SmallMap<crate::cluster::types::Quantity>| {
        requests
            .get(resource)
            .and_then(|q| quantity::parse(&q.0))
            .unwrap_or(0.0)
    };
    let together: f64 = spec
        .containers
        .iter()
        .map(|c| of(&c.resources.requests))
        .sum();
    let before = spec
        .init_containers
        .iter()
        .map(|c| of(&c.resources.requests));
    before.fold(together, f64::max)
}
