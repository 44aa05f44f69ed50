//! All that a cycle talks to, each behind a front that can break, and the
//! built program in the middle.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::front::{Front, hand_on};
use crate::homelab::Is;
use crate::lab::Lab;
use crate::stub::Answer;
use crate::workspace::{self, Workspace};

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");
/// In every key and secret address: nothing that the program prints may hold it.
pub const SENTINEL: &str = "s3nt1nel";

/// A cluster, a workspace, GitHub, a model, a watcher, a gateway, a home.
pub struct World {
    pub lab: Arc<Lab>,
    pub kube: Front,
    pub slack: Front,
    pub github: Front,
    pub model: Front,
    pub watcher: Front,
    pub gateway: Front,
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
}

/// What one run said.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub took: Duration,
    pub stdout: String,
    pub stderr: String,
    pub report: Value,
}

impl World {
    pub fn new(is: Is) -> Self {
        Self::at(is, TimeDelta::zero())
    }

    /// A world whose cluster has another clock.
    pub fn at(is: Is, ahead: TimeDelta) -> Self {
        let lab = Arc::new(Lab::new(is, ahead));
        let workspace = Workspace::new();
        let home = TempDir::new().unwrap();
        let (objects, slack) = (Arc::clone(&lab), workspace.stub.url());
        let fine = |_: &_| Answer::status(200, "OK");
        let model = json!({ "id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-haiku-4-5-20251001", "stop_reason": "end_turn", "stop_sequence": null,
            "content": [{ "type": "text", "text": "I would not know." }],
            "usage": { "input_tokens": 900, "output_tokens": 9 } });
        Self {
            kube: Front::new(move |asked| objects.answer(asked)),
            slack: Front::new(move |asked| hand_on(&slack, asked)),
            github: Front::new(|_| Answer::json(&json!([]))),
            model: Front::new(move |_| Answer::json(&model)),
            watcher: Front::new(fine),
            gateway: Front::new(fine),
            state: format!("dir:{}", home.path().join("state").display()),
            cluster: json!({}),
            env: Vec::new(),
            config: "confirmAfter: 0s\ncluster: homelab\n".to_owned(),
            deadline: Duration::from_secs(4),
            args: vec!["--no-llm".to_owned()],
            limits: String::new(),
            lab,
            workspace,
            home,
        }
    }

    /// The state of this world is in the cluster.
    pub fn in_cluster(&mut self) {
        self.state = "configmap:k8s-monitor/k8s-monitor-state".to_owned();
    }

    fn kubeconfig(&self) -> PathBuf {
        let mut cluster = json!({ "server": self.kube.url() });
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
            .env("SLACK_API_URL", format!("{}/api", self.slack.url()))
            .env("SLACK_BOT_TOKEN", workspace::TOKEN)
            .env("GITHUB_API_URL", self.github.url())
            .env("GITHUB_TOKEN", format!("github_pat_{SENTINEL}"))
            .env("ANTHROPIC_BASE_URL", self.model.url())
            .env("ANTHROPIC_API_KEY", format!("sk-ant-{SENTINEL}"))
            .env(
                "HEARTBEAT_URL",
                format!("{}/ping/{SENTINEL}", self.watcher.url()),
            )
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(["run", "--output", "json", "--services", SERVICES])
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

    pub fn run(&self) -> Ran {
        let began = Instant::now();
        let child = self.start();
        Ran::of(child, began, self.deadline + Duration::from_secs(30))
    }

    /// How often people were told of mysql: full messages, whoever has them.
    pub fn told(&self) -> usize {
        let said = self.workspace.said();
        let said = said.iter().filter(|said| said.thread.is_none());
        said.filter(|said| said.text.contains("mysql")).count()
    }
}

impl Ran {
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

/// Sends a signal to a process of ours.
pub fn signal(id: u32, name: &str) {
    let kill = format!("kill -{name} {id}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "{kill}");
}
