//! The built program and its dependencies, each behind a proxy that injects faults.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fake_cluster::FakeCluster;
use super::fault_proxy::{FaultProxy, forward};
use super::homelab::HomelabState;
use super::stub::Answer;
use super::workspace::{self, Workspace};

pub const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");
/// Part of every key and secret URL; no output may contain it.
pub const SENTINEL: &str = "s3nt1nel";

/// The dependencies, and the options and files of a run.
pub struct Harness {
    pub fake_cluster: Arc<FakeCluster>,
    pub kube: FaultProxy,
    pub slack: FaultProxy,
    pub github: FaultProxy,
    pub model: FaultProxy,
    pub heartbeat: FaultProxy,
    pub pushgateway: FaultProxy,
    pub workspace: Workspace,
    pub home: TempDir,
    /// More fields for the cluster in the kubeconfig.
    pub kubeconfig_cluster: Value,
    pub env: Vec<(&'static str, String)>,
    pub state: String,
    pub config: String,
    pub deadline: Duration,
    pub args: Vec<String>,
    /// A shell command that runs before the program, such as `ulimit -f 1`.
    pub shell_setup: String,
    /// URLs that replace those of the proxies.
    pub url_overrides: BTreeMap<Dependency, String>,
    /// The target of a redirect, which must receive no secret.
    pub redirect_target: Option<FaultProxy>,
    /// Values that must not be dropped before the harness.
    pub guards: Vec<Box<dyn Any>>,
    /// The number of notifications before the repair.
    pub notified_before: Cell<usize>,
}

/// A dependency of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    Kubernetes,
    Slack,
    GitHub,
    Anthropic,
    Heartbeat,
    Pushgateway,
}

/// The output and exit status of one run.
pub struct RunResult {
    pub status: i32,
    pub took: Duration,
    pub stdout: String,
    pub stderr: String,
    pub report: Value,
}

impl Dependency {
    pub const ALL: [Self; 6] = [
        Self::Kubernetes,
        Self::Slack,
        Self::GitHub,
        Self::Anthropic,
        Self::Heartbeat,
        Self::Pushgateway,
    ];
}

impl Harness {
    pub fn new(state: HomelabState) -> Self {
        Self::at(state, TimeDelta::zero())
    }

    /// A harness whose cluster has a clock that differs by `clock_offset`.
    pub fn at(state: HomelabState, clock_offset: TimeDelta) -> Self {
        Self::of(FakeCluster::new(state, clock_offset))
    }

    /// A harness with an outage so recent that it is confirmed by a second snapshot.
    pub fn recent() -> Self {
        let config = "confirmAfter: 1s\ncluster: homelab\n".to_owned();
        Self {
            config,
            ..Self::of(FakeCluster::recent())
        }
    }

    fn of(fake_cluster: FakeCluster) -> Self {
        let fake_cluster = Arc::new(fake_cluster);
        let workspace = Workspace::new();
        let home = TempDir::new().unwrap();
        let (objects, slack) = (Arc::clone(&fake_cluster), workspace.stub.url());
        // Long enough for a slow response.
        let blanks = " ".repeat(200);
        let ok = format!("OK{blanks}");
        let accept = move |_: &_| Answer::status(200, &ok);
        let none = format!("[{blanks}]");
        let model = json!({ "id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-haiku-4-5-20251001", "stop_reason": "end_turn", "stop_sequence": null,
            "content": [{ "type": "text", "text": "I would not know." }],
            "usage": { "input_tokens": 900, "output_tokens": 9 } });
        Self {
            kube: FaultProxy::new(move |request| objects.answer(request)),
            slack: FaultProxy::new(move |request| forward(&slack, request)),
            github: FaultProxy::new(move |_| Answer::status(200, &none)),
            model: FaultProxy::new(move |_| Answer::json(&model)),
            heartbeat: FaultProxy::new(accept.clone()),
            pushgateway: FaultProxy::new(accept),
            state: format!("dir:{}", home.path().join("state").display()),
            kubeconfig_cluster: json!({}),
            env: Vec::new(),
            config: "confirmAfter: 0s\ncluster: homelab\n".to_owned(),
            deadline: Duration::from_secs(12),
            args: vec!["--no-llm".to_owned()],
            shell_setup: String::new(),
            url_overrides: BTreeMap::new(),
            redirect_target: None,
            guards: Vec::new(),
            notified_before: Cell::new(0),
            fake_cluster,
            workspace,
            home,
        }
    }

    /// Stores the state in a `ConfigMap`.
    pub fn in_cluster(&mut self) {
        self.state = "configmap:k8s-monitor/k8s-monitor-state".to_owned();
    }

    /// The URL that the program gets for a dependency.
    pub fn url(&self, dependency: Dependency) -> String {
        let replaced = self.url_overrides.get(&dependency).cloned();
        replaced.unwrap_or_else(|| self.fault_proxy(dependency).url())
    }

