//! Runs the built binary and parses its report.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::control_plane::ControlPlane;

/// The services file under test: that of the environment variable, if set.
pub fn services_file() -> PathBuf {
    std::env::var_os("K8S_MONITOR_OPERATOR_SERVICES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/services.txt"),
        PathBuf::from,
    )
}

/// The program with an empty environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
    command.env_clear().env("HOME", "/dev/null");
    command
}

/// Runs a cycle without notifications and state against the control plane.
pub fn run(plane: &ControlPlane) -> Report {
    run_as(&plane.kubeconfig_admin())
}

/// The same with another kubeconfig.
pub fn run_as(kubeconfig: &Path) -> Report {
    run_confirmed(kubeconfig, "0s")
}

/// The same, with a second read after a pause if there are recent severe findings.
pub fn run_confirmed(kubeconfig: &Path, confirm_after: &str) -> Report {
    let config = tempfile::NamedTempFile::new().expect("temporary file");
    let text = format!("confirmAfter: {confirm_after}\ncluster: homelab\n");
    std::fs::write(config.path(), text).expect("written");
    let output = program()
        .args([
            "run",
            "--dry-run",
            "--no-llm",
            "--state",
            "none",
            "--output",
            "json",
        ])
        .arg("--config")
        .arg(config.path())
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .arg("--services")
        .arg(services_file())
        .output()
        .expect("the program starts");
    Report::of(&output)
}

/// Saves a snapshot of the cluster.
pub fn write_snapshot(plane: &ControlPlane, path: &Path) {
    let output = program()
        .args(["snapshot", "-o"])
        .arg(path)
        .arg("--kubeconfig")
        .arg(plane.kubeconfig_admin())
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

/// The output and exit status of a run.
pub struct Report {
    pub json: Value,
    pub status: i32,
    pub stderr: String,
}

impl Report {
    pub fn of(output: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}), status {}: {stderr}", output.status));
        Self {
            json,
            status: output.status.code().unwrap_or(-1),
            stderr,
        }
    }

    /// The incident of which a service is the root.
    pub fn incident(&self, service: &str) -> &Value {
        self.incidents()
            .iter()
            .find(|i| i["service"] == service)
            .unwrap_or_else(|| panic!("no incident of {service}: {}", self.summary()))
    }

    pub fn incidents(&self) -> &[Value] {
        self.json["incidents"].as_array().map_or(&[], Vec::as_slice)
    }

    pub fn service(&self, name: &str) -> &Value {
        let services = self.json["services"].as_array().expect("services");
        services
            .iter()
            .find(|s| s["name"] == name)
            .unwrap_or_else(|| panic!("no service {name}"))
    }

    /// `SEV-1 DATA_LAYER_DOWN mysql [backend] CrashLoopBackOff`, a line an incident.
    pub fn summary(&self) -> String {
        let line = |i: &Value| {
            let affects: Vec<_> = i["affects"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "{} {} {} [{}] {} {}",
                i["severity"].as_str().unwrap_or("?"),
                i["rule"].as_str().unwrap_or("?"),
                i["service"].as_str().unwrap_or("-"),
                affects.join(" "),
                i["findings"][0]["reason"].as_str().unwrap_or("?"),
                i["rootCause"]["cause"].as_str().unwrap_or("-"),
            )
        };
        self.incidents()
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
