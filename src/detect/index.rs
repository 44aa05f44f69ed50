//! The index of a snapshot, for detection and diagnosis: workloads with their
//! pods, events, metrics and logs by object, and the service of each workload.
//! Whatever is looked up often is indexed, so that a cycle stays linear.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use chrono::TimeDelta;

use super::by_name::ByName;
use super::damage::Unjudged;
use super::membership::{self, NamespaceObjects};
use super::ownership::ServiceMatcher;
use super::requests::{self, Requests};
use super::run_pods::RunPods;
use super::workload::{self, Key, Workload};
use crate::cluster::types::{
    Event, Node, ObjectMeta, PersistentVolumeClaim, Pod, PodMetrics, Service as KubernetesService,
    Taint, condition,
};
use crate::cluster::{ContainerLog, MissingNodes, Resource, Snapshot};
use crate::inventory::Service;
use crate::model::{Effect, Finding, Reason, Time};

/// The namespace of the leases of nodes.
const NODE_LEASES: &str = "kube-node-lease";
/// A reboot that somebody prepared takes no longer.
const PLANNED_REBOOT: TimeDelta = TimeDelta::minutes(5);
/// Taints of nodes that an autoscaler has emptied and takes away.
const LEAVING: &[&str] = &["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"];

/// Restart counts as the previous cycle saw them, by `namespace/pod/container`.
pub type RestartCounts = BTreeMap<String, u32>;

/// The input of detection and diagnosis.
///
/// Cells hold owned values only, so that the index stays covariant in its lifetime.
pub struct ClusterIndex<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// Listed services and K3s's own components.
    pub monitored: &'a [Service],
    /// Deployments, stateful sets, daemon sets, and pods without a controller.
    pub workloads: Vec<Workload<'a>>,
    /// Pods of jobs, workflows and the like, which are of no workload.
    pub runs: RunPods<'a>,
    /// Finds the service of an object.
    pub matcher: ServiceMatcher<'a>,
    /// Objects that are known by name only.
    pub unjudged: Unjudged<'a>,
    /// Time between cycles.
    pub look_back: TimeDelta,
    /// Restart counts of the previous cycle.
    pub restarts: &'a RestartCounts,
    /// Nodes that pods are said to run on and that do not exist.
    pub missing_nodes: MissingNodes<'a>,
    events: HashMap<Key<'a>, Vec<&'a Event>>,
    pulls: HashMap<Key<'a>, Vec<&'a Event>>,
    nodes: HashMap<&'a str, &'a Node>,
    metrics: ByName<'a, PodMetrics>,
    services: ByName<'a, KubernetesService>,
    claims: ByName<'a, PersistentVolumeClaim>,
    logs: ByName<'a, ContainerLog>,
    namespaces: BTreeSet<&'a str>,
    by_namespace: HashMap<&'a str, Vec<usize>>,
    by_service: Vec<Vec<usize>>,
    by_name: HashMap<&'a str, usize>,
    requests: OnceCell<HashMap<String, Requests>>,
    probe_failures: OnceCell<Vec<(usize, String)>>,
    pub(super) oldest_pulls: OnceCell<HashMap<String, usize>>,
    outages: Option<&'a BTreeMap<String, Time>>,
}

impl<'a> ClusterIndex<'a> {
    /// Builds the index. Linear in the number of objects.
    #[must_use]
    pub fn new(
        snapshot: &'a Snapshot,
        monitored: &'a [Service],
        look_back: Duration,
        restarts: &'a RestartCounts,
    ) -> Self {
        let objects = &snapshot.objects;
        let matcher = ServiceMatcher::new(monitored);
        let unjudged = Unjudged::of(snapshot);
        let mut workloads = workload::collect(snapshot, &unjudged);
        matcher.assign(&mut workloads);
        let services = ByName::new(&objects.services, |s| name(&s.metadata));
        let claims = ByName::new(&objects.claims, |c| name(&c.metadata));
        membership::settle(
            monitored,
            &mut workloads,
            &NamespaceObjects {
                services: &services,
                claims: &claims,
            },
        );
        let mut by_service = vec![Vec::new(); monitored.len()];
        let mut by_namespace: HashMap<&str, Vec<_>> = HashMap::new();
        for (at, workload) in workloads.iter().enumerate() {
            let namespace = workload.meta.namespace.as_str();
            by_namespace.entry(namespace).or_default().push(at);
            if let Some(service) = workload.service {
                by_service[service].push(at);
            }
        }
        let nodes = objects.nodes.iter();
        let names = monitored.iter().enumerate();
        let namespaces = objects.namespaces.iter().map(|n| &n.metadata.name);
        let of_services = objects.services.iter().map(|s| &s.metadata.namespace);
        Self {
            snapshot,
            monitored,
            runs: RunPods::new(&objects.pods, &unjudged),
            matcher,
            unjudged,
            look_back: TimeDelta::from_std(look_back).unwrap_or(TimeDelta::hours(1)),
            restarts,
            missing_nodes: snapshot.missing_nodes(),
            events: by_object(objects.events.iter().filter(|e| e.is_warning())),
            pulls: by_object(objects.events.iter().filter(|e| e.is_about_pull())),
            nodes: nodes.map(|n| (n.metadata.name.as_str(), n)).collect(),
            metrics: ByName::new(&objects.pod_metrics, |m| {
                (&m.metadata.namespace, &m.metadata.name)
            }),
            services,
            claims,
            logs: ByName::new(&snapshot.logs, |log| (&log.namespace, &log.pod)),
            namespaces: namespaces.chain(of_services).map(|n| &**n).collect(),
            by_namespace,
            by_service,
            by_name: names.map(|(at, s)| (s.name.as_str(), at)).collect(),
            workloads,
            requests: OnceCell::new(),
            probe_failures: OnceCell::new(),
            oldest_pulls: OnceCell::new(),
            outages: None,
        }
    }

