//! The sign of life of runs that reach the cluster.

use serde_json::json;

use crate::homelab::Homelab;
use crate::manifests;
use crate::memory::Monitor;
use crate::support::stub::Fault;

/// The end that was told, and in what words.
fn ended(monitor: &Monitor) -> (String, String) {
    let asked = monitor.watcher.asked();
    let paths: Vec<_> = asked.iter().map(|a| a.path.as_str()).collect();
    assert_eq!((paths.len(), paths[0]), (2, "/ping/start"), "{paths:?}");
    (asked[1].path.clone(), asked[1].text())
}

#[test]
fn a_cluster_that_was_seen_and_all_said_is_a_success_whatever_the_verdict() {
    let healthy = Monitor::with(Homelab::healthy(), &manifests::ALL);
    assert_eq!(healthy.run(&[]).status, 0);
    let (path, body) = ended(&healthy);
    assert_eq!(path, "/ping");
    assert!(body.contains("exit status 0"), "{body}");
    drop(healthy);
    let ill = Monitor::ill();
    assert_eq!(ill.run(&[]).status, 1);
    let (path, body) = ended(&ill);
    assert_eq!(path, "/ping");
    assert!(body.contains("exit status 1"), "{body}");
}

#[test]
fn what_is_due_and_unsaid_is_a_failure() {
    let deaf = Monitor::ill();
    deaf.workspace.break_for_long(&Fault::Cut);
    assert_eq!(deaf.run(&[]).status, 1);
    let (path, body) = ended(&deaf);
    assert_eq!(path, "/ping/fail");
    assert!(body.contains("exit status 1"), "{body}");
    drop(deaf);
    let mut mute = Monitor::ill();
    mute.env.clear();
    assert_eq!(mute.run(&[]).status, 1);
    assert_eq!(ended(&mute).0, "/ping/fail");
}

#[test]
fn with_nothing_due_nobody_needs_a_voice() {
    let mut mute = Monitor::with(Homelab::healthy(), &manifests::ALL);
    mute.env.clear();
    assert_eq!(mute.run(&[]).status, 0);
    assert_eq!(ended(&mute).0, "/ping");
}

#[test]
fn a_monitor_that_cannot_see_pods_fails_though_it_said_so() {
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
    let blind = Monitor::with(homelab, &[]);
    assert_eq!(blind.run(&[]).status, 2);
    let (path, body) = ended(&blind);
    assert_eq!(path, "/ping/fail");
    assert!(body.contains("exit status 2"), "{body}");
    assert_eq!(blind.workspace.said().len(), 1);
}
