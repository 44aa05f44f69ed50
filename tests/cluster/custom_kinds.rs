//! Kinds of other projects on a real API server, read with the deployed rights: broken objects are
//! reported, the others are not, and a kind that is added is read once a role grants it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::manifests;
use crate::program::{Report, program, run_as};
use crate::time::Ago;
use crate::yaml;

const USER: &str = "system:serviceaccount:k8s-monitor:k8s-monitor";
const EXAMPLE: &str = include_str!("../../deploy/examples/read-custom-kinds.yaml");
const HEALTHY: &str = include_str!("../detect/unrelated_custom_objects.yaml");
const BROKEN: &str = include_str!("../detect/custom_kinds/broken.yaml");

/// The objects of a fixture for tests without a cluster, with the times of now.
fn objects(text: &str) -> Vec<Value> {
    let text = text
        .replace("NAME", "platform")
        .replace("OLD", &20.days_ago().to_string())
        .replace("LONG", &20.days_ago().to_string())
        .replace("SINCE", &3.hours_ago().to_string())
        .replace("NEW", &4.minutes_ago().to_string())
        .replace("SOON", &(-60).days_ago().to_string());
    // The API server has its own objects of these kinds.
    let is_built_in = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default();
        matches!(kind, "APIService" | "CustomResourceDefinition")
    };
    let mut objects = yaml::documents(&text);
    objects.retain(|object| !is_built_in(object));
    objects
}

/// A healthy object of each of twenty kinds.
pub fn create_twenty(homelab: &Homelab) {
    let mut healthy = objects(HEALTHY);
    healthy.truncate(20);
    create(homelab, healthy, &[]);
}

/// Defines the kinds of the objects, and creates their namespaces and the objects.
fn create(homelab: &Homelab, objects: Vec<Value>, categories: &[&str]) {
    let mut defined = BTreeSet::new();
    let mut all = Vec::new();
    for object in &objects {
        let definition = definition(object, categories);
        let name = definition["metadata"]["name"].as_str().unwrap().to_owned();
        let exists = homelab.get("CustomResourceDefinition", "", &name).is_some();
        if !exists && defined.insert(name) {
            all.push(definition);
        }
        if let Some(namespace) = object["metadata"]["namespace"].as_str() {
            let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
            if !all.contains(&namespace) {
                all.push(namespace);
            }
        }
    }
    homelab.apply(all);
    homelab.apply(objects);
}

/// A definition that accepts any content.
fn definition(object: &Value, categories: &[&str]) -> Value {
    let kind = object["kind"].as_str().unwrap();
    let (group, version) = object["apiVersion"]
        .as_str()
        .unwrap()
        .split_once('/')
        .unwrap();
    let rows = k8s_monitor::model::CUSTOM_KINDS.iter();
    let mut rows = rows.filter(|row| row.group == group && row.kind == kind);
    let singular = kind.to_lowercase();
    let plural = rows
        .next()
        .map_or(format!("{singular}s"), |row| row.plural.to_owned());
    let is_namespaced = object["metadata"]["namespace"].is_string();
    let anything = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "scope": if is_namespaced { "Namespaced" } else { "Cluster" },
            "names": { "plural": plural, "singular": singular, "kind": kind,
                "listKind": format!("{kind}List"), "categories": categories },
            "versions": [{ "name": version, "served": true, "storage": true,
                "schema": { "openAPIV3Schema": anything }, "subresources": { "status": {} } }],
        },
    })
}

/// Runs a cycle with the rights of `deploy/`.
fn run_deployed(homelab: &Homelab) -> Report {
    for manifest in manifests::READS {
        homelab.apply_yaml(manifest);
    }
    let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
    run_as(&homelab.kubeconfig_with_token(&token, "homelab"))
}

/// What the controller manager does, which the tests do not run: the rules of all labelled roles.
fn aggregate(homelab: &Homelab) {
    let labelled = homelab.list("ClusterRole", "").into_iter();
    let labelled =
        labelled.filter(|role| role["metadata"]["labels"]["k8s-monitor/aggregate"] == "true");
    let rules: Vec<Value> = labelled
        .flat_map(|role| role["rules"].as_array().cloned().unwrap_or_default())
        .collect();
    homelab.patch(
        "ClusterRole",
        "",
        "k8s-monitor-resources",
        &json!({ "rules": rules }),
    );
}

