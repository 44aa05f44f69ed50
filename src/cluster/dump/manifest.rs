//! The file by which a dump of ours says when and where it was made and what
//! could not be read then. Everything else in it is an ordinary dump.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::cluster::{Read as KindRead, Snapshot, Unread, UnreadReason};
use crate::model::{Resource, Time};

/// The marker's name.
pub(super) const FILE: &str = "k8s-monitor.json";

const SCHEMA: &str = "k8s-monitor/snapshot/v1";

/// No marker is larger.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Marker {
    schema: String,
    pub(super) cluster: String,
    pub(super) now: Time,
    reads: BTreeMap<String, State>,
}

/// What came of reading a kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Complete,
    Absent,
    Unread { reason: String, message: String },
}

const REASONS: &[(UnreadReason, &str)] = &[
    (UnreadReason::Forbidden, "Forbidden"),
    (UnreadReason::Timeout, "Timeout"),
    (UnreadReason::Unavailable, "Unavailable"),
    (UnreadReason::Malformed, "Malformed"),
    (UnreadReason::NotInSnapshot, "NotInSnapshot"),
];

impl Marker {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let reads = snapshot.reads.iter();
        Self {
            schema: SCHEMA.to_owned(),
            cluster: snapshot.cluster.clone(),
            now: snapshot.now,
            reads: reads
                .map(|(resource, read)| (resource.name(), State::of(read)))
                .collect(),
        }
    }

    /// The marker in a file; none when another version wrote it, whose words
    /// may mean something else.
    pub(super) fn read(content: &mut dyn BufRead) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        content.take(MAX_BYTES).read_to_end(&mut text)?;
        let schema: SchemaOnly = serde_json::from_slice(&text)?;
        if schema.schema != SCHEMA {
            log::warn!(
                "{FILE}: schema {} is not {SCHEMA}: read as a dump of others",
                schema.schema
            );
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// What it says of a kind.
    pub(super) fn read_of(&self, resource: Resource) -> Option<KindRead> {
        self.reads.get(&resource.name()).map(State::read)
    }
}

#[derive(Deserialize)]
struct SchemaOnly {
    #[serde(default)]
    schema: String,
}

impl State {
    fn of(read: &KindRead) -> Self {
        match read {
            KindRead::Complete => Self::Complete,
            KindRead::Absent => Self::Absent,
            KindRead::Unread(unread) => Self::Unread {
                reason: reason_name(unread.reason).to_owned(),
                message: crate::redact::redact(&unread.message).into_owned(),
            },
        }
    }

    fn read(&self) -> KindRead {
        match self {
            Self::Complete => KindRead::Complete,
            Self::Absent => KindRead::Absent,
            Self::Unread { reason, message } => KindRead::Unread(Unread {
                reason: reason_of(reason),
                message: message.clone(),
            }),
        }
    }
}

fn reason_name(reason: UnreadReason) -> &'static str {
    REASONS
        .iter()
        .find(|(r, _)| *r == reason)
        .map_or("Unavailable", |(_, name)| name)
}

fn reason_of(name: &str) -> UnreadReason {
    REASONS
        .iter()
        .find(|(_, n)| *n == name)
        .map_or(UnreadReason::Unavailable, |(reason, _)| *reason)
}
