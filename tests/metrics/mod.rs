//! `run --metrics` and `--metrics-push` of the built program, with a strict Pushgateway; the metrics
//! and the example rules, checked by Prometheus' own tools.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

mod gateway;

use crate::support::skip::skip;
use crate::support::{metrics_text, stub};

use gateway::{Gateway, Pushed};
use metrics_text::read;
use stub::{Answer, Fault};

/// A cycle with the example outage, without Slack.
const EXAMPLE_RUN: &[&str] = &[
    "run",
    "--snapshot",
    "docs/example/homelab",
    "--send",
    "--state=none",
];
/// The name of the cluster in the example dump.
const CLUSTER: &str = "homelab";

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_k8s-monitor"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts")
}

fn run_example(more: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = run(&[EXAMPLE_RUN, more].concat(), variables);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    output
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mysql(metric: &str) -> String {
    format!(
        "k8s_monitor_{metric}{{cluster=\"{CLUSTER}\",service=\"mysql\",namespace=\"mysql\",\
         tier=\"P0\"}}"
    )
}

/// Runs promtool; without it the test is skipped.
fn promtool(arguments: &[&str], folder: &Path, input: &[u8]) {
    let file = folder.join("input");
    fs::write(&file, input).unwrap();
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::from(fs::File::open(&file).unwrap()))
        .output();
    let Ok(output) = output else {
        skip("promtool is not installed (Debian's package prometheus has it)");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    assert!(output.status.success(), "promtool {arguments:?}: {text}");
}

#[test]
fn a_run_writes_metrics_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k8s-monitor.prom");
    fs::write(&path, "of the run before\n").unwrap();
    run_example(&["--metrics", path.to_str().unwrap()], &[]);
    let text = fs::read_to_string(&path).unwrap();
    let samples = read(&text);
    for (series, value) in [
        (
            format!("k8s_monitor_severity{{cluster=\"{CLUSTER}\"}}"),
            1.0,
        ),
        (mysql("service_up"), 0.0),
        (mysql("service_desired_replicas"), 1.0),
    ] {
        assert_eq!(samples.get(&series), Some(&value), "{series} in {text}");
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "the collector is another user");
    promtool(&["check", "metrics"], folder.path(), text.as_bytes());
}

#[test]
fn only_regular_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, link, real] = ["pipe", "link", "real"].map(|name| folder.path().join(name));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("pipe", &link).unwrap();
    for path in [&pipe, &link] {
        let text = stderr(&run_example(&["--metrics", path.to_str().unwrap()], &[]));
        assert!(text.contains("not a regular file"), "{text}");
        assert!(fs::metadata(path).unwrap().file_type().is_fifo());
    }
    fs::remove_file(&link).unwrap();
    fs::write(&real, "of the run before\n").unwrap();
    std::os::unix::fs::symlink("real", &link).unwrap();
    let output = run_example(&["--metrics", link.to_str().unwrap()], &[]);
    assert_eq!(stderr(&output), "");
    assert!(link.is_symlink());
    read(&fs::read_to_string(&real).unwrap());
}

#[test]
fn a_push_replaces_the_metrics_of_the_last_run() {
    let gateway = Gateway::start();
    run_example(&["--metrics-push", &gateway.url()], &[]);
    let first = gateway.group("k8s-monitor", CLUSTER).expect("pushed");
    assert_eq!(first.get(&mysql("service_up")), Some(&0.0));
    // With the services file of the variable, mysql is not a service.
    let folder = tempfile::tempdir().unwrap();
    let services = folder.path().join("services.txt");
    fs::write(
        &services,
        "1. All (P2-P3)\n\n  1.1 n8n\n\n  - Namespace: n8n\n",
    )
    .unwrap();
    let arguments = [EXAMPLE_RUN, &["--services", services.to_str().unwrap()]].concat();
    let output = run(&arguments, &[("METRICS_PUSH_URL", &gateway.url())]);
    assert_eq!(stderr(&output), "");
    let second = gateway.group("k8s-monitor", CLUSTER).expect("pushed");
    assert!(second.keys().any(|series| series.contains("\"n8n\"")));
    assert!(!second.contains_key(&mysql("service_up")), "it is stale");
    assert_eq!(gateway.groups(), 1);
}

