//! The first run of somebody who has not written a services file, and where files are looked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{assert_fails, json, stderr, stdout, utf8};

/// The dump of a homelab whose database is in a crash loop and whose backend is down.
fn dump() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(super::EXAMPLE)
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/base/services.txt")
}

/// The program in an empty directory, which is also the home.
struct Stranger {
    home: tempfile::TempDir,
}

impl Stranger {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().expect("a directory"),
        }
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-monitor"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let dump = dump();
        let mut command = self.program(&["run", "--snapshot", utf8(&dump)]);
        command
            .args(arguments)
            .output()
            .expect("the program starts")
    }

    fn report(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[arguments, &["--output", "json"]].concat());
        (output.status.code(), json(&output))
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(&path, text).expect("written");
        path
    }
}

fn services(text: &str) -> String {
    format!("1. Apps (P2)\n\n1.1 {text}\n\n- Purpose: test\n- Namespace: {text}\n")
}

#[test]
fn an_outage_is_severe_while_nothing_that_runs_is_listed() {
    let stranger = Stranger::new();
    let shipped = shipped();
    let other = stranger.write("other.txt", &services("elsewhere"));
    for (arguments, origin) in [
        (vec![], "none"),
        (vec!["--services", utf8(&shipped)], "option"),
        (vec!["--services", utf8(&other)], "option"),
    ] {
        let (status, report) = stranger.report(&arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {report}");
        assert_eq!(report["severity"], "SEV-2");
        let first = &report["incidents"][0];
        assert_eq!(first["rule"], "P1_UNAVAILABLE", "{first}");
        assert_eq!(first["tier"], "P1");
        assert_eq!(first["service"], Value::Null);
        let file = &report["servicesFile"];
        assert_eq!(file["origin"], origin);
        assert_eq!(file["matched"], 0);
        assert_eq!(file["unlistedTier"], "P1");
        assert!(file["unlistedDown"].as_u64() >= Some(2), "{file}");
        assert!(report["notes"].to_string().contains("services init"));
    }
}

#[test]
fn the_message_of_a_first_run_goes_to_slack() {
    let stranger = Stranger::new();
    let (_, report) = stranger.report(&["--dry-run"]);
    let messages = report["plan"]["messages"].as_array().expect("messages");
    assert!(!messages.is_empty(), "{report}");
}

#[test]
fn with_services_that_run_unlisted_workloads_are_minor_and_counted() {
    let stranger = Stranger::new();
    let n8n = stranger.write("n8n.txt", &services("n8n"));
    let arguments = ["--services", utf8(&n8n)];
    let (status, report) = stranger.report(&arguments);
    assert_eq!((status, &report["severity"]), (Some(0), &"SEV-4".into()));
    let file = &report["servicesFile"];
    assert_eq!((&file["matched"], &file["listed"]), (&1.into(), &1.into()));
    assert_eq!(file["unlistedTier"], "P3");
    let text = stdout(&stranger.run(&arguments));
    let head = text.split("\n\n").next().expect("a head");
    let head: Vec<_> = head.split_whitespace().collect();
    let head = head.join(" ");
    assert!(head.contains("named by --services"), "{head}");
    assert!(
        head.contains("2 unlisted workloads (P3) are down"),
        "{head}"
    );
}

#[test]
fn the_configured_tier_always_holds() {
    let stranger = Stranger::new();
    let n8n = stranger.write("n8n.txt", &services("n8n"));
    for (tier, status) in [("P3", 0), ("P2", 0), ("P1", 2), ("P0", 1)] {
        let config = stranger.write("config.yaml", &format!("unlistedTier: {tier}\n"));
        for services in [&[][..], &["--services", utf8(&n8n)]] {
            let arguments = [&["--config", utf8(&config)], services].concat();
            let (found, report) = stranger.report(&arguments);
            assert_eq!(found, Some(status), "{tier}: {report}");
            assert_eq!(report["servicesFile"]["unlistedTier"], tier);
        }
    }
}

#[test]
fn services_are_looked_for_in_the_usual_places_in_order() {
    let stranger = Stranger::new();
    let found = |variables: &[(&str, &Path)], arguments: &[&str]| {
        let dump = dump();
        let mut command = stranger.program(&["run", "--snapshot", utf8(&dump)]);
        command.args(["--output", "json"]).args(arguments);
        command.envs(variables.iter().copied());
        let report = json(&command.output().expect("the program starts"));
        let file = &report["servicesFile"];
        (
            file["path"].as_str().map(str::to_owned),
            file["origin"].as_str().expect("an origin").to_owned(),
        )
    };
    let own = |path: &Path, origin: &str| (Some(path.display().to_string()), origin.to_owned());
    // /etc of this machine may have a file; without one nothing is found.
    if !Path::new("/etc/k8s-monitor/services.txt").exists() {
        assert_eq!(found(&[], &[]), (None, "none".to_owned()));
    }
    let of_home = stranger.write(".config/k8s-monitor/services.txt", &services("a"));
    assert_eq!(found(&[], &[]), own(&of_home, "found"));
    let of_user = stranger.write("xdg/k8s-monitor/services.txt", &services("b"));
    let xdg = [("XDG_CONFIG_HOME", &*stranger.home.path().join("xdg"))];
    assert_eq!(found(&xdg, &[]), own(&of_user, "found"));
    stranger.write("docs/reference/services.txt", &services("c"));
    let in_place = own(Path::new("docs/reference/services.txt"), "found");
    assert_eq!(found(&xdg, &[]), in_place);
    let named = stranger.write("named.txt", &services("d"));
    let variable = [("SERVICES_FILE", &*named)];
    assert_eq!(found(&variable, &[]), own(&named, "variable"));
    let option = stranger.write("option.txt", &services("e"));
    let by_option = found(&variable, &["--services", utf8(&option)]);
    assert_eq!(by_option, own(&option, "option"));
}

#[test]
fn commands_about_the_file_need_one() {
    let stranger = Stranger::new();
    if Path::new("/etc/k8s-monitor/services.txt").exists() {
        return;
    }
    for command in [
        &["services", "lint"][..],
        &["services", "list"],
        &["services", "show", "mysql"],
    ] {
        let output = stranger.program(command).output().expect("it starts");
        assert_fails(
            &output,
            65,
            &["/etc/k8s-monitor/services.txt", "services init"],
        );
    }
    let dump = dump();
    let check = ["check", "--service", "mysql", "--snapshot", utf8(&dump)];
    let output = stranger.program(&check).output().expect("it starts");
    assert_fails(&output, 64, &["mysql", "services init"]);
    let check = ["check", "--service", "coredns", "--snapshot", utf8(&dump)];
    let output = stranger.program(&check).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn no_kubeconfig_names_the_places() {
    let stranger = Stranger::new();
    if Path::new("/etc/rancher/k3s/k3s.yaml").exists() {
        return;
    }
    let output = stranger.program(&["run"]).output().expect("it starts");
    let places = [".kube/config", "/etc/rancher/k3s/k3s.yaml", "--kubeconfig"];
    assert_fails(&output, 78, &places);
}
