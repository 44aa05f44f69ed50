//! Properties that hold for every case.

use std::fmt;
use std::sync::LazyLock;

use chrono::DateTime;
use k8s_monitor::assess::{Verdict, evaluate};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::FAMILIES;
use crate::support::case::{Case, files};
use crate::support::property::cases;
use crate::support::{expect, objects};

pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let folders = FAMILIES.iter().map(|family| format!("detect/{family}"));
    let files = folders.flat_map(|folder| files(&folder));
    files.map(|file| Case::load(&file).unwrap()).collect()
});

/// A case, shown by its sentence when a property does not hold.
#[derive(Clone, Copy)]
pub struct Any(pub &'static Case);

impl fmt::Debug for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence)
    }
}

pub fn a_case() -> impl Strategy<Value = Any> {
    any::<Index>().prop_map(|index| Any(index.get(&CASES)))
}

/// A case and another order of its objects.
fn a_case_shuffled() -> impl Strategy<Value = (Any, Vec<usize>)> {
    a_case().prop_flat_map(|case| {
        let order: Vec<_> = (0..case.0.documents.len()).collect();
        (Just(case), Just(order).prop_shuffle())
    })
}

/// A live cycle drops fields of healthy objects that a dump has.
#[test]
fn compacted_objects_give_the_same_result() {
    for case in CASES.iter() {
        let mut whole = case.clone();
        whole.snapshot.objects = objects::collect(&case.documents).unwrap();
        let mut compacted = case.clone();
        compacted.snapshot.objects =
            objects::compacted(&case.documents, case.snapshot.now).unwrap();
        let verdict = expect::whole(&compacted.evaluate());
        assert_eq!(
            verdict,
            expect::whole(&whole.evaluate()),
            "{}",
            case.sentence
        );
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// API servers and dumps have objects in different orders.
    #[test]
    fn the_order_of_objects_does_not_change_the_result((Any(case), order) in a_case_shuffled()) {
        let documents: Vec<_> = order.iter().map(|&at| case.documents[at].clone()).collect();
        let shuffled = case.evaluate_objects(&documents).unwrap();
        prop_assert_eq!(expect::whole(&shuffled), expect::whole(&case.evaluate()));
    }

    /// Pods are replaced under new names while an incident stays the same.
    #[test]
    fn fingerprints_do_not_depend_on_pod_names(Any(case) in a_case(), hash in "[bcdf][0-9]{8}", suffix in "[vwxz]{5}") {
        // Stored restart counts and logs are found by pod name.
        prop_assume!(case.restarts.is_empty() && case.snapshot.logs.is_empty());
        let renamed = case.evaluate_objects(&renamed(&case.documents, &hash, &suffix)).unwrap();
        let original = case.evaluate();
        prop_assert_eq!(fingerprints(&renamed), fingerprints(&original));
    }

    #[test]
    fn no_current_time_causes_a_panic(Any(case) in a_case(), seconds in -62_135_596_800_i64..=253_402_300_799) {
        let mut snapshot = case.snapshot.clone();
        snapshot.now = DateTime::from_timestamp(seconds, 0).unwrap();
        for incident in evaluate(&snapshot, &case.grounds()).incidents {
            prop_assert!(incident.since <= snapshot.now);
        }
    }

    /// Timestamps in dumps may have any value.
    #[test]
    fn no_timestamp_causes_a_panic(
        Any(case) in a_case(),
        picks in prop::collection::vec((any::<Index>(), any::<Index>()), 1..6),
    ) {
        const TIMES: [&str; 4] = [
            "-262143-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+262142-12-31T23:59:59Z",
        ];
        let mut text = serde_json::to_string(&case.documents).unwrap();
        for (pick, time) in picks {
            let found: Vec<_> = text.match_indices("Z\"").map(|(end, _)| end).collect();
            let found: Vec<_> = found.into_iter().filter_map(|end| Some((text[..end].rfind('"')? + 1, end + 1)))
                .filter(|&(start, end)| text[start..end].parse::<DateTime<chrono::Utc>>().is_ok()).collect();
            if !found.is_empty() {
                let (start, end) = found[pick.index(found.len())];
                text.replace_range(start..end, TIMES[time.index(TIMES.len())]);
            }
        }
        let documents: Vec<Value> = serde_json::from_str(&text).unwrap();
        case.evaluate_objects(&documents).unwrap();
    }

    #[test]
    fn no_missing_field_causes_a_panic(
        Any(case) in a_case(),
        picks in prop::collection::vec((any::<Index>(), any::<Index>()), 1..8),
    ) {
        prop_assume!(!case.documents.is_empty());
        let mut documents = case.documents.clone();
        for (document, field) in picks {
            let count = documents.len();
            let body = &mut documents[document.index(count)];
            let count = count_fields(body);
            remove_field(body, &mut field.index(count.max(1)));
        }
        // A document without a kind is not an object.
        let whole = |d: &Value| d.get("kind").is_some() && d.get("apiVersion").is_some();
        documents.retain(whole);
        case.evaluate_objects(&documents).unwrap();
    }
}

/// The same objects with other hashes and random suffixes in the names of pods.
/// Different hashes stay different.
fn renamed(documents: &[Value], hash: &str, suffix: &str) -> Vec<Value> {
    let mut text = serde_json::to_string(documents).unwrap();
    let pods = documents.iter().filter(|d| d["kind"] == "Pod");
    for (at, pod) in pods.enumerate() {
        let name = pod["metadata"]["name"].as_str().unwrap();
        let owner = pod["metadata"]["ownerReferences"][0]["kind"].as_str();
        if !matches!(owner, Some("ReplicaSet" | "DaemonSet")) {
            continue;
        }
        let (stem, _) = name.rsplit_once('-').unwrap();
        text = text.replace(name, &format!("{stem}-{suffix}{at}"));
    }
    for (at, pod) in documents.iter().filter(|d| d["kind"] == "Pod").enumerate() {
        if let Some(old) = pod["metadata"]["labels"]["pod-template-hash"].as_str() {
            text = text.replace(old, &format!("{hash}{at}"));
        }
    }
    serde_json::from_str(&text).unwrap()
}

pub fn fingerprints(verdict: &Verdict) -> Vec<&str> {
    verdict
        .incidents
        .iter()
        .map(|i| i.fingerprint.as_str())
        .collect()
}

fn count_fields(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(|v| 1 + count_fields(v)).sum(),
        Value::Array(list) => list.iter().map(count_fields).sum(),
        _ => 0,
    }
}

/// Removes the field at which `left` reaches zero; returns whether it was removed.
fn remove_field(value: &mut Value, left: &mut usize) -> bool {
    match value {
        Value::Object(map) => {
            let keys: Vec<_> = map.keys().cloned().collect();
            keys.iter().any(|key| {
                if *left == 0 {
                    return map.remove(key).is_some();
                }
                *left -= 1;
                map.get_mut(key).is_some_and(|v| remove_field(v, left))
            })
        }
        Value::Array(list) => list.iter_mut().any(|v| remove_field(v, left)),
        _ => false,
    }
}
