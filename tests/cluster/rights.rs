//! Reports with all, some and none of the deployed rights.

use serde_json::json;

use crate::homelab::Homelab;
use crate::manifests;
use crate::program::{Report, program, run_as, services_file};
use crate::time::Ago;

/// Runs with the monitor's service account and the deployed rights, except for those on
/// `without`: (API group, resource).
fn run_without(homelab: &Homelab, without: &[(&str, &str)]) -> Report {
    for manifest in manifests::READS {
        homelab.apply_yaml(manifest);
    }
    if !without.is_empty() {
        let mut role = homelab
            .get("ClusterRole", "", "k8s-monitor")
            .expect("applied");
        for rule in role["rules"].as_array_mut().expect("rules") {
            let of_group = |group: &str| {
                rule["apiGroups"]
                    .as_array()
                    .is_some_and(|g| g.contains(&json!(group)))
            };
            let gone: Vec<_> = without
                .iter()
                .filter(|(group, _)| of_group(group))
                .map(|(_, r)| json!(r))
                .collect();
            rule["resources"]
                .as_array_mut()
                .expect("resources")
                .retain(|r| !gone.contains(r));
        }
        let rules: Vec<_> = role["rules"]
            .as_array()
            .expect("rules")
            .iter()
            .filter(|r| !r["resources"].as_array().expect("resources").is_empty())
            .cloned()
            .collect();
        homelab.patch("ClusterRole", "", "k8s-monitor", &json!({ "rules": rules }));
    }
    let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
    run_as(&homelab.kubeconfig_with_token(&token, "homelab"))
}

#[test]
fn the_deployed_rights_are_enough() {
    let homelab = Homelab::healthy();
    let user = "system:serviceaccount:k8s-monitor:k8s-monitor";
    let before = homelab.requests_by(user).len();
    let report = run_without(&homelab, &[]);
    assert_eq!(
        report.json["visibility"],
        json!({"complete": true, "unread": []})
    );
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    let refused: Vec<_> = homelab
        .requests_by(user)
        .into_iter()
        .skip(before)
        .filter(|r| r.status >= 400)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn unreadable_pods_are_unknown_neither_missing_nor_healthy() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops("mysql", 20.minutes_ago());
    let report = run_without(&homelab, &[("", "pods")]);
    let blind: Vec<_> = report
        .incidents()
        .iter()
        .filter(|i| i["rule"] == "MONITORING_BLIND")
        .collect();
    assert_eq!(blind.len(), 1, "{}", report.summary());
    assert_eq!(blind[0]["severity"], "SEV-2");
    assert_eq!(blind[0]["service"], json!(null));
    assert_eq!(report.json["visibility"]["complete"], json!(false));
    assert_eq!(report.json["visibility"]["unread"][0]["resource"], "pods");
    assert_eq!(
        report.json["visibility"]["unread"][0]["reason"],
        "Forbidden"
    );
    assert_eq!(report.service("oncall-agent")["status"], "unknown");
    assert!(
        !report.summary().contains("WorkloadMissing"),
        "{}",
        report.summary()
    );
}

#[test]
fn unreadable_nodes_are_a_monitoring_blind_incident() {
    let homelab = Homelab::healthy();
    let report = run_without(&homelab, &[("", "nodes")]);
    assert_eq!(
        report.summary(),
        "SEV-2 MONITORING_BLIND - [] MonitoringBlind MonitoringBlind"
    );
    assert_eq!(report.status, 2);
    assert_eq!(report.service("mysql")["status"], "healthy");
}

#[test]
fn an_unreadable_custom_resource_is_reported_without_an_incident() {
    let homelab = Homelab::healthy();
    let report = run_without(&homelab, &[("argoproj.io", "applications")]);
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    assert_eq!(
        report.json["visibility"]["unread"][0]["resource"],
        "applications.argoproj.io"
    );
}

#[test]
fn no_rights_at_all_and_no_valid_token_are_an_unreadable_cluster() {
    let homelab = Homelab::healthy();
    homelab.apply_yaml(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: no-rights, namespace: default}\n",
    );
    let token = homelab.service_account_token("default", "no-rights");
    for (token, word) in [(token.as_str(), "forbids"), ("expired", "credentials")] {
        let output = program()
            .args(["run", "--dry-run", "--output", "json", "--services"])
            .arg(services_file())
            .arg("--kubeconfig")
            .arg(homelab.kubeconfig_with_token(token, "homelab"))
            .output()
            .expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(69), "{stderr}");
        assert!(output.stdout.is_empty());
        assert!(stderr.contains(word), "{stderr}");
    }
}
