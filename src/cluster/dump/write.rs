//! Writes a snapshot to files: one list a kind, one file a log, and a manifest with what could not be
//! read. Everything is redacted.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::DumpError;
use super::archive_writer::ArchiveWriter;
use super::logs::LogSource;
use super::manifest::{self, Manifest};
use super::scrub::scrub;
use crate::cluster::{ObjectList, Read, Snapshot};
use crate::model::{KINDS, ResourceInfo};
use crate::redact::redact;

/// A snapshot that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The folder or archive.
    pub path: PathBuf,
    /// Files in it.
    pub files: usize,
    /// Bytes of these, before compression.
    pub bytes: u64,
    /// Objects in them.
    pub objects: usize,
    /// Container logs among the files.
    pub logs: usize,
}

/// Writes a snapshot as a folder, or as an archive when the path ends in
/// `.tar.gz` or `.tgz`. It holds no secret that [`crate::redact`] knows, is
/// readable for its owner alone, appears at once and whole, and replays with
/// [`super::read`].
///
/// # Errors
///
/// [`DumpError::Exists`] when there is anything at the path but an empty
/// folder, [`DumpError::Target`] for other formats, [`DumpError::Unwritable`]
/// when the operating system refuses.
pub fn write(snapshot: &Snapshot, path: &Path) -> Result<Written, DumpError> {
    let mut sink = ArchiveWriter::open(path, snapshot.now)?;
    let manifest = Manifest::of(snapshot);
    sink.add(manifest::FILE, &json(path, &manifest)?)?;
    let mut objects = 0;
    for info in KINDS {
        objects += write_kind(snapshot, info, path, &mut sink)?;
    }
    let logs = write_logs(snapshot, &mut sink)?;
    let written = Written {
        path: path.to_path_buf(),
        files: sink.files,
        bytes: sink.bytes,
        objects,
        logs,
    };
    sink.finish()?;
    Ok(written)
}

/// A kind that was read has a file, even if it has no object: that there are none is known.
fn write_kind(
    snapshot: &Snapshot,
    info: &ResourceInfo,
    path: &Path,
    sink: &mut ArchiveWriter,
) -> Result<usize, DumpError> {
    let Some(list) = snapshot.objects.list(info.resource) else {
        return Ok(0);
    };
    let is_complete = snapshot.reads.get(&info.resource) == Some(&Read::Complete);
    if list.is_empty() && !is_complete {
        return Ok(0);
    }
    let items = items(list, info).map_err(|error| DumpError::writing(path, error.into()))?;
    let head = format!(
        r#"{{"apiVersion":"{}","kind":"{}List","items":["#,
        info.api_version(),
        info.kind
    );
    // One object a line, so that dumps can be compared line by line.
    let text = format!("{head}\n{}\n]}}\n", items.join(",\n"));
    sink.add(&format!("{}.json", info.resource.name()), text.as_bytes())?;
    Ok(items.len())
}

/// The objects of a kind as JSON, without secrets.
fn items(list: &dyn ObjectList, info: &ResourceInfo) -> serde_json::Result<Vec<String>> {
    let api_version = info.api_version();
    (0..list.len())
        .map(|index| {
            let mut value = list.to_json(index)?;
            scrub(&mut value);
            if let Value::Object(fields) = &mut value {
                fields.insert("apiVersion".to_owned(), api_version.as_str().into());
                fields.insert("kind".to_owned(), info.kind.into());
            }
            serde_json::to_string(&value)
        })
        .collect()
}

fn write_logs(snapshot: &Snapshot, sink: &mut ArchiveWriter) -> Result<usize, DumpError> {
    let mut taken = HashSet::new();
    for log in &snapshot.logs {
        let Some(path) = LogSource::path(log).filter(|path| !taken.contains(path)) else {
            log::warn!(
                "log of {}/{} {} has no path of its own and is left out",
                log.namespace,
                log.pod,
                log.container
            );
            continue;
        };
        sink.add(&path, redact(&log.text).as_bytes())?;
        taken.insert(path);
    }
    Ok(taken.len())
}

fn json(path: &Path, value: &impl serde::Serialize) -> Result<Vec<u8>, DumpError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| DumpError::writing(path, error.into()))?;
    text.push(b'\n');
    Ok(text)
}
