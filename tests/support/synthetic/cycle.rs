//! Runs one dry cycle of the program against a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::SyntheticCluster;
use super::measure::{Cost, cost};
use super::server::Server;

/// The cost and the report of a cycle.
pub struct Cycle {
    pub cost: Cost,
    pub report: Value,
    pub requests: usize,
    /// Bytes of all response bodies.
    pub bytes: usize,
}

impl std::fmt::Debug for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Cost {
            wall, cpu, peak, ..
        } = &self.cost;
        write!(
            f,
            "{wall:.1?}, {cpu:.1?} of processor, {peak} KiB, {} requests, {} bytes",
            self.requests, self.bytes
        )
    }
}

impl Cycle {
    /// Runs the program against a synthetic cluster.
    ///
    /// # Panics
    ///
    /// When there is no report.
    #[must_use]
    pub fn over(program: &Path, cluster: SyntheticCluster) -> Self {
        Self::against(program, &Server::start(cluster))
    }

    /// Runs the program against a server.
    ///
    /// # Panics
    ///
    /// When there is no report.
    #[must_use]
    pub fn against(program: &Path, server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "current-context": "synthetic",
            "contexts": [{"name": "synthetic", "context": {"cluster": "synthetic", "user": "monitor"}}],
            "clusters": [{"name": "synthetic", "cluster": {"server": server.url()}}],
            "users": [{"name": "monitor", "user": {"token": "t"}}],
        });
        let path = folder.path().join("kubeconfig");
        fs::write(&path, kubeconfig.to_string()).unwrap();
        let (cost, report) = run(program, &path, services_file().path());
        let (requests, bytes) = server.traffic();
        assert_eq!(report["requests"]["kubernetes"], requests);
        Self {
            cost,
            report,
            requests,
            bytes,
        }
    }

    /// The number of findings.
    #[must_use]
    pub fn findings(&self) -> usize {
        let incidents = self.report["incidents"].as_array().unwrap().iter();
        let findings = incidents.filter_map(|i| i["findings"].as_array());
        findings.map(Vec::len).sum()
    }
}

/// A services file with one service.
///
/// # Panics
///
/// When the file cannot be written.
#[must_use]
pub fn services_file() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let text = "1. Support (P2-P3)\n\n1.1 app-00000\n- Namespace: team-000\n";
    fs::write(file.path(), text).unwrap();
    file
}

/// Runs the program once, without notifications and state.
///
/// # Panics
///
/// When there is no report.
#[must_use]
pub fn run(program: &Path, kubeconfig: &Path, services: &Path) -> (Cost, Value) {
    run_over(program, "--kubeconfig", kubeconfig, services)
}

/// The same over what an option names: a kubeconfig or a dump.
///
/// # Panics
///
/// When there is no report.
#[must_use]
pub fn run_over(program: &Path, option: &str, source: &Path, services: &Path) -> (Cost, Value) {
    let mut command = Command::new(program);
    command
        .env_clear()
        .args("run --dry-run --no-llm --state none --output json".split(' '))
        .arg(option)
        .arg(source)
        .arg("--services")
        .arg(services);
    let cost = cost(&mut command);
    let report = serde_json::from_slice(&cost.stdout);
    let report = report.unwrap_or_else(|e| panic!("{e}: {}", cost.stderr));
    (cost, report)
}

/// The program under test: from the environment variable, else the one that Cargo built.
#[must_use]
pub fn program() -> PathBuf {
    std::env::var_os("K8S_MONITOR_BENCH_PROGRAM")
        .map_or_else(|| env!("CARGO_BIN_EXE_k8s-monitor").into(), PathBuf::from)
}
