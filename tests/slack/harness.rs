//! Runs the built program on the example homelab at any hour, with an outage or without.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use chrono::TimeDelta;
use serde_json::Value;
use tempfile::TempDir;

pub use super::homelab::HomelabState;
use super::workspace::{TOKEN, Workspace};

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");

/// The state directory, the options of a run, and Slack.
pub struct Harness {
    pub workspace: Workspace,
    home: TempDir,
    /// The state directory of another harness.
    pub other_state: Option<PathBuf>,
    pub extra: Vec<String>,
    /// Whether the model may be used.
    pub llm: bool,
    pub env: Vec<(&'static str, String)>,
}

/// The output and exit status of one run.
pub struct RunResult {
    pub status: i32,
    pub report: Value,
    pub stderr: String,
}

impl RunResult {
    /// The numbers of messages that were sent, that failed, and that are queued.
    pub fn sums(&self) -> [u64; 3] {
        ["sent", "failed", "queued"].map(|key| self.report["delivery"][key].as_u64().unwrap())
    }

    pub fn of(output: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout);
        Self {
            status: output.status.code().unwrap(),
            report: report.unwrap_or_else(|error| panic!("{error}: {stderr}")),
            stderr,
        }
    }
}

impl Harness {
    pub fn new() -> Self {
        Self {
            workspace: Workspace::new(),
            home: TempDir::new().unwrap(),
            other_state: None,
            extra: Vec::new(),
            llm: false,
            env: Vec::new(),
        }
    }

    pub fn state(&self) -> PathBuf {
        let own = || self.home.path().join("state");
        self.other_state.clone().unwrap_or_else(own)
    }

    /// A run at an hour, counted from Monday 07:14 UTC.
    pub fn run(&self, hour: i64, state: HomelabState) -> RunResult {
        RunResult::of(&self.command(hour, state).output().unwrap())
    }

    /// A run that is killed after this number of requests to Slack in all.
    pub fn run_and_kill(&self, hour: i64, state: HomelabState, requests: usize) {
        let mut child = self.start(hour, state);
        while self.workspace.stub.requests().len() < requests {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the run ended too early"
            );
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn start(&self, hour: i64, state: HomelabState) -> Child {
        let mut command = self.command(hour, state);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn command(&self, hour: i64, state: HomelabState) -> Command {
        let dump = self.home.path().join(format!("{hour}-{state:?}"));
        super::homelab::write(&dump, TimeDelta::hours(hour), state);
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
        command
            .env_clear()
            .env(
                "SLACK_API_URL",
                format!("{}/api", self.workspace.stub.url()),
            )
            .env("SLACK_BOT_TOKEN", TOKEN)
            // No test sends requests to the real services.
            .env("GITHUB_API_URL", super::stub::unreachable_url())
            .env("ANTHROPIC_BASE_URL", super::stub::unreachable_url())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(["run", "--output", "json", "--services", SERVICES])
            .arg("--snapshot")
            .arg(&dump)
            .arg("--state")
            .arg(format!("dir:{}", self.state().display()))
            .args(&self.extra);
        if !self.llm {
            command.arg("--no-llm");
        }
        if !self.extra.iter().any(|flag| flag == "--dry-run") {
            command.arg("--send");
        }
        command
    }
}
