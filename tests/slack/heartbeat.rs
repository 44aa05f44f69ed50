//! Heartbeats of runs that cannot read a cluster; `tests/cluster` has those of other runs.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::stub::{Answer, Fault, Stub, unreachable_url};

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");

fn heartbeat_server() -> Stub {
    Stub::new(|_| Answer::status(200, "OK"))
}

fn run(heartbeats: &Stub, server: &str, args: &[&str]) -> Output {
    let home = TempDir::new().unwrap();
    Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
        .env_clear()
        .env("HOME", home.path())
        .env(
            "HEARTBEAT_URL",
            format!("{}/ping/some-uuid", heartbeats.url()),
        )
        .args(["run", "--no-llm", "--output", "json", "--kubeconfig"])
        .arg(kubeconfig(&home, server))
        .args(args)
        .output()
        .unwrap()
}

fn kubeconfig(home: &TempDir, server: &str) -> PathBuf {
    let path = home.path().join("kubeconfig");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{ "name": "it", "cluster": { "server": server } }],
        "users": [{ "name": "it", "user": { "token": "none" } }],
        "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
    });
    std::fs::write(&path, text.to_string()).unwrap();
    path
}

/// The paths in order, and the last body.
fn pings(heartbeats: &Stub) -> (Vec<String>, String) {
    let requests = heartbeats.requests();
    let paths = requests.iter().map(|a| a.path.clone()).collect();
    (
        paths,
        requests
            .last()
            .map(super::stub::HttpRequest::text)
            .unwrap_or_default(),
    )
}

#[test]
fn a_run_that_fails_signals_its_exit_status() {
    let silent = Stub::new(|_| Answer::status(200, ""));
    silent.inject(vec![Fault::Hangs; 1_000]);
    let empty = tempfile::NamedTempFile::new().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (server, args, status) in [
        (unreachable_url(), vec!["--services", SERVICES], 69),
        (
            silent.url(),
            vec!["--services", SERVICES, "--deadline", "2s"],
            75,
        ),
        (unreachable_url(), vec!["--services", empty], 65),
    ] {
        let heartbeats = heartbeat_server();
        let output = run(&heartbeats, &server, &args);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let (paths, body) = pings(&heartbeats);
        assert_eq!(paths, ["/ping/some-uuid/start", "/ping/some-uuid/fail"]);
        assert!(body.contains(&format!("exit status {status}")), "{body}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_dry_run_sends_no_heartbeat() {
    let heartbeats = heartbeat_server();
    run(
        &heartbeats,
        &unreachable_url(),
        &["--services", SERVICES, "--dry-run"],
    );
    assert_eq!(heartbeats.requests().len(), 0);
}

#[test]
fn a_slow_heartbeat_server_costs_five_seconds_at_most_and_changes_no_exit_status() {
    let quick = heartbeat_server();
    let began = Instant::now();
    run(&quick, &unreachable_url(), &["--services", SERVICES]);
    let usual = began.elapsed();
    let slow = heartbeat_server();
    slow.inject(vec![Fault::Hangs; 100]);
    let began = Instant::now();
    let output = run(&slow, &unreachable_url(), &["--services", SERVICES]);
    let cost = began.elapsed().saturating_sub(usual);
    assert_eq!(output.status.code(), Some(69));
    assert!(cost < Duration::from_millis(6_500), "{cost:?}");
}
