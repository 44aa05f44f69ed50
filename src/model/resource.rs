//! The kinds of Kubernetes objects that a cycle reads.

/// A kind that a cycle reads. Its API group, versions and names are its row in `cluster::kinds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
pub enum Resource {
    Nodes,
    Namespaces,
    Pods,
    Events,
    Deployments,
    StatefulSets,
    DaemonSets,
    ReplicaSets,
    Jobs,
    CronJobs,
    Services,
    EndpointSlices,
    Ingresses,
    PersistentVolumes,
    PersistentVolumeClaims,
    StorageClasses,
    HorizontalPodAutoscalers,
    PodDisruptionBudgets,
    ResourceQuotas,
    Leases,
    Applications,
    Certificates,
    Issuers,
    ClusterIssuers,
    ExternalSecrets,
    SecretStores,
    ClusterSecretStores,
    Gateways,
    HttpRoutes,
    PodMetrics,
    NodeMetrics,
    PodLogs,
}
