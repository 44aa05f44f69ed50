//! Reads YAML: each document is converted to JSON and read as such, so that both mean the same.
//! Anchors, depth and sizes are bounded.

use std::io;

use serde_json::Value;
use serde_yaml::options::DuplicateKeyPolicy;
use serde_yaml::{Options, budget, options};

use super::collect::Collector;
use super::json;

/// Nodes of one document: as many as 64 MiB of manifests have.
const MAX_NODES: usize = 8_000_000;

/// Reads all documents of a file. One that cannot be decoded is damage; the documents after it are
/// read nevertheless.
pub(super) fn documents(bytes: &[u8], collector: &mut Collector) -> io::Result<()> {
    let mut damage = None;
    let mut reader = bytes;
    for document in serde_yaml::read_with_options::<_, Value>(&mut reader, limits()) {
        match document {
            Ok(value) => json::slice(&serde_json::to_vec(&value)?, collector)?,
            Err(error) => {
                damage.get_or_insert_with(|| error.to_string());
            }
        }
    }
    damage.map_or(Ok(()), |damage| Err(io::Error::other(damage)))
}

fn limits() -> Options {
    options! {
        budget: budget! {
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_anchors: 1000,
            max_aliases: 1000,
            max_recorded_anchor_events: 100_000,
            max_recorded_anchor_bytes: 1024 * 1024,
        },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
    }
}