/// Checks the stub itself: only PUT replaces a group, and invalid metrics are rejected.
#[test]
fn the_gateway_is_as_strict_as_the_real_one() {
    let path = "/metrics/job/k8s-monitor/cluster@base64/aG9tZWxhYg";
    let text = |body: &str| format!("# TYPE a gauge\n# HELP a A.\n{body}# EOF\n");
    let one = text("a{cluster=\"homelab\"} 1\n");
    for (method, path, body, status) in [
        ("PUT", path, one.as_str(), 200),
        ("GET", path, &one, 405),
        ("PUT", "/metrics/k8s-monitor", &one, 404),
        (
            "PUT",
            "/metrics/job/k8s-monitor/cluster@base64/a b",
            &one,
            400,
        ),
        (
            "PUT",
            path,
            &text("a{cluster=\"homelab\"} 1 1700000000000\n"),
            400,
        ),
        ("PUT", path, &text("a{cluster=\"another\"} 1\n"), 400),
        ("PUT", path, "a 1\n", 400),
    ] {
        let answer = Pushed::default().push(method, path, body);
        assert_eq!(answer, status, "{method} {path} {body}");
    }
    let mut pushed = Pushed::default();
    let two = one.replace(" a ", " b ").replace("a{", "b{");
    for (method, kept) in [("PUT", 1), ("POST", 2), ("PUT", 1)] {
        let body = if method == "POST" { &two } else { &one };
        assert_eq!(pushed.push(method, path, body), 200);
        assert_eq!(pushed.group("k8s-monitor", "homelab").unwrap().len(), kept);
    }
}

/// Verdict, report and status are the same; stderr has the error without the password.
#[test]
fn a_failed_write_or_push_of_metrics_changes_no_verdict() {
    let untold = run_example(&["--output=markdown"], &[]);
    let gateway = Gateway::start();
    let refusal = Answer::status(400, "pushed metrics are invalid");
    gateway.inject(Fault::Answer(refusal));
    let refusing = gateway
        .url()
        .replace("http://", "http://user:hunter2hunter2@");
    // Another test may use the port by now.
    let (gone, nowhere) = ("http://127.0.0.1:1", "/dev/null/k8s.prom");
    for (flags, variables, word) in [
        (&["--metrics", nowhere][..], &[][..], nowhere),
        (&["--metrics-push", gone], &[], "not pushed"),
        (
            &[],
            &[("METRICS_PUSH_URL", refusing.as_str())],
            "status 400",
        ),
    ] {
        let output = run_example(&[&["--output=markdown"], flags].concat(), variables);
        let text = stderr(&output);
        assert!(text.contains(word) && !text.contains("hunter2"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        let report = |output: &Output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let timed = text.find("cycle ").unwrap_or(text.len());
            text[..timed].to_owned()
        };
        assert_eq!(report(&output), report(&untold));
    }
}

#[test]
fn only_cycles_write_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k8s-monitor.prom");
    let file = path.to_str().unwrap();
    let gateway = Gateway::start();
    let dump = &["run", "--snapshot", "docs/example/homelab"][..];
    for (arguments, status) in [
        // A dump without `--send`, a dry run, and a run without a verdict.
        (dump.to_vec(), 1),
        ([dump, &["--dry-run"]].concat(), 1),
        (["run", "--snapshot", "/nonexistent", "--send"].to_vec(), 65),
    ] {
        let flags = ["--metrics", file, "--metrics-push", &gateway.url()];
        let output = run(&[&arguments[..], &flags].concat(), &[]);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(!path.exists(), "{arguments:?}");
        assert_eq!(gateway.groups(), 0, "{arguments:?}");
    }
}

/// The rules as Prometheus evaluates them, on the series of a table.
#[test]
fn the_example_rules_fire_when_they_should() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let custom = fs::read_to_string(root.join("deploy/prometheus-rule.yaml")).unwrap();
    let custom: serde_json::Value = serde_yaml::from_str(&custom).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Prometheus' YAML takes JSON.
    fs::write(folder.path().join("rules.yaml"), custom["spec"].to_string()).unwrap();
    let hours = root.join("tests/fixtures/prometheus/rules_test.yaml");
    fs::copy(hours, folder.path().join("rules_test.yaml")).unwrap();
    promtool(&["check", "rules", "rules.yaml"], folder.path(), b"");
    promtool(&["test", "rules", "rules_test.yaml"], folder.path(), b"");
}
