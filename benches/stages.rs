//! The time of each stage by itself: decoding and compacting pods, then detect, diagnose and assess,
//! at 10 000 and 150 000 pods. `cargo bench` runs all, `cargo bench -- detect` those with that name.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/synthetic/mod.rs"]
mod synthetic;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use k8s_monitor::assess;
use k8s_monitor::cluster::compact::Compact;
use k8s_monitor::cluster::types::Pod;
use k8s_monitor::cluster::{Interner, Objects, Read, Snapshot, Source};
use k8s_monitor::detect::{self, ClusterIndex, RestartCounts};
use k8s_monitor::diagnose::diagnose;
use k8s_monitor::inventory::{self, Inventory};
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{Tier, Time};
use synthetic::{Kind, SyntheticCluster};

const SIZES: [usize; 2] = [10_000, 150_000];

/// Of so many runs the fastest and the median are printed.
const SAMPLES: usize = 5;

fn main() {
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let stages = [
        ("parse", parse as fn(usize)),
        ("detect", detect),
        ("diagnosis", diagnosis),
        ("assessment", assessment),
    ];
    println!(
        "{:12} {:>7} {:>11} {:>11} {:>12}",
        "stage", "pods", "fastest", "median", "pods/s"
    );
    for (name, stage) in stages {
        if filter.as_ref().is_none_or(|filter| name.contains(filter)) {
            for pods in SIZES {
                print!("{name:12} {pods:>7}");
                stage(pods);
            }
        }
    }
}

/// Measures `run` without what `prepare` takes.
fn measure<I, O>(pods: usize, mut prepare: impl FnMut() -> I, mut run: impl FnMut(I) -> O) {
    let mut times = [(); SAMPLES].map(|()| {
        let input = prepare();
        let began = Instant::now();
        let output = black_box(run(black_box(input)));
        let time = began.elapsed();
        drop(output);
        time
    });
    times.sort();
    let (fastest, median) = (times[0], times[SAMPLES / 2]);
    #[allow(clippy::cast_precision_loss, reason = "a count of pods is small")]
    let rate = pods as f64 / fastest.as_secs_f64();
    println!(
        " {:>8.2} ms {:>8.2} ms {rate:>12.0}",
        millis(fastest),
        millis(median)
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn now() -> Time {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn listed() -> Inventory {
    inventory::parse(b"1. Support (P2-P3)\n\n1.1 app-00000\n- Namespace: team-000\n")
}

/// All objects of a kind, as a live cycle keeps them.
fn kept<T: Compact>(cluster: SyntheticCluster, kind: Kind, pool: &mut Interner) -> Vec<T> {
    let objects = (0..cluster.count(kind)).map(|at| {
        let mut object: T = serde_json::from_str(&cluster.object(kind, at)).unwrap();
        object.compact(pool);
        object
    });
    objects.collect()
}

fn snapshot(pods: usize) -> Snapshot {
    let cluster = SyntheticCluster::of(pods);
    let pool = &mut Interner::new(now());
    Snapshot {
        now: now(),
        cluster: "synthetic".to_owned(),
        source: Source::Live,
        objects: Objects {
            pods: kept(cluster, Kind::Pod, pool),
            deployments: kept(cluster, Kind::Deployment, pool),
            replica_sets: kept(cluster, Kind::ReplicaSet, pool),
            services: kept(cluster, Kind::Service, pool),
            endpoint_slices: kept(cluster, Kind::EndpointSlice, pool),
            events: kept(cluster, Kind::Event, pool),
            nodes: kept(cluster, Kind::Node, pool),
            namespaces: kept(cluster, Kind::Namespace, pool),
            ..Objects::default()
        },
        reads: KINDS
            .iter()
            .map(|row| (row.resource, Read::Complete))
            .collect(),
        ..Snapshot::default()
    }
}

/// From the JSON of pods to compacted objects. A thousand texts are used in turn.
fn parse(pods: usize) {
    const TEXTS: usize = 1_000;
    let cluster = SyntheticCluster::of(TEXTS);
    let texts: Vec<_> = (0..TEXTS).map(|at| cluster.object(Kind::Pod, at)).collect();
    measure(
        pods,
        || (),
        |()| {
            let mut pool = Interner::new(now());
            let decode = |text: &String| {
                let mut pod: Pod = serde_json::from_str(text).unwrap();
                pod.compact(&mut pool);
                pod
            };
            let texts = texts.iter().cycle().take(pods);
            texts.map(decode).collect::<Vec<_>>()
        },
    );
}

fn detect(pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let monitored = assess::monitored_services(&listed(), &snapshot.objects);
    measure(
        pods,
        || (),
        |()| {
            let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
            detect::detect(&view).findings.len()
        },
    );
}

fn diagnosis(pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let monitored = assess::monitored_services(&listed(), &snapshot.objects);
    let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
    let findings = || detect::detect(&view).findings;
    measure(pods, findings, |mut findings| {
        diagnose(&view, &mut findings);
        findings
    });
}

fn assessment(pods: usize) {
    let (snapshot, restarts) = (snapshot(pods), RestartCounts::new());
    let inventory = listed();
    let monitored = assess::monitored_services(&inventory, &snapshot.objects);
    let view = ClusterIndex::new(&snapshot, &monitored, Duration::from_hours(1), &restarts);
    let diagnosed = || {
        let mut detection = detect::detect(&view);
        diagnose(&view, &mut detection.findings);
        detection
    };
    measure(pods, diagnosed, |detection| {
        let services = assess::services(&view, &detection, &BTreeMap::new());
        let findings = detection.findings;
        let unlisted = Tier::P3;
        assess::incidents(
            "synthetic",
            (unlisted, snapshot.now),
            &inventory,
            &monitored,
            &services,
            findings,
        )
        .len()
    });
}
