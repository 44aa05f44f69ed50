//! What is healthy and has nothing to do with anything changes nothing.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::cluster::Resource;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{Reason, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::laws::{Any, a_case};
use crate::support::expect;
use crate::support::laws::cases;

/// One object of every kind, all of them healthy at that moment.
fn bystanders(name: &str, now: Time) -> Vec<Value> {
    let moment = |time: Time| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = include_str!("bystanders.yaml")
        .replace("NAME", name)
        .replace("OLD", &moment(now - TimeDelta::days(20)))
        .replace("NEW", &moment(now - TimeDelta::minutes(4)))
        .replace("SOON", &moment(now + TimeDelta::days(60)));
    serde_yaml::from_multiple(&text).unwrap()
}

#[test]
fn no_kind_is_without_a_bystander() {
    let objects = bystanders("x", "2026-11-23T06:49:00Z".parse().unwrap());
    let kinds: BTreeSet<_> = objects
        .iter()
        .filter_map(|o| Resource::of_object(o["apiVersion"].as_str()?, o["kind"].as_str()?))
        .collect();
    for row in KINDS.iter().filter(|row| row.resource != Resource::PodLogs) {
        assert!(kinds.contains(&row.resource), "{}", row.kind);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn healthy_bystanders_change_nothing(
        Any(case) in a_case(),
        name in "bystander-[a-z]{1,9}",
        place in any::<Index>(),
        is_before in any::<bool>(),
    ) {
        let mut all = bystanders(&name, case.snapshot.now);
        let verdict = case.evaluate();
        // To a pod that waits for a place no node is a bystander.
        let mut findings = verdict.incidents.iter().flat_map(|i| &i.findings);
        if findings.any(|f| matches!(f.reason, Reason::FailedScheduling | Reason::Pending)) {
            all.retain(|object| object["kind"] != "Node");
        }
        let documents = if is_before {
            [&*all, &*case.documents].concat()
        } else {
            [&*case.documents, &*all].concat()
        };
        let crowded = case.evaluate_objects(&documents).unwrap();
        prop_assert_eq!(expect::whole(&crowded), expect::whole(&verdict));
        // What has no other object to lean on is as harmless alone.
        let one = &all[place.index(all.len())];
        if matches!(one["kind"].as_str(), Some("Namespace" | "Node" | "StorageClass" | "Lease" | "ResourceQuota" | "Event")) {
            let documents = [&*case.documents, std::slice::from_ref(one)].concat();
            let crowded = case.evaluate_objects(&documents).unwrap();
            prop_assert_eq!(expect::whole(&crowded), expect::whole(&verdict));
        }
    }
}
