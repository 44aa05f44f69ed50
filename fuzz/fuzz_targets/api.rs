//! Responses of an API server. The result of decoding does not depend on how a
//! response is split, and no object makes the evaluation panic or contradict itself. Of a damaged
//! object its kind counts as read, and it is named.
//!
//! Inputs have the form of `tests/fixtures/detect`: a header, then objects.

#![no_main]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_monitor::assess::{EvaluateInput, Outages, Verdict, evaluate};
use k8s_monitor::cluster::api::decode;
use k8s_monitor::cluster::types::Pod;
use k8s_monitor::cluster::{DamagedKind, DamagedObject};
use k8s_monitor::cluster::{Interner, Objects, Read, Resource, Snapshot, Source};
use k8s_monitor::detect::RestartCounts;
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{Tier, Time};
use k8s_monitor::report;
use k8s_monitor_fuzz::{hostile, json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value, json};

#[path = "../../tests/support/expect.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod expect;
#[path = "../../tests/support/objects.rs"]
#[allow(dead_code, missing_docs, reason = "shared with the tests")]
mod objects;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json::mutate(
        data,
        size,
        max_size,
        seed,
        hostile::TEXTS,
        || json!([{ "case": "an empty cluster" }]),
    )
});

fuzz_target!(|data: &[u8]| {
    decode_in_chunks(data);
    let Some(Value::Array(mut documents)) = json::read(data) else {
        return;
    };
    if documents.is_empty() {
        return;
    }
    let header = documents.remove(0);
    let documents = distinct(documents);
    let now = header["now"].as_str().and_then(|now| now.parse().ok());
    // Clocks and `--now` have years of four digits.
    let now = now.filter(|now: &Time| (0..YEAR_10_000).contains(&now.timestamp()));
    let now = now.unwrap_or_else(|| "2026-11-23T06:49:00Z".parse().expect("a moment"));
    let inventory = inventory::parse(header["services"].as_str().unwrap_or_default().as_bytes());
    let fixture = Fixture { now, inventory };

    let Some((live, damaged)) = live(&documents, now, data.len() % 61 + 1) else {
        return;
    };
    if !damaged.is_empty() {
        // In lists or nameless, every object is accounted for.
        assert!(damaged.iter().all(|object| !object.describe().is_empty()));
        let verdict = fixture.evaluate_damaged(live, damaged);
        check_verdict(&verdict, now);
        return;
    }
    let verdict = fixture.evaluate(live);
    check_verdict(&verdict, now);
    // Responses are decoded like any other JSON, and no rule needs what a live cycle drops.
    let whole = objects::collect(&documents).expect("its lists were read");
    assert_eq!(
        expect::whole(&fixture.evaluate(whole.clone())),
        expect::whole(&verdict)
    );
    let reversed: Vec<_> = documents.into_iter().rev().collect();
    let reversed = objects::collect(&reversed).expect("its lists were read");
    assert_eq!(
        expect::whole(&fixture.evaluate(reversed)),
        expect::whole(&verdict)
    );
});

const YEAR_10_000: i64 = 253_402_300_800;

struct Fixture {
    now: Time,
    inventory: Inventory,
}

impl Fixture {
    fn evaluate(&self, objects: Objects) -> Verdict {
        self.evaluate_damaged(objects, Vec::new())
    }

    fn evaluate_damaged(&self, objects: Objects, damaged: Vec<DamagedObject>) -> Verdict {
        let reads = KINDS.iter().map(|info| (info.resource, Read::Complete));
        let snapshot = Snapshot {
            now: self.now,
            cluster: "homelab".to_owned(),
            source: Source::Live,
            objects,
            damaged,
            reads: reads.collect(),
            ..Snapshot::default()
        };
        let input = EvaluateInput {
            inventory: &self.inventory,
            look_back: Duration::from_hours(1),
            restarts: &RestartCounts::default(),
            outages: &Outages::default(),
            unlisted: Some(Tier::P3),
        };
        evaluate(&snapshot, &input)
    }
}

/// Checks that a response has the same objects in one chunk and in many.
fn decode_in_chunks(data: &[u8]) {
    let read = |length: usize| {
        let mut pods = Vec::<Pod>::new();
        let interner = RefCell::default();
        let decoded = decode(data.chunks(length), &interner, &mut pods);
        decoded.is_ok().then_some(pods)
    };
    let whole = read(data.len().max(1));
    assert_eq!(read(data.len() % 61 + 1), whole);
}

/// Removes duplicates: an API server has one object of each name.
fn distinct(documents: Vec<Value>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    // A missing name counts as empty.
    let key = |d: &Value| {
        ["/kind", "/metadata/namespace", "/metadata/name"].map(|pointer| {
            let text = d.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        })
    };
    documents
        .into_iter()
        .filter(|d| seen.insert(key(d)))
        .collect()
}

/// The objects, decoded from one list of each kind as from a server.
fn live(documents: &[Value], now: Time, length: usize) -> Option<(Objects, Vec<DamagedObject>)> {
    let mut kinds: BTreeMap<Resource, Vec<&Value>> = BTreeMap::new();
    for document in documents {
        let (version, kind) = (document["apiVersion"].as_str()?, document["kind"].as_str()?);
        kinds
            .entry(Resource::of_object(version, kind)?)
            .or_default()
            .push(document);
    }
    let mut objects = Objects::default();
    let mut damaged = Vec::new();
    let interner = RefCell::new(Interner::new(now));
    for (resource, items) in kinds {
        let list = json!({ "metadata": { "continue": "" }, "items": items }).to_string();
        let target = objects.list_mut(resource)?;
        let decoded = decode(list.as_bytes().chunks(length), &interner, &mut *target).ok()?;
        let nameless = decoded.iter().filter(|item| item.name.is_empty()).count();
        assert!(target.len() <= items.len() && target.len() + nameless <= items.len());
        damaged.extend(decoded.into_iter().map(|item| DamagedObject {
            kind: DamagedKind::Read(resource),
            item,
        }));
    }
    Some((objects, damaged))
}

/// Checks the properties of every verdict.
fn check_verdict(verdict: &Verdict, now: Time) {
    let mut fingerprints = BTreeSet::new();
    assert!(verdict.incidents.is_sorted_by_key(|i| i.severity));
    for incident in &verdict.incidents {
        assert!(!incident.findings.is_empty(), "{}", incident.title);
        assert!(incident.since <= now, "{}", incident.title);
        assert_eq!(incident.severity, incident.rule.severity());
        assert!(
            fingerprints.insert(&incident.fingerprint),
            "{}",
            incident.fingerprint
        );
        let shown = report::draft(incident, &verdict.monitored);
        assert!(serde_json::to_string(&shown).is_ok() && !shown.title.is_empty());
    }
    for service in &verdict.services {
        assert!(
            service.since.is_none_or(|since| since <= now),
            "{}",
            service.name
        );
        assert!(
            service
                .downtime
                .is_none_or(|time| time >= chrono::TimeDelta::zero())
        );
    }
}
