//! GitHub's part of the state's cache: reduced responses, limited in number and size. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::wire::CachedCommit;
use crate::correlate::repository::CommitDetail;
use crate::model::Time;
use crate::state::Cached;

/// The prefix of GitHub's keys.
const PREFIX: &str = "github:";
/// The number of entries.
const MAX_ENTRIES: usize = 80;
/// The size of all entries as JSON, in bytes.
const MAX_BYTES: usize = 128 * 1024;
/// The size of one entry, in bytes.
const MAX_ENTRY_BYTES: usize = 24 * 1024;

/// GitHub's part of the state's cache.
pub struct Cache<'a> {
    entries: &'a mut BTreeMap<String, Cached>,
    now: Time,
}

impl<'a> Cache<'a> {
    /// The cache. Entries that are used are dated `now`.
    pub fn new(entries: &'a mut BTreeMap<String, Cached>, now: Time) -> Self {
        Self { entries, now }
    }

    /// The data of an address, with its `ETag`.
    pub fn conditional(&self, address: &str) -> Option<(String, Value)> {
        let value = &self.entries.get(&key(address))?.value;
        Some((value["etag"].as_str()?.to_owned(), value["data"].clone()))
    }

    /// Marks an entry as used.
    pub fn touch(&mut self, address: &str) {
        if let Some(entry) = self.entries.get_mut(&key(address)) {
            entry.at = self.now;
        }
    }

    /// Stores a response that has a valid `ETag`.
    pub fn keep(&mut self, address: &str, etag: Option<&str>, data: &impl Serialize) {
        let is_valid =
            |etag: &&str| etag.len() <= 120 && etag.bytes().all(|b| b.is_ascii_graphic());
        if let Some(etag) = etag.filter(is_valid) {
            self.store(address, json!({ "etag": etag, "data": data }));
        }
    }

    /// A commit that was read for these paths, or for more.
    pub fn commit(&mut self, address: &str, paths: &[String]) -> Option<CommitDetail> {
        let value = self.entries.get(&key(address))?.value.clone();
        let cached: CachedCommit = serde_json::from_value(value).ok()?;
        if !paths.iter().all(|path| cached.paths.contains(path)) {
            return None;
        }
        self.touch(address);
        Some(cached.detail)
    }

    /// Stores a commit, unless it was read in part.
    pub fn keep_commit(&mut self, address: &str, paths: &[String], detail: &CommitDetail) {
        if !detail.is_partial {
            self.store(address, json!({ "paths": paths, "opened": detail }));
        }
    }

    fn store(&mut self, address: &str, value: Value) {
        if size(&value) > MAX_ENTRY_BYTES {
            self.entries.remove(&key(address));
            return;
        }
        let at = self.now;
        self.entries.insert(key(address), Cached { at, value });
        self.remove_oldest();
    }

    /// Removes the oldest entries until the limits are met.
    fn remove_oldest(&mut self) {
        let own = self
            .entries
            .iter()
            .filter(|(key, _)| key.starts_with(PREFIX));
        let mut own: Vec<(Time, String, usize)> = own
            .map(|(key, entry)| (entry.at, key.clone(), size(&entry.value)))
            .collect();
        own.sort();
        let mut bytes: usize = own.iter().map(|(_, _, size)| size).sum();
        let mut count = own.len();
        for (_, key, size) in own {
            if count <= MAX_ENTRIES && bytes <= MAX_BYTES {
                return;
            }
            self.entries.remove(&key);
            bytes -= size;
            count -= 1;
        }
    }
}

fn key(address: &str) -> String {
    format!("{PREFIX}{address}")
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn the_oldest_entries_are_removed() {
        let mut entries = BTreeMap::new();
        let foreign = Cached {
            at: Time::UNIX_EPOCH,
            value: json!("model"),
        };
        entries.insert("agent:x".to_owned(), foreign);
        for minute in 0..120 {
            let now = Time::UNIX_EPOCH + TimeDelta::minutes(minute);
            let mut cache = Cache::new(&mut entries, now);
            cache.keep(&format!("/{minute}"), Some("\"e\""), &"x".repeat(3000));
        }
        let bytes: usize = entries.values().map(|e| size(&e.value)).sum();
        assert!(
            bytes <= MAX_BYTES + 100 && entries.len() <= MAX_ENTRIES + 1,
            "{bytes}"
        );
        assert!(entries.contains_key("agent:x") && entries.contains_key("github:/119"));
        assert!(!entries.contains_key("github:/0"));
        Cache::new(&mut entries, Time::UNIX_EPOCH).keep(
            "/big",
            Some("\"e\""),
            &"x".repeat(MAX_ENTRY_BYTES),
        );
        assert!(!entries.contains_key("github:/big"));
    }

    #[test]
    fn a_cached_commit_is_valid_for_the_paths_it_was_read_for() {
        let mut entries = BTreeMap::new();
        let mut cache = Cache::new(&mut entries, Time::UNIX_EPOCH);
        let paths = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let detail = CommitDetail {
            files: Vec::new(),
            is_partial: false,
        };
        cache.keep_commit("/c", &paths(&["a", "b"]), &detail);
        assert_eq!(cache.commit("/c", &paths(&["b"])), Some(detail));
        assert_eq!(cache.commit("/c", &paths(&["b", "c"])), None);
        let partial = CommitDetail {
            files: Vec::new(),
            is_partial: true,
        };
        cache.keep_commit("/d", &paths(&["a"]), &partial);
        assert_eq!(cache.commit("/d", &paths(&["a"])), None);
    }
}
