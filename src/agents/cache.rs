//! Answers that are kept, by what they rest on. Pure.
//!
//! The key is made of what the rules found: objects, reasons, causes, facts,
//! suspects, the services file's words. What changes while nothing happens is
//! taken out of it: times, counts, names of pods, wording of events and logs.
//! So an incident that stays as it is costs nothing after its first cycle.
//! An answer that was paid for and is of no use is kept as such.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::TimeDelta;
use regex::Regex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::prompt::Role;
use super::untrusted::digest;
use crate::assess;
use crate::inventory::Service;
use crate::model::Time;
use crate::report::{Correlation, Incident};
use crate::state::Cached;

/// Answers by key, as the state keeps them.
pub type Cache = BTreeMap<String, Cached>;

/// How the keys of this room begin.
const PREFIX: &str = "model:";
/// What was of no use for so long is forgotten.
const MEMORY: TimeDelta = TimeDelta::days(7);
/// An incident whose evidence will not stay the same is explained so often a
/// day, then the rules speak.
const A_DAY: usize = 4;

/// What one incident's answers rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKeyInput {
    incident: String,
    evidence: String,
}

/// Kept with each answer.
#[derive(Serialize, Deserialize)]
struct Entry<T> {
    /// When it was paid for.
    asked: Time,
    /// `null`: of no use.
    answer: Option<T>,
}

/// What the cache has to say.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// An answer.
    Answer(T),
    /// It was asked, and what came is of no use.
    Useless,
    /// The incident was asked about too often today.
    Restless,
    /// Nothing: ask.
    Nothing,
}

impl CacheKeyInput {
    /// Of an incident as the rules see it.
    #[must_use]
    pub fn new(
        incident: &assess::Incident,
        shown: &Incident,
        service: Option<&Service>,
        correlation: Option<&Correlation>,
    ) -> Self {
        let pods = incident.findings.iter().flat_map(|f| &f.pods);
        let pods: BTreeSet<_> = pods.map(|p| p.name.as_str()).collect();
        Self::of(shown, service, correlation, &pods)
    }

    /// Of an incident as it is reported.
    #[must_use]
    pub fn of(
        shown: &Incident,
        service: Option<&Service>,
        correlation: Option<&Correlation>,
        pods: &BTreeSet<&str>,
    ) -> Self {
        let mut facts = BTreeSet::new();
        facts.insert(format!("rule {}", shown.rule));
        facts.insert(format!("affects {}", shown.affects.join(" ")));
        for finding in &shown.findings {
            let cause = finding.cause.as_deref().unwrap_or_default();
            let lasting = lasting(&finding.message, pods);
            facts.insert(format!(
                "{} {} {cause} {lasting}",
                finding.resource, finding.reason
            ));
            let objects = finding.evidence.iter().filter(|e| e.kind == "object");
            facts.extend(objects.map(|e| lasting_fact(&e.text, pods)));
        }
        if let Some(service) = service {
            facts.extend(service.known_issues.iter().map(|k| k.text.clone()));
        }
        let commits = correlation.iter().flat_map(|c| &c.commits);
        facts.extend(commits.map(|c| c.sha.clone()));
        let facts: Vec<_> = facts.into_iter().collect();
        Self {
            incident: digest(&shown.fingerprint),
            evidence: digest(&facts.join("\n")),
        }
    }

    /// The key of one agent's answer; `aspect` is what else it rests on.
    #[must_use]
    pub fn key(&self, role: Role, aspect: &str) -> Key {
        let prefix = format!("{PREFIX}{}:{}:", role.name(), self.incident);
        // Another prompt is another question.
        let rest = digest(&[&self.evidence, aspect, role.prompt().text].join("\n"));
        Key {
            whole: format!("{prefix}{rest}"),
            prefix,
        }
    }
}

/// Names an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    whole: String,
    prefix: String,
}

impl Key {
    /// Looks for the answer; one that is found is of use now.
    #[must_use]
    pub fn find<T: DeserializeOwned>(&self, cache: &mut Cache, now: Time) -> Lookup<T> {
        if let Some(cached) = cache.get_mut(&self.whole)
            && let Ok(entry) = serde_json::from_value::<Entry<T>>(cached.value.clone())
        {
            cached.at = now;
            return entry.answer.map_or(Lookup::Useless, Lookup::Answer);
        }
        let asked = cache
            .range(self.prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&self.prefix));
        let is_recent = |cached: &Cached| {
            let asked = serde_json::from_value::<Time>(cached.value["asked"].clone());
            asked.is_ok_and(|asked| (now - asked).abs() < TimeDelta::days(1))
        };
        if asked.filter(|(_, cached)| is_recent(cached)).count() >= A_DAY {
            Lookup::Restless
        } else {
            Lookup::Nothing
        }
    }

    /// Keeps an answer; none, if it was of no use.
    pub fn keep<T: Serialize>(&self, cache: &mut Cache, answer: Option<&T>, now: Time) {
        let entry = Entry { asked: now, answer };
        if let Ok(value) = serde_json::to_value(&entry) {
            cache.insert(self.whole.clone(), Cached { at: now, value });
        }
    }
}

/// Forgets what has been of no use for a week.
pub fn forget(cache: &mut Cache, now: Time) {
    cache.retain(|key, cached| !key.starts_with(PREFIX) || now - cached.at <= MEMORY);
}

#[rustfmt::skip]
static PASSING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(concat!(
    r"^(",
    // Counts, shares, durations.
    r"[-+]?\d+([.,]\d+)?%?|(\d+(\.\d+)?(ms|us|ns|d|h|m|s))+",
    // Moments.
    r"|\d{4}-\d{2}-\d{2}(T.*)?|\d{1,2}:\d{2}(:\d{2})?(\.\d+)?Z?",
    // Addresses of pods.
    r"|(\d{1,3}\.){3}\d{1,3}(:\d+)?(/\d+)?",
    // Names of pods and replica sets; uids and digests.
    r"|[a-z0-9.-]+-[0-9a-f]{6,10}(-[a-z0-9]{5})?|[a-z0-9.-]+-[bcdfghjklmnpqrstvwxz2456789]{5}",
    r"|[0-9a-f]{8}-[0-9a-f-]{27}|(sha256:|containerd://)?[0-9a-f]{32,64}",
    r")$",
)).ok());

fn lasting_fact(text: &str, pods: &BTreeSet<&str>) -> String {
    format!("fact {}", lasting(text, pods))
}

/// What of a text stays the same while nothing happens.
fn lasting(text: &str, pods: &BTreeSet<&str>) -> String {
    let is_edge = |c: char| ",;:.()[]{}\"'".contains(c);
    let words = text.split_whitespace().map(|word| {
        let bare = word.trim_matches(is_edge);
        let passes = pods.contains(bare)
            || pods.iter().any(|pod| bare.rsplit('/').next() == Some(pod))
            || PASSING.as_ref().is_some_and(|regex| regex.is_match(bare));
        if passes { "#" } else { bare }
    });
    let words: Vec<_> = words.collect();
    // `1 pod is`, `2 pods are`.
    words
        .join(" ")
        .replace("# pods are", "# pod is")
        .replace("# pods", "# pod")
        .replace("# times", "# time")
}
