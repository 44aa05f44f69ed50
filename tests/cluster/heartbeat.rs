//! The heartbeat of runs on a real API server.

use serde_json::json;

use crate::cycles::Monitor;
use crate::homelab::Homelab;
use crate::manifests;
use crate::support::stub::Fault;

/// Path and body of the heartbeat at the end of the run.
fn ended(monitor: &Monitor) -> (String, String) {
    let requests = monitor.heartbeats.requests();
    let paths: Vec<_> = requests.iter().map(|a| a.path.as_str()).collect();
    assert_eq!((paths.len(), paths[0]), (2, "/ping/start"), "{paths:?}");
    (requests[1].path.clone(), requests[1].text())
}

#[test]
fn a_complete_cycle_is_a_success_with_and_without_incidents() {
    let healthy = Monitor::with(Homelab::healthy(), &manifests::ALL);
    assert_eq!(healthy.run(&[]).status, 0);
    let (path, body) = ended(&healthy);
    assert_eq!(path, "/ping");
    assert!(body.contains("exit status 0"), "{body}");
    drop(healthy);
    let outage = Monitor::with_outage();
    assert_eq!(outage.run(&[]).status, 1);
    let (path, body) = ended(&outage);
    assert_eq!(path, "/ping");
    assert!(body.contains("exit status 1"), "{body}");
}

#[test]
fn an_undelivered_notification_is_a_failure() {
    let unreachable = Monitor::with_outage();
    unreachable.workspace.inject_always(&Fault::Cut);
    assert_eq!(unreachable.run(&[]).status, 1);
    let (path, body) = ended(&unreachable);
    assert_eq!(path, "/ping/fail");
    assert!(body.contains("exit status 1"), "{body}");
    drop(unreachable);
    let mut without_token = Monitor::with_outage();
    without_token.env.clear();
    assert_eq!(without_token.run(&[]).status, 1);
    assert_eq!(ended(&without_token).0, "/ping/fail");
}

#[test]
fn without_a_due_notification_no_token_is_needed() {
    let mut without_token = Monitor::with(Homelab::healthy(), &manifests::ALL);
    without_token.env.clear();
    assert_eq!(without_token.run(&[]).status, 0);
    assert_eq!(ended(&without_token).0, "/ping");
}

#[test]
fn unreadable_pods_are_a_failure_although_they_are_notified() {
    let homelab = Homelab::healthy();
    for manifest in manifests::ALL {
        homelab.apply_yaml(manifest);
    }
    let mut role = homelab.get("ClusterRole", "", "k8s-monitor").unwrap();
    for rule in role["rules"].as_array_mut().unwrap() {
        let kinds = rule["resources"].as_array_mut().unwrap();
        kinds.retain(|kind| kind != "pods");
    }
    let rules: Vec<_> = (role["rules"].as_array().unwrap().iter())
        .filter(|rule| rule["resources"] != json!([]))
        .cloned()
        .collect();
    homelab.patch("ClusterRole", "", "k8s-monitor", &json!({ "rules": rules }));
    let without_pods = Monitor::with(homelab, &[]);
    assert_eq!(without_pods.run(&[]).status, 2);
    let (path, body) = ended(&without_pods);
    assert_eq!(path, "/ping/fail");
    assert!(body.contains("exit status 2"), "{body}");
    assert_eq!(without_pods.workspace.messages().len(), 1);
}
