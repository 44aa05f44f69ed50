//! What somebody sees who has only the program and a kubeconfig.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::homelab::Homelab;
use crate::program::Report;
use crate::time::Ago;

/// Somebody in an empty directory, with a kubeconfig and nothing else.
struct Stranger<'a> {
    home: tempfile::TempDir,
    kubeconfig: &'a Path,
}

impl Stranger<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.kubeconfig)
            .current_dir(self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A database in a crash loop, and the backend that needs it.
fn sick() -> Homelab {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops_by("mysql", 25.minutes_ago(), "OOMKilled", 137);
    homelab.quietly_unready("chores-tracker-backend", 23.minutes_ago());
    homelab
}

#[test]
fn a_run_without_any_file_reports_the_outage() {
    let homelab = sick();
    let kubeconfig = homelab.kubeconfig_admin();
    let stranger = Stranger {
        home: tempfile::tempdir().expect("a directory"),
        kubeconfig: &kubeconfig,
    };
    let plain = stranger.run(&["run"]);
    assert!(
        matches!(plain.status.code(), Some(1 | 2)),
        "{:?}: {}{}",
        plain.status,
        text(&plain.stdout),
        text(&plain.stderr)
    );
    assert!(
        text(&plain.stdout).contains("mysql"),
        "{}",
        text(&plain.stdout)
    );
    let report = Report::of(&stranger.run(&["run", "-o", "json"]));
    let file = &report.json["servicesFile"];
    assert_eq!(
        (&file["origin"], &file["unlistedTier"]),
        (&"none".into(), &"P1".into())
    );
    assert!(file["unlistedDown"].as_u64() >= Some(2), "{file}");
}

#[test]
fn a_draft_of_the_cluster_is_clean_and_complete() {
    let homelab = sick();
    let kubeconfig = homelab.kubeconfig_admin();
    let stranger = Stranger {
        home: tempfile::tempdir().expect("a directory"),
        kubeconfig: &kubeconfig,
    };
    let draft = stranger.run(&["services", "init"]);
    assert_eq!(draft.status.code(), Some(0), "{}", text(&draft.stderr));
    assert_eq!(draft.stdout, stranger.run(&["services", "init"]).stdout);
    let path = stranger.home.path().join("services.txt");
    fs::write(&path, &draft.stdout).expect("written");
    let lint = stranger
        .command(&["services", "lint", "--services", "-"])
        .stdin(fs::File::open(&path).expect("the draft"))
        .output()
        .expect("the program starts");
    assert_eq!(lint.status.code(), Some(0), "{}", text(&lint.stdout));
    assert!(
        text(&lint.stdout).contains("no problems"),
        "{}",
        text(&lint.stdout)
    );
    let diff = stranger.run(&["services", "init", "--diff", "services.txt", "-o", "json"]);
    let diff: serde_json::Value = serde_json::from_slice(&diff.stdout).expect("JSON");
    assert_eq!(
        diff["differences"]["unlisted"],
        serde_json::json!([]),
        "{diff}"
    );
    // With the draft as the services file the outage is that of a database.
    let report = Report::of(&stranger.run(&["run", "-o", "json", "--services", "services.txt"]));
    assert_eq!(report.json["severity"], "SEV-1");
}
