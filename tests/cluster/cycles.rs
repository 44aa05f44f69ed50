//! Whole cycles with the deployed service account, the state in a `ConfigMap` and
//! notifications to Slack.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::manifests;
use crate::program::{Report, program, services_file};
use crate::support::stub::{Answer, Fault, Hook, Stub, unreachable_url};
use crate::support::workspace::{TOKEN, Workspace};
use crate::time::Ago;

const USER: &str = "system:serviceaccount:k8s-monitor:k8s-monitor";
const STATE: &str = "configmap:k8s-monitor/k8s-monitor-state";

/// The monitor with its cluster, Slack and the receiver of its heartbeat.
pub struct Monitor {
    pub homelab: Homelab,
    pub workspace: Workspace,
    pub heartbeats: Stub,
    pub env: Vec<(&'static str, String)>,
    config: tempfile::NamedTempFile,
    kubeconfig: PathBuf,
    before: usize,
}

impl Monitor {
    /// Applies these manifests.
    pub fn with(homelab: Homelab, manifests: &[&str]) -> Self {
        for manifest in manifests {
            homelab.apply_yaml(manifest);
        }
        let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(config.path(), "confirmAfter: 0s\ncluster: homelab\n").unwrap();
        let workspace = Workspace::new();
        let slack = format!("{}/api", workspace.stub.url());
        Self {
            kubeconfig: homelab.kubeconfig_with_token(&token, "homelab"),
            before: homelab.requests_by(USER).len(),
            env: vec![("SLACK_BOT_TOKEN", TOKEN.into()), ("SLACK_API_URL", slack)],
            heartbeats: Stub::new(|_| Answer::status(200, "OK")),
            homelab,
            workspace,
            config,
        }
    }

    /// With an outage of mysql, and of the backend that depends on it.
    pub fn with_outage() -> Self {
        let mut homelab = Homelab::healthy();
        homelab.crash_loops("mysql", 20.minutes_ago());
        Self::with(homelab, &manifests::ALL)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command
            .env("HEARTBEAT_URL", format!("{}/ping", self.heartbeats.url()))
            .env("GITHUB_API_URL", unreachable_url())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(args)
            .args(["--output", "json", "--no-llm", "--config"])
            .arg(self.config.path())
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .arg("--services")
            .arg(services_file())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Report {
        Report::of(&self.cycle(args).output().unwrap())
    }

    fn cycle(&self, args: &[&str]) -> Command {
        self.command(&[&["run", "--state", STATE], args].concat())
    }

    /// Starts a run and waits for its first request to Slack.
    fn at_slack(&self, args: &[&str]) -> Child {
        let before = self.workspace.stub.requests().len();
        let mut child = self.cycle(args).spawn().unwrap();
        while self.workspace.stub.requests().len() == before {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the run ended too early"
            );
            std::thread::yield_now();
        }
        child
    }

    fn state(&self) -> Option<Value> {
        let map = self
            .homelab
            .get("ConfigMap", "k8s-monitor", "k8s-monitor-state")?;
        serde_json::from_str(map["data"]["state.json"].as_str()?).ok()
    }

