//! What one cycle knows of the cluster: objects, and for each kind whether it
//! could be read at all.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Serialize;

use super::objects::Objects;
use crate::model::{KINDS, Resource, Time};

/// The cluster at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The moment that thresholds are measured against.
    pub now: Time,
    /// Name of the cluster in reports.
    pub cluster: String,
    /// Live, or a dump that somebody else made.
    pub source: Source,
    /// The objects.
    pub objects: Objects,
    /// Logs of failing containers.
    pub logs: Vec<ContainerLog>,
    /// For each kind that was tried or wanted: what came of it.
    pub reads: BTreeMap<Resource, Read>,
    /// Requests sent to the API server, retries included.
    pub requests: u32,
    /// How far the server's clock, which `now` then goes by, is ahead of this
    /// machine's, where that is more than a minute.
    pub skew: Option<TimeDelta>,
}

/// Where a snapshot comes from: whoever made a dump chose what is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// The API server.
    Live,
    /// A snapshot that this program wrote: as good as live.
    Capture,
    /// Objects that somebody else collected, perhaps of another cluster.
    #[default]
    Dump,
}

/// What came of reading one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// All of it was read.
    Complete,
    /// The cluster does not have this kind: silence, not blindness.
    Absent,
    /// It is there, or may be, and was not seen.
    Unread(Unread),
}

/// Why a kind was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The class of the trouble.
    pub reason: UnreadReason,
    /// The server's or the reader's words, and what to do.
    pub message: String,
}

/// Classes of trouble while reading one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UnreadReason {
    /// 401 or 403.
    Forbidden,
    /// Neither page nor error in time.
    Timeout,
    /// 5xx, 429 or a connection that broke, more often than is retried.
    Unavailable,
    /// An answer that is not what Kubernetes documents.
    Malformed,
    /// A dump without this kind.
    NotInSnapshot,
}

/// The last lines of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLog {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the container; empty where a dump does not tell.
    pub container: String,
    /// Output of the run before this one.
    pub previous: bool,
    /// The text, at most some dozens of lines.
    pub text: String,
}

impl Snapshot {
    /// Whether every object of the kind is known. Absent kinds are: there are none.
    #[must_use]
    pub fn is_read(&self, resource: Resource) -> bool {
        matches!(
            self.reads.get(&resource),
            Some(Read::Complete | Read::Absent)
        )
    }

    /// The kinds that were wanted and not seen, in the order of [`KINDS`].
    pub fn unread(&self) -> impl Iterator<Item = (Resource, &Unread)> {
        KINDS
            .iter()
            .filter_map(|info| match self.reads.get(&info.resource) {
                Some(Read::Unread(unread)) => Some((info.resource, unread)),
                Some(Read::Complete | Read::Absent) | None => None,
            })
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
