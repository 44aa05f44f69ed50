//! The data of one cycle: the objects, and for each kind whether it could be read.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::damage::{DamagedKind, DamagedObject};
use super::log_targets::LogTarget;
use super::missing_nodes::MissingNodes;
use super::objects::Objects;
use crate::model::{CustomKind, KINDS, KindRef, Resource, Time, named_enum};

/// The cluster at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The moment that thresholds are measured against.
    pub now: Time,
    /// Name of the cluster in reports.
    pub cluster: String,
    /// Live, or from files.
    pub source: Source,
    /// The objects.
    pub objects: Objects,
    /// Logs of failing containers.
    pub logs: Vec<ContainerLog>,
    /// Failing containers whose logs were not read, because there are too many.
    pub logs_left_out: Vec<LogTarget>,
    /// For each kind: the outcome of reading it.
    pub reads: BTreeMap<Resource, Read>,
    /// Objects that could not be decoded as a whole.
    pub damaged: Vec<DamagedObject>,
    /// The same for each custom kind that the cluster serves. A dump has none.
    pub custom_reads: BTreeMap<CustomKind, Read>,
    /// Why it is unknown which custom kinds the cluster serves; none where it is known.
    pub undiscovered: Option<Unread>,
    /// Requests sent to the API server, retries included.
    pub requests: u32,
    /// How far the server's clock is ahead of this machine's, if by more than a minute. `now` then
    /// follows the server's clock.
    pub skew: Option<TimeDelta>,
}

/// Where a snapshot comes from. A dump contains what its author selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// The API server.
    Live,
    /// A snapshot that this program wrote. It is as complete as a live one.
    Capture,
    /// Objects that another tool collected, perhaps of another cluster.
    #[default]
    Dump,
}

/// The outcome of reading one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All objects were read.
    Complete,
    /// The cluster does not serve this kind. There are no objects of it.
    Absent,
    /// The cluster serves it, or may serve it, and it was not read.
    Unread(Unread),
}

/// Why a kind was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The class of the failure.
    pub reason: UnreadReason,
    /// What failed, and the remedy.
    pub message: String,
}

named_enum! {
    /// Classes of failures to read a kind.
    pub enum UnreadReason {
        /// 401 or 403.
        Forbidden = "Forbidden",
        /// No complete response in time.
        Timeout = "Timeout",
        /// 5xx, 429 or a broken connection, retries included.
        Unavailable = "Unavailable",
        /// A response or file that is not what Kubernetes documents.
        Malformed = "Malformed",
        /// A dump without this kind.
        NotInSnapshot = "NotInSnapshot",
        /// More custom kinds than a cycle reads.
        Limit = "Limit",
    }
}

/// The last lines of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLog {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container; empty where a dump does not name it.
    pub container: String,
    /// Whether it is the log of the previous run, as of `kubectl logs --previous`.
    pub previous: bool,
    /// The text: the last lines only.
    pub text: String,
}

impl Snapshot {
    /// Whether every object of the kind is known. An absent kind has none.
    #[must_use]
    pub fn is_read(&self, resource: Resource) -> bool {
        matches!(
            self.reads.get(&resource),
            Some(Read::Complete | Read::Absent)
        )
    }

    /// Whether everything is known of the objects of the kind in a namespace.
    #[must_use]
    pub fn is_read_in(&self, kind: KindRef, namespace: &str) -> bool {
        let is_read = match kind {
            KindRef::Listed(resource) => self.is_read(resource),
            KindRef::Custom { group, kind } => self.is_custom_read(group, kind),
        };
        let is_same = |damaged: &DamagedKind| match kind {
            KindRef::Listed(resource) => *damaged == DamagedKind::Read(resource),
            KindRef::Custom { kind, .. } => *damaged == DamagedKind::Custom(kind.to_owned()),
        };
        let is_here =
            |object: &DamagedObject| is_same(&object.kind) && object.item.namespace == namespace;
        is_read
            && !self.unjudged().any(is_here)
            && !(matches!(kind, KindRef::Listed(Resource::Pods))
                && self.has_pod_without_node(namespace))
    }

    /// The nodes that exist, to compare with those that pods name.
    #[must_use]
    pub fn missing_nodes(&self) -> MissingNodes<'_> {
        if self.is_read(Resource::Nodes) {
            MissingNodes::of(&self.objects, &self.damaged, self.now)
        } else {
            MissingNodes::default()
        }
    }

    /// Whether a pod of the namespace is said to run on a node that does not exist.
    fn has_pod_without_node(&self, namespace: &str) -> bool {
        let missing = self.missing_nodes();
        let mut pods = self.objects.pods.iter();
        pods.any(|pod| pod.metadata.namespace == namespace && missing.has(pod))
    }

    /// Whether every object of a custom kind is known. A kind that discovery does not show has none.
    fn is_custom_read(&self, group: &str, kind: &str) -> bool {
        let mut reads = self.custom_reads.iter();
        let read = reads.find(|(known, _)| known.group == group && known.kind == kind);
        match read {
            Some((_, Read::Complete | Read::Absent)) => true,
            Some((_, Read::Unread(_))) => false,
            None => self.source != Source::Dump && self.undiscovered.is_none(),
        }
    }

    /// The kinds that could not be read, in the order of [`KINDS`].
    pub fn unread(&self) -> impl Iterator<Item = (Resource, &Unread)> {
        KINDS
            .iter()
            .filter_map(|info| match self.reads.get(&info.resource) {
                Some(Read::Unread(unread)) => Some((info.resource, unread)),
                Some(Read::Complete | Read::Absent) | None => None,
            })
    }

    /// The objects that are in their lists with less than what they are judged by.
    pub fn unjudged(&self) -> impl Iterator<Item = &DamagedObject> {
        self.damaged.iter().filter(|object| !object.is_judged())
    }

    /// Logs of one pod's container, current run first.
    pub fn logs_of<'a>(
        &'a self,
        namespace: &'a str,
        pod: &'a str,
    ) -> impl Iterator<Item = &'a ContainerLog> {
        self.logs
            .iter()
            .filter(move |log| log.namespace == namespace && log.pod == pod)
    }
}
