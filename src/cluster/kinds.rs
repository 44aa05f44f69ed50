//! The kinds that a cycle reads: one row each, and nothing else is ever asked for.

use serde::Serialize;

pub use crate::model::Resource;

/// Where a kind lives in the API.
#[derive(Debug, Clone, Copy)]
pub struct ResourceInfo {
    /// The kind.
    pub resource: Resource,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Versions that this program reads, newest first.
    pub versions: &'static [&'static str],
    /// Lower-case plural, as in URLs and RBAC rules.
    pub plural: &'static str,
    /// The kind's name in objects.
    pub kind: &'static str,
    /// Whether every Kubernetes serves it. One that is not core may be absent,
    /// which is silence.
    pub core: bool,
}

macro_rules! rows {
    ($( $resource:ident $group:literal [$($version:literal),+] $plural:literal $kind:literal $core:literal; )*) => {
        /// Every kind that is read, in the order of design and report.
        pub const ROWS: &[ResourceInfo] = &[ $( ResourceInfo {
            resource: Resource::$resource,
            group: $group,
            versions: &[$($version),+],
            plural: $plural,
            kind: $kind,
            core: $core,
        }, )* ];
    };
}

rows! {
    Nodes                    "" ["v1"] "nodes" "Node" true;
    Namespaces               "" ["v1"] "namespaces" "Namespace" true;
    Pods                     "" ["v1"] "pods" "Pod" true;
    Events                   "" ["v1"] "events" "Event" true;
    Deployments              "apps" ["v1"] "deployments" "Deployment" true;
    StatefulSets             "apps" ["v1"] "statefulsets" "StatefulSet" true;
    DaemonSets               "apps" ["v1"] "daemonsets" "DaemonSet" true;
    ReplicaSets              "apps" ["v1"] "replicasets" "ReplicaSet" true;
    Jobs                     "batch" ["v1"] "jobs" "Job" true;
    CronJobs                 "batch" ["v1"] "cronjobs" "CronJob" true;
    Services                 "" ["v1"] "services" "Service" true;
    EndpointSlices           "discovery.k8s.io" ["v1"] "endpointslices" "EndpointSlice" true;
    Ingresses                "networking.k8s.io" ["v1"] "ingresses" "Ingress" true;
    PersistentVolumes        "" ["v1"] "persistentvolumes" "PersistentVolume" true;
    PersistentVolumeClaims   "" ["v1"] "persistentvolumeclaims" "PersistentVolumeClaim" true;
    StorageClasses           "storage.k8s.io" ["v1"] "storageclasses" "StorageClass" true;
    HorizontalPodAutoscalers "autoscaling" ["v2"] "horizontalpodautoscalers" "HorizontalPodAutoscaler" true;
    PodDisruptionBudgets     "policy" ["v1"] "poddisruptionbudgets" "PodDisruptionBudget" true;
    ResourceQuotas           "" ["v1"] "resourcequotas" "ResourceQuota" true;
    Leases                   "coordination.k8s.io" ["v1"] "leases" "Lease" true;
    Applications             "argoproj.io" ["v1alpha1"] "applications" "Application" false;
    Certificates             "cert-manager.io" ["v1"] "certificates" "Certificate" false;
    Issuers                  "cert-manager.io" ["v1"] "issuers" "Issuer" false;
    ClusterIssuers           "cert-manager.io" ["v1"] "clusterissuers" "ClusterIssuer" false;
    ExternalSecrets          "external-secrets.io" ["v1", "v1beta1"] "externalsecrets" "ExternalSecret" false;
    SecretStores             "external-secrets.io" ["v1", "v1beta1"] "secretstores" "SecretStore" false;
    ClusterSecretStores      "external-secrets.io" ["v1", "v1beta1"] "clustersecretstores" "ClusterSecretStore" false;
    Gateways                 "gateway.networking.k8s.io" ["v1", "v1beta1"] "gateways" "Gateway" false;
    HttpRoutes               "gateway.networking.k8s.io" ["v1", "v1beta1"] "httproutes" "HTTPRoute" false;
    PodMetrics               "metrics.k8s.io" ["v1beta1"] "pods" "PodMetrics" false;
    NodeMetrics              "metrics.k8s.io" ["v1beta1"] "nodes" "NodeMetrics" false;
    PodLogs                  "" ["v1"] "pods/log" "PodLog" true;
}

impl Resource {
    /// Where the kind lives.
    #[must_use]
    pub fn row(self) -> &'static ResourceInfo {
        // Rows stand in the order of the enum; `rows_follow_the_enum` holds them to it.
        &ROWS[self as usize]
    }

    /// The kind of an object in a dump; an `apiVersion` of another group is another kind.
    #[must_use]
    pub fn of_object(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        ROWS.iter()
            .find(|row| row.kind == kind && row.group == group && row.resource != Self::PodLogs)
            .map(|row| row.resource)
    }

    /// Name as in RBAC and reports: `pods`, `certificates.cert-manager.io`.
    #[must_use]
    pub fn name(self) -> String {
        let row = self.row();
        if row.core || row.group.is_empty() {
            row.plural.to_owned()
        } else {
            format!("{}.{}", row.plural, row.group)
        }
    }

    /// Without these nothing can be said of health: pods, nodes and workloads.
    #[must_use]
    pub fn is_vital(self) -> bool {
        matches!(
            self,
            Self::Pods | Self::Nodes | Self::Deployments | Self::StatefulSets | Self::DaemonSets
        )
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
    fn rows_follow_the_enum() {
        for (index, row) in ROWS.iter().enumerate() {
            assert_eq!(row.resource as usize, index, "{row:?}");
        }
        assert_eq!(ROWS.len(), Resource::PodLogs as usize + 1);
    }

    #[test]
    fn objects_are_told_by_group_and_kind() {
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
