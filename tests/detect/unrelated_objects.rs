//! Healthy objects that are unrelated to a finding do not change the result.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::cluster::Resource;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{Reason, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::properties::{Any, a_case};
use crate::support::expect;
use crate::support::property::cases;

/// One healthy object of every kind in a namespace of its own.
pub fn unrelated_objects(name: &str, now: Time) -> Vec<Value> {
    let text_of = |time: Time| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = [
        include_str!("unrelated_objects.yaml"),
        include_str!("unrelated_custom_objects.yaml"),
    ];
    let text = text
        .join("---\n")
        .replace("NAME", name)
        .replace("OLD", &text_of(now - TimeDelta::days(20)))
        .replace("NEW", &text_of(now - TimeDelta::minutes(4)))
        .replace("SOON", &text_of(now + TimeDelta::days(60)));
    serde_yaml::from_multiple(&text).unwrap()
}

#[test]
fn every_kind_has_an_unrelated_object() {
    let objects = unrelated_objects("x", "2026-11-23T06:49:00Z".parse().unwrap());
    let kinds: BTreeSet<_> = objects
        .iter()
        .filter_map(|o| Resource::of_object(o["apiVersion"].as_str()?, o["kind"].as_str()?))
        .collect();
    for row in KINDS.iter().filter(|row| row.resource != Resource::PodLogs) {
        assert!(kinds.contains(&row.resource), "{}", row.kind);
    }
}

/// Puts the pods on a node of the case.
fn place_on_known_node(objects: &mut [Value], documents: &[Value]) {
    let node = documents.iter().find(|d| d["kind"] == "Node");
    let Some(node) = node else { return };
    for pod in objects.iter_mut().filter(|object| object["kind"] == "Pod") {
        pod["spec"]["nodeName"] = node["metadata"]["name"].clone();
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn unrelated_objects_do_not_change_the_result(
        Any(case) in a_case(),
        name in "unrelated-[a-z]{1,9}",
        pick in any::<Index>(),
        is_before in any::<bool>(),
    ) {
        // Where there is no node, any node changes the result.
        prop_assume!(!case.snapshot.missing_nodes().has_no_node());
        prop_assume!(case.names_every_namespace());
        let mut all = unrelated_objects(&name, case.snapshot.now);
        let verdict = case.evaluate();
        // Every node is related to a pod that cannot be scheduled.
        let mut findings = verdict.incidents.iter().flat_map(|i| &i.findings);
        if findings.any(|f| matches!(f.reason, Reason::FailedScheduling | Reason::Pending)) {
            all.retain(|object| object["kind"] != "Node");
            place_on_known_node(&mut all, &case.documents);
        }
        let documents = if is_before {
            [&*all, &*case.documents].concat()
        } else {
            [&*case.documents, &*all].concat()
        };
        let with_all = case.evaluate_objects(&documents).unwrap();
        prop_assert_eq!(expect::whole(&with_all), expect::whole(&verdict));
        // Objects without references to others do not change the result alone either.
        let one = &all[pick.index(all.len())];
        if matches!(one["kind"].as_str(), Some("Namespace" | "Node" | "StorageClass" | "Lease" | "ResourceQuota" | "Event")) {
            let documents = [&*case.documents, std::slice::from_ref(one)].concat();
            let with_all = case.evaluate_objects(&documents).unwrap();
            prop_assert_eq!(expect::whole(&with_all), expect::whole(&verdict));
        }
    }
}