fn findings(report: &Report) -> BTreeSet<(String, String)> {
    let incidents = report.incidents().iter();
    let findings = incidents.flat_map(|i| i["findings"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|found| {
            (
                text(&found["resource"]["kind"]),
                text(&found["resource"]["name"]),
            )
        })
        .collect()
}

fn unread(report: &Report) -> Vec<String> {
    let unread = report.json["visibility"]["unread"].as_array().unwrap();
    let resource = |kind: &Value| kind["resource"].as_str().unwrap_or_default().to_owned();
    unread.iter().map(resource).collect()
}

#[test]
fn broken_objects_of_every_kind_are_reported_and_healthy_ones_are_not() {
    let homelab = Homelab::healthy();
    create(&homelab, objects(HEALTHY), &[]);
    let before = homelab.requests_by(USER).len();
    let report = run_deployed(&homelab);
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    assert_eq!(unread(&report), Vec::<String>::new());
    let requests: Vec<_> = homelab.requests_by(USER).into_iter().skip(before).collect();
    let refused: Vec<_> = requests.iter().filter(|r| r.status >= 400).collect();
    assert!(refused.is_empty(), "{refused:?}");

    let broken = objects(BROKEN);
    create(&homelab, broken.clone(), &[]);
    let report = run_deployed(&homelab);
    let found = findings(&report);
    let silent: Vec<_> = broken
        .iter()
        .map(|o| {
            (
                o["kind"].as_str().unwrap().to_owned(),
                o["metadata"]["name"].as_str().unwrap().to_owned(),
            )
        })
        .filter(|object| !found.contains(object))
        .collect();
    // Its volume has no backup.
    assert_eq!(silent, [("RecurringJob".to_owned(), "nightly".to_owned())]);
    let names: BTreeSet<_> = found.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["broken", "unsaved"]));
}

#[test]
fn twenty_custom_kinds_are_one_request_each() {
    let homelab = Homelab::healthy();
    let without = run_deployed(&homelab);
    create_twenty(&homelab);
    let with = run_deployed(&homelab);
    let requests = |report: &Report| report.json["requests"]["kubernetes"].as_u64().unwrap();
    assert_eq!(requests(&with), requests(&without) + 20);
    assert!(requests(&with) <= 64, "{}", requests(&with));
}

#[test]
fn an_added_kind_is_unread_before_its_right_is_aggregated_and_read_after() {
    let homelab = Homelab::healthy();
    let bucket = |name: &str, status: &str| {
        json!({
            "apiVersion": "s3.aws.upbound.io/v1beta1", "kind": "Bucket",
            "metadata": { "name": name, "creationTimestamp": 9.days_ago().to_string() },
            "status": { "conditions": [
                { "type": "Ready", "status": "True", "reason": "Available", "lastTransitionTime": 9.days_ago().to_string() },
                { "type": "Synced", "status": status, "reason": "ReconcileError", "lastTransitionTime": 3.hours_ago().to_string() },
            ] },
        })
    };
    let buckets = vec![bucket("kept", "True"), bucket("lost", "False")];
    create(&homelab, buckets, &["crossplane", "managed", "aws"]);
    let report = run_deployed(&homelab);
    assert_eq!(unread(&report), ["buckets.s3.aws.upbound.io"]);
    assert_eq!((report.summary(), report.status), (String::new(), 0));
    let check = doctor_check(&homelab, "kinds s3.aws.upbound.io");
    assert_eq!(check["status"], "warn");
    let remedy = check["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("--resource=buckets.s3.aws.upbound.io"),
        "{remedy}"
    );

    homelab.apply_yaml(EXAMPLE);
    aggregate(&homelab);
    let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
    let report = run_as(&homelab.kubeconfig_with_token(&token, "homelab"));
    assert_eq!(unread(&report), Vec::<String>::new());
    let lost = ("Bucket".to_owned(), "lost".to_owned());
    assert_eq!(findings(&report), BTreeSet::from([lost]));
    let check = doctor_check(&homelab, "kinds s3.aws.upbound.io");
    assert_eq!(check["message"], "read: buckets");
}

fn doctor_check(homelab: &Homelab, name: &str) -> Value {
    let token = homelab.service_account_token("k8s-monitor", "k8s-monitor");
    let output = program()
        .args([
            "doctor",
            "--output",
            "json",
            "--state",
            "none",
            "--kubeconfig",
        ])
        .arg(homelab.kubeconfig_with_token(&token, "homelab"))
        .output()
        .expect("the program starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    let checks = document["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == name);
    check
        .unwrap_or_else(|| panic!("no {name} in {checks:#?}"))
        .clone()
}
