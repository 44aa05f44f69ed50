//! Objects of other projects with the words of their controllers: the broken ones are found, the others
//! are not.

use std::collections::BTreeSet;
use std::fs;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::assess::{EvaluateInput, Outages, Verdict, evaluate};
use k8s_monitor::cluster::{Read, Snapshot, Source, dump};
use k8s_monitor::detect::RestartCounts;
use k8s_monitor::inventory::Inventory;
use k8s_monitor::model::{CUSTOM_KINDS, KINDS, Tier, Time};
use serde_json::Value;

use super::unrelated_objects::unrelated_objects;
use crate::support::objects;

/// Kinds whose objects say nothing of their own state.
const WITHOUT_STATUS: &[&str] = &[
    "Addon",
    "IPAddressPool",
    "IngressRouteTCP",
    "IngressRouteUDP",
    "L2Advertisement",
    "Middleware",
];

fn now() -> Time {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// The objects of a file: `SINCE` is some hours ago, `LONG` many days, `MINUTES` a few minutes.
fn read(text: &str) -> Vec<Value> {
    let ago = |ago: TimeDelta| (now() - ago).to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = text
        .replace("SINCE", &ago(TimeDelta::hours(3)))
        .replace("LONG", &ago(TimeDelta::days(20)))
        .replace("MINUTES", &ago(TimeDelta::minutes(4)));
    serde_yaml::from_multiple(&text).unwrap()
}

/// The result with these objects only, as a live cycle reads them or as in a dump.
fn evaluated(documents: &[Value], source: Source) -> Verdict {
    let mut documents = documents.to_vec();
    objects::add_nodes(&mut documents);
    let snapshot = match source {
        Source::Live => live(&documents),
        Source::Capture | Source::Dump => dumped(&documents),
    };
    let input = EvaluateInput {
        inventory: &Inventory::default(),
        look_back: std::time::Duration::from_hours(1),
        restarts: &RestartCounts::new(),
        outages: &Outages::new(),
        unlisted: Some(Tier::P3),
    };
    evaluate(&snapshot, &input)
}

fn live(documents: &[Value]) -> Snapshot {
    let reads = KINDS.iter().map(|row| (row.resource, Read::Complete));
    Snapshot {
        now: now(),
        cluster: "homelab".to_owned(),
        source: Source::Live,
        objects: objects::compacted(documents, now()).unwrap(),
        reads: reads.collect(),
        ..Snapshot::default()
    }
}

/// Half of the objects in a list, the others in a file each.
fn dumped(documents: &[Value]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let (listed, single) = documents.split_at(documents.len() / 2);
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": listed });
    fs::write(folder.path().join("all.json"), list.to_string()).unwrap();
    for (at, document) in single.iter().enumerate() {
        let path = folder.path().join(format!("{at}.json"));
        fs::write(path, document.to_string()).unwrap();
    }
    dump::read(folder.path(), Some(now())).unwrap()
}

fn name_of(document: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&document["apiVersion"]);
    let group = version.split('/').next().unwrap_or_default();
    let meta = &document["metadata"];
    let place = [text(&meta["namespace"]), text(&meta["name"])].join("/");
    format!("{}.{group} {place}", text(&document["kind"]))
}

/// The objects without a finding.
fn silent(documents: &[Value], source: Source) -> Vec<String> {
    let verdict = evaluated(documents, source);
    let findings: Vec<_> = verdict.incidents.iter().flat_map(|i| &i.findings).collect();
    let is_found = |document: &&Value| {
        findings.iter().any(|finding| {
            document["kind"] == finding.resource.kind
                && document["metadata"]["name"] == finding.resource.name
        })
    };
    let silent = documents.iter().filter(|document| !is_found(document));
    silent.map(name_of).collect()
}

fn reported(documents: &[Value], source: Source) -> Vec<String> {
    let verdict = evaluated(documents, source);
    let findings = verdict.incidents.iter().flat_map(|i| &i.findings);
    findings
        .map(|f| format!("{} {}: {}", f.reason, f.resource, f.message))
        .collect()
}

fn kinds_of(documents: &[Value]) -> BTreeSet<(String, String)> {
    let kinds = documents.iter().filter_map(|document| {
        let (group, _) = document["apiVersion"].as_str()?.split_once('/')?;
        Some((group.to_owned(), document["kind"].as_str()?.to_owned()))
    });
    kinds.collect()
}

#[test]
fn every_kind_of_the_table_has_a_healthy_object_without_a_finding() {
    let documents = unrelated_objects("x", now());
    let kinds = kinds_of(&documents);
    for row in CUSTOM_KINDS {
        let kind = (row.group.to_owned(), row.kind.to_owned());
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    for source in [Source::Live, Source::Dump] {
        let nothing: &[&str] = &[];
        assert_eq!(reported(&documents, source), nothing);
    }
}

#[test]
fn every_kind_of_the_table_has_a_broken_object_with_a_finding() {
    let documents = read(include_str!("broken.yaml"));
    let kinds = kinds_of(&documents);
    for row in CUSTOM_KINDS {
        let kind = (row.group.to_owned(), row.kind.to_owned());
        let has_status = !WITHOUT_STATUS.contains(&row.kind);
        assert_eq!(kinds.contains(&kind), has_status, "{kind:?}");
    }
    for source in [Source::Live, Source::Dump] {
        assert_eq!(
            silent(&documents, source),
            ["RecurringJob.longhorn.io longhorn-system/nightly"]
        );
    }
}

#[test]
fn broken_objects_of_other_kinds_are_found() {
    let documents = read(include_str!("others_broken.yaml"));
    for source in [Source::Live, Source::Dump] {
        let nothing: &[&str] = &[];
        assert_eq!(silent(&documents, source), nothing);
    }
}

#[test]
fn other_objects_of_these_kinds_have_no_finding() {
    let documents = read(include_str!("others_healthy.yaml"));
    for source in [Source::Live, Source::Dump] {
        let nothing: &[&str] = &[];
        assert_eq!(reported(&documents, source), nothing);
    }
}
