//! Cached answers, by the findings on which they are based. Pure.
//!
//! The key is a digest of what the rules found: objects, reasons, causes, facts, commits, and the
//! known issues of the services file. Values that change all the time are left out: times, counts,
//! pod names, the text of events and logs. So an unchanged incident costs nothing after its first
//! cycle. An unusable answer is cached as unusable.

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

/// The state's cache.
pub type Cache = BTreeMap<String, Cached>;

/// The prefix of the model's keys.
const PREFIX: &str = "model:";
/// Entries that were not used for this long are removed.
const RETENTION: TimeDelta = TimeDelta::days(7);
/// Different questions per incident, agent and day, for incidents that keep changing.
const MAX_PER_DAY: usize = 4;

/// The findings on which an incident's answers are based.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKeyInput {
    incident: String,
    evidence: String,
}

/// An entry in the state.
#[derive(Serialize, Deserialize)]
struct Entry<T> {
    /// When the answer came.
    asked: Time,
    /// `None`: unusable.
    answer: Option<T>,
}

/// The result of a look-up in the cache.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// A cached answer.
    Found(T),
    /// The answer was unusable.
    Unusable,
    /// There is no answer, and the daily limit is reached.
    LimitReached,
    /// There is no answer.
    Missing,
}

impl CacheKeyInput {
    /// For an incident of this cycle.
    #[must_use]
    pub fn new(
        incident: &assess::Incident,
        draft: &Incident,
        service: Option<&Service>,
        correlation: Option<&Correlation>,
    ) -> Self {
        let pods = incident.findings.iter().flat_map(|f| &f.pods);
        let pods: BTreeSet<_> = pods.map(|p| p.name.as_str()).collect();
        Self::of_report(draft, service, correlation, &pods)
    }

    /// For an incident of the report.
    #[must_use]
    pub fn of_report(
        draft: &Incident,
        service: Option<&Service>,
        correlation: Option<&Correlation>,
        pods: &BTreeSet<&str>,
    ) -> Self {
        let mut facts = BTreeSet::new();
        facts.insert(format!("rule {}", draft.rule));
        facts.insert(format!("affects {}", draft.affects.join(" ")));
        for finding in &draft.findings {
            let cause = finding.cause.as_deref().unwrap_or_default();
            let message = without_volatile(&finding.message, pods);
            facts.insert(format!(
                "{} {} {cause} {message}",
                finding.resource, finding.reason
            ));
            let objects = finding.evidence.iter().filter(|e| e.kind == "object");
            facts.extend(objects.map(|e| format!("fact {}", without_volatile(&e.text, pods))));
        }
        if let Some(service) = service {
            facts.extend(service.known_issues.iter().map(|k| k.text.clone()));
        }
        let commits = correlation.iter().flat_map(|c| &c.commits);
        facts.extend(commits.map(|c| c.sha.clone()));
        let facts: Vec<_> = facts.into_iter().collect();
        Self {
            incident: digest(&draft.fingerprint),
            evidence: digest(&facts.join("\n")),
        }
    }

    /// The key of an agent's answer. `variant` is what else the answer depends on.
    #[must_use]
    pub fn key(&self, role: Role, variant: &str) -> Key {
        let prefix = format!("{PREFIX}{role}:{}:", self.incident);
        // A changed prompt changes the answer.
        let rest = digest(&[&self.evidence, variant, role.prompt().text].join("\n"));
        Key {
            full: format!("{prefix}{rest}"),
            prefix,
        }
    }
}

/// The key of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    full: String,
    prefix: String,
}

impl Key {
    /// Looks up the answer and marks it as used.
    #[must_use]
    pub fn find<T: DeserializeOwned>(&self, cache: &mut Cache, now: Time) -> Lookup<T> {
        if let Some(cached) = cache.get_mut(&self.full)
            && let Ok(entry) = serde_json::from_value::<Entry<T>>(cached.value.clone())
        {
            cached.at = now;
            return entry.answer.map_or(Lookup::Unusable, Lookup::Found);
        }
        let asked = cache
            .range(self.prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&self.prefix));
        let is_recent = |cached: &Cached| {
            let asked = serde_json::from_value::<Time>(cached.value["asked"].clone());
            asked.is_ok_and(|asked| (now - asked).abs() < TimeDelta::days(1))
        };
        if asked.filter(|(_, cached)| is_recent(cached)).count() >= MAX_PER_DAY {
            Lookup::LimitReached
        } else {
            Lookup::Missing
        }
    }

    /// Stores an answer; `None` if it is unusable.
    pub fn keep<T: Serialize>(&self, cache: &mut Cache, answer: Option<&T>, now: Time) {
        let entry = Entry { asked: now, answer };
        if let Ok(value) = serde_json::to_value(&entry) {
            cache.insert(self.full.clone(), Cached { at: now, value });
        }
    }
}

/// Removes answers that were not used for a week.
pub fn remove_unused(cache: &mut Cache, now: Time) {
    cache.retain(|key, cached| !key.starts_with(PREFIX) || now - cached.at <= RETENTION);
}

/// Words that change while the incident stays the same.
#[rustfmt::skip]
static VOLATILE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(concat!(
    r"^(",
    // Counts, shares, durations.
    r"[-+]?\d+([.,]\d+)?%?|(\d+(\.\d+)?(ms|us|ns|d|h|m|s))+",
    // Dates and times.
    r"|\d{4}-\d{2}-\d{2}(T.*)?|\d{1,2}:\d{2}(:\d{2})?(\.\d+)?Z?",
    // IP addresses.
    r"|(\d{1,3}\.){3}\d{1,3}(:\d+)?(/\d+)?",
    // Names of pods and `ReplicaSet`s, UIDs, digests.
    r"|[a-z0-9.-]+-[0-9a-f]{6,10}(-[a-z0-9]{5})?|[a-z0-9.-]+-[bcdfghjklmnpqrstvwxz2456789]{5}",
    r"|[0-9a-f]{8}-[0-9a-f-]{27}|(sha256:|containerd://)?[0-9a-f]{32,64}",
    r")$",
)).ok());

/// A text with a placeholder for every volatile word.
fn without_volatile(text: &str, pods: &BTreeSet<&str>) -> String {
    let is_edge = |c: char| ",;:.()[]{}\"'".contains(c);
    let words = text.split_whitespace().map(|word| {
        let bare = word.trim_matches(is_edge);
        let is_volatile = pods.contains(bare)
            || pods.iter().any(|pod| bare.rsplit('/').next() == Some(pod))
            || VOLATILE.as_ref().is_some_and(|regex| regex.is_match(bare));
        if is_volatile { "#" } else { bare }
    });
    let words: Vec<_> = words.collect();
    // `1 pod is` and `2 pods are` are the same.
    words
        .join(" ")
        .replace("# pods are", "# pod is")
        .replace("# pods", "# pod")
        .replace("# times", "# time")
}
