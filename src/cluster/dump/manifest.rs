//! The manifest of a dump that this program wrote: when and where it was made, and what could not be
//! read. Everything else in it is an ordinary dump.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::cluster::{DamagedItem, DamagedKind, DamagedObject, Read as KindRead};
use crate::cluster::{Snapshot, Unread, UnreadReason};
use crate::model::{CustomKind, KINDS, Resource, Time};

/// Name of the file.
pub(super) const FILE: &str = "k8s-monitor.json";

const SCHEMA: &str = "k8s-monitor/snapshot/v1";

/// Bytes of a manifest that are read.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    schema: String,
    pub(super) cluster: String,
    pub(super) now: Time,
    reads: BTreeMap<String, State>,
    /// Older versions wrote none.
    #[serde(default)]
    custom: Vec<CustomRead>,
    /// Objects that could not be decoded as a whole. In the files they lack what was damaged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<Damaged>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Damaged {
    /// Of a kind that is read.
    resource: Option<String>,
    /// Of another kind.
    custom: Option<String>,
    #[serde(flatten)]
    item: DamagedItem,
}

/// The outcome of reading a custom kind.
#[derive(Debug, Serialize, Deserialize)]
struct CustomRead {
    #[serde(flatten)]
    kind: CustomKind,
    read: State,
}

/// The outcome of reading a kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Complete,
    Absent,
    Unread { reason: String, message: String },
}

impl Manifest {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let reads = snapshot.reads.iter();
        Self {
            schema: SCHEMA.to_owned(),
            cluster: snapshot.cluster.clone(),
            now: snapshot.now,
            reads: reads
                .map(|(resource, read)| (resource.name(), State::of(read)))
                .collect(),
            damaged: snapshot.damaged.iter().map(Damaged::of).collect(),
            custom: snapshot
                .custom_reads
                .iter()
                .map(|(kind, read)| CustomRead {
                    kind: kind.clone(),
                    read: State::of(read),
                })
                .collect(),
        }
    }

    /// The objects that could not be decoded as a whole.
    pub(super) fn damaged(&self) -> impl Iterator<Item = DamagedObject> {
        self.damaged.iter().map(Damaged::read)
    }

    /// The manifest in a file; none when its schema is another one, whose fields may differ in
    /// meaning.
    pub(super) fn read(content: &mut dyn BufRead) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        content.take(MAX_BYTES).read_to_end(&mut text)?;
        let schema: SchemaOnly = serde_json::from_slice(&text)?;
        if schema.schema != SCHEMA {
            log::warn!(
                "{FILE}: schema {} is not {SCHEMA}: the snapshot is read as a dump of another tool",
                schema.schema
            );
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// The outcome of reading each custom kind.
    pub(super) fn custom_reads(&self) -> BTreeMap<CustomKind, KindRead> {
        let reads = self.custom.iter();
        reads
            .map(|custom| (custom.kind.clone(), custom.read.read()))
            .collect()
    }

    /// The outcome of reading a kind, if it is noted.
    pub(super) fn read_of(&self, resource: Resource) -> Option<KindRead> {
        self.reads.get(&resource.name()).map(State::read)
    }
}

#[derive(Deserialize)]
struct SchemaOnly {
    #[serde(default)]
    schema: String,
}

impl Damaged {
    fn of(object: &DamagedObject) -> Self {
        let (resource, custom) = match &object.kind {
            DamagedKind::Read(resource) => (Some(resource.name()), None),
            DamagedKind::Custom(kind) => (None, Some(kind.clone())),
            DamagedKind::Unknown => (None, None),
        };
        Self {
            resource,
            custom,
            item: object.item.clone(),
        }
    }

    fn read(&self) -> DamagedObject {
        let is_it = |resource: &Resource| Some(resource.name()) == self.resource;
        let read = KINDS.iter().map(|info| info.resource).find(is_it);
        let custom = self.custom.clone().map(DamagedKind::Custom);
        let kind = read.map(DamagedKind::Read).or(custom);
        DamagedObject {
            kind: kind.unwrap_or(DamagedKind::Unknown),
            item: self.item.clone(),
        }
    }
}

impl State {
    fn of(read: &KindRead) -> Self {
        match read {
            KindRead::Complete => Self::Complete,
            KindRead::Absent => Self::Absent,
            KindRead::Unread(unread) => Self::Unread {
                reason: unread.reason.to_string(),
                message: crate::redact::redact(&unread.message).into_owned(),
            },
        }
    }

    fn read(&self) -> KindRead {
        match self {
            Self::Complete => KindRead::Complete,
            Self::Absent => KindRead::Absent,
            Self::Unread { reason, message } => KindRead::Unread(Unread {
                // Another version may have written another reason.
                reason: reason.parse().unwrap_or(UnreadReason::Unavailable),
                message: message.clone(),
            }),
        }
    }
}
