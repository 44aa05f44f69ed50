//! The built program over a homelab that falls ill and recovers, hour by hour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::workspace::{TOKEN, Workspace};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/homelab");
const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/services.txt");

/// How the homelab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    Well,
    /// mysql crashes for want of memory, and the backend with it.
    Ill,
    /// Ill, and nothing is known of pods.
    Hidden,
}

/// A homelab, the monitor's memory of it, and Slack.
pub struct Drill {
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

impl Drill {
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
        write(&dump, TimeDelta::hours(hour), is);
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
        command
            .env_clear()
            .env(
                "SLACK_API_URL",
                format!("{}/api", self.workspace.stub.url()),
            )
            .env("SLACK_BOT_TOKEN", TOKEN)
            // No test asks the real ones.
            .env("GITHUB_API_URL", crate::stub::nobody())
            .env("ANTHROPIC_BASE_URL", crate::stub::nobody())
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

/// The example dump, moved in time and with its trouble mended or hidden.
fn write(to: &Path, by: TimeDelta, is: Is) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(EXAMPLE).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            continue;
        };
        if path.is_dir() || is == Is::Hidden && name == "pods.json" {
            continue;
        }
        let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        shift(&mut document, by);
        if name == "k8s-monitor.json" && is == Is::Hidden {
            document["reads"]["pods"] = json!({ "state": "unread", "reason": "forbidden",
                "message": "the service account may not list pods" });
        }
        if is == Is::Well {
            let items = document["items"].as_array_mut();
            items.into_iter().flatten().for_each(mend);
            if name == "events.json" {
                document["items"] = json!([]);
            }
        }
        fs::write(to.join(name), document.to_string()).unwrap();
    }
}

fn shift(value: &mut Value, by: TimeDelta) {
    match value {
        Value::String(text) => {
            if let Ok(time) = text.parse::<DateTime<Utc>>() {
                let format = if text.contains('.') {
                    "%FT%T%.6fZ"
                } else {
                    "%FT%TZ"
                };
                *text = (time + by).format(format).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shift(field, by)),
        _ => {}
    }
}

/// An object as it is once its trouble is over.
fn mend(object: &mut Value) {
    let replicas = object["spec"]["replicas"].clone();
    match object["kind"].as_str().unwrap() {
        "Pod" if object["status"]["phase"] == "Running" => {
            for condition in object["status"]["conditions"].as_array_mut().unwrap() {
                condition["status"] = json!("True");
                condition.as_object_mut().unwrap().remove("message");
                condition.as_object_mut().unwrap().remove("reason");
            }
            let started = object["metadata"]["creationTimestamp"].clone();
            for container in object["status"]["containerStatuses"]
                .as_array_mut()
                .unwrap()
            {
                container["ready"] = json!(true);
                container["restartCount"] = json!(0);
                container["state"] = json!({ "running": { "startedAt": started } });
                container.as_object_mut().unwrap().remove("lastState");
            }
        }
        "EndpointSlice" => {
            for endpoint in object["endpoints"].as_array_mut().into_iter().flatten() {
                endpoint["conditions"] = json!({ "ready": true, "serving": true });
            }
        }
        "Deployment" | "StatefulSet" => {
            for count in [
                "readyReplicas",
                "availableReplicas",
                "updatedReplicas",
                "replicas",
            ] {
                object["status"][count] = replicas.clone();
            }
            let status = object["status"].as_object_mut().unwrap();
            status.remove("unavailableReplicas");
            if let Some(conditions) = status.get_mut("conditions") {
                for condition in conditions.as_array_mut().unwrap() {
                    condition["status"] = json!("True");
                }
            }
        }
        "ReplicaSet" => {
            for count in ["readyReplicas", "availableReplicas", "replicas"] {
                object["status"][count] = replicas.clone();
            }
        }
        _ => {}
    }
}
