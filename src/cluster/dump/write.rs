//! A snapshot to files: one list a kind, one file a log, and a marker that
//! says what could not be read. Everything is redacted on its way.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::DumpError;
use super::archive_writer::ArchiveWriter;
use super::kinds::{self, Look, Object};
use super::logs::LogSource;
use super::manifest::{self, Marker};
use super::scrub::scrub;
use crate::cluster::kinds::{ROWS, ResourceInfo};
use crate::cluster::{Read, Snapshot};
use crate::redact::redact;

/// What came of writing a snapshot.
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
    let marker = Marker::of(snapshot);
    sink.add(manifest::FILE, &json(path, &marker)?)?;
    let mut objects = 0;
    for row in ROWS {
        objects += write_kind(snapshot, row, path, &mut sink)?;
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

/// A kind has a file when it was read, even an empty list: that there are none
/// is knowledge too.
fn write_kind(
    snapshot: &Snapshot,
    row: &ResourceInfo,
    path: &Path,
    sink: &mut ArchiveWriter,
) -> Result<usize, DumpError> {
    let Some(items) = kinds::look(row.resource, &snapshot.objects, Items { row }) else {
        return Ok(0);
    };
    let items = items.map_err(|error| DumpError::writing(path, error.into()))?;
    let is_complete = snapshot.reads.get(&row.resource) == Some(&Read::Complete);
    if items.is_empty() && !is_complete {
        return Ok(0);
    }
    let api_version = api_version(row);
    let head = format!(
        r#"{{"apiVersion":"{api_version}","kind":"{}List","items":["#,
        row.kind
    );
    // An object a line: dumps can be compared line by line.
    let list = format!("{head}\n{}\n]}}\n", items.join(",\n"));
    sink.add(&format!("{}.json", row.resource.name()), list.as_bytes())?;
    Ok(items.len())
}

fn api_version(row: &ResourceInfo) -> String {
    let version = row.versions.first().unwrap_or(&"v1");
    if row.group.is_empty() {
        (*version).to_owned()
    } else {
        format!("{}/{version}", row.group)
    }
}

/// The objects of a kind, redacted, as JSON.
struct Items<'r> {
    row: &'r ResourceInfo,
}

impl Look for Items<'_> {
    type Out = Result<Vec<String>, serde_json::Error>;

    fn look<T: Object>(self, list: &[T]) -> Self::Out {
        let api_version = api_version(self.row);
        list.iter()
            .map(|object| {
                let mut value = serde_json::to_value(object)?;
                scrub(&mut value);
                if let Value::Object(fields) = &mut value {
                    fields.insert("apiVersion".to_owned(), api_version.as_str().into());
                    fields.insert("kind".to_owned(), self.row.kind.into());
                }
                serde_json::to_string(&value)
            })
            .collect()
    }
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
