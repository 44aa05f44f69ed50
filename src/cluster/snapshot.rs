//! What one cycle knows of the cluster: objects, and for each kind whether it
//! could be read at all.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Serialize;

use super::kinds::{ROWS, Resource};
use super::{
    types::Application, types::Certificate, types::CronJob, types::DaemonSet, types::Deployment,
    types::EndpointSlice, types::Event, types::ExternalSecret, types::Gateway,
    types::HorizontalPodAutoscaler, types::HttpRoute, types::Ingress, types::Issuer, types::Job,
    types::Lease, types::Namespace, types::Node, types::NodeMetrics, types::PersistentVolume,
    types::PersistentVolumeClaim, types::Pod, types::PodDisruptionBudget, types::PodMetrics,
    types::ReplicaSet, types::ResourceQuota, types::SecretStore, types::Service,
    types::StatefulSet, types::StorageClass,
};
use crate::model::Time;

/// The cluster at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The moment that thresholds are measured against.
    pub now: Time,
    /// Name of the cluster in reports.
    pub cluster: String,
    /// Live, or a dump that somebody else made.
    pub source: Source,
    /// The objects.
    pub objects: Objects,
    /// Logs of failing containers.
    pub logs: Vec<ContainerLog>,
    /// For each kind that was tried or wanted: what came of it.
    pub reads: BTreeMap<Resource, Read>,
    /// Requests sent to the API server, retries included.
    pub requests: u32,
    /// How far the server's clock, which `now` then goes by, is ahead of this
    /// machine's, where that is more than a minute.
    pub skew: Option<TimeDelta>,
}

/// The objects of a snapshot, by kind.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs, reason = "one list a kind, named like it")]
pub struct Objects {
    pub nodes: Vec<Node>,
    pub namespaces: Vec<Namespace>,
    pub pods: Vec<Pod>,
    pub events: Vec<Event>,
    pub deployments: Vec<Deployment>,
    pub stateful_sets: Vec<StatefulSet>,
    pub daemon_sets: Vec<DaemonSet>,
    pub replica_sets: Vec<ReplicaSet>,
    pub jobs: Vec<Job>,
    pub cron_jobs: Vec<CronJob>,
    pub services: Vec<Service>,
    pub endpoint_slices: Vec<EndpointSlice>,
    pub ingresses: Vec<Ingress>,
    pub persistent_volumes: Vec<PersistentVolume>,
    pub claims: Vec<PersistentVolumeClaim>,
    pub storage_classes: Vec<StorageClass>,
    pub autoscalers: Vec<HorizontalPodAutoscaler>,
    pub disruption_budgets: Vec<PodDisruptionBudget>,
    pub quotas: Vec<ResourceQuota>,
    pub leases: Vec<Lease>,
    pub applications: Vec<Application>,
    pub certificates: Vec<Certificate>,
    pub issuers: Vec<Issuer>,
    pub cluster_issuers: Vec<Issuer>,
    pub external_secrets: Vec<ExternalSecret>,
    pub secret_stores: Vec<SecretStore>,
    pub cluster_secret_stores: Vec<SecretStore>,
    pub gateways: Vec<Gateway>,
    pub http_routes: Vec<HttpRoute>,
    pub pod_metrics: Vec<PodMetrics>,
    pub node_metrics: Vec<NodeMetrics>,
}

/// Where a snapshot comes from: whoever made a dump chose what is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// The API server.
    Live,
    /// A snapshot that this program wrote: as good as live.
    Capture,
    /// Objects that somebody else collected, perhaps of another cluster.
    #[default]
    Dump,
}

/// What came of reading one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All of it was read.
    Complete,
    /// The cluster does not have this kind: silence, not blindness.
    Absent,
    /// It is there, or may be, and was not seen.
    Unread(Unread),
}

/// Why a kind was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The class of the trouble.
    pub reason: UnreadReason,
    /// The server's or the reader's words, and what to do.
    pub message: String,
}

/// Classes of trouble while reading one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UnreadReason {
    /// 401 or 403.
    Forbidden,
    /// Neither page nor error in time.
    Timeout,
    /// 5xx, 429 or a connection that broke, more often than is retried.
    Unavailable,
    /// An answer that is not what Kubernetes documents.
    Malformed,
    /// A dump without this kind.
    NotInSnapshot,
}

/// The last lines of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLog {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container; empty where a dump does not tell.
    pub container: String,
    /// Output of the run before this one.
    pub previous: bool,
    /// The text, at most some dozens of lines.
    pub text: String,
}

impl Snapshot {
    /// Whether every object of the kind is known. Absent kinds are: there are none.
    #[must_use]
    pub fn is_read(&self, resource: Resource) -> bool {
        matches!(
            self.reads.get(&resource),
            Some(Read::Complete | Read::Absent)
        )
    }

    /// The kinds that were wanted and not seen, in the order of [`ROWS`].
    pub fn unread(&self) -> impl Iterator<Item = (Resource, &Unread)> {
        ROWS.iter()
            .filter_map(|row| match self.reads.get(&row.resource) {
                Some(Read::Unread(unread)) => Some((row.resource, unread)),
                _ => None,
            })
    }

    /// Logs of one pod's container, current run first.
    pub fn logs_of<'a>(
        &'a self,
        namespace: &'a str,
        pod: &'a str,
    ) -> impl Iterator<Item = &'a ContainerLog> {
        self.logs
            .iter()
            .filter(move |log| log.namespace == namespace && log.pod == pod)
    }
}
