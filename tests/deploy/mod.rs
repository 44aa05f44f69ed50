//! `deploy/`, the image and the release without a cluster; `tests/cluster/deploy.rs` has the rest.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use k8s_monitor::config::Config;
use k8s_monitor::exit::ExitStatus;
use k8s_monitor::inventory;
use k8s_monitor::model::Tier;
use serde_json::{Value, json};

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&text(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn job() -> Value {
    yaml("deploy/base/cronjob.yaml")["spec"]["jobTemplate"]["spec"].clone()
}

/// What the Job does at an exit status: the first matching rule counts, as in Kubernetes.
fn action(status: u8) -> String {
    let job = job();
    let rules = job["podFailurePolicy"]["rules"]
        .as_array()
        .expect("rules")
        .iter();
    let rule = rules.filter(|rule| {
        let values = rule["onExitCodes"]["values"].as_array();
        values.is_some_and(|values| values.contains(&status.into()))
    });
    let actions: Vec<_> = rule
        .map(|r| r["action"].as_str().expect("an action"))
        .collect();
    assert!(actions.len() < 2, "{status} is named twice");
    actions.first().map_or("none", |a| a).to_owned()
}

#[test]
fn the_job_retries_transient_failures_but_no_verdict() {
    for status in ExitStatus::ALL {
        let expected = match status {
            // A drained node ends the pod by a signal, which a later rule does not count. Without a
            // rule a failure counts, for example stdout that cannot be written.
            ExitStatus::Healthy
            | ExitStatus::OutputLost
            | ExitStatus::HungUp
            | ExitStatus::Interrupted
            | ExitStatus::Terminated => "none",
            ExitStatus::ClusterUnreadable | ExitStatus::DeadlineExceeded => "Count",
            _ => "FailJob",
        };
        assert_eq!(action(status.code()), expected, "{status:?}");
    }
}

#[test]
fn the_job_deadline_fits_all_attempts_within_the_hour() {
    let job = job();
    let deadline = Config::load(None, &BTreeMap::new().into_iter().collect());
    let deadline = deadline.expect("the defaults").config.deadline.as_secs();
    let retries = job["backoffLimit"].as_u64().expect("a limit");
    // The back-off is 10 s, then 20 s.
    let pauses: u64 = (0..retries).map(|n| 10 << n).sum();
    let limit = job["activeDeadlineSeconds"].as_u64().expect("a limit");
    assert!(limit > deadline * (retries + 1) + pauses, "{limit}");
    let late = yaml("deploy/base/cronjob.yaml")["spec"]["startingDeadlineSeconds"].clone();
    assert!(limit + late.as_u64().expect("a limit") < 3600);
}

#[test]
fn the_documentation_lists_each_exit_status_of_the_job() {
    let page = text("docs/operations.md");
    let rows = page.lines().filter(|l| l.starts_with("| "));
    let named: BTreeSet<u8> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split(',').filter_map(|n| n.trim().parse().ok()))
        .collect();
    assert_eq!(named, ExitStatus::ALL.map(ExitStatus::code).into());
}

#[test]
fn the_network_policy_allows_what_a_cycle_needs() {
    let policy = yaml("deploy/base/networkpolicy.yaml");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(
        policy["spec"]["ingress"],
        Value::Null,
        "it lets somebody in"
    );
    let may = |protocol: &str, port: u16| {
        policy["spec"]["egress"]
            .as_array()
            .expect("rules")
            .iter()
            .any(|rule| {
                let ports = rule["ports"].as_array().expect("ports");
                // Without `to`, a rule applies to every address.
                rule["to"].is_null()
                    && ports
                        .iter()
                        .any(|p| p["protocol"] == protocol && p["port"] == port)
            })
    };
    for (protocol, port) in [("UDP", 53), ("TCP", 53), ("TCP", 443), ("TCP", 6443)] {
        assert!(may(protocol, port), "{protocol} {port}");
    }
    for (protocol, port) in [("TCP", 80), ("TCP", 22), ("TCP", 10250), ("UDP", 443)] {
        assert!(!may(protocol, port), "{protocol} {port}");
    }
    let selected = &policy["spec"]["podSelector"]["matchLabels"];
    assert_eq!(job()["template"]["metadata"]["labels"], *selected);
}

