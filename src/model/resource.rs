//! The kinds that a cycle reads: one row each. No other kind is requested.

use serde::Serialize;

/// Calls a macro with the table of kinds.
///
/// A new kind is its row here, its slim type in `cluster::types` and a line in
/// `deploy/rights/rbac.yaml`. The rows stand in the order of reports. The columns:
///
/// - variant of [`Resource`], field of `cluster::Objects`, slim type;
/// - API group (empty for the core group), versions that are understood (newest first), plural;
/// - kind in manifests, [`ResourceScope`], [`Requirement`], further names that kubectl accepts;
/// - what is kept of an object once it is read: `whole`, `custom` where `cluster::compact` has an
///   implementation for the slim type, `shared` where the slim type is another row's.
macro_rules! for_each_kind {
    ($callback:ident) => {
        $callback! {
Nodes nodes: Node, "" ["v1"] "nodes", "Node" Cluster Vital ["no"], whole;
Namespaces namespaces: Namespace, "" ["v1"] "namespaces", "Namespace" Cluster Core ["ns"], whole;
Pods pods: Pod, "" ["v1"] "pods", "Pod" Namespaced Vital ["po"], custom;
Events events: Event, "" ["v1"] "events", "Event" Namespaced Core ["ev"], custom;
Deployments deployments: Deployment, "apps" ["v1"] "deployments", "Deployment" Namespaced Vital ["deploy"], custom;
StatefulSets stateful_sets: StatefulSet, "apps" ["v1"] "statefulsets", "StatefulSet" Namespaced Vital ["sts"], custom;
DaemonSets daemon_sets: DaemonSet, "apps" ["v1"] "daemonsets", "DaemonSet" Namespaced Vital ["ds"], custom;
ReplicaSets replica_sets: ReplicaSet, "apps" ["v1"] "replicasets", "ReplicaSet" Namespaced Core ["rs"], custom;
Jobs jobs: Job, "batch" ["v1"] "jobs", "Job" Namespaced Core [], custom;
CronJobs cron_jobs: CronJob, "batch" ["v1"] "cronjobs", "CronJob" Namespaced Core ["cj"], custom;
Services services: Service, "" ["v1"] "services", "Service" Namespaced Core ["svc"], custom;
EndpointSlices endpoint_slices: EndpointSlice, "discovery.k8s.io" ["v1"] "endpointslices", "EndpointSlice" Namespaced Core [], custom;
Ingresses ingresses: Ingress, "networking.k8s.io" ["v1"] "ingresses", "Ingress" Namespaced Core ["ing"], whole;
PersistentVolumes persistent_volumes: PersistentVolume, "" ["v1"] "persistentvolumes", "PersistentVolume" Cluster Core ["pv"], whole;
PersistentVolumeClaims claims: PersistentVolumeClaim, "" ["v1"] "persistentvolumeclaims", "PersistentVolumeClaim" Namespaced Core ["pvc"], whole;
StorageClasses storage_classes: StorageClass, "storage.k8s.io" ["v1"] "storageclasses", "StorageClass" Cluster Core ["sc"], whole;
HorizontalPodAutoscalers autoscalers: HorizontalPodAutoscaler, "autoscaling" ["v2"] "horizontalpodautoscalers", "HorizontalPodAutoscaler" Namespaced Core ["hpa"], whole;
PodDisruptionBudgets disruption_budgets: PodDisruptionBudget, "policy" ["v1"] "poddisruptionbudgets", "PodDisruptionBudget" Namespaced Core ["pdb"], whole;
ResourceQuotas quotas: ResourceQuota, "" ["v1"] "resourcequotas", "ResourceQuota" Namespaced Core ["quota"], whole;
Leases leases: Lease, "coordination.k8s.io" ["v1"] "leases", "Lease" Namespace("kube-system") Core [], whole;
Applications applications: Application, "argoproj.io" ["v1alpha1"] "applications", "Application" Namespaced Optional ["app", "apps"], custom;
Certificates certificates: Certificate, "cert-manager.io" ["v1"] "certificates", "Certificate" Namespaced Optional ["cert"], whole;
Issuers issuers: Issuer, "cert-manager.io" ["v1"] "issuers", "Issuer" Namespaced Optional [], whole;
ClusterIssuers cluster_issuers: Issuer, "cert-manager.io" ["v1"] "clusterissuers", "ClusterIssuer" Cluster Optional [], shared;
ExternalSecrets external_secrets: ExternalSecret, "external-secrets.io" ["v1", "v1beta1"] "externalsecrets", "ExternalSecret" Namespaced Optional [], whole;
SecretStores secret_stores: SecretStore, "external-secrets.io" ["v1", "v1beta1"] "secretstores", "SecretStore" Namespaced Optional [], whole;
ClusterSecretStores cluster_secret_stores: SecretStore, "external-secrets.io" ["v1", "v1beta1"] "clustersecretstores", "ClusterSecretStore" Cluster Optional [], shared;
Gateways gateways: Gateway, "gateway.networking.k8s.io" ["v1", "v1beta1"] "gateways", "Gateway" Namespaced Optional ["gtw"], whole;
HttpRoutes http_routes: HttpRoute, "gateway.networking.k8s.io" ["v1", "v1beta1"] "httproutes", "HTTPRoute" Namespaced Optional [], whole;
GrpcRoutes grpc_routes: HttpRoute, "gateway.networking.k8s.io" ["v1", "v1alpha2"] "grpcroutes", "GRPCRoute" Namespaced Optional [], shared;
TlsRoutes tls_routes: HttpRoute, "gateway.networking.k8s.io" ["v1", "v1alpha3", "v1alpha2"] "tlsroutes", "TLSRoute" Namespaced Optional [], shared;
IngressRoutes ingress_routes: IngressRoute, "traefik.io" ["v1alpha1"] "ingressroutes", "IngressRoute" Namespaced Optional [], whole;
PodMetrics pod_metrics: PodMetrics, "metrics.k8s.io" ["v1beta1"] "pods", "PodMetrics" Namespaced Optional [], custom;
NodeMetrics node_metrics: NodeMetrics, "metrics.k8s.io" ["v1beta1"] "nodes", "NodeMetrics" Cluster Optional [], whole;
        }
    };
}
pub(crate) use for_each_kind;

