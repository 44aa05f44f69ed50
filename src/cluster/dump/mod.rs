//! Snapshots in files, made by this program or by other tools.
//!
//! ```text
//! path ─► walk ─► files ─► json, yaml ─► collect ─► assemble ─► Snapshot
//!                    └───► logs ──────────┘
//! Snapshot ─► write ─► redact ─► folder or .tar.gz
//! ```
//!
//! Reading takes any folder, `.tar.gz`, `.tar` or single file of Kubernetes
//! JSON or YAML: `kubectl get -o json`, API lists, `kubectl cluster-info dump`,
//! support bundles, and what [`write()`] made. Files are not trusted: no archive is
//! unpacked to disk, links are not followed, sizes are bounded by [`Limits`], and a
//! damaged file makes its kinds unread, never the rest. A damaged object is named, and its kind
//! counts as read.

mod archive_writer;
mod assemble;
mod budget;
mod collect;
mod convert;
mod error;
mod file_name;
mod files;
mod head;
mod infer_now;
mod json;
mod logs;
mod manifest;
mod scrub;
mod tail;
mod walk;
mod write;
mod yaml;

use std::path::Path;

pub use error::DumpError;
pub(crate) use scrub::scrub;
pub use write::{Written, write};

use super::Snapshot;
use crate::model::Time;

/// Limits of reading. The defaults admit the largest real dumps (10 000 pods as `kubectl` writes
/// them are 1.2 GB) and stop compression bombs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together, unpacked: 2 GiB.
    pub total_bytes: u64,
    /// Bytes of a file that is read whole: 64 MiB. YAML beyond it counts as
    /// damaged; JSON beyond it is read as a stream, one object at a time.
    pub whole_file_bytes: u64,
    /// Bytes of one object in a stream: 16 MiB, ten times what etcd stores.
    pub object_bytes: u64,
    /// Files and folders: 200 000.
    pub entries: u64,
    /// Objects that are kept: 1 000 000.
    pub objects: usize,
    /// Folders within folders: 24.
    pub depth: usize,
    /// Bytes of logs that are kept, all containers together: 64 MiB.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            total_bytes: 2048 * MIB,
            whole_file_bytes: 64 * MIB,
            object_bytes: 16 * MIB,
            entries: 200_000,
            objects: 1_000_000,
            depth: 24,
            log_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Reads a snapshot from a folder, an archive or a single file.
///
/// `now` is the time that thresholds are measured against. By default it is that
/// of the manifest, else the newest past time in the objects.
/// Kinds that are not in the dump are [`Read::Unread`](super::Read::Unread),
/// as `NotInSnapshot`, or `Malformed` when their file or an object is damaged.
///
/// # Errors
///
/// [`DumpError`] when the path cannot be read, is neither an archive nor text, exceeds [`Limits`],
/// or holds no usable object.
pub fn read(path: &Path, now: Option<Time>) -> Result<Snapshot, DumpError> {
    read_within(path, now, &Limits::default())
}

/// As [`read`], with other limits.
///
/// # Errors
///
/// As [`read`].
pub fn read_within(path: &Path, now: Option<Time>, limits: &Limits) -> Result<Snapshot, DumpError> {
    let mut files = files::Files::new(limits);
    walk::walk(path, limits, &mut |file| files.take(file))?;
    assemble::assemble(files, path, now)
}