/// A first run must not report services that a new user does not have.
#[test]
fn the_example_files_are_valid_and_without_warnings() {
    for folder in [
        "base",
        "overlays/multi-cluster/east",
        "overlays/multi-cluster/west",
    ] {
        let services = text(&format!("deploy/{folder}/services.txt"));
        let inventory = inventory::parse(services.as_bytes());
        assert_eq!(inventory.diagnostics, [], "{folder}");
        assert!(
            inventory.services.iter().all(|s| s.tier >= Tier::P2),
            "{folder}"
        );
        assert_eq!(inventory.services.len(), 1, "{folder}");
        let path = format!("deploy/{folder}/config.yaml");
        let config = text(&path);
        let loaded = Config::load(
            Some((path.as_ref(), &config)),
            &BTreeMap::new().into_iter().collect(),
        );
        assert_eq!(loaded.expect("in order").warnings, Vec::<String>::new());
    }
}

#[test]
fn versions_and_users_agree() {
    for path in ["deploy/base", "deploy/overlays/gitops"] {
        let kustomization = yaml(&format!("{path}/kustomization.yaml"));
        assert_eq!(
            kustomization["images"][0]["newTag"],
            env!("CARGO_PKG_VERSION"),
            "{path}"
        );
    }
    let dockerfile = text("Dockerfile");
    let user = dockerfile
        .lines()
        .find_map(|l| l.strip_prefix("USER "))
        .expect("a user");
    let context = &job()["template"]["spec"]["securityContext"];
    assert_eq!(
        user,
        format!("{}:{}", context["runAsUser"], context["runAsGroup"])
    );
    let bases: Vec<_> = dockerfile
        .lines()
        .filter_map(|l| l.strip_prefix("FROM "))
        .collect();
    assert!(bases[0].contains("@sha256:"), "{bases:?}");
    assert_eq!(bases.last(), Some(&"scratch"));
}

/// A script that calls the program keeps the archive small and the test fast.
#[test]
fn the_release_archive_contains_the_listed_files() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("k8s-monitor");
    fs::write(
        &binary,
        format!(
            "#!/bin/sh\nexec {} \"$@\"\n",
            env!("CARGO_BIN_EXE_k8s-monitor")
        ),
    )
    .unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let script = r#"
        "$1"/packaging/dist.sh "$2"/k8s-monitor x86_64-unknown-linux-gnu "$2"/one >/dev/null
        umask 077
        "$1"/packaging/dist.sh "$2"/k8s-monitor x86_64-unknown-linux-gnu "$2"/two >/dev/null
        cmp "$2"/one/SHA256SUMS "$2"/two/SHA256SUMS
        cd "$2"/one && sha256sum --check --quiet SHA256SUMS && tar -xzf ./*.tar.gz && cd k8s-monitor-*/
        test -x k8s-monitor && test -s LICENSE && test -s Cargo.lock
        grep -q k8s-monitor completions/k8s-monitor.bash
        grep -q '#compdef k8s-monitor' completions/_k8s-monitor
        grep -q 'complete -c k8s-monitor' completions/k8s-monitor.fish
        grep -q '^.TH k8s-monitor 1' man/k8s-monitor.1
        grep -qE '^rustls v[0-9.]+ .*MIT' dependencies.txt
        ! grep -F "$1" dependencies.txt
    "#;
    let output = Command::new("bash")
        .args([
            "-euo",
            "pipefail",
            "-c",
            script,
            "bash",
            env!("CARGO_MANIFEST_DIR"),
        ])
        .arg(folder.path())
        .output()
        .expect("bash starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}