/// How the API serves a kind.
#[derive(Debug, Clone, Copy)]
pub struct ResourceInfo {
    /// The kind.
    pub resource: Resource,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Versions that are understood, newest first.
    pub versions: &'static [&'static str],
    /// Lower-case plural, as in URLs and RBAC rules.
    pub plural: &'static str,
    /// The kind in manifests.
    pub kind: &'static str,
    /// Where its objects are.
    pub scope: ResourceScope,
    /// What it means that the kind is missing.
    pub requirement: Requirement,
    /// Short names that kubectl accepts besides the kind and the plural.
    pub short_names: &'static [&'static str],
}

/// Where the objects of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceScope {
    /// In no namespace.
    Cluster,
    /// In all namespaces.
    Namespaced,
    /// In namespaces, of which only this one is read.
    Namespace(&'static str),
}

/// What it means that a kind is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Every Kubernetes serves it; the health of no workload is known without it.
    Vital,
    /// Every Kubernetes serves it.
    Core,
    /// An add-on serves it; a cluster without it is complete.
    Optional,
}

macro_rules! declare_kinds {
    ($( $resource:ident $field:ident: $type:ident, $group:literal [$($version:literal),+] $plural:literal,
        $kind:literal $scope:ident $(($namespace:literal))? $requirement:ident [$($short:literal),*], $kept:ident; )*) => {
        /// A kind that a cycle reads. [`Resource::info`] says how the API serves it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are Kubernetes' own")]
        pub enum Resource { $( $resource, )* PodLogs }

        /// Every kind that is read, in the order of reports.
        pub const KINDS: &[ResourceInfo] = &[
            $( ResourceInfo {
                resource: Resource::$resource,
                group: $group,
                versions: &[$($version),+],
                plural: $plural,
                kind: $kind,
                scope: ResourceScope::$scope $(($namespace))?,
                requirement: Requirement::$requirement,
                short_names: &[$($short),*],
            }, )*
            // A subresource: it is read for one pod at a time and has no list.
            ResourceInfo {
                resource: Resource::PodLogs,
                group: "",
                versions: &["v1"],
                plural: "pods/log",
                kind: "PodLog",
                scope: ResourceScope::Namespaced,
                requirement: Requirement::Core,
                short_names: &[],
            },
        ];
    };
}
for_each_kind!(declare_kinds);

impl Resource {
    /// How the API serves the kind.
    #[must_use]
    pub fn info(self) -> &'static ResourceInfo {
        // The enum and the table are made of the same rows.
        &KINDS[self as usize]
    }

    /// The kind of an object. A kind of the same name in another API group is another kind.
    #[must_use]
    pub fn of_object(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        KINDS
            .iter()
            .find(|info| info.kind == kind && info.group == group && info.resource != Self::PodLogs)
            .map(|info| info.resource)
    }

    /// Name as in RBAC and reports: `pods`, `certificates.cert-manager.io`.
    #[must_use]
    pub fn name(self) -> String {
        let info = self.info();
        if info.is_core() || info.group.is_empty() {
            info.plural.to_owned()
        } else {
            format!("{}.{}", info.plural, info.group)
        }
    }

    /// Whether the health of no workload is known without the kind.
    #[must_use]
    pub fn is_vital(self) -> bool {
        self.info().requirement == Requirement::Vital
    }
}

impl ResourceInfo {
    /// Whether every Kubernetes serves it.
    #[must_use]
    pub fn is_core(&self) -> bool {
        self.requirement != Requirement::Optional
    }

    /// Whether its objects have a namespace.
    #[must_use]
    pub fn is_namespaced(&self) -> bool {
        self.scope != ResourceScope::Cluster
    }

    /// `apiVersion` of its objects in the newest version: `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        let version = self.versions[0];
        match self.group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        }
    }
}

impl Serialize for Resource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_matched_by_group_and_kind() {
        assert_eq!(Resource::of_object("v1", "Pod"), Some(Resource::Pods));
        assert_eq!(
            Resource::of_object("apps/v1", "Deployment"),
            Some(Resource::Deployments)
        );
        assert_eq!(
            Resource::of_object("serving.knative.dev/v1", "Service"),
            None
        );
        assert_eq!(Resource::of_object("v1", "Secret"), None);
    }
}
