//! Objects in a namespace that no service uses change the status and the severity of no service,
//! whatever names, hosts, labels and addresses they have.

use std::collections::BTreeMap;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::assess::Verdict;
use k8s_monitor::cluster::ContainerLog;
use k8s_monitor::inventory::Service;
use k8s_monitor::model::Time;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::properties::{Any, CASES, a_case};
use crate::support::case::Case;
use crate::support::property::cases;

const FOREIGN: &str = "foreign";

/// Everything that a user of another namespace can create against a service.
fn hostile_objects(service: &Service, pod: &str, now: Time) -> Vec<Value> {
    let text_of = |time: Time| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let host = service.ingress.first().map_or("host.example.com", |h| h);
    let text = include_str!("hostile_objects.yaml")
        .replace("FOREIGN", FOREIGN)
        .replace("NAME", &service.name.to_lowercase())
        .replace("TARGET", service.namespace.as_deref().unwrap_or("default"))
        .replace("HOST", host)
        .replace("POD", pod)
        .replace("OLD", &text_of(now - TimeDelta::days(20)))
        .replace("NEW", &text_of(now - TimeDelta::minutes(4)));
    serde_yaml::from_multiple(&text).unwrap()
}

/// The objects of a case, as they would be in another namespace.
fn copies(case: &Case) -> Vec<Value> {
    let documents = case.documents.iter();
    let namespaced = documents.filter(|d| d["metadata"]["namespace"].is_string());
    let leases = |d: &&Value| d["kind"] != "Lease";
    namespaced
        .filter(leases)
        .map(|document| {
            let mut copy = document.clone();
            copy["metadata"]["namespace"] = json!(FOREIGN);
            copy
        })
        .collect()
}

/// A log that accuses the service.
fn log(service: &Service, pod: &str) -> ContainerLog {
    let (name, namespace) = (
        &service.name,
        service.namespace.as_deref().unwrap_or_default(),
    );
    ContainerLog {
        namespace: FOREIGN.to_owned(),
        pod: pod.to_owned(),
        container: "main".to_owned(),
        previous: false,
        text: format!(
            "dial tcp: lookup {name}.{namespace}: no such host\nError 503: Vault is sealed\nFATAL: too many connections for {name}.{namespace}\n"
        ),
    }
}

/// Status, replicas and highest severity of each service.
fn of_services(verdict: &Verdict) -> BTreeMap<&str, String> {
    let services = verdict.services.iter();
    services
        .map(|state| {
            let is_about = |service: &Option<String>, affects: &[String]| {
                service.as_ref() == Some(&state.name) || affects.contains(&state.name)
            };
            let incidents = verdict.incidents.iter();
            let about = incidents.filter(|i| is_about(&i.service, &i.affects));
            let severity = about.map(|i| i.severity).min();
            let (ready, desired) = (state.ready, state.desired);
            let text = format!("{:?} {ready}/{desired} {severity:?}", state.status);
            (state.name.as_str(), text)
        })
        .collect()
}

fn holds(case: &Case, service: &Service) -> Result<(), String> {
    // A service without a namespace is found by its name, which must be unique.
    let services = &case.inventory.services;
    if services.iter().any(|s| s.namespace.is_none()) {
        return Ok(());
    }
    let own = |d: &&Value| {
        d["kind"] == "Pod" && d["metadata"]["namespace"].as_str() == service.namespace.as_deref()
    };
    let pod = case.documents.iter().find(own);
    let pod = pod
        .and_then(|d| d["metadata"]["name"].as_str())
        .unwrap_or("none");
    let mut hostile = hostile_objects(service, pod, case.snapshot.now);
    hostile.extend(copies(case));
    let mut attacked = case.clone();
    let name = service.name.to_lowercase();
    attacked
        .snapshot
        .logs
        .extend([log(service, &name), log(service, &format!("{name}-crash"))]);
    let documents = [&*case.documents, &*hostile].concat();
    let attacked = attacked.evaluate_objects(&documents)?;
    let (before, after) = (case.evaluate_objects(&case.documents)?, attacked);
    let (before, after) = (of_services(&before), of_services(&after));
    if before == after {
        return Ok(());
    }
    Err(format!("{}: {before:?} became {after:?}", case.sentence))
}

/// Every case once; the property below also picks other services.
#[test]
fn another_namespace_changes_no_service_of_any_case() {
    let first = |case: &'static Case| Some((case, case.inventory.services.first()?));
    let tried = CASES.iter().filter_map(first);
    let failures: Vec<_> = tried.filter_map(|(case, s)| holds(case, s).err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn another_namespace_changes_no_service(Any(case) in a_case(), pick in any::<Index>()) {
        let services = &case.inventory.services;
        prop_assume!(!services.is_empty());
        let result = holds(case, pick.get(services));
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    }
}