    /// The write requests to the API server, as `verb resource status`.
    fn writes(&self) -> Vec<String> {
        let requests = self.homelab.requests_by(USER).into_iter();
        requests
            .skip(self.before)
            .filter(|r| !["get", "list", "watch"].contains(&r.verb.as_str()))
            .map(|r| format!("{} {} {}", r.verb, r.resource, r.status))
            .collect()
    }
}

fn sums(report: &Report) -> [u64; 3] {
    ["sent", "failed", "queued"].map(|key| report.json["delivery"][key].as_u64().unwrap())
}

fn notes(report: &Report) -> String {
    report.json["notes"].to_string()
}

#[test]
fn the_first_run_creates_the_state_and_the_second_sends_nothing() {
    let monitor = Monitor::with_outage();
    let first = monitor.run(&[]);
    assert_eq!(
        (first.status, sums(&first)),
        (1, [1, 0, 0]),
        "{}",
        first.stderr
    );
    assert_eq!(monitor.state().unwrap()["schema"], "k8s-monitor/state/v1");
    let writes = monitor.writes();
    assert_eq!(writes[0], "create configmaps 201");
    assert!(
        writes[1..].iter().all(|w| w == "update configmaps 200"),
        "{writes:?}"
    );
    let second = monitor.run(&[]);
    assert_eq!((second.status, sums(&second)), (1, [0, 0, 0]));
    let id = |report: &Report| report.incidents()[0]["id"].clone();
    assert_eq!(id(&first), id(&second));
    assert_eq!(monitor.workspace.messages().len(), 1);
    assert_eq!(monitor.state().unwrap()["sending"], json!(null));
}

#[test]
fn a_dry_run_and_a_check_write_and_send_nothing() {
    let monitor = Monitor::with_outage();
    let planned = monitor.run(&["--dry-run"]);
    assert_eq!(planned.status, 1);
    assert_eq!(
        planned.json["plan"]["messages"][0]["channel"],
        "#critical-alerts"
    );
    let check = monitor.command(&["check", "--service", "mysql", "--state", STATE]);
    let check = Report::of(&{ check }.output().unwrap());
    assert_eq!(check.status, 1);
    assert_eq!(monitor.writes(), Vec::<String>::new());
    assert_eq!(monitor.workspace.stub.requests().len(), 0);
    assert_eq!(monitor.heartbeats.requests().len(), 0);
    assert_eq!(monitor.state(), None);
    // A real run makes the same decisions.
    let real = monitor.run(&[]);
    let decided = |report: &Report| -> Vec<Value> {
        let each = report.incidents().iter();
        each.map(|i| {
            json!([
                i["id"],
                i["notification"]["decision"],
                i["notification"]["why"]
            ])
        })
        .collect()
    };
    assert_eq!(decided(&planned), decided(&real));
    assert_eq!(sums(&real), [1, 0, 0]);
}

#[test]
fn after_a_kill_the_next_run_waits_and_delivers() {
    let monitor = Monitor::with_outage();
    monitor.workspace.stub.inject([Fault::Hangs]);
    let mut killed = monitor.at_slack(&["--deadline", "12s"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = monitor.state().unwrap();
    assert_eq!(left["outbox"].as_array().unwrap().len(), 1);
    assert!(left["sending"].is_object(), "{left}");
    let next = monitor.run(&["--deadline", "60s"]);
    assert_eq!(
        (next.status, sums(&next)),
        (1, [1, 0, 0]),
        "{}",
        notes(&next)
    );
    assert_eq!(monitor.workspace.messages().len(), 1);
}

#[test]
fn of_two_concurrent_runs_one_delivers() {
    let monitor = Monitor::with_outage();
    monitor.workspace.stub.inject(vec![Fault::Hangs; 9]);
    let slow = monitor.at_slack(&["--deadline", "25s"]);
    let second = monitor.run(&["--deadline", "12s"]);
    assert_eq!((second.status, sums(&second)), (1, [0, 0, 0]));
    assert!(
        notes(&second).contains("another cycle"),
        "{}",
        notes(&second)
    );
    let first = Report::of(&slow.wait_with_output().unwrap());
    assert_eq!(sums(&first).iter().sum::<u64>(), 1);
    monitor.workspace.stub.repair();
    monitor.run(&[]);
    assert_eq!(monitor.workspace.messages().len(), 1);
}

#[test]
fn a_silence_added_during_a_run_is_kept() {
    let monitor = Monitor::with_outage();
    let made = monitor.command(&[
        "silence",
        "add",
        "--service",
        "mysql",
        "--for",
        "2h",
        "--reason",
        "known",
        "--state",
        STATE,
    ]);
    let made = std::sync::Mutex::new(made);
    let hook = Hook::new(move || {
        let Output { status, stderr, .. } = made.lock().unwrap().output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    });
    monitor.workspace.stub.inject([Fault::Hooked(hook)]);
    let ran = monitor.run(&[]);
    assert_eq!(sums(&ran), [1, 0, 0]);
    assert!(!notes(&ran).contains("another"), "{}", notes(&ran));
    let state = monitor.state().unwrap();
    assert_eq!(state["silences"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&state["outbox"], &state["sending"]),
        (&json!([]), &json!(null))
    );
    let silenced = monitor.run(&[]);
    assert_eq!(sums(&silenced), [0, 0, 0]);
    assert!(silenced.incidents()[0]["silencedUntil"].is_string());
    assert_eq!(monitor.workspace.messages().len(), 1);
}

#[test]
fn a_forbidden_read_of_the_state_is_noted_and_the_notification_is_sent() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    let monitor = Monitor::with(homelab, &manifests::READS);
    let ran = monitor.run(&[]);
    assert_eq!((ran.status, sums(&ran)), (1, [1, 0, 0]));
    assert!(notes(&ran).contains("may not get"), "{}", notes(&ran));
    assert_eq!(monitor.workspace.messages().len(), 1);
}

#[test]
fn a_forbidden_write_of_the_state_is_noted_and_the_notification_is_sent() {
    let monitor = Monitor::with_outage();
    let may_only_read = json!({ "rules": [{ "apiGroups": [""], "resources": ["configmaps"],
        "resourceNames": ["k8s-monitor-state"], "verbs": ["get"] }] });
    monitor
        .homelab
        .patch("Role", "k8s-monitor", "k8s-monitor-state", &may_only_read);
    let ran = monitor.run(&[]);
    assert_eq!((ran.status, sums(&ran)), (1, [1, 0, 0]));
    assert!(notes(&ran).contains("may not create"), "{}", notes(&ran));
    assert_eq!(notes(&ran).matches("may not create").count(), 1);
    assert_eq!(monitor.state(), None);
}

#[test]
fn without_an_option_each_cluster_has_a_state_directory() {
    let monitor = Monitor::with_outage();
    let home = tempfile::TempDir::new().unwrap();
    for (name, path) in [("XDG_STATE_HOME", ""), ("HOME", ".local/state/")] {
        let mut command = monitor.command(&["run"]);
        let ran = Report::of(&command.env(name, home.path()).output().unwrap());
        assert_eq!(sums(&ran), [1, 0, 0]);
        let file = format!("{path}k8s-monitor/homelab/state.json");
        assert!(home.path().join(&file).exists(), "{file}");
    }
    let mut command = monitor.command(&["run"]);
    let ran = Report::of(&command.env_remove("HOME").output().unwrap());
    assert!(notes(&ran).contains("no state is kept"), "{}", notes(&ran));
    assert_eq!(monitor.writes(), Vec::<String>::new());
}
