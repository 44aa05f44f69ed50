//! The types of the inventory: a [`Service`] with its dependencies and known issues.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::resource_pattern::ResourcePattern;
use crate::model::{Tier, Tolerance, named_enum};

/// A service of the file, or one that K3s ships.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// As written in the heading.
    pub name: String,
    /// From the brackets of the heading, the key `Aliases` and the namespace table.
    pub aliases: Vec<String>,
    /// How critical it is.
    pub tier: Tier,
    /// 1-based line of the heading. 0 for the services that K3s ships.
    pub line: usize,
    /// Its purpose.
    pub purpose: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its Argo CD Application and manifests.
    pub gitops: GitOps,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// The file declares that it depends on nothing (`Dependencies: None`).
    pub declares_no_dependencies: bool,
    /// What depends on it.
    pub dependents: Vec<Dependency>,
    /// `Dependents: ALL ...`: every other service depends on it.
    pub dependents_all: bool,
    /// How long it may be down.
    #[serde(rename = "maxDowntimeSeconds")]
    pub max_downtime: Tolerance,
    /// The note after the limit, without its brackets.
    pub max_downtime_note: Option<String>,
    /// Its known issues.
    pub known_issues: Vec<KnownIssue>,
    /// Its quirks.
    pub quirks: Vec<String>,
    /// Its health check, as text.
    pub health_check: Option<String>,
    /// The expected number of replicas. Of a range the lower end.
    pub replicas: Option<u32>,
    /// Its image.
    pub image: Option<String>,
    /// Host names in lower case, without scheme, port and path.
    pub ingress: Vec<String>,
    /// Its requests and limits, as text.
    pub resources: Option<String>,
    /// The key `Workloads`. When empty, workloads are matched by name, alias and labels.
    pub workloads: Vec<WorkloadRef>,
    /// The key `Custom Resources`.
    pub custom_resources: Vec<ResourcePattern>,
    /// The key `Startup Grace`, else the longest slow start among the known issues.
    #[serde(rename = "startupGraceSeconds", serialize_with = "seconds")]
    pub startup_grace: Option<Duration>,
    /// How old its newest backup may be.
    #[serde(rename = "backupMaxAgeSeconds", serialize_with = "seconds")]
    pub backup_max_age: Option<Duration>,
    /// Whether it is a database that other services store their data in.
    pub data_layer: bool,
    /// Whether it is an ingress controller or gateway.
    pub ingress_controller: bool,
    /// Which service of K3s it is. `None` for the services of the file.
    pub builtin: Option<Builtin>,
    /// Unknown keys as written, with their values.
    pub other: Vec<(String, Vec<String>)>,
}

impl Service {
    /// A service with this name and tier and defaults for the rest.
    #[must_use]
    pub fn new(name: impl Into<String>, tier: Tier) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            tier,
            line: 0,
            purpose: None,
            namespace: None,
            gitops: GitOps::default(),
            dependencies: Vec::new(),
            declares_no_dependencies: false,
            dependents: Vec::new(),
            dependents_all: false,
            max_downtime: Tolerance::default_of(tier),
            max_downtime_note: None,
            known_issues: Vec::new(),
            quirks: Vec::new(),
            health_check: None,
            replicas: None,
            image: None,
            ingress: Vec::new(),
            resources: None,
            workloads: Vec::new(),
            custom_resources: Vec::new(),
            startup_grace: None,
            backup_max_age: None,
            data_layer: false,
            ingress_controller: false,
            builtin: None,
            other: Vec::new(),
        }
    }

    /// Whether `name` is the name or an alias of the service. Ignores case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// Whether it is the cluster's DNS, built in or listed.
    #[must_use]
    pub fn is_cluster_dns(&self) -> bool {
        self.builtin == Some(Builtin::ClusterDns)
            || self.is_called("coredns")
            || self.is_called("kube-dns")
    }

    /// The first known issue of a kind that `wanted` accepts.
    pub fn known_issue(&self, wanted: impl Fn(&KnownIssueKind) -> bool) -> Option<&KnownIssue> {
        self.known_issues.iter().find(|issue| wanted(&issue.kind))
    }
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn seconds<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    value
        .map(|duration| duration.as_secs())
        .serialize(serializer)
}

/// The Argo CD Application and manifests of a service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GitOps {
    /// Name of the Argo CD Application: from the service, else from the table, else the stem of
    /// `app_file`.
    pub app_name: Option<String>,
    /// Path of the Application's manifest in the repository.
    pub app_file: Option<String>,
    /// Directory of the service's manifests in the repository.
    pub manifests: Option<String>,
    /// Helm chart.
    pub chart: Option<String>,
    /// URL of the repository.
    pub repo: Option<String>,
}

/// One name in a list of dependencies or dependents.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Dependency {
    /// As written, without its brackets.
    pub name: String,
    /// The text in brackets after it: `secrets` of `vault (secrets)`.
    pub note: Option<String>,
    /// Name of the listed service. `None` for anything else. A name for several services becomes one
    /// entry for each.
    pub service: Option<String>,
    /// Whether it is a phrase for many services: `All HTTPS services`, `ALL services`.
    pub sweeping: bool,
}

/// A known issue of a service, which is not reported as a new problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KnownIssue {
    /// The text after the bullet, verbatim.
    pub text: String,
    /// Its kind.
    #[serde(flatten)]
    pub kind: KnownIssueKind,
}

/// The kinds of known issues that rules use.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum KnownIssueKind {
    /// Its pods need this long to become ready.
    SlowStartup {
        /// The startup grace.
        #[serde(rename = "graceSeconds", serialize_with = "whole_seconds")]
        grace: Duration,
    },
    /// It has to be unsealed by hand after a restart.
    ManualUnseal,
    /// It has one replica by design.
    SingleReplica,
    /// Any other issue, for people and the model only.
    Other,
}

fn whole_seconds<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.as_secs())
}

/// One entry of `Workloads`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct WorkloadRef {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: String,
}

named_enum! {
    /// The kinds that `Workloads` can name.
    #[allow(missing_docs, reason = "the names say it")]
    pub enum WorkloadKind {
        Deployment = "Deployment",
        StatefulSet = "StatefulSet",
        DaemonSet = "DaemonSet",
        CronJob = "CronJob",
        Rollout = "Rollout",
        Cluster = "Cluster",
        Workflow = "Workflow",
        CronWorkflow = "CronWorkflow",
    }
}

/// The services that K3s ships.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Builtin {
    /// coredns.
    ClusterDns,
    /// traefik.
    IngressController,
    /// metrics-server.
    MetricsServer,
    /// local-path-provisioner.
    LocalPathProvisioner,
}

/// A section of prose, which is context for the model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContextSection {
    /// The heading without its number. Empty for text above the first heading.
    pub title: String,
    /// The text.
    pub text: String,
}
