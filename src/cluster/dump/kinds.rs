//! Which list of a snapshot holds which kind: the one table that reading and
//! writing share.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cluster::types::{
    Application, Certificate, CronJob, DaemonSet, Deployment, EndpointSlice, Event, ExternalSecret,
    Gateway, HorizontalPodAutoscaler, HttpRoute, Ingress, Issuer, Job, Lease, Namespace, Node,
    NodeMetrics, PersistentVolume, PersistentVolumeClaim, Pod, PodDisruptionBudget, PodMetrics,
    ReplicaSet, ResourceQuota, SecretStore, Service, StatefulSet, StorageClass,
};
use crate::cluster::{Objects, Resource};

/// An object of any kind that is kept.
pub(super) trait Object: Serialize + DeserializeOwned {
    /// Namespace and name.
    fn name(&self) -> (&str, &str);
}

/// Something to do with the list of a kind, whichever it is.
pub(super) trait Change {
    type Out;
    fn change<T: Object>(self, list: &mut Vec<T>) -> Self::Out;
}

/// Something to learn from the list of a kind, whichever it is.
pub(super) trait Look {
    type Out;
    fn look<T: Object>(self, list: &[T]) -> Self::Out;
}

macro_rules! lists {
    ($($resource:ident $list:ident;)*) => {
        /// Does something with the list of a kind; logs have none.
        pub(super) fn change<C: Change>(resource: Resource, objects: &mut Objects, change: C) -> Option<C::Out> {
            match resource {
                $(Resource::$resource => Some(change.change(&mut objects.$list)),)*
                Resource::PodLogs => None,
            }
        }

        /// Learns something from the list of a kind; logs have none.
        pub(super) fn look<L: Look>(resource: Resource, objects: &Objects, look: L) -> Option<L::Out> {
            match resource {
                $(Resource::$resource => Some(look.look(&objects.$list)),)*
                Resource::PodLogs => None,
            }
        }
    };
}

lists! {
    Nodes nodes;
    Namespaces namespaces;
    Pods pods;
    Events events;
    Deployments deployments;
    StatefulSets stateful_sets;
    DaemonSets daemon_sets;
    ReplicaSets replica_sets;
    Jobs jobs;
    CronJobs cron_jobs;
    Services services;
    EndpointSlices endpoint_slices;
    Ingresses ingresses;
    PersistentVolumes persistent_volumes;
    PersistentVolumeClaims claims;
    StorageClasses storage_classes;
    HorizontalPodAutoscalers autoscalers;
    PodDisruptionBudgets disruption_budgets;
    ResourceQuotas quotas;
    Leases leases;
    Applications applications;
    Certificates certificates;
    Issuers issuers;
    ClusterIssuers cluster_issuers;
    ExternalSecrets external_secrets;
    SecretStores secret_stores;
    ClusterSecretStores cluster_secret_stores;
    Gateways gateways;
    HttpRoutes http_routes;
    PodMetrics pod_metrics;
    NodeMetrics node_metrics;
}

macro_rules! objects {
    ($($kind:ident)*) => { $(
        impl Object for $kind {
            fn name(&self) -> (&str, &str) {
                (&self.metadata.namespace, &self.metadata.name)
            }
        }
    )* };
}

objects! {
    Node Namespace Pod Event Deployment StatefulSet DaemonSet ReplicaSet Job CronJob Service
    EndpointSlice Ingress PersistentVolume PersistentVolumeClaim StorageClass
    HorizontalPodAutoscaler PodDisruptionBudget ResourceQuota Lease Application Certificate Issuer
    ExternalSecret SecretStore Gateway HttpRoute PodMetrics NodeMetrics
}
