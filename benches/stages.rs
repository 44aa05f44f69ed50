//! What the stages of a cycle cost by themselves: decoding a pod and keeping
//! what matters of it, then detect, diagnose and assess, at 10 000 and 150 000
//! pods. `cargo bench`.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/crowd/mod.rs"]
mod crowd;

use std::collections::BTreeMap;
use std::time::Duration;

use crowd::{Crowd, Kind};
use divan::Bencher;
use divan::counter::ItemsCount;
use k8s_monitor::assess;
use k8s_monitor::cluster::compact::Compact;
use k8s_monitor::cluster::kinds::ROWS;
use k8s_monitor::cluster::types::Pod;
use k8s_monitor::cluster::{Interner, Objects, Read, Snapshot, Source};
use k8s_monitor::detect::{self, ClusterIndex, RestartCounts};
use k8s_monitor::diagnose::diagnose;
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::{Tier, Time};

const SIZES: [usize; 2] = [10_000, 150_000];

fn main() {
    divan::main();
}

fn now() -> Time {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn listed() -> Inventory {
    inventory::parse(b"1. Support (P2-P3)\n\n1.1 app-00000\n- Namespace: team-000\n")
}

/// All objects of a kind, as a live cycle keeps them.
fn kept<T: Compact>(crowd: Crowd, kind: Kind, pool: &mut Interner) -> Vec<T> {
    let objects = (0..crowd.count(kind)).map(|at| {
        let mut object: T = serde_json::from_str(&crowd.object(kind, at)).unwrap();
        object.compact(pool);
        object
    });
    objects.collect()
}

fn snapshot(pods: usize) -> Snapshot {
    let crowd = Crowd::of(pods);
    let pool = &mut Interner::new(now());
    Snapshot {
        now: now(),
        cluster: "crowd".to_owned(),
        source: Source::Live,
        objects: Objects {
            pods: kept(crowd, Kind::Pod, pool),
            deployments: kept(crowd, Kind::Deployment, pool),
            replica_sets: kept(crowd, Kind::ReplicaSet, pool),
            services: kept(crowd, Kind::Service, pool),
            endpoint_slices: kept(crowd, Kind::EndpointSlice, pool),
            events: kept(crowd, Kind::Event, pool),
            nodes: kept(crowd, Kind::Node, pool),
            namespaces: kept(crowd, Kind::Namespace, pool),
            ..Objects::default()
        },
        reads: ROWS
            .iter()
            .map(|row| (row.resource, Read::Complete))
            .collect(),
        ..Snapshot::default()
    }
}

/// The text of some pods, over and over, to what is kept of them.
#[divan::bench(args = SIZES, sample_count = 5)]
fn parse(bencher: Bencher, pods: usize) {
    const TEXTS: usize = 1_000;
    let crowd = Crowd::of(TEXTS);
    let texts: Vec<_> = (0..TEXTS).map(|at| crowd.object(Kind::Pod, at)).collect();
    bencher.counter(ItemsCount::new(pods)).bench_local(|| {
        let mut pool = Interner::new(now());
        let decode = |text: &String| {
            let mut pod: Pod = serde_json::from_str(text).unwrap();
            pod.compact(&mut pool);
            pod
        };
        let texts = texts.iter().cycle().take(pods);
        texts.map(decode).collect::<Vec<_>>()
    });
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn detect(bencher: Bencher, pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let monitored = assess::monitored_services(&listed(), &snapshot.objects);
    bencher.counter(ItemsCount::new(pods)).bench_local(|| {
        let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
        detect::detect(&view).findings.len()
    });
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn diagnosis(bencher: Bencher, pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let monitored = assess::monitored_services(&listed(), &snapshot.objects);
    let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
    bencher
        .counter(ItemsCount::new(pods))
        .with_inputs(|| detect::detect(&view).findings)
        .bench_local_refs(|findings| diagnose(&view, findings));
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn assessment(bencher: Bencher, pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let inventory = listed();
    let monitored = assess::monitored_services(&inventory, &snapshot.objects);
    let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
    bencher
        .counter(ItemsCount::new(pods))
        .with_inputs(|| {
            let mut detection = detect::detect(&view);
            diagnose(&view, &mut detection.findings);
            detection
        })
        .bench_local_values(|detection| {
            let services = assess::services(&view, &detection, &BTreeMap::new());
            let findings = detection.findings;
            let unlisted = Tier::P3;
            assess::incidents(
                "crowd", unlisted, &inventory, &monitored, &services, findings,
            )
            .len()
        });
}
