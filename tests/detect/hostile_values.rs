//! One value of one object is hostile: nothing else is judged differently, and the object's own
//! service is neither down nor missing because of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use k8s_monitor::assess::{Verdict, evaluate};
use k8s_monitor::cluster::api::decode;
use k8s_monitor::cluster::{DamagedKind, DamagedObject, Interner, Objects, Resource};
use k8s_monitor::model::{ServiceStatus, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::case::Case;
use crate::support::expect;
use crate::support::property::cases;

use super::unrelated_objects::unrelated_objects;

/// Values that no field is meant to have. Some have the right type.
const HOSTILE: [&str; 18] = [
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

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::new);

/// Two healthy services, and one that is down with a cause that only an event tells.
struct Cluster {
    case: Case,
    /// The documents that have a list of their own, and where they are in it.
    documents: Vec<(Value, Resource, usize)>,
    objects: Objects,
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
        let mut all = unrelated_objects("alpha", now);
        all.extend(unrelated_objects("beta", now));
        all.extend(case.documents.clone());
        let mut objects = Objects::default();
        let mut documents = Vec::new();
        for document in all {
            let (version, kind) = (document["apiVersion"].as_str(), document["kind"].as_str());
            let Some(kind) = Resource::of_object(version.unwrap(), kind.unwrap()) else {
                continue;
            };
            let at = objects.list(kind).unwrap().len();
            assert_eq!(add(&mut objects, kind, &document.to_string(), now), []);
            documents.push((document, kind, at));
        }
        Self {
            case,
            documents,
            objects,
        }
    }

    /// An object as it is decoded from a text, and what is noted of it.
    fn decoded(&self, kind: Resource, text: &str) -> (Option<Value>, Vec<DamagedObject>) {
        let mut objects = Objects::default();
        let damaged = add(&mut objects, kind, text, self.case.snapshot.now);
        let list = objects.list(kind).unwrap();
        let object = (!list.is_empty()).then(|| list.to_json(0).unwrap());
        (object, damaged)
    }

    /// The verdict where documents have other texts, by their number.
    fn judge(&self, changed: &BTreeMap<usize, String>) -> (Verdict, Vec<DamagedObject>) {
        let mut snapshot = self.case.snapshot.clone();
        snapshot.objects = self.objects.clone();
        // From the end, so that the places of the others stay.
        for number in changed.keys().rev() {
            let (_, kind, at) = &self.documents[*number];
            let list = snapshot.objects.list_mut(*kind).unwrap();
            list.replace_with_last(*at);
        }
        for (number, text) in changed {
            let kind = self.documents[*number].1;
            let damaged = add(&mut snapshot.objects, kind, text, snapshot.now);
            snapshot.damaged.extend(damaged);
        }
        let damaged = snapshot.damaged.clone();
        (evaluate(&snapshot, &self.case.grounds()), damaged)
    }
}

/// Adds an object as a server lists it.
fn add(objects: &mut Objects, kind: Resource, text: &str, now: Time) -> Vec<DamagedObject> {
    let page = format!(r#"{{"metadata":{{}},"items":[{text}]}}"#);
    let interner = RefCell::new(Interner::new(now));
    let list = objects.list_mut(kind).unwrap();
    let damaged = decode([page.as_bytes()], &interner, list).unwrap();
    let kind = DamagedKind::Read(kind);
    let damaged = damaged.into_iter();
    damaged
        .map(|item| DamagedObject {
            kind: kind.clone(),
            item,
        })
        .collect()
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
    let cluster = &*CLUSTER;
    let (healthy, damaged) = cluster.judge(&BTreeMap::new());
    assert_eq!(damaged, []);
    let down = |verdict: &Verdict| status(verdict, "cache") == ServiceStatus::Unavailable;
    assert!(down(&healthy) && status(&healthy, "alpha") == ServiceStatus::Healthy);
    let cause = |verdict: &Verdict| {
        let cause = verdict.incidents[0].root().cause;
        cause.map(k8s_monitor::model::Cause::as_str)
    };
    assert_eq!(cause(&healthy), Some("SecretMissing"));
    let expected = without(&healthy, "alpha");
    let mut wrong = Vec::new();
    for (number, (document, kind, _)) in cluster.documents.iter().enumerate() {
        // The version of an API may be called alpha, too.
        let mut content = document.clone();
        content["apiVersion"] = Value::Null;
        if !content.to_string().contains("alpha") {
            continue;
        }
        let mut paths = Vec::new();
        self::paths(document, "", &mut paths);
        // Values that leave the same object are judged once.
        let mut judged = vec![cluster.decoded(*kind, &document.to_string())];
        for (path, hostile) in paths.iter().flat_map(|path| HOSTILE.map(|h| (path, h))) {
            let text = with(document, path, hostile);
            let decoded = cluster.decoded(*kind, &text);
            // Another name of the right type is another object, and where a pod runs is for the
            // scheduler to say.
            let is_another = path.starts_with("/metadata") || path == "/spec/nodeName";
            let is_another = is_another && decoded.1.is_empty();
            if is_another || judged.contains(&decoded) {
                continue;
            }
            judged.push(decoded);
            let (verdict, damaged) = cluster.judge(&BTreeMap::from([(number, text)]));
            let named: Vec<_> = damaged.iter().map(DamagedObject::describe).collect();
            let what = format!("{} {path}: {hostile}; {named:?}", document["kind"]);
            let others = without(&verdict, "alpha");
            if others != expected {
                wrong.push(format!("another service: {what}\n{others}"));
            }
            wrong.extend(wrong_status(&verdict, &damaged).map(|wrong| wrong + &what));
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
        let cluster = &*CLUSTER;
        let mut changed = BTreeMap::new();
        for (object, path, value) in picks {
            let number = object.index(cluster.documents.len());
            let document = &cluster.documents[number].0;
            let mut paths = Vec::new();
            self::paths(document, "", &mut paths);
            let hostile = HOSTILE[value.index(HOSTILE.len())];
            changed.insert(number, with(document, &paths[path.index(paths.len())], hostile));
        }
        let (_, damaged) = cluster.judge(&changed);
        prop_assert!(damaged.len() <= changed.len());
    }
}
