//! One value of one object is hostile: nothing else is judged differently, and the object's own
//! service is neither down nor missing because of it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use k8s_monitor::assess::{Verdict, evaluate};
use k8s_monitor::cluster::api::decode;
use k8s_monitor::cluster::{DamagedKind, DamagedObject, Interner, Resource, Snapshot};
use k8s_monitor::model::{ServiceStatus, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::case::Case;
use crate::support::expect;
use crate::support::property::cases;

use super::unrelated_objects::unrelated_objects;

/// Values that no field is meant to have. Some have the right type.
const HOSTILE: &[&str] = &[
    "null",
    "-1",
    "18446744073709551616",
    "9223372036854775807",
    "1e999",
    "-0.5",
    "true",
    "\"\"",
    "\"\\u0000\\u202e<!channel>\"",
    "\"\\ud800\"",
    "\"1e999\"",
    "\"0001-01-01T00:00:00Z\"",
    "\"+262142-12-31T23:59:59Z\"",
    "{}",
    "[]",
    "[[[[{\"a\":[null]}]]]]",
    "{\"name\":{\"name\":{\"name\":-1}}}",
    "[null,-1,\"x\",{},[]]",
];

/// Takes the place of a value until its object is written.
const PLACE: &str = "@@hostile@@";

const SERVICES: &str = "1. Core (P0)\n1.1 alpha\n- Namespace: alpha\n- Workloads: deployment/web\n\
    1.2 beta\n- Namespace: beta\n- Workloads: deployment/web\n\
    1.3 cache\n- Namespace: cache\n- Workloads: deployment/cache\n";

/// Two healthy services, and one that is down with a cause that only an event tells.
struct Cluster {
    case: Case,
    documents: Vec<Value>,
}

impl Cluster {
    fn new() -> Self {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/detect/hostile_values.yaml"
        );
        let mut case = Case::load(file.as_ref()).unwrap();
        case.inventory = k8s_monitor::inventory::parse(SERVICES.as_bytes());
        let now = case.snapshot.now;
        let mut documents = unrelated_objects("alpha", now);
        documents.extend(unrelated_objects("beta", now));
        documents.extend(case.documents.clone());
        Self { case, documents }
    }

    /// The verdict on these objects, each as its text, and which were damaged.
    fn judge(&self, texts: &[(Resource, String)]) -> (Verdict, Vec<DamagedObject>) {
        let mut snapshot = self.case.snapshot.clone();
        (snapshot.objects, snapshot.damaged) = read(texts, snapshot.now);
        let damaged = snapshot.damaged.clone();
        (evaluate(&snapshot, &self.case.grounds()), damaged)
    }

    fn texts(&self) -> Vec<(Resource, String)> {
        self.documents.iter().filter_map(text).collect()
    }
}

/// A document of a kind that has its own list.
fn text(document: &Value) -> Option<(Resource, String)> {
    let (version, kind) = (document["apiVersion"].as_str(), document["kind"].as_str());
    let resource = Resource::of_object(version.unwrap(), kind.unwrap())?;
    Some((resource, document.to_string()))
}

/// The objects as a server lists them.
fn read(
    texts: &[(Resource, String)],
    now: Time,
) -> (k8s_monitor::cluster::Objects, Vec<DamagedObject>) {
    let mut kinds: BTreeMap<Resource, Vec<&str>> = BTreeMap::new();
    for (resource, text) in texts {
        kinds.entry(*resource).or_default().push(text);
    }
    let mut snapshot = Snapshot::default();
    let interner = RefCell::new(Interner::new(now));
    for (resource, items) in kinds {
        let page = format!(r#"{{"metadata":{{}},"items":[{}]}}"#, items.join(","));
        let list = snapshot.objects.list_mut(resource).unwrap();
        let damaged = decode([page.as_bytes()], &interner, list).unwrap();
        let damaged = damaged.into_iter();
        snapshot.damaged.extend(damaged.map(|item| DamagedObject {
            kind: DamagedKind::Read(resource),
            item,
        }));
    }
    (snapshot.objects, snapshot.damaged)
}

/// Every value of an object but its type, as JSON pointers.
fn paths(value: &Value, at: &str, paths: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        let path = format!("{at}/{key}");
        if path != "/kind" && path != "/apiVersion" {
            self::paths(value, &path, paths);
            paths.push(path);
        }
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(list) => {
            let list = list.iter().enumerate();
            list.for_each(|(at, value)| child(&at.to_string(), value));
        }
        _ => {}
    }
}

