//! A Git repository in a temporary folder, with the dates that a test sets.

use std::fs;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

/// The onset of every incident.
pub fn onset() -> DateTime<Utc> {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

/// This many minutes before the onset.
pub fn before(minutes: i64) -> DateTime<Utc> {
    onset() - TimeDelta::minutes(minutes)
}

/// The manifest of a workload with this memory limit and image.
pub fn mysql(memory: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: mysql\n  namespace: mysql\nspec:\n  \
         replicas: 1\n  template:\n    spec:\n      containers:\n        - name: mysql\n          image: {image}\n          \
         ports:\n            - containerPort: 3306\n          resources:\n            requests:\n              \
         cpu: 500m\n              memory: 1Gi\n            limits:\n              cpu: 1000m\n              memory: {memory}\n          \
         volumeMounts:\n            - name: data\n              mountPath: /var/lib/mysql\n"
    )
}

pub const IMAGE: &str = "mysql:8.4.0";
pub const SET: &str = "base-apps/mysql/statefulset.yaml";

pub struct History {
    dir: TempDir,
}

impl History {
    pub fn empty() -> Self {
        let history = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        history.git(&["init", "--quiet", "--initial-branch=main"], before(0));
        history
    }

    /// The repository with which tests begin, committed ten days before the onset.
    pub fn new() -> Self {
        let history = Self::empty();
        history.write(SET, mysql("2Gi", IMAGE));
        history.write(
            "base-apps/mysql.yaml",
            "kind: Application\nspec:\n  source:\n    path: base-apps/mysql\n",
        );
        history.write(
            "base-apps/mysql/configmap.yaml",
            "kind: ConfigMap\nmetadata:\n  name: mysql\ndata:\n  MODE: a\n",
        );
        history.write(
            "base-apps/mysql/secret.yaml",
            "kind: Secret\nmetadata:\n  name: mysql\nstringData:\n  pin: swordfish-old\n",
        );
        history.write("base-apps/mysql/README.md", "MySQL\n");
        history.write(
            "base-apps/vault/deployment.yaml",
            mysql("2Gi", "vault:1.18"),
        );
        history.commit("everything", 14_400);
        history
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path().join(path)).unwrap();
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path().join(from), self.path().join(to)).unwrap();
    }

    /// Commits everything, this many minutes before the onset.
    pub fn commit(&self, message: &str, minutes: i64) -> String {
        self.commit_authored(message, minutes, minutes)
    }

    /// Commits with another author date, as a rebase does.
    pub fn commit_authored(&self, message: &str, minutes: i64, authored: i64) -> String {
        self.git(&["add", "--all"], before(minutes));
        let author = before(authored).to_rfc3339();
        let date = format!("--date={author}");
        self.git(
            &["commit", "--quiet", "--allow-empty", &date, "-m", message],
            before(minutes),
        );
        self.head()
    }

    /// Switches to a new branch.
    pub fn branch(&self, name: &str) {
        self.git(&["switch", "--quiet", "--create", name], before(0));
    }

    /// Merges the branch into main.
    pub fn merge(&self, name: &str, minutes: i64) -> String {
        self.git(&["switch", "--quiet", "main"], before(minutes));
        let message = format!("Merge {name}");
        self.git(
            &["merge", "--quiet", "--no-ff", "-m", &message, name],
            before(minutes),
        );
        self.head()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"], before(0))
            .trim()
            .to_owned()
    }

    fn git(&self, arguments: &[&str], date: DateTime<Utc>) -> String {
        run(self.path(), arguments, Some(date)).unwrap()
    }
}

/// Runs git without the user's configuration.
pub fn run(dir: &Path, arguments: &[&str], date: Option<DateTime<Utc>>) -> Result<String, String> {
    let date = date.unwrap_or_else(onset).to_rfc3339();
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Ari",
            "-c",
            "user.email=ari@example.com",
            "-c",
            "core.quotePath=false",
        ])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git is installed");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
