//! Writes a snapshot to files: one list a kind, one file a log, and a manifest with what could not be
//! read. Everything is redacted.

use std::collections::{BTreeMap, HashSet};
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
/// `.tar.gz` or `.tgz`. It contains no secret that [`crate::redact`] recognizes,
/// is readable only for its owner, appears only when it is complete, and can be
/// read with [`super::read`].
///
/// # Errors
///
/// [`DumpError::Exists`] when there is anything at the path but an empty
/// folder, [`DumpError::Target`] for other formats, [`DumpError::Unwritable`]
/// for errors of the operating system.
pub fn write(snapshot: &Snapshot, path: &Path) -> Result<Written, DumpError> {
    let mut writer = ArchiveWriter::open(path, snapshot.now)?;
    let manifest = Manifest::of(snapshot);
    writer.add(manifest::FILE, &json(path, &manifest)?)?;
    let mut objects = 0;
    for info in KINDS {
        objects += write_kind(snapshot, info, path, &mut writer)?;
    }
    objects += write_custom(snapshot, path, &mut writer)?;
    let logs = write_logs(snapshot, &mut writer)?;
    let written = Written {
        path: path.to_path_buf(),
        files: writer.files,
        bytes: writer.bytes,
        objects,
        logs,
    };
    writer.finish()?;
    Ok(written)
}

/// Writes the file of a kind. A kind that was read without any object has an empty list.
fn write_kind(
    snapshot: &Snapshot,
    info: &ResourceInfo,
    path: &Path,
    writer: &mut ArchiveWriter,
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
    writer.add(&format!("{}.json", info.resource.name()), text.as_bytes())?;
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

/// Writes one file for each custom kind, as its objects name it.
fn write_custom(
    snapshot: &Snapshot,
    path: &Path,
    writer: &mut ArchiveWriter,
) -> Result<usize, DumpError> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in &snapshot.objects.custom {
        let text = serde_json::to_value(object).and_then(|mut value| {
            scrub(&mut value);
            serde_json::to_string(&value)
        });
        let text = text.map_err(|error| DumpError::writing(path, error.into()))?;
        let name = format!("{}.{}", object.kind, object.group());
        files.entry(file_name(&name)).or_default().push(text);
    }
    for (name, items) in &files {
        let items = items.join(",\n");
        let text = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{items}\n]}}\n");
        writer.add(&format!("custom/{name}.json"), text.as_bytes())?;
    }
    Ok(snapshot.objects.custom.len())
}

/// The letters of a kind and group that are safe in the name of a file.
fn file_name(name: &str) -> String {
    let is_safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name: String = name.chars().filter(is_safe).take(120).collect();
    name.to_ascii_lowercase().trim_matches('.').to_owned()
}

fn write_logs(snapshot: &Snapshot, writer: &mut ArchiveWriter) -> Result<usize, DumpError> {
    let mut taken = HashSet::new();
    for log in &snapshot.logs {
        let Some(path) = LogSource::path(log).filter(|path| !taken.contains(path)) else {
            log::warn!(
                "log of {}/{} {} has no unique path and is skipped",
                log.namespace,
                log.pod,
                log.container
            );
            continue;
        };
        writer.add(&path, redact(&log.text).as_bytes())?;
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