fn with(document: &Value, path: &str, hostile: &str) -> String {
    let mut document = document.clone();
    *document.pointer_mut(path).unwrap() = json!(PLACE);
    let text = document.to_string();
    text.replace(&format!("\"{PLACE}\""), hostile)
}

fn status(verdict: &Verdict, service: &str) -> ServiceStatus {
    let mut services = verdict.services.iter();
    services.find(|s| s.name == service).unwrap().status
}

/// The verdict without what is about a service or its namespace.
fn without(verdict: &Verdict, service: &str) -> Value {
    let mut whole = expect::whole(verdict);
    whole["services"].as_object_mut().unwrap().remove(service);
    let incidents = whole["incidents"].as_array_mut().unwrap();
    incidents.retain(|incident| !incident.to_string().contains(service));
    // The rule depends on how many services of P0 are down.
    for incident in incidents {
        incident["rule"] = Value::Null;
    }
    whole
}

#[test]
fn a_hostile_value_changes_nothing_else() {
    let cluster = Cluster::new();
    let texts = cluster.texts();
    let (healthy, damaged) = cluster.judge(&texts);
    assert_eq!(damaged, []);
    let down = |verdict: &Verdict| status(verdict, "cache") == ServiceStatus::Unavailable;
    assert!(down(&healthy) && status(&healthy, "alpha") == ServiceStatus::Healthy);
    let cause = |verdict: &Verdict| {
        verdict.incidents[0]
            .root()
            .cause
            .map(k8s_monitor::model::Cause::as_str)
    };
    assert_eq!(cause(&healthy), Some("SecretMissing"));
    let expected = without(&healthy, "alpha");
    let mut number = 0;
    let mut wrong = Vec::new();
    for (at, document) in cluster.documents.iter().enumerate() {
        // The version of an API may be called alpha, too.
        let mut content = document.clone();
        content["apiVersion"] = Value::Null;
        if !content.to_string().contains("alpha") {
            continue;
        }
        let mut paths = Vec::new();
        self::paths(document, "", &mut paths);
        for path in paths {
            // Each path with two values, each value with many paths.
            for _ in 0..2 {
                let hostile = HOSTILE[number % HOSTILE.len()];
                number += 7;
                let mut texts = texts.clone();
                texts[at].1 = with(document, &path, hostile);
                let (verdict, damaged) = cluster.judge(&texts);
                if damaged.is_empty() && path.starts_with("/metadata") {
                    // Another name of the right type is another object.
                    continue;
                }
                let named: Vec<_> = damaged.iter().map(DamagedObject::describe).collect();
                let what = format!("{} {path}: {hostile}; {named:?}", document["kind"]);
                let others = without(&verdict, "alpha");
                if others != expected {
                    wrong.push(format!("another service: {what}\n{others}"));
                }
                wrong.extend(wrong_status(&verdict, &damaged).map(|wrong| wrong + &what));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A value of the wrong type takes the service's health away, not the service.
fn wrong_status(verdict: &Verdict, damaged: &[DamagedObject]) -> Option<String> {
    let status = status(verdict, "alpha");
    let is_right = matches!(status, ServiceStatus::Healthy | ServiceStatus::Unknown);
    (!damaged.is_empty() && !is_right).then(|| format!("{status}: "))
}

proptest! {
    #![proptest_config(cases(200))]

    /// The same with any values at any two places of any two objects: whatever is read, nothing
    /// panics and every object is accounted for.
    #[test]
    fn hostile_values_end_nothing(
        picks in proptest::collection::vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..6),
    ) {
        let cluster = Cluster::new();
        let mut texts = cluster.texts();
        let mut touched = Vec::new();
        for (object, path, value) in picks {
            let at = object.index(texts.len());
            let document = &cluster.documents[at];
            let mut paths = Vec::new();
            self::paths(document, "", &mut paths);
            let hostile = HOSTILE[value.index(HOSTILE.len())];
            texts[at].1 = with(document, &paths[path.index(paths.len())], hostile);
            touched.push(at);
        }
        let (_, damaged) = cluster.judge(&texts);
        prop_assert!(damaged.len() <= touched.len());
    }
}
