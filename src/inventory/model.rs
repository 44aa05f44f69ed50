//! What the services file says, as types: a [`Service`] with its tier,
//! tolerance, known issues and neighbours.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// How critical a service is. Ordered: `P0 < P3`, lower is more critical.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Tier {
    /// Business critical: people or the business feel it at once.
    P0,
    /// Infrastructure that P0 leans on.
    P1,
    /// Support; days matter, hours do not.
    P2,
    /// Support of the least weight; also what unlisted workloads get.
    P3,
}

/// The text was not `P0`, `P1`, `P2` or `P3`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tier: use P0, P1, P2 or P3")]
pub struct TierError(pub String);

impl Tier {
    /// All tiers, the most critical first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// `P0` to `P3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// The tolerance of a service that states none: nothing for P0, a quarter
    /// of an hour for P1, no limit for P2 and P3.
    #[must_use]
    pub fn default_tolerance(self) -> Tolerance {
        match self {
            Self::P0 => Tolerance::Limit(Duration::ZERO),
            Self::P1 => Tolerance::Limit(Duration::from_mins(15)),
            Self::P2 | Self::P3 => Tolerance::Unlimited,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = TierError;

    fn from_str(text: &str) -> Result<Self, TierError> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| TierError(text.trim().chars().take(40).collect()))
    }
}

impl From<Tier> for &'static str {
    fn from(tier: Tier) -> Self {
        tier.as_str()
    }
}

impl TryFrom<String> for Tier {
    type Error = TierError;

    fn try_from(text: String) -> Result<Self, TierError> {
        text.parse()
    }
}

/// How long a service may be down before its outage counts in full.
/// Serialized as seconds, `null` for no limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Tolerance {
    /// Down longer than this is beyond tolerance; zero means at once.
    Limit(Duration),
    /// Never exceeded.
    Unlimited,
}

impl Tolerance {
    /// The limit, or nothing where there is none.
    #[must_use]
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Limit(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }

    /// Whether an outage that has lasted `downtime` is beyond tolerance. With
    /// a limit of zero any outage is, even one that began this second.
    #[must_use]
    pub fn is_exceeded_by(self, downtime: Duration) -> bool {
        match self {
            Self::Limit(limit) => limit.is_zero() || downtime > limit,
            Self::Unlimited => false,
        }
    }
}

impl Serialize for Tolerance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.limit()
            .map(|limit| limit.as_secs())
            .serialize(serializer)
    }
}

/// One service of the file, or one of K3s's own parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // independent facts of the file, not a state
pub struct Service {
    /// As the heading writes it.
    pub name: String,
    /// From the heading's bracket, the key `Aliases` and the namespace table.
    pub aliases: Vec<String>,
    pub tier: Tier,
    /// 1-based line of the heading; 0 for K3s's own parts.
    pub line: usize,
    pub purpose: Option<String>,
    pub namespace: Option<String>,
    pub gitops: GitOps,
    pub dependencies: Vec<Dependency>,
    /// The file says outright that it depends on nothing (`Dependencies: None`).
    pub declares_no_dependencies: bool,
    pub dependents: Vec<Dependency>,
    /// `Dependents: ALL ...`: every other service leans on this one.
    pub dependents_all: bool,
    #[serde(rename = "maxDowntimeSeconds")]
    pub max_downtime: Tolerance,
    /// The words after the limit, without their brackets.
    pub max_downtime_note: Option<String>,
    pub known_issues: Vec<KnownIssue>,
    pub quirks: Vec<String>,
    pub health_check: Option<String>,
    /// The number that should run; of a range its lower end.
    pub replicas: Option<u32>,
    pub image: Option<String>,
    /// Host names in lower case, without scheme, port and path.
    pub ingress: Vec<String>,
    pub resources: Option<String>,
    /// Explicit `Workloads`; empty means: matched by name, alias and labels.
    pub workloads: Vec<WorkloadRef>,
    /// The key `Startup Grace`, else the longest slow start among the known issues.
    #[serde(rename = "startupGraceSeconds", serialize_with = "seconds")]
    pub startup_grace: Option<Duration>,
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
            max_downtime: tier.default_tolerance(),
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
    pub chart: Option<String>,
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
    #[serde(flatten)]
    pub kind: KnownIssueKind,
}

/// What rules can make of a known issue.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum KnownIssueKind {
    /// It may take this long from its pod's start until it is ready.
    SlowStartup {
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
    pub kind: WorkloadKind,
    pub name: String,
}

/// The kinds that `Workloads` can name.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
}

impl WorkloadKind {
    /// The kind as Kubernetes writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::CronJob => "CronJob",
        }
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The parts that K3s brings itself.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Builtin {
    ClusterDns,
    IngressController,
    MetricsServer,
    LocalPathProvisioner,
}

/// A part of the file that is no service: prose, patterns, conventions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContextSection {
    /// The heading without its number; empty for text above the first heading.
    pub title: String,
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_ordered_shown_and_read() {
        assert!(Tier::P0 < Tier::P3);
        assert_eq!(format!("{:<4}|", Tier::P1), "P1  |");
        assert_eq!(" p2 ".parse(), Ok(Tier::P2));
        assert!("P4".parse::<Tier>().is_err());
    }

    #[test]
    fn a_limit_of_zero_is_exceeded_at_once() {
        let minute = Duration::from_mins(1);
        assert!(Tolerance::Limit(Duration::ZERO).is_exceeded_by(Duration::ZERO));
        assert!(!Tolerance::Limit(minute).is_exceeded_by(minute));
        assert!(Tolerance::Limit(minute).is_exceeded_by(minute * 2));
        assert!(!Tolerance::Unlimited.is_exceeded_by(minute * 1_000_000));
    }
}
