//! Makes the snapshot from the content of the files: its time, its cluster, and what is known of each
//! kind.

use std::collections::BTreeMap;
use std::path::Path;

use super::DumpError;
use super::collect::Damage;
use super::files::Files;
use crate::cluster::{ObjectList, Read, Snapshot, Source, Unread, UnreadReason};
use crate::model::{KINDS, Resource, Time};

/// Endings of archives and files that are no part of a cluster's name.
const ENDINGS: &[&str] = &[
    ".tar.gz", ".tgz", ".tar", ".json.gz", ".yaml.gz", ".gz", ".json", ".jsonl", ".ndjson",
    ".yaml", ".yml",
];

/// Puts the snapshot together.
pub(super) fn assemble(
    mut files: Files,
    path: &Path,
    now: Option<Time>,
) -> Result<Snapshot, DumpError> {
    files.collector.convert_endpoints();
    files.collector.objects.events.bound();
    files.logs.correct_names(&files.collector.objects.pods);
    if files.manifest.is_none() && !files.collector.is_useful() {
        return Err(nothing_usable(&files, path));
    }
    let reads = reads(&files);
    let mut damaged = files.collector.damaged();
    if let Some((_, manifest)) = &files.manifest {
        damaged.extend(manifest.damaged());
    }
    let custom_reads = files
        .manifest
        .as_ref()
        .map(|(_, manifest)| manifest.custom_reads())
        .unwrap_or_default();
    let manifest = files
        .manifest
        .map(|(_, manifest)| (manifest.now, manifest.cluster));
    let (noted, cluster) = manifest.unzip();
    let source = match &cluster {
        Some(_) => Source::Capture,
        None => Source::Dump,
    };
    Ok(Snapshot {
        logs_left_out: Vec::new(),
        // A dump without any moment was written by hand. It counts as current.
        now: now
            .or(noted)
            .or(files.collector.newest)
            .unwrap_or_else(crate::model::now),
        cluster: cluster.unwrap_or_else(|| stem(path)),
        source,
        objects: files.collector.objects,
        logs: files.logs.kept,
        damaged,
        reads,
        custom_reads,
        undiscovered: None,
        requests: 0,
        skew: None,
    })
}

fn reads(files: &Files) -> BTreeMap<Resource, Read> {
    KINDS
        .iter()
        .map(|info| (info.resource, read_of(files, info.resource)))
        .collect()
}

/// Damage outweighs the manifest and the objects that were read: of a kind whose list broke off, some
/// objects are in the snapshot, and it is unread nevertheless.
fn read_of(files: &Files, resource: Resource) -> Read {
    let damage = match resource {
        Resource::PodLogs => files.logs.damaged.clone(),
        _ => files.collector.damage.get(&resource).map(Damage::message),
    };
    if let Some(message) = damage {
        let message = format!("{message}; check the file or create the dump again");
        return unread(UnreadReason::Malformed, message);
    }
    let seen = match resource {
        Resource::PodLogs => !files.logs.kept.is_empty(),
        _ => files.collector.seen.contains(&resource),
    };
    let noted = files
        .manifest
        .as_ref()
        .and_then(|(_, m)| m.read_of(resource));
    match noted {
        Some(Read::Unread(unread)) => Read::Unread(unread),
        // No log may mean that nothing had failed.
        Some(read) if resource == Resource::PodLogs => read,
        Some(Read::Absent) if !seen => Read::Absent,
        _ if seen => Read::Complete,
        _ => unread(UnreadReason::NotInSnapshot, missing(files, resource)),
    }
}

fn unread(reason: UnreadReason, message: String) -> Read {
    Read::Unread(Unread { reason, message })
}

fn missing(files: &Files, resource: Resource) -> String {
    let damage = files.damage.as_ref().map(|damage| format!(" ({damage})"));
    format!(
        "the snapshot has no {}{}",
        resource.name(),
        damage.unwrap_or_default()
    )
}

fn nothing_usable(files: &Files, path: &Path) -> DumpError {
    let of_kinds = files.collector.damage.values().map(Damage::message);
    let first = files.damage.clone().into_iter().chain(of_kinds).next();
    DumpError::NothingUsable {
        path: path.to_path_buf(),
        detail: first.map_or(String::new(), |first| format!(" ({first})")),
    }
}

/// The name of a folder or file without the endings of its format.
fn stem(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    let full = || path.canonicalize().ok().and_then(|path| name(&path));
    let name = name(path).or_else(full).unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let ending = ENDINGS.iter().find(|ending| lower.ends_with(**ending));
    name[..name.len() - ending.map_or(0, |ending| ending.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_named_after_their_dump() {
        for (path, name) in [
            ("/x/homelab.tar.gz", "homelab"),
            ("homelab.JSON", "homelab"),
            ("a/homelab/", "homelab"),
            ("k3s.example.com", "k3s.example.com"),
        ] {
            assert_eq!(stem(Path::new(path)), name, "{path}");
        }
    }
}
