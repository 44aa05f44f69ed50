//! Runs: objects that stand for one attempt. A failed one counts until a later attempt of the same
//! series succeeds.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::cluster::types::CustomObject;
use crate::model::Time;

/// Kinds of which each object is one attempt, and the label that names their series.
const RUNS: &[(&str, &str, &str)] = &[
    (
        "argoproj.io",
        "Workflow",
        "workflows.argoproj.io/cron-workflow",
    ),
    ("argoproj.io", "AnalysisRun", ""),
    ("postgresql.cnpg.io", "Backup", "cnpg.io/cluster"),
    ("velero.io", "Backup", "velero.io/schedule-name"),
    ("velero.io", "Restore", "velero.io/schedule-name"),
    ("longhorn.io", "Backup", "backup-volume"),
    ("k3s.cattle.io", "ETCDSnapshotFile", ""),
    ("tekton.dev", "PipelineRun", "tekton.dev/pipeline"),
    ("tekton.dev", "TaskRun", "tekton.dev/task"),
];

type Series<'a> = (&'a str, &'a str, &'a str, String);

/// Positions of the runs after which a later one of their series ended.
#[must_use]
pub fn superseded(objects: &[CustomObject]) -> HashSet<usize> {
    let mut newest: HashMap<Series, (Time, usize)> = HashMap::new();
    let runs: Vec<_> = objects
        .iter()
        .enumerate()
        .filter_map(|(at, object)| Some((at, series(object)?, began(object)?)))
        .collect();
    for (at, series, time) in &runs {
        if is_running(&objects[*at]) {
            continue;
        }
        let last = newest.entry(series.clone()).or_insert((*time, *at));
        *last = (*last).max((*time, *at));
    }
    let runs = runs.iter();
    runs.filter(|(at, series, _)| newest.get(series).is_some_and(|(_, last)| last != at))
        .map(|(at, ..)| *at)
        .collect()
}

fn series(object: &CustomObject) -> Option<Series<'_>> {
    let (_, _, label) = RUNS
        .iter()
        .find(|(group, kind, _)| object.is(group, kind))?;
    let meta = &object.metadata;
    let of_label = meta.label(label).filter(|_| !label.is_empty());
    let of_spec = object.spec_text(&["cluster", "name"]);
    let owner = meta.controller().map_or("", |owner| owner.name.as_str());
    let name = [of_label.unwrap_or(""), of_spec, owner];
    let name = name.into_iter().find(|name| !name.is_empty());
    let name = name.map_or_else(|| stem(&meta.name), str::to_owned);
    Some((object.group(), &object.kind, &meta.namespace, name))
}

/// A name without the parts that differ from run to run: numbers, dates, random endings.
fn stem(name: &str) -> String {
    let is_random = |part: &&str| {
        part.chars().any(|c| c.is_ascii_digit())
            || part.len() == 5 && !part.contains(['a', 'e', 'i', 'o', 'u'])
    };
    let parts = name.split(['-', '.']);
    let kept: Vec<_> = parts.filter(|part| !is_random(part)).collect();
    if kept.is_empty() {
        name.to_owned()
    } else {
        kept.join("-")
    }
}

/// When a run began.
pub fn began(object: &CustomObject) -> Option<Time> {
    let started = [
        "startedAt",
        "startTimestamp",
        "startTime",
        "snapshotCreatedAt",
        "creationTime",
    ];
    let mut started = started
        .iter()
        .filter_map(|key| object.status.get(key)?.as_str()?.parse().ok());
    started.next().or(object.metadata.creation_timestamp)
}

fn is_running(object: &CustomObject) -> bool {
    let phase = object
        .status
        .get("phase")
        .or_else(|| object.status.get("state"));
    let phase = phase.and_then(Value::as_str).unwrap_or("");
    matches!(
        phase.to_ascii_lowercase().as_str(),
        "running" | "pending" | "new" | "inprogress" | "started" | "queued" | "finalizing"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stem_is_what_runs_of_one_series_share() {
        for (name, expected) in [
            ("image-scan-xk7pq", "image-scan"),
            ("image-scan-1764500000", "image-scan"),
            ("daily-20261130020000", "daily"),
            ("etcd-snapshot-node-1-1764500000", "etcd-snapshot-node"),
            ("12345", "12345"),
        ] {
            assert_eq!(stem(name), expected);
        }
    }
}
