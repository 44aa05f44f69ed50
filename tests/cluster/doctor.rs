//! `doctor` against a real API server, with all, some and none of the deployed rights.

use std::path::Path;

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::manifests;
use crate::program::{program, services_file};

const USER: &str = "system:serviceaccount:k8s-monitor:k8s-monitor";
const STATE: &str = "configmap:k8s-monitor/k8s-monitor-state";

struct Seen {
    checks: Vec<Value>,
    status: i32,
}

impl Seen {
    fn named(&self, status: &str) -> Vec<&str> {
        let of_status = self.checks.iter().filter(|check| check["status"] == status);
        of_status
            .filter_map(|check| check["name"].as_str())
            .collect()
    }

    fn check(&self, name: &str) -> &Value {
        let found = self.checks.iter().find(|check| check["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {:#?}", self.checks))
    }
}

fn doctor(kubeconfig: &Path) -> Seen {
    let output = program()
        .args(["doctor", "--output", "json", "--state", STATE, "--services"])
        .arg(services_file())
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .output()
        .expect("the program starts");
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    Seen {
        checks: document["checks"].as_array().expect("checks").clone(),
        status: output.status.code().unwrap_or(-1),
    }
}

/// Runs as the deployed service account, after a `change` of the applied manifests.
fn doctor_as_deployed(homelab: &Homelab, change: impl FnOnce(&Homelab)) -> Seen {
    for manifest in manifests::ALL {
        homelab.apply_yaml(manifest);
    }
    change(homelab);
    let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
    doctor(&homelab.kubeconfig_with_token(&token, "homelab"))
}

#[test]
fn the_deployed_rights_are_all_that_doctor_asks_for() {
    let homelab = Homelab::healthy();
    let before = homelab.requests_by(USER).len();
    let seen = doctor_as_deployed(&homelab, |_| ());
    assert_eq!(
        (seen.status, seen.named("red")),
        (0, Vec::new()),
        "{:#?}",
        seen.checks
    );
    let rights = seen
        .named("ok")
        .into_iter()
        .filter(|name| name.starts_with("rbac "));
    assert_eq!(rights.count(), 74, "{:#?}", seen.checks);
    for name in [
        "cluster",
        "clock",
        "reading",
        "api argoproj.io",
        "state",
        "services file",
    ] {
        assert_eq!(seen.check(name)["status"], "ok", "{}", seen.check(name));
    }
    assert_eq!(seen.check("services without workload")["status"], "ok");
    let requests: Vec<_> = homelab.requests_by(USER).into_iter().skip(before).collect();
    for request in &requests {
        let is_read = ["get", "list"].contains(&request.verb.as_str());
        assert!(
            is_read || request.resource == "selfsubjectaccessreviews",
            "{request:?}"
        );
        let is_state = request.resource == "configmaps" && request.status == 404;
        assert!(request.status < 400 || is_state, "{request:?}");
    }
}

#[test]
fn a_missing_verb_is_one_red_check() {
    let homelab = Homelab::healthy();
    let seen = doctor_as_deployed(&homelab, |homelab| {
        let role = homelab
            .get("ClusterRole", "", "k8s-monitor")
            .expect("applied");
        let mut rules = role["rules"].clone();
        let core = rules[0]["resources"].as_array_mut().expect("resources");
        core.retain(|resource| resource != "nodes");
        let less = json!({ "apiGroups": [""], "resources": ["nodes"], "verbs": ["get"] });
        rules.as_array_mut().expect("rules").push(less);
        homelab.patch("ClusterRole", "", "k8s-monitor", &json!({ "rules": rules }));
    });
    assert_eq!(
        (seen.status, seen.named("red")),
        (78, vec!["rbac list nodes"])
    );
    let remedy = seen.check("rbac list nodes")["remedy"]
        .as_str()
        .expect("a remedy");
    assert!(
        remedy.contains("kubectl apply --server-side -f deploy/rights/rbac.yaml"),
        "{remedy}"
    );
    assert_eq!(seen.check("rbac get nodes")["status"], "ok");
}

#[test]
fn a_forbidden_write_of_the_state_is_a_red_check() {
    let homelab = Homelab::healthy();
    let seen = doctor_as_deployed(&homelab, |homelab| {
        let role = homelab
            .get("Role", "k8s-monitor", "k8s-monitor-state")
            .expect("applied");
        let mut rules = role["rules"].clone();
        rules[1]["verbs"] = json!(["get", "patch"]);
        homelab.patch(
            "Role",
            "k8s-monitor",
            "k8s-monitor-state",
            &json!({ "rules": rules }),
        );
    });
    let name = "rbac update configmaps/k8s-monitor-state in k8s-monitor";
    assert_eq!((seen.status, seen.named("red")), (78, vec![name]));
    let remedy = seen.check(name)["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("deploy/rights/state-rbac.yaml"), "{remedy}");
}

#[test]
fn excess_rights_of_an_administrator_are_a_warning() {
    let homelab = Homelab::healthy();
    let seen = doctor(&homelab.kubeconfig_admin());
    assert_eq!((seen.status, seen.named("red")), (0, Vec::new()));
    let excess = seen.check("rbac excess");
    assert_eq!(excess["status"], "warn");
    assert!(
        excess["message"]
            .as_str()
            .expect("text")
            .contains("get secrets"),
        "{excess}"
    );
}

#[test]
fn a_token_without_any_right_is_an_unreadable_cluster() {
    let homelab = Homelab::healthy();
    homelab.apply_yaml(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: no-rights, namespace: default}\n",
    );
    let token = homelab.service_account_token("default", "no-rights");
    let seen = doctor(&homelab.kubeconfig_with_token(&token, "homelab"));
    assert_eq!(seen.status, 69);
    assert_eq!(seen.check("reading")["status"], "red");
    assert_eq!(seen.check("rbac list pods")["status"], "red");
}
