//! The example homelab at any time: with the outage of the docs, healthy, or with unread pods.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/homelab");

/// The state of the homelab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomelabState {
    Healthy,
    /// mysql runs out of memory and crashes, and the backend with it.
    Outage,
    /// The same outage, and pods cannot be read.
    #[allow(dead_code, reason = "not in every test binary")]
    PodsUnread,
}

/// The files of the dump in this state, with every time moved.
pub fn files(by: TimeDelta, state: HomelabState) -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(EXAMPLE).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            continue;
        };
        if path.is_dir() || state == HomelabState::PodsUnread && name == "pods.json" {
            continue;
        }
        let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        shift(&mut document, by);
        if name == "k8s-monitor.json" && state == HomelabState::PodsUnread {
            document["reads"]["pods"] = json!({ "state": "unread", "reason": "forbidden",
                "message": "the service account may not list pods" });
        }
        if state == HomelabState::Healthy {
            let items = document["items"].as_array_mut();
            items.into_iter().flatten().for_each(recover);
            if name == "events.json" {
                document["items"] = json!([]);
            }
        }
        files.push((name.to_owned(), document));
    }
    files
}

/// The same as a folder.
#[allow(dead_code, reason = "not in every test binary")]
pub fn write(to: &Path, by: TimeDelta, state: HomelabState) {
    fs::create_dir_all(to).unwrap();
    for (name, document) in files(by, state) {
        fs::write(to.join(name), document.to_string()).unwrap();
    }
}

fn shift(value: &mut Value, by: TimeDelta) {
    match value {
        Value::String(text) => {
            if let Ok(time) = text.parse::<DateTime<Utc>>() {
                let format = if text.contains('.') {
                    "%FT%T%.6fZ"
                } else {
                    "%FT%TZ"
                };
                *text = (time + by).format(format).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shift(field, by)),
        _ => {}
    }
}

/// The object after its recovery.
fn recover(object: &mut Value) {
    let replicas = object["spec"]["replicas"].clone();
    match object["kind"].as_str().unwrap() {
        "Pod" if object["status"]["phase"] == "Running" => {
            for condition in object["status"]["conditions"].as_array_mut().unwrap() {
                condition["status"] = json!("True");
                condition.as_object_mut().unwrap().remove("message");
                condition.as_object_mut().unwrap().remove("reason");
            }
            let started = object["metadata"]["creationTimestamp"].clone();
            for container in object["status"]["containerStatuses"]
                .as_array_mut()
                .unwrap()
            {
                container["ready"] = json!(true);
                container["restartCount"] = json!(0);
                container["state"] = json!({ "running": { "startedAt": started } });
                container.as_object_mut().unwrap().remove("lastState");
            }
        }
        "EndpointSlice" => {
            for endpoint in object["endpoints"].as_array_mut().into_iter().flatten() {
                endpoint["conditions"] = json!({ "ready": true, "serving": true });
            }
        }
        "Deployment" | "StatefulSet" => {
            for count in [
                "readyReplicas",
                "availableReplicas",
                "updatedReplicas",
                "replicas",
            ] {
                object["status"][count] = replicas.clone();
            }
            let status = object["status"].as_object_mut().unwrap();
            status.remove("unavailableReplicas");
            if let Some(conditions) = status.get_mut("conditions") {
                for condition in conditions.as_array_mut().unwrap() {
                    condition["status"] = json!("True");
                }
            }
        }
        "ReplicaSet" => {
            for count in ["readyReplicas", "availableReplicas", "replicas"] {
                object["status"][count] = replicas.clone();
            }
        }
        _ => {}
    }
}