    pub fn fault_proxy(&self, dependency: Dependency) -> &FaultProxy {
        match dependency {
            Dependency::Kubernetes => &self.kube,
            Dependency::Slack => &self.slack,
            Dependency::GitHub => &self.github,
            Dependency::Anthropic => &self.model,
            Dependency::Heartbeat => &self.heartbeat,
            Dependency::Pushgateway => &self.pushgateway,
        }
    }

    /// Removes all faults and extends the deadline.
    pub fn repair(&mut self) {
        for dependency in Dependency::ALL {
            self.fault_proxy(dependency).repair();
        }
        self.url_overrides.clear();
        self.shell_setup.clear();
        self.env.retain(|(name, _)| !name.ends_with("_PROXY"));
        self.kubeconfig_cluster = json!({});
        self.config = self.config.replace("30s", "0s");
        self.deadline = Duration::from_secs(30);
    }

    fn kubeconfig(&self) -> PathBuf {
        let mut cluster = json!({ "server": self.url(Dependency::Kubernetes) });
        for (key, value) in self.kubeconfig_cluster.as_object().unwrap() {
            cluster[key] = value.clone();
        }
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "homelab",
            "clusters": [{ "name": "it", "cluster": cluster }],
            "users": [{ "name": "it", "user": { "token": format!("kube-{SENTINEL}") } }],
            "contexts": [{ "name": "homelab", "context": { "cluster": "it", "user": "it" } }],
        });
        let path = self.home.path().join("kubeconfig");
        fs::write(&path, text.to_string()).unwrap();
        path
    }

    pub fn command(&self) -> Command {
        self.command_of(&["run"])
    }

    /// The program with these arguments instead of `run`.
    pub fn command_of(&self, words: &[&str]) -> Command {
        let config = self.home.path().join("config.yaml");
        fs::write(&config, &self.config).unwrap();
        let mut command = Command::new("sh");
        let script = format!("{}\nexec \"$0\" \"$@\"", self.shell_setup);
        command
            .arg("-c")
            .arg(script)
            .arg(env!("CARGO_BIN_EXE_k8s-monitor"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env(
                "SLACK_API_URL",
                format!("{}/api", self.url(Dependency::Slack)),
            )
            .env("SLACK_BOT_TOKEN", workspace::TOKEN)
            .env("GITHUB_API_URL", self.url(Dependency::GitHub))
            .env("GITHUB_TOKEN", format!("github_pat_{SENTINEL}"))
            .env("ANTHROPIC_BASE_URL", self.url(Dependency::Anthropic))
            .env("ANTHROPIC_API_KEY", format!("sk-ant-{SENTINEL}"))
            .env(
                "HEARTBEAT_URL",
                format!("{}/ping/{SENTINEL}", self.url(Dependency::Heartbeat)),
            )
            .env(
                "METRICS_PUSH_URL",
                self.url(Dependency::Pushgateway)
                    .replace("://", &format!("://user:{SENTINEL}@")),
            )
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(words)
            .args(["--output", "json", "--services", SERVICES])
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .arg("--config")
            .arg(&config)
            .arg("--state")
            .arg(&self.state)
            .arg("--deadline")
            .arg(format!("{}s", self.deadline.as_secs()))
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn start(&self) -> Child {
        self.command().spawn().unwrap()
    }

    pub fn run(&self) -> RunResult {
        let began = Instant::now();
        let child = self.start();
        RunResult::of(child, began, self.deadline + Duration::from_secs(30))
    }

    /// The number of full messages about mysql in all channels.
    pub fn notified(&self) -> usize {
        let messages = self.workspace.messages();
        let full = messages.iter().filter(|sent| sent.thread.is_none());
        full.filter(|sent| sent.text.contains("mysql")).count()
    }
}

impl RunResult {
    /// Waits for a program, which must end within the limit.
    pub fn of(child: Child, began: Instant, limit: Duration) -> Self {
        let id = child.id();
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || send.send((child.wait_with_output(), began.elapsed())));
        let Ok((output, took)) = receive.recv_timeout(limit) else {
            signal(id, "KILL");
            panic!("still running after {:?}", began.elapsed());
        };
        let output: Output = output.unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        Self {
            status: output.status.code().unwrap_or(-1),
            took,
            report: serde_json::from_str(&stdout).unwrap_or_default(),
            stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What helps to understand a failed test.
impl fmt::Debug for RunResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        write!(f, "status {} after {:?}; ", self.status, self.took)?;
        for incident in report["incidents"].as_array().into_iter().flatten() {
            let field = |key: &str| incident[key].as_str().unwrap_or_default();
            write!(
                f,
                "{} {} {:?}; ",
                field("severity"),
                field("rule"),
                field("title")
            )?;
        }
        write!(f, "unread {}; ", report["visibility"]["unread"])?;
        write!(
            f,
            "delivery {}; notes {}; ",
            report["delivery"], report["notes"]
        )?;
        write!(f, "llm {}; stderr {:?}", report["llm"]["note"], self.stderr)
    }
}

/// Sends a signal to a process.
pub fn signal(id: u32, name: &str) {
    let kill = format!("kill -{name} {id}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "{kill}");
}
