//! What is kept of GitHub's answers from cycle to cycle: reduced, and little.
//! Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::wire::Kept;
use crate::correlate::repository::CommitDetail;
use crate::model::Time;
use crate::state::Cached;

/// Where GitHub's entries begin.
const PREFIX: &str = "github:";
/// Entries, and what they take together as JSON.
const MOST: usize = 80;
const BYTES: usize = 128 * 1024;
/// No single answer is worth more.
const LARGEST: usize = 24 * 1024;

/// GitHub's part of the state's cache.
pub struct Cache<'a> {
    entries: &'a mut BTreeMap<String, Cached>,
    now: Time,
}

impl<'a> Cache<'a> {
    /// Entries that are used from now on are dated `now`.
    pub fn new(entries: &'a mut BTreeMap<String, Cached>, now: Time) -> Self {
        Self { entries, now }
    }

    /// What is kept of an address, with its `ETag`.
    pub fn conditional(&self, address: &str) -> Option<(String, Value)> {
        let value = &self.entries.get(&key(address))?.value;
        Some((value["etag"].as_str()?.to_owned(), value["data"].clone()))
    }

    /// It was of use.
    pub fn touch(&mut self, address: &str) {
        if let Some(entry) = self.entries.get_mut(&key(address)) {
            entry.at = self.now;
        }
    }

    /// Keeps an answer that can be asked for again by its `ETag`.
    pub fn keep(&mut self, address: &str, etag: Option<&str>, data: &impl Serialize) {
        let is_tag = |etag: &&str| etag.len() <= 120 && etag.bytes().all(|b| b.is_ascii_graphic());
        if let Some(etag) = etag.filter(is_tag) {
            self.store(address, json!({ "etag": etag, "data": data }));
        }
    }

    /// A commit that was opened for these paths, or for more.
    pub fn opened(&mut self, address: &str, paths: &[String]) -> Option<CommitDetail> {
        let value = self.entries.get(&key(address))?.value.clone();
        let kept: Kept = serde_json::from_value(value).ok()?;
        if !paths.iter().all(|path| kept.paths.contains(path)) {
            return None;
        }
        self.touch(address);
        Some(kept.opened)
    }

    /// Keeps a commit: it never changes. One of which not all was read may be
    /// read better next time.
    pub fn keep_opened(&mut self, address: &str, paths: &[String], opened: &CommitDetail) {
        if !opened.is_partial {
            self.store(address, json!({ "paths": paths, "opened": opened }));
        }
    }

    fn store(&mut self, address: &str, value: Value) {
        if size(&value) > LARGEST {
            self.entries.remove(&key(address));
            return;
        }
        let at = self.now;
        self.entries.insert(key(address), Cached { at, value });
        self.bound();
    }

    /// The oldest go until the rest is little enough.
    fn bound(&mut self) {
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
            if count <= MOST && bytes <= BYTES {
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
    fn little_is_kept_and_the_newest_longest() {
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
        assert!(bytes <= BYTES + 100 && entries.len() <= MOST + 1, "{bytes}");
        assert!(entries.contains_key("agent:x") && entries.contains_key("github:/119"));
        assert!(!entries.contains_key("github:/0"));
        Cache::new(&mut entries, Time::UNIX_EPOCH).keep(
            "/big",
            Some("\"e\""),
            &"x".repeat(LARGEST),
        );
        assert!(!entries.contains_key("github:/big"));
    }

    #[test]
    fn a_commit_is_kept_for_the_paths_that_it_was_opened_for() {
        let mut entries = BTreeMap::new();
        let mut cache = Cache::new(&mut entries, Time::UNIX_EPOCH);
        let paths = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let opened = CommitDetail {
            files: Vec::new(),
            is_partial: false,
        };
        cache.keep_opened("/c", &paths(&["a", "b"]), &opened);
        assert_eq!(cache.opened("/c", &paths(&["b"])), Some(opened));
        assert_eq!(cache.opened("/c", &paths(&["b", "c"])), None);
        let partial = CommitDetail {
            files: Vec::new(),
            is_partial: true,
        };
        cache.keep_opened("/d", &paths(&["a"]), &partial);
        assert_eq!(cache.opened("/d", &paths(&["a"])), None);
    }
}
