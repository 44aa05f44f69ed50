//! Memory and requests do not grow with the JSON of a cluster, only with what
//! is kept of it. `make bench` measures the same with the program as shipped.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

mod crowd;

use std::process::Command;

use crowd::Crowd;
use crowd::measure::{Cost, cost};
use crowd::server::Server;
use serde_json::{Value, json};

/// A cycle over a crowd: what it cost, what it said, and how many requests and bytes it took.
fn cycle(pods: usize) -> (Cost, Value, (usize, usize)) {
    let server = Server::start(Crowd { pods });
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let kubeconfig = json!({
        "current-context": "crowd",
        "contexts": [{"name": "crowd", "context": {"cluster": "crowd", "user": "monitor"}}],
        "clusters": [{"name": "crowd", "cluster": {"server": server.url()}}],
        "users": [{"name": "monitor", "user": {"token": "t"}}],
    });
    let services = "1. Support (P2-P3)\n\n1.1 app-00000\n- Namespace: team-000\n";
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
    command
        .env_clear()
        .args("run --dry-run --no-llm --state none --output json".split(' '))
        .arg("--kubeconfig")
        .arg(put("kubeconfig", &kubeconfig.to_string()))
        .arg("--services")
        .arg(put("services.txt", services));
    let cost = cost(&mut command);
    let report = serde_json::from_slice(&cost.stdout);
    let report = report.unwrap_or_else(|e| panic!("{e}: {}", cost.stderr));
    (cost, report, server.traffic())
}

#[test]
fn memory_does_not_grow_with_the_json_of_the_cluster() {
    const PODS: usize = 10_000;
    let (none, ..) = cycle(0);
    let (many, report, (requests, bytes)) = cycle(PODS);
    assert_eq!(many.status.code(), Some(0), "{}", many.stderr);
    assert_eq!(report["incidents"].as_array().unwrap().len(), PODS / 100);
    assert_eq!(report["requests"]["kubernetes"], requests);
    let grown = many.peak.saturating_sub(none.peak);
    println!("{requests} requests, {bytes} bytes, {grown} KiB more than for no pod");
    // About 0.6 KiB a pod and its part of a deployment, and some pages under way.
    assert!(
        grown < 24 << 10,
        "{} KiB, then {} KiB",
        none.peak,
        many.peak
    );
}
