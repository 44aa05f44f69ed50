//! An incident stays the same while irrelevant details change.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use k8s_monitor::assess::{EvaluateInput, Verdict, evaluate};
use k8s_monitor::inventory::Inventory;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::properties::{Any, a_case, fingerprints};
use crate::support::case::Case;
use crate::support::property::cases;
use crate::support::{expect, objects};

proptest! {
    #![proptest_config(cases(600))]

    /// Whole weeks, because schedules depend on the day of the week.
    #[test]
    fn the_result_does_not_depend_on_the_date(Any(case) in a_case(), weeks in -40_i64..40) {
        // The dates of these are not in the documents.
        prop_assume!(case.outages.is_empty() && case.snapshot.logs.is_empty());
        // Clocks change on certain dates.
        prop_assume!(case.snapshot.objects.cron_jobs.iter().all(|c| c.spec.time_zone.is_empty()));
        let by = TimeDelta::weeks(weeks);
        let documents: Vec<_> = case.documents.iter().map(|d| shifted(d, by)).collect();
        let mut later = case.clone();
        later.snapshot.now += by;
        let later = later.evaluate_objects(&documents).unwrap();
        let verdict = case.evaluate_objects(&case.documents).unwrap();
        let (later, verdict) = (expect::whole(&later), expect::whole(&verdict));
        prop_assert_eq!(without_messages(later), shifted(&without_messages(verdict), by));
    }

    /// Twice as many pods that fail in the same way.
    #[test]
    fn fingerprints_do_not_depend_on_replicas(Any(case) in a_case(), suffix in "[vwxz]{5}") {
        prop_assume!(case.restarts.is_empty() && case.snapshot.logs.is_empty());
        let doubled = doubled(&case.documents, &suffix);
        let (doubled, single) = (case.evaluate_objects(&doubled).unwrap(), case.evaluate());
        prop_assert_eq!(fingerprints(&doubled), fingerprints(&single));
    }

    #[test]
    fn the_order_of_services_does_not_change_the_result((Any(case), order) in a_case_reordered()) {
        let mut inventory = case.inventory.clone();
        inventory.services = order.iter().map(|&at| case.inventory.services[at].clone()).collect();
        prop_assert_eq!(expect::whole(&with(case, &inventory)), expect::whole(&case.evaluate()));
    }
}

fn a_case_reordered() -> impl Strategy<Value = (Any, Vec<usize>)> {
    a_case().prop_flat_map(|case| {
        let order: Vec<_> = (0..case.0.inventory.services.len()).collect();
        (Just(case), Just(order).prop_shuffle())
    })
}

fn with(case: &Case, inventory: &Inventory) -> Verdict {
    evaluate(
        &case.snapshot,
        &EvaluateInput {
            inventory,
            ..case.grounds()
        },
    )
}

/// A result without messages, which have dates in another format.
fn without_messages(mut verdict: Value) -> Value {
    for incident in verdict["incidents"].as_array_mut().into_iter().flatten() {
        incident["message"] = Value::Null;
    }
    verdict
}

/// The same with every timestamp moved.
fn shifted(value: &Value, by: TimeDelta) -> Value {
    match value {
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(time) => json!((time + by).to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Err(_) => value.clone(),
        },
        Value::Array(list) => list.iter().map(|v| shifted(v, by)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (k.clone(), shifted(v, by)))
            .collect(),
        _ => value.clone(),
    }
}

/// Every pod of a replica set twice, and the deployment's counts doubled.
fn doubled(documents: &[Value], suffix: &str) -> Vec<Value> {
    let mut doubled = documents.to_vec();
    for document in &mut doubled {
        let is_scaled = matches!(
            document["kind"].as_str(),
            Some("Deployment" | "ReplicaSet" | "Rollout")
        );
        if is_scaled && document["metadata"].is_object() {
            twice(&mut document["spec"]["replicas"]);
            for count in document["status"].as_object_mut().into_iter().flatten() {
                if count.0 != "observedGeneration" {
                    twice(count.1);
                }
            }
        }
    }
    let of_set = |d: &&Value| {
        d["kind"] == "Pod" && d["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
    };
    for (at, pod) in documents.iter().filter(of_set).enumerate() {
        let mut twin = pod.clone();
        let name = pod["metadata"]["name"].as_str().unwrap();
        twin["metadata"]["name"] = json!(format!("{name}{suffix}{at}"));
        if !pod["metadata"]["uid"].is_null() {
            twin["metadata"]["uid"] = json!(format!("{suffix}-{at}"));
        }
        doubled.push(twin);
    }
    doubled
}

fn twice(count: &mut Value) {
    if let Some(number) = count.as_u64() {
        *count = json!(number * 2);
    }
}

/// Moving timestamps does not change anything else.
#[test]
fn a_shift_by_zero_changes_nothing() {
    let (case, none) = (&super::properties::CASES[0], TimeDelta::zero());
    let same: Vec<_> = case.documents.iter().map(|d| shifted(d, none)).collect();
    assert_eq!(objects::collect(&same), objects::collect(&case.documents));
}
