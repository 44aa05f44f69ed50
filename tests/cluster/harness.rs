//! Tests of the harness: the fixtures are valid before the program reads them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::assets;
use crate::consistency::contradictions;
use crate::homelab::Homelab;
use crate::server::Server;
use crate::time::{Ago, now};

#[test]
fn the_healthy_homelab_is_complete_and_consistent() {
    let homelab = Homelab::healthy();
    assert_eq!(contradictions(&homelab), Vec::<String>::new());
    let lacking: Vec<Value> = homelab
        .list("Deployment", "")
        .into_iter()
        .filter(|found| !found["status"]["unavailableReplicas"].is_null())
        .collect();
    assert_eq!(lacking, Vec::<Value>::new());
    assert_eq!(homelab.list("Application", "argocd").len(), 15);
    assert_eq!(homelab.list("PodMetrics", "mysql").len(), 1);
}

#[test]
fn every_scenario_is_consistent() {
    type Scenario = fn(&mut Homelab);
    let scenarios: [(&str, Scenario); 24] = [
        ("crash loop", |homelab| {
            homelab.crash_loops("mysql", 20.minutes_ago());
        }),
        ("out of memory", |homelab| {
            homelab.crash_loops_by("n8n", 2.hours_ago(), "OOMKilled", 137);
        }),
        ("one of two ready", |homelab| {
            homelab.pods_ready("oncall-agent", 1, 12.minutes_ago());
        }),
        ("quietly unready", |homelab| {
            homelab.quietly_unready("postgresql", 3.hours_ago());
        }),
        ("starting", |homelab| {
            homelab.starting("chores-tracker-backend", 4.minutes_ago());
        }),
        ("vault sealed", |homelab| {
            homelab.vault_sealed(30.minutes_ago());
        }),
        ("stores fail", |homelab| {
            homelab.secret_stores_fail(28.minutes_ago());
        }),
        ("no image", |homelab| {
            homelab.image_pull_backoff("whoami", 1.hours_ago(), "not found");
        }),
        ("no secret", |homelab| {
            homelab.containers_wait(
                "n8n",
                9.minutes_ago(),
                "CreateContainerConfigError",
                "secret \"n8n\" not found",
            );
        }),
        ("no node", |homelab| {
            homelab.unschedulable("n8n", 9.minutes_ago(), "0/3 nodes are available");
        }),
        ("rolled out", |homelab| {
            homelab.rolled_out("n8n", 25.minutes_ago(), "n8nio/n8n:1.2.3");
        }),
        ("set rolled out", |homelab| {
            homelab.rolled_out("mysql", 25.minutes_ago(), "mysql:8.4.1");
        }),
        ("rollout stuck", |homelab| {
            homelab.rollout_stuck("n8n", 25.minutes_ago(), "n8nio/n8n:9", "not found");
        }),
        ("node lost", |homelab| {
            homelab.node_lost("k3s-agent-2", 7.minutes_ago());
        }),
        ("scaled to zero", |homelab| {
            homelab.scaled_to_zero("n8n", 15.minutes_ago());
        }),
        ("deleted", |homelab| homelab.deleted("mysql")),
        ("wrong selector", |homelab| {
            homelab.selector_matches_nothing("chores-tracker-frontend");
        }),
        ("quota", |homelab| {
            homelab.quota_refuses("n8n", 45.minutes_ago());
        }),
        ("ingress down", |homelab| {
            homelab.ingress_down(6.minutes_ago());
        }),
        ("dns down", |homelab| homelab.dns_down(6.minutes_ago())),
        ("memory", |homelab| homelab.memory_at("mysql", 93)),
        ("backup overdue", |homelab| {
            homelab.last_succeeded("mysql-backup", 2.days_ago());
        }),
        ("sync failed", |homelab| {
            homelab.last_run_failed("ecr-credentials-sync");
        }),
        ("recovery", |homelab| {
            homelab.crash_loops("mysql", 20.minutes_ago());
            homelab.recovers("mysql", 50.seconds_ago());
        }),
    ];
    for (name, break_it) in scenarios {
        let mut homelab = Homelab::healthy();
        break_it(&mut homelab);
        assert_eq!(contradictions(&homelab), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_crash_loop_has_the_status_of_one() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    let pod = homelab
        .get("Pod", "mysql", "mysql-0")
        .expect("the pod is still there");
    let container = &pod["status"]["containerStatuses"][0];
    assert_eq!(container["state"]["waiting"]["reason"], "CrashLoopBackOff");
    assert_eq!(container["lastState"]["terminated"]["exitCode"], 1);
    assert!(container["restartCount"].as_u64() > Some(3));
    let set = homelab
        .get("StatefulSet", "mysql", "mysql")
        .expect("the set is still there");
    assert!(
        set["status"]
            .get("readyReplicas")
            .is_none_or(|ready| ready == 0)
    );
    let events = homelab.list("Event", "mysql");
    assert!(events.iter().any(|event| event["reason"] == "BackOff"
        && event["involvedObject"]["uid"] == pod["metadata"]["uid"]));
}

#[test]
fn the_homelab_is_healthy_again_after_any_test() {
    let pods = |homelab: &Homelab| -> Vec<String> {
        let uid_and_status = |pod: &Value| format!("{} {}", pod["metadata"]["uid"], pod["status"]);
        homelab.list("Pod", "").iter().map(uid_and_status).collect()
    };
    let homelab = Homelab::healthy();
    let before = pods(&homelab);
    homelab.patch_status("Node", "", "k3s-agent-1", &json!({ "conditions": null }));
    homelab.patch(
        "Deployment",
        "n8n",
        "n8n",
        &json!({ "spec": { "replicas": 0 } }),
    );
    homelab.delete("Pod", "vault", "vault-0");
    homelab.delete("Namespace", "", "whoami-test");
    homelab.reset();
    assert_eq!(homelab.list("Pod", ""), Vec::<Value>::new());
    drop(homelab);
    let homelab = Homelab::healthy();
    assert_eq!(pods(&homelab), before);
    assert_eq!(contradictions(&homelab), Vec::<String>::new());
}

#[test]
fn objects_have_the_requested_age() {
    let homelab = Homelab::healthy();
    homelab.apply_yaml(&crate::time::fill_times(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old, namespace: n8n, creationTimestamp: '{{-3d}}'}\n",
        now(),
    ));
    let map = homelab
        .get("ConfigMap", "n8n", "old")
        .expect("it was just made");
    let created = map["metadata"]["creationTimestamp"]
        .as_str()
        .expect("everything has an age");
    assert!(created <= 3.days_ago().to_string().as_str());
}

#[test]
fn a_service_account_has_the_rights_of_its_role_and_its_requests_are_recorded() {
    let homelab = Homelab::healthy();
    homelab.apply_yaml(
        "
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [pods], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
",
    );
    let token = homelab.service_account_token("default", "reader");
    let reader = homelab.kubeconfig_with_token(&token, "homelab");
    let pods = kubectl(&reader, "pods");
    assert!(
        String::from_utf8_lossy(&pods.stdout).contains("mysql-0"),
        "{pods:?}"
    );
    assert!(!kubectl(&reader, "secrets").status.success());
    assert!(
        kubectl(&homelab.kubeconfig_admin(), "secrets")
            .status
            .success()
    );

    let requests = homelab.requests_by("system:serviceaccount:default:reader");
    let of_resources: Vec<(&str, &str, u64)> = requests
        .iter()
        .filter(|request| !request.resource.is_empty())
        .map(|request| {
            (
                request.verb.as_str(),
                request.resource.as_str(),
                request.status,
            )
        })
        .collect();
    assert_eq!(
        of_resources,
        [("list", "pods", 200), ("list", "secrets", 403)]
    );
    assert!(
        requests
            .iter()
            .all(|request| request.uri.starts_with("/api"))
    );
}

fn kubectl(kubeconfig: &Path, resource: &str) -> Output {
    let mut command = Command::new(assets::directory().join("kubectl"));
    command
        .args(["get", resource, "--all-namespaces"])
        .env("KUBECONFIG", kubeconfig);
    command.output().expect("kubectl runs")
}

#[test]
fn a_dropped_server_ends_and_removes_its_directory() {
    let directory = Server::directory("sleep");
    let mut server = Server::start("sleep".as_ref(), directory.clone(), &["600".to_owned()]);
    assert!(!server.has_ended());
    drop(server);
    assert!(!directory.exists());
}
