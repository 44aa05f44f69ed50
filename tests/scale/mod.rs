//! Memory grows with the slim objects, not with the JSON of a cluster.
//! `make bench` measures the same with the release build.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::synthetic;
use synthetic::SyntheticCluster;
use synthetic::attack::Attack;
use synthetic::custom::CustomObjects;
use synthetic::cycle::{Cycle, program, run_over, services_file};
use synthetic::measure::Cost;
use synthetic::server::Server;

/// Bytes by which the peak may rise for each pod, including its share of a deployment.
const BYTES_PER_POD: usize = 2 << 10;
/// One page of a list. The pages that are being decoded and the tables that a finding needs are in its peak.
const PAGE: usize = 500;

#[test]
fn memory_grows_with_the_kept_fields_only() {
    let pods = 5_000;
    // Responses that wait to be decoded while the machine is busy count too; what is kept is in every
    // peak, so the lowest of three is closest to it.
    let grown = (0..3).map(|_| growth(pods)).min();
    let grown = grown.unwrap();
    assert!(
        grown < pods * BYTES_PER_POD,
        "{grown} bytes more for {pods} pods"
    );
}

/// Bytes by which the peak rises for so many pods.
fn growth(pods: usize) -> usize {
    let page = Cycle::over(&program(), SyntheticCluster::of(PAGE));
    let many = Cycle::over(&program(), SyntheticCluster::of(PAGE + pods));
    println!("{page:?}\n{many:?}");
    assert_eq!(many.cost.status.code(), Some(0), "{}", many.cost.stderr);
    assert_eq!(many.findings(), (PAGE + pods) / 100);
    many.cost.peak.saturating_sub(page.cost.peak) * 1024
}

/// Bytes by which the peak may rise for each custom resource.
const BYTES_PER_RESOURCE: usize = 2 << 10;

#[test]
fn healthy_custom_resources_are_kept_slim() {
    let of = |objects| {
        let server = Server::with(move |target| CustomObjects { objects }.answer(target));
        Cycle::against(&program(), &server)
    };
    let (page, many) = (of(PAGE), of(PAGE + 10_000));
    println!("{page:?}\n{many:?}");
    assert_eq!(many.findings(), (PAGE + 10_000) / 100);
    let grown = many.cost.peak.saturating_sub(page.cost.peak) * 1024;
    assert!(
        grown < 10_000 * BYTES_PER_RESOURCE,
        "{grown} bytes more for 10 000 resources"
    );
}

/// What the Job allows is twice as much.
const ATTACKED: usize = 64 << 10;

/// `K8S_MONITOR_ATTACK` sets the number of objects of each kind.
fn attack() -> Attack {
    let objects = std::env::var_os("K8S_MONITOR_ATTACK");
    let objects = objects.and_then(|objects| objects.to_str()?.parse().ok());
    Attack {
        objects: objects.unwrap_or(30),
        events: 3000,
    }
}

fn check(cost: &Cost, report: &serde_json::Value, most: usize) {
    println!("{:.1?} {:.1} MiB", cost.wall, cost.mebibytes());
    assert!(cost.peak < most, "{} KiB", cost.peak);
    assert!(
        cost.stdout.len() < 4 << 20,
        "{} bytes of report",
        cost.stdout.len()
    );
    // Most objects are too large to be judged, and the report says so.
    assert_eq!(report["visibility"]["complete"], false);
    assert!(!report["incidents"].as_array().unwrap().is_empty());
}

#[test]
fn a_hostile_namespace_takes_little_memory() {
    let attack = attack();
    let server = Server::with(move |target| attack.answer(target));
    let cycle = Cycle::against(&program(), &server);
    check(&cycle.cost, &cycle.report, ATTACKED);
}

#[test]
fn a_hostile_dump_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    attack().write(folder.path());
    let services = services_file();
    let (cost, report) = run_over(&program(), "--snapshot", folder.path(), services.path());
    // A person reads it, on a machine of their own. Its objects are not shared, and are in memory twice.
    check(&cost, &report, 2 * ATTACKED);
}
