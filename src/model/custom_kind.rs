//! Kinds of other projects that are read where the cluster has them.
//!
//! Their objects are judged by what they say of themselves: conditions, phase, health. A kind needs
//! its row here and its line in `deploy/rights/rbac.yaml`. Discovery tells the versions.

use serde::{Deserialize, Serialize};

/// A kind of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomKindRow {
    /// API group.
    pub group: &'static str,
    /// Kind in manifests.
    pub kind: &'static str,
    /// Lower-case plural, as in URLs and RBAC rules.
    pub plural: &'static str,
}

macro_rules! custom_kinds {
    ($( $group:literal: $( $kind:literal $plural:literal ),+ ; )*) => {
        /// The table, by project.
        pub const CUSTOM_KINDS: &[CustomKindRow] = &[
            $( $( CustomKindRow { group: $group, kind: $kind, plural: $plural }, )+ )*
        ];
    };
}

custom_kinds! {
    // Argo CD, Rollouts, Workflows.
    "argoproj.io": "ApplicationSet" "applicationsets", "Rollout" "rollouts",
        "Workflow" "workflows", "CronWorkflow" "cronworkflows";
    // CloudNativePG.
    "postgresql.cnpg.io": "Cluster" "clusters", "ScheduledBackup" "scheduledbackups",
        "Backup" "backups", "Database" "databases";
    // Crossplane. Its managed and composite resources are found by their category.
    "pkg.crossplane.io": "Provider" "providers", "Function" "functions",
        "Configuration" "configurations", "ProviderRevision" "providerrevisions";
    // External Secrets.
    "external-secrets.io": "PushSecret" "pushsecrets",
        "ClusterExternalSecret" "clusterexternalsecrets";
    // Flux.
    "kustomize.toolkit.fluxcd.io": "Kustomization" "kustomizations";
    "helm.toolkit.fluxcd.io": "HelmRelease" "helmreleases";
    "source.toolkit.fluxcd.io": "GitRepository" "gitrepositories",
        "OCIRepository" "ocirepositories", "HelmRepository" "helmrepositories",
        "HelmChart" "helmcharts", "Bucket" "buckets";
    // K3s.
    "helm.cattle.io": "HelmChart" "helmcharts";
    "k3s.cattle.io": "ETCDSnapshotFile" "etcdsnapshotfiles", "Addon" "addons";
    "upgrade.cattle.io": "Plan" "plans";
    // Longhorn.
    "longhorn.io": "Volume" "volumes", "Node" "nodes", "BackupTarget" "backuptargets",
        "Backup" "backups", "RecurringJob" "recurringjobs";
    // Velero and VolSync.
    "velero.io": "Backup" "backups", "Schedule" "schedules",
        "BackupStorageLocation" "backupstoragelocations", "Restore" "restores";
    "volsync.backube": "ReplicationSource" "replicationsources",
        "ReplicationDestination" "replicationdestinations";
    // KEDA.
    "keda.sh": "ScaledObject" "scaledobjects", "ScaledJob" "scaledjobs";
    // Kyverno.
    "kyverno.io": "ClusterPolicy" "clusterpolicies", "Policy" "policies";
    // MetalLB.
    "metallb.io": "IPAddressPool" "ipaddresspools", "BGPPeer" "bgppeers",
        "L2Advertisement" "l2advertisements";
    // Traefik, beside IngressRoute, which has rules of its own.
    "traefik.io": "IngressRouteTCP" "ingressroutetcps",
        "IngressRouteUDP" "ingressrouteudps", "Middleware" "middlewares";
    // Kubernetes' own extension points.
    "apiregistration.k8s.io": "APIService" "apiservices";
    "apiextensions.k8s.io": "CustomResourceDefinition" "customresourcedefinitions";
    // kagent, Strimzi, KubeVirt.
    "kagent.dev": "Agent" "agents";
    "kafka.strimzi.io": "Kafka" "kafkas", "KafkaTopic" "kafkatopics", "KafkaUser" "kafkausers";
    "kubevirt.io": "VirtualMachine" "virtualmachines";
}

/// Categories of kinds that Crossplane's packages and definitions add. They are read where the
/// rights allow it.
pub const GENERATED_CATEGORIES: &[&str] = &["managed", "composite", "claim"];

/// A kind that the configuration names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupKind {
    /// API group.
    pub group: String,
    /// Kind in manifests.
    pub kind: String,
}

/// A custom kind as the cluster serves it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct CustomKind {
    /// API group.
    pub group: String,
    /// Version to read.
    pub version: String,
    /// Lower-case plural.
    pub plural: String,
    /// Kind in manifests.
    pub kind: String,
}

impl CustomKind {
    /// Name as in RBAC and reports: `volumes.longhorn.io`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_stands_in_both_tables() {
        for row in CUSTOM_KINDS {
            let version = format!("{}/v1", row.group);
            assert_eq!(
                super::super::Resource::of_object(&version, row.kind),
                None,
                "{row:?}"
            );
            let twins = CUSTOM_KINDS
                .iter()
                .filter(|other| (other.group, other.kind) == (row.group, row.kind));
            assert_eq!(twins.count(), 1, "{row:?}");
        }
    }
}