    /// Adds since when services have been unavailable, by the last cycle.
    #[must_use]
    pub fn with_outages(mut self, outages: &'a BTreeMap<String, Time>) -> Self {
        self.outages = Some(outages);
        self
    }

    /// Since when a service has been unavailable, by the last cycle.
    #[must_use]
    pub fn remembered_outage(&self, service: &Service) -> Option<Time> {
        self.outages?.get(&service.name).copied()
    }

    /// The time of the snapshot.
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
    ) -> &'b [&'a Event] {
        self.events
            .get(&(kind, namespace, name))
            .map_or(&[], Vec::as_slice)
    }

    /// Events about the pulls of a pod's images.
    pub fn pulls_of<'b>(&'b self, pod: &'b Pod) -> impl Iterator<Item = &'a Event> + 'b {
        let meta = &pod.metadata;
        let key: Key = ("Pod", &meta.namespace, &meta.name);
        let events = self.pulls.get(&key).map_or(&[][..], Vec::as_slice);
        events.iter().copied().filter(|e| {
            let uid = &e.involved_object.uid;
            uid.is_empty() || meta.uid.is_empty() || *uid == meta.uid
        })
    }

    /// Warning events about a node. Some components give them the namespace `default`.
    #[must_use]
    pub fn node_events(&self, name: &str) -> Vec<&'a Event> {
        let of = |namespace| {
            let key: Key = ("Node", namespace, name);
            self.events.get(&key).map_or(&[][..], Vec::as_slice)
        };
        of("").iter().chain(of("default")).copied().collect()
    }

    /// Warning events about a pod. Events about an earlier pod of the same name
    /// (stateful sets) do not count.
    pub fn pod_events<'b>(&'b self, pod: &'b Pod) -> impl Iterator<Item = &'a Event> + 'b {
        let meta = &pod.metadata;
        self.events("Pod", &meta.namespace, &meta.name)
            .iter()
            .copied()
            .filter(|e| {
                let uid = &e.involved_object.uid;
                uid.is_empty() || meta.uid.is_empty() || *uid == meta.uid
            })
    }

    /// Since when a node has been back, after it was not ready or rebooted.
    /// Containers that ended before that were ended by the node.
    #[must_use]
    pub fn node_back_since(&self, node: &str) -> Option<Time> {
        self.node_ready_again_since(node).max(self.rebooted(node))
    }

    fn node_ready_again_since(&self, node: &str) -> Option<Time> {
        let node = self.node(node)?;
        let ready = condition(&node.status.conditions, "Ready")?;
        // A node that became ready soon after it joined was not down before.
        let joined = node.metadata.creation_timestamp?;
        let since = ready.last_transition_time?;
        (ready.is_true() && since - joined > TimeDelta::minutes(10)).then_some(since)
    }

    /// When the kubelet found that its node had rebooted. A short reboot does not
    /// change the Ready condition.
    fn rebooted(&self, node: &str) -> Option<Time> {
        let events = self.events("Node", "", node).iter();
        let reboots = events.filter(|e| e.reason == "Rebooted");
        reboots.filter_map(|e| e.last()).max()
    }

    /// The last heartbeat of a node that says Ready and has been silent for minutes,
    /// by its status and by its lease. The kubelet writes an unchanged status every
    /// 5 minutes, up to half of that later, and renews its lease every 10 seconds.
    #[must_use]
    pub fn silent_since(&self, name: &str) -> Option<Time> {
        let ready = condition(&self.node(name)?.status.conditions, "Ready")?;
        let heartbeat = ready.last_heartbeat_time.filter(|_| ready.is_true())?;
        if self.now() - heartbeat <= TimeDelta::minutes(5) {
            return None;
        }
        let mut leases = self.snapshot.objects.leases.iter();
        let lease = leases.find(|l| l.metadata.name == name && l.metadata.namespace == NODE_LEASES);
        let renewed = lease.and_then(|l| l.spec.renew_time);
        let limit = TimeDelta::minutes(if renewed.is_some() { 5 } else { 10 });
        let last = renewed.map_or(heartbeat, |t| t.max(heartbeat));
        (self.now() - last > limit).then_some(last)
    }

    /// Whether a node that somebody cordoned has been silent for a few minutes, as
    /// in a planned reboot.
    #[must_use]
    pub fn is_rebooting(&self, name: &str) -> bool {
        let Some(node) = self.node(name) else {
            return false;
        };
        let ready = condition(&node.status.conditions, "Ready");
        let since = ready.filter(|c| !c.is_true());
        let since = since.and_then(|c| c.last_transition_time);
        let leaves = |taint: &Taint| LEAVING.contains(&taint.key.as_str());
        let is_cordoned = node.spec.unschedulable || node.spec.taints.iter().any(leaves);
        is_cordoned && since.is_some_and(|t| self.now() - t < PLANNED_REBOOT)
    }

    /// Whether a node is known and not ready. Its pods cannot be reached.
    #[must_use]
    pub fn is_lost(&self, node: &str) -> bool {
        let ready = self
            .node(node)
            .and_then(|n| condition(&n.status.conditions, "Ready"));
        ready.is_some_and(|c| !c.is_true()) || self.silent_since(node).is_some()
    }

    /// A node by name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    /// The service of a workload.
    #[must_use]
    pub fn service_of(&self, workload: &Workload) -> Option<&'a Service> {
        workload.service.map(|at| &self.monitored[at])
    }

    /// The service of an object that is not a workload: a certificate, a route.
    #[must_use]
    pub fn service_of_object(&self, meta: &ObjectMeta) -> Option<&'a Service> {
        let at = self.matcher.of_object(meta)?;
        Some(&self.monitored[at])
    }

    /// Whether an object may speak for a service: it is in the same namespace.
    #[must_use]
    pub fn is_in_namespace_of(&self, service: &Service, meta: &ObjectMeta) -> bool {
        service.namespace.as_deref() == Some(&*meta.namespace)
    }

    /// Whether an object is in a namespace that keeps the certificates of all hosts: of a
    /// monitored ingress controller or gateway, or of cert-manager.
    #[must_use]
    pub fn keeps_certificates(&self, meta: &ObjectMeta) -> bool {
        let is_keeper = |s: &&Service| s.ingress_controller || s.is_called("cert-manager");
        let mut keepers = self.monitored.iter().filter(is_keeper);
        keepers.any(|s| self.is_in_namespace_of(s, meta))
            || meta.namespace == "cert-manager" && self.service_called("cert-manager").is_none()
    }

    /// The service of a cron job.
    #[must_use]
    pub fn service_of_cron_job(&self, meta: &ObjectMeta) -> Option<&'a Service> {
        let at = self.matcher.of_cron_job(meta)?;
        Some(&self.monitored[at])
    }

    /// A monitored service by its name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&'a Service> {
        self.by_name.get(name).map(|&at| &self.monitored[at])
    }

    /// The position of a monitored service, by its name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A monitored service by its name or an alias.
    #[must_use]
    pub fn service_called(&self, name: &str) -> Option<&'a Service> {
        self.monitored.iter().find(|s| s.is_called(name))
    }

    /// Positions of the workloads of the monitored service at this position.
    #[must_use]
    pub fn workloads_of(&self, service: usize) -> &[usize] {
        &self.by_service[service]
    }

    /// A workload by kind, namespace and name.
    #[must_use]
    pub fn workload(&self, kind: &str, namespace: &str, name: &str) -> Option<&Workload<'a>> {
        // Workloads are sorted by this key.
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

    /// The workload whose pods a Kubernetes Service selects.
    #[must_use]
    pub fn workload_behind(&self, service: &KubernetesService) -> Option<&Workload<'a>> {
        let mut here = self.workloads_in(&service.metadata.namespace);
        here.find(|w| w.is_selected_by(service))
    }

    /// A Kubernetes Service by namespace and name.
    #[must_use]
    pub fn kubernetes_service(&self, namespace: &str, name: &str) -> Option<&'a KubernetesService> {
        self.services.get((namespace, name))
    }

    /// The Kubernetes Services of a namespace, by name.
    #[must_use]
    pub fn kubernetes_services_in(&self, namespace: &str) -> &[&'a KubernetesService] {
        self.services.in_namespace(namespace)
    }

    /// The Kubernetes Service that a host name stands for within a namespace.
    #[must_use]
    pub fn resolve(&self, host: &str, namespace: &str) -> Option<&'a KubernetesService> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = host.strip_suffix(".cluster.local").unwrap_or(host);
        let host = host.strip_suffix(".svc").unwrap_or(host);
        let mut labels = host.rsplit('.');
        let last = labels.next()?;
        // Labels before these name a pod of a headless Service: `db-0.db.prod`.
        match labels.next() {
            None => self.kubernetes_service(namespace, last),
            Some(name) => self.kubernetes_service(last, name),
        }
    }

    /// The namespaces that exist or have a Kubernetes Service, as far as was read.
    #[must_use]
    pub fn namespaces(&self) -> &BTreeSet<&'a str> {
        &self.namespaces
    }

    /// A claim by namespace and name.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&'a PersistentVolumeClaim> {
        self.claims.get((namespace, name))
    }

    /// The resource usage of a pod, where metrics have it.
    #[must_use]
    pub fn metrics(&self, pod: &Pod) -> Option<&'a PodMetrics> {
        self.metrics.get(name(&pod.metadata))
    }

    /// The logs of a pod's containers, as far as they were read.
    #[must_use]
    pub fn logs(&self, pod: &Pod) -> &[&'a ContainerLog] {
        self.logs.all(name(&pod.metadata))
    }

    /// The sum of the requests of the pods on a node. Added up once, when first needed.
    #[must_use]
    pub fn requests_on(&self, node: &str) -> Requests {
        let pods = &self.snapshot.objects.pods;
        let by_node = self.requests.get_or_init(|| requests::by_node(pods));
        by_node.get(node).copied().unwrap_or_default()
    }

    /// The failures of all probes, with their workload. Collected once, when first needed.
    pub fn probe_failures(&self) -> impl Iterator<Item = (&Workload<'a>, &str)> {
        let failures = self.probe_failures.get_or_init(|| {
            let workloads = self.workloads.iter().enumerate();
            let pods = workloads.flat_map(|(at, w)| w.pods.iter().map(move |pod| (at, pod)));
            pods.flat_map(|(at, pod)| self.pod_events(pod).map(move |e| (at, e)))
                .filter(|(_, e)| e.reason == "Unhealthy")
                .map(|(at, e)| (at, e.message.to_string()))
                .collect()
        });
        let failures = failures.iter();
        failures.map(|(at, message)| (&self.workloads[*at], message.as_str()))
    }

    /// A finding about a workload, with its service.
    #[must_use]
    pub fn workload_finding(
        &self,
        reason: Reason,
        workload: &Workload,
        since: Time,
        effect: Effect,
    ) -> Finding {
        let mut finding = Finding::new(reason, workload.reference(), since, effect);
        finding.service = self.service_of(workload).map(|s| s.name.clone());
        finding
    }
}

fn name(meta: &ObjectMeta) -> (&str, &str) {
    (&meta.namespace, &meta.name)
}

/// Events by the object that they are about.
fn by_object<'a>(events: impl Iterator<Item = &'a Event>) -> HashMap<Key<'a>, Vec<&'a Event>> {
    let mut by_object: HashMap<Key, Vec<_>> = HashMap::new();
    for event in events.filter(|e| is_of_own_namespace(e)) {
        let about = &event.involved_object;
        let key = (
            about.kind.as_str(),
            about.namespace.as_str(),
            about.name.as_str(),
        );
        by_object.entry(key).or_default().push(event);
    }
    // The order of the snapshot must not change the result.
    for events in by_object.values_mut() {
        events.sort_unstable_by_key(|e| (e.first(), &e.metadata.name, &e.message));
    }
    by_object
}

/// Whether an event is in the namespace of its object. The API server accepts no other; an event
/// about an object without a namespace is in `default`.
fn is_of_own_namespace(event: &Event) -> bool {
    let (own, about) = (&event.metadata.namespace, &event.involved_object.namespace);
    own.is_empty() || own == about || about.is_empty() && *own == "default"
}

/// Whether pods and everything that creates them was read, so that a workload
/// without pods is known to have none.
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
