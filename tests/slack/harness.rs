//! The built program over a homelab that falls ill and recovers, hour by hour.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use chrono::TimeDelta;
use serde_json::Value;
use tempfile::TempDir;

pub use super::homelab::Is;
use super::workspace::{TOKEN, Workspace};

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");

/// A homelab, the monitor's memory of it, and Slack.
pub struct Harness {
    pub workspace: Workspace,
    home: TempDir,
    /// Another one's memory in place of its own.
    pub borrows: Option<PathBuf>,
    pub extra: Vec<String>,
    /// Whether the model may be asked.
    pub llm: bool,
    pub env: Vec<(&'static str, String)>,
}

/// What one run said.
pub struct Ran {
    pub status: i32,
    pub report: Value,
    pub stderr: String,
}

impl Ran {
    /// Messages accepted, refused, waiting.
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
            borrows: None,
            extra: Vec::new(),
            llm: false,
            env: Vec::new(),
        }
    }

    pub fn state(&self) -> PathBuf {
        let own = || self.home.path().join("state");
        self.borrows.clone().unwrap_or_else(own)
    }

    /// The run of an hour, counted from Monday 07:14 UTC.
    pub fn run(&self, hour: i64, is: Is) -> Ran {
        Ran::of(&self.command(hour, is).output().unwrap())
    }

    /// The run, killed as soon as Slack has been asked `requests` times in all.
    pub fn killed(&self, hour: i64, is: Is, requests: usize) {
        let mut child = self.start(hour, is);
        while self.workspace.stub.asked().len() < requests {
            assert!(child.try_wait().unwrap().is_none(), "it ended too early");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn start(&self, hour: i64, is: Is) -> Child {
        let mut command = self.command(hour, is);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn command(&self, hour: i64, is: Is) -> Command {
        let dump = self.home.path().join(format!("{hour}-{is:?}"));
        super::homelab::write(&dump, TimeDelta::hours(hour), is);
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
        command
            .env_clear()
            .env(
                "SLACK_API_URL",
                format!("{}/api", self.workspace.stub.url()),
            )
            .env("SLACK_BOT_TOKEN", TOKEN)
            // No test asks the real ones.
            .env("GITHUB_API_URL", super::stub::nobody())
            .env("ANTHROPIC_BASE_URL", super::stub::nobody())
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
