//! Kinds of other projects that are read where the cluster has them.
//!
//! Their objects are judged by what they say of themselves: conditions, phase, health. A kind needs
//! its row here and its line in `deploy/rights/rbac.yaml`. Discovery tells the versions.

use serde::{Deserialize, Serialize};

use super::resource::{KINDS, Resource};

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

/// Names of kinds that other projects than those of the table use too.
const ALSO_ELSEWHERE: &[&str] = &[
    "Agent",
    "Bucket",
    "Cluster",
    "Configuration",
    "Database",
    "Function",
    "Policy",
    "Provider",
    "Restore",
    "Schedule",
    "Volume",
];

/// Name of a kind as kubectl understands it in every cluster: `volumes.longhorn.io`.
#[must_use]
pub fn full_name(group: &str, kind: &str) -> String {
    let mut rows = CUSTOM_KINDS.iter();
    match rows.find(|row| row.group == group && row.kind == kind) {
        Some(row) => format!("{}.{group}", row.plural),
        // kubectl takes the singular too.
        None => format!("{}.{group}", kind.to_lowercase()),
    }
}

/// Whether another kind has the name of this custom one.
#[must_use]
pub fn is_shared_name(group: &str, kind: &str) -> bool {
    let in_table = CUSTOM_KINDS
        .iter()
        .any(|row| row.kind == kind && row.group != group);
    in_table || KINDS.iter().any(|row| row.kind == kind) || ALSO_ELSEWHERE.contains(&kind)
}

/// A kind that a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KindRef<'a> {
    /// One that every cycle reads.
    Listed(Resource),
    /// A custom one.
    Custom {
        /// API group.
        group: &'a str,
        /// Kind in manifests.
        kind: &'a str,
    },
}

impl<'a> KindRef<'a> {
    /// Its name in the state.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Listed(resource) => resource.name(),
            Self::Custom { group, kind } => format!("{kind}.{group}"),
        }
    }

    /// The kind with this name. None for a name without a group that this version does not know.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        let mut kinds = KINDS.iter().map(|row| row.resource);
        if let Some(resource) = kinds.find(|resource| resource.name() == name) {
            return Some(Self::Listed(resource));
        }
        let (kind, group) = name.split_once('.')?;
        Some(Self::Custom { group, kind })
    }
}

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
