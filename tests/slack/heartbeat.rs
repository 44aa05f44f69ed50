//! The sign of life of real runs that never see a cluster; those that do are
//! in `tests/cluster`.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::stub::{Answer, Fault, Stub, nobody};

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");

fn watcher() -> Stub {
    Stub::new(|_| Answer::status(200, "OK"))
}

fn run(watcher: &Stub, server: &str, args: &[&str]) -> Output {
    let home = TempDir::new().unwrap();
    Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
        .env_clear()
        .env("HOME", home.path())
        .env("HEARTBEAT_URL", format!("{}/ping/some-uuid", watcher.url()))
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

/// Paths in order, and the last body.
fn pings(watcher: &Stub) -> (Vec<String>, String) {
    let asked = watcher.asked();
    let paths = asked.iter().map(|a| a.path.clone()).collect();
    (
        paths,
        asked
            .last()
            .map(super::stub::Asked::text)
            .unwrap_or_default(),
    )
}

#[test]
fn a_run_that_fails_signals_its_exit_status() {
    let silent = Stub::new(|_| Answer::status(200, ""));
    silent.break_with(vec![Fault::Hangs; 1_000]);
    let empty = tempfile::NamedTempFile::new().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (server, args, status) in [
        (nobody(), vec!["--services", SERVICES], 69),
        (
            silent.url(),
            vec!["--services", SERVICES, "--deadline", "2s"],
            75,
        ),
        (nobody(), vec!["--services", empty], 65),
    ] {
        let watcher = watcher();
        let output = run(&watcher, &server, &args);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let (paths, body) = pings(&watcher);
        assert_eq!(paths, ["/ping/some-uuid/start", "/ping/some-uuid/fail"]);
        assert!(body.contains(&format!("exit status {status}")), "{body}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_dry_run_sends_no_heartbeat() {
    let watcher = watcher();
    run(&watcher, &nobody(), &["--services", SERVICES, "--dry-run"]);
    assert_eq!(watcher.asked().len(), 0);
}

#[test]
fn a_slow_heartbeat_server_costs_five_seconds_at_most_and_changes_no_exit_status() {
    let quick = watcher();
    let began = Instant::now();
    run(&quick, &nobody(), &["--services", SERVICES]);
    let usual = began.elapsed();
    let slow = watcher();
    slow.break_with(vec![Fault::Hangs; 100]);
    let began = Instant::now();
    let output = run(&slow, &nobody(), &["--services", SERVICES]);
    let cost = began.elapsed().saturating_sub(usual);
    assert_eq!(output.status.code(), Some(69));
    assert!(cost < Duration::from_millis(6_500), "{cost:?}");
}
