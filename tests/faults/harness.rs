//! All that a cycle talks to, each behind a proxy that injects faults, and the
//! built program in the middle.

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
use super::homelab::Is;
use super::stub::Answer;
use super::workspace::{self, Workspace};

pub const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");
/// In every key and secret address: nothing that the program prints may hold it.
pub const SENTINEL: &str = "s3nt1nel";

/// A cluster, a workspace, GitHub, a model, a watcher, a gateway, a home.
pub struct Harness {
    pub fake_cluster: Arc<FakeCluster>,
    pub kube: FaultProxy,
    pub slack: FaultProxy,
    pub github: FaultProxy,
    pub model: FaultProxy,
    pub watcher: FaultProxy,
    pub gateway: FaultProxy,
    pub workspace: Workspace,
    pub home: TempDir,
    /// What becomes of a request to the API server.
    pub cluster: Value,
    pub env: Vec<(&'static str, String)>,
    pub state: String,
    pub config: String,
    pub deadline: Duration,
    pub args: Vec<String>,
    /// Set before the program starts, by the shell: `ulimit -f 1`.
    pub limits: String,
    /// Addresses in place of the proxies'.
    pub astray: BTreeMap<Dependency, String>,
    /// A server that nobody must ask.
    pub thief: Option<FaultProxy>,
    /// What must live as long as the harness.
    pub keeps: Vec<Box<dyn Any>>,
    /// How often people were notified before the fault was over.
    pub told_before: Cell<usize>,
}

/// What a cycle talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    Kubernetes,
    Slack,
    GitHub,
    Anthropic,
    Heartbeat,
    Pushgateway,
}

/// What one run said.
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
    pub fn new(is: Is) -> Self {
        Self::at(is, TimeDelta::zero())
    }

    /// A harness whose cluster has another clock.
    pub fn at(is: Is, ahead: TimeDelta) -> Self {
        Self::of(FakeCluster::new(is, ahead))
    }

    /// A harness in which trouble is so young that it is looked at once more.
    pub fn young() -> Self {
        let config = "confirmAfter: 1s\ncluster: homelab\n".to_owned();
        Self {
            config,
            ..Self::of(FakeCluster::early())
        }
    }

    fn of(fake_cluster: FakeCluster) -> Self {
        let fake_cluster = Arc::new(fake_cluster);
        let workspace = Workspace::new();
        let home = TempDir::new().unwrap();
        let (objects, slack) = (Arc::clone(&fake_cluster), workspace.stub.url());
        // Long enough to drip.
        let blanks = " ".repeat(200);
        let ok = format!("OK{blanks}");
        let fine = move |_: &_| Answer::status(200, &ok);
        let none = format!("[{blanks}]");
        let model = json!({ "id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-haiku-4-5-20251001", "stop_reason": "end_turn", "stop_sequence": null,
            "content": [{ "type": "text", "text": "I would not know." }],
            "usage": { "input_tokens": 900, "output_tokens": 9 } });
        Self {
            kube: FaultProxy::new(move |asked| objects.answer(asked)),
            slack: FaultProxy::new(move |asked| forward(&slack, asked)),
            github: FaultProxy::new(move |_| Answer::status(200, &none)),
            model: FaultProxy::new(move |_| Answer::json(&model)),
            watcher: FaultProxy::new(fine.clone()),
            gateway: FaultProxy::new(fine),
            state: format!("dir:{}", home.path().join("state").display()),
            cluster: json!({}),
            env: Vec::new(),
            config: "confirmAfter: 0s\ncluster: homelab\n".to_owned(),
            deadline: Duration::from_secs(12),
            args: vec!["--no-llm".to_owned()],
            limits: String::new(),
            astray: BTreeMap::new(),
            thief: None,
            keeps: Vec::new(),
            told_before: Cell::new(0),
            fake_cluster,
            workspace,
            home,
        }
    }

    /// The state of this harness is in the cluster.
    pub fn in_cluster(&mut self) {
        self.state = "configmap:k8s-monitor/k8s-monitor-state".to_owned();
    }

    /// Where the program looks for a dependency.
    pub fn url(&self, dependency: Dependency) -> String {
        let astray = self.astray.get(&dependency).cloned();
        astray.unwrap_or_else(|| self.fault_proxy(dependency).url())
    }

    pub fn fault_proxy(&self, dependency: Dependency) -> &FaultProxy {
        match dependency {
            Dependency::Kubernetes => &self.kube,
            Dependency::Slack => &self.slack,
            Dependency::GitHub => &self.github,
            Dependency::Anthropic => &self.model,
            Dependency::Heartbeat => &self.watcher,
            Dependency::Pushgateway => &self.gateway,
        }
    }

    /// From now on all is well, and there is time.
    pub fn repair(&mut self) {
        for dependency in Dependency::ALL {
            self.fault_proxy(dependency).repair();
        }
        self.astray.clear();
        self.limits.clear();
        self.env.retain(|(name, _)| !name.ends_with("_PROXY"));
        self.cluster = json!({});
        self.config = self.config.replace("30s", "0s");
        self.deadline = Duration::from_secs(30);
    }

    fn kubeconfig(&self) -> PathBuf {
        let mut cluster = json!({ "server": self.url(Dependency::Kubernetes) });
        for (key, value) in self.cluster.as_object().unwrap() {
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

    /// Another command of the program than a cycle.
    pub fn command_of(&self, words: &[&str]) -> Command {
        let config = self.home.path().join("config.yaml");
        fs::write(&config, &self.config).unwrap();
        let mut command = Command::new("sh");
        let script = format!("{}\nexec \"$0\" \"$@\"", self.limits);
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

    /// How often people were notified of mysql: full messages, whoever has them.
    pub fn notified(&self) -> usize {
        let said = self.workspace.said();
        let said = said.iter().filter(|said| said.thread.is_none());
        said.filter(|said| said.text.contains("mysql")).count()
    }
}

impl RunResult {
    /// What came of a program that must end within a limit.
    pub fn of(child: Child, began: Instant, limit: Duration) -> Self {
        let id = child.id();
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || send.send((child.wait_with_output(), began.elapsed())));
        let Ok((output, took)) = receive.recv_timeout(limit) else {
            signal(id, "KILL");
            panic!("still not over after {:?}", began.elapsed());
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

/// What matters when a cell fails.
impl fmt::Debug for RunResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        write!(f, "status {} after {:?}; ", self.status, self.took)?;
        for incident in report["incidents"].as_array().into_iter().flatten() {
            let said = |key: &str| incident[key].as_str().unwrap_or_default();
            write!(
                f,
                "{} {} {:?}; ",
                said("severity"),
                said("rule"),
                said("title")
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

/// Sends a signal to a process of ours.
pub fn signal(id: u32, name: &str) {
    let kill = format!("kill -{name} {id}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "{kill}");
}
