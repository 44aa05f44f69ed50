//! What a commit changes, and which changes can cause a fault.

use serde::{Deserialize, Serialize};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    Image,
    MemoryLimit,
    MemoryRequest,
    CpuLimit,
    CpuRequest,
    LivenessProbe,
    ReadinessProbe,
    StartupProbe,
    /// A probe; the changed lines do not show which one.
    Probe,
    Replicas,
    Env,
    /// A ConfigMap, a reference to one, or a file that becomes one.
    Config,
    Volume,
    Storage,
    ServicePort,
    ContainerPort,
    Selector,
    Ingress,
    /// The version of a Helm chart.
    Chart,
    /// The repository, path or revision that Argo CD follows.
    Source,
    /// The name of a Secret, or where its value comes from.
    SecretReference,
    /// A Secret itself. It is never quoted.
    Secret,
    Command,
    Security,
    Scheduling,
    ServiceAccount,
    Schedule,
    Quota,
    Autoscaler,
    Policy,
    Certificate,
    /// A whole object is new.
    Added,
    /// A whole object is removed.
    Removed,
    /// Another part of a manifest.
    Other,
    /// Labels and annotations without effect.
    Metadata,
    /// Too large to read, or not text.
    Unread,
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Up,
    Down,
    Set,
    Gone,
    Otherwise,
}

/// The changes that can cause a fault, by how well they explain it.
#[derive(Debug, Clone, Copy)]
pub struct Changes {
    /// The fault is the direct consequence of these.
    pub exact: &'static [ChangeKind],
    /// These are known to lead to the fault sometimes.
    pub plausible: &'static [ChangeKind],
    /// These cannot cause it: a higher memory limit causes no OOM kill.
    pub excluded: &'static [(ChangeKind, Direction)],
    /// Any other change can cause it too.
    pub any: bool,
    /// No change in Git can cause it.
    pub never: bool,
}

impl Changes {
    /// No change in Git can cause the fault.
    pub const NEVER: Self = Self {
        never: true,
        ..Self::exact(&[])
    };

    /// The fault is the direct consequence of these changes.
    #[must_use]
    pub const fn exact(exact: &'static [ChangeKind]) -> Self {
        Self {
            exact,
            plausible: &[],
            excluded: &[],
            any: false,
            never: false,
        }
    }

    /// These changes lead to the fault sometimes.
    #[must_use]
    pub const fn plausible(self, plausible: &'static [ChangeKind]) -> Self {
        Self { plausible, ..self }
    }

    /// These changes cannot cause the fault.
    #[must_use]
    pub const fn but_not(self, excluded: &'static [(ChangeKind, Direction)]) -> Self {
        Self { excluded, ..self }
    }

    /// Any other change can cause the fault too.
    #[must_use]
    pub const fn or_any(self) -> Self {
        Self { any: true, ..self }
    }
}
