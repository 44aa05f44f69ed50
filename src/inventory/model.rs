//! What the services file says, as types: a [`Service`] with its known issues
//! and neighbours.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::model::{Tier, Tolerance, named_enum};

/// One service of the file, or one of K3s's own parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // independent facts of the file, not a state
pub struct Service {
    /// As the heading writes it.
    pub name: String,
    /// From the heading's bracket, the key `Aliases` and the namespace table.
    pub aliases: Vec<String>,
    /// How critical it is.
    pub tier: Tier,
    /// 1-based line of the heading; 0 for K3s's own parts.
    pub line: usize,
    /// What it is for.
    pub purpose: Option<String>,
    /// Where it runs.
    pub namespace: Option<String>,
    /// Where its manifests are.
    pub gitops: GitOps,
    /// What it needs.
    pub dependencies: Vec<Dependency>,
    /// The file says outright that it depends on nothing (`Dependencies: None`).
    pub declares_no_dependencies: bool,
    /// What needs it.
    pub dependents: Vec<Dependency>,
    /// `Dependents: ALL ...`: every other service leans on this one.
    pub dependents_all: bool,
    /// How long it may be down.
    #[serde(rename = "maxDowntimeSeconds")]
    pub max_downtime: Tolerance,
    /// The words after the limit, without their brackets.
    pub max_downtime_note: Option<String>,
    /// What is to be expected of it.
    pub known_issues: Vec<KnownIssue>,
    /// What is odd about it.
    pub quirks: Vec<String>,
    /// How its health is checked.
    pub health_check: Option<String>,
    /// The number that should run; of a range its lower end.
    pub replicas: Option<u32>,
    /// Its image.
    pub image: Option<String>,
    /// Host names in lower case, without scheme, port and path.
    pub ingress: Vec<String>,
    /// Its requests and limits, as text.
    pub resources: Option<String>,
    /// Explicit `Workloads`; empty means: matched by name, alias and labels.
    pub workloads: Vec<WorkloadRef>,
    /// The key `Startup Grace`, else the longest slow start among the known issues.
    #[serde(rename = "startupGraceSeconds", serialize_with = "seconds")]
    pub startup_grace: Option<Duration>,
    /// How old its newest backup may be.
    #[serde(rename = "backupMaxAgeSeconds", serialize_with = "seconds")]
    pub backup_max_age: Option<Duration>,
    /// A database that others keep their data in.
    pub data_layer: bool,
    /// The ingress controller, or the gateway that plays its part.
    pub ingress_controller: bool,
    /// Which of K3s's own parts this is; `None` for every service of the file.
    pub builtin: Option<Builtin>,
    /// Keys that are not known, as written, with their values.
    pub other: Vec<(String, Vec<String>)>,
}

impl Service {
    /// A service with this name and tier and nothing else known about it.
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
            startup_grace: None,
            backup_max_age: None,
            data_layer: false,
            ingress_controller: false,
            builtin: None,
            other: Vec::new(),
        }
    }

    /// Whether `name` is this service's name or an alias, whatever the case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// Whether this is the cluster's DNS: K3s's coredns, known or listed.
    #[must_use]
    pub fn is_cluster_dns(&self) -> bool {
        self.builtin == Some(Builtin::ClusterDns)
            || self.is_called("coredns")
            || self.is_called("kube-dns")
    }

    /// The first known issue of the kind that `wanted` accepts.
    pub fn known_issue(&self, wanted: impl Fn(&KnownIssueKind) -> bool) -> Option<&KnownIssue> {
        self.known_issues.iter().find(|issue| wanted(&issue.kind))
    }
}

#[allow(clippy::ref_option)] // the form that serde asks for
fn seconds<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    value
        .map(|duration| duration.as_secs())
        .serialize(serializer)
}

/// Where a service comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GitOps {
    /// Name of the Argo CD Application: as the file or its table says, else
    /// the stem of `app_file`.
    pub app_name: Option<String>,
    /// Path of the Application's manifest in the repository.
    pub app_file: Option<String>,
    /// Directory of the service's own manifests in the repository.
    pub manifests: Option<String>,
    /// Helm chart.
    pub chart: Option<String>,
    /// URL of the repository.
    pub repo: Option<String>,
}

/// One name in a list of dependencies or dependents.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Dependency {
    /// As written, without its bracket.
    pub name: String,
    /// The bracket after it: `vault (secrets)`.
    pub note: Option<String>,
    /// Name of the listed service that is meant; `None` for an outsider. A
    /// name that stands for several services makes one entry for each.
    pub service: Option<String>,
    /// It is a phrase, not a name: `All HTTPS services`, `ALL services`.
    pub sweeping: bool,
}

/// Something that the operator knows about a service and does not want to be
/// told again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KnownIssue {
    /// Verbatim, as it stands after its bullet.
    pub text: String,
    /// Its kind.
    #[serde(flatten)]
    pub kind: KnownIssueKind,
}

/// What rules can make of a known issue.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum KnownIssueKind {
    /// It may take this long from its pod's start until it is ready.
    SlowStartup {
        /// How long it may take.
        #[serde(rename = "graceSeconds", serialize_with = "whole_seconds")]
        grace: Duration,
    },
    /// After a restart somebody has to unseal it.
    ManualUnseal,
    /// It runs once, by design.
    SingleReplica,
    /// Text for people and agents only.
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
    }
}

/// The parts that K3s brings itself.
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

/// A part of the file that is no service: prose, patterns, conventions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContextSection {
    /// The heading without its number; empty for text above the first heading.
    pub title: String,
    /// The text.
    pub text: String,
}
