//! Helpers for objects as JSON.

use serde_json::{Value, json};

pub fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

pub fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// `namespace/name`, or only the name of a cluster-scoped object.
pub fn path(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}

/// `Kind namespace/name`, the form in which fixtures reference the uid of an object.
pub fn reference(object: &Value) -> String {
    format!("{} {}", kind(object), path(namespace(object), name(object)))
}

/// The wave in which an object is created: namespaces and owners come first.
pub fn wave(object: &Value) -> u8 {
    match kind(object) {
        "Namespace" | "CustomResourceDefinition" | "IngressClass" | "StorageClass" => 0,
        "ReplicaSet" | "Job" | "PersistentVolume" | "Certificate" => 2,
        "Pod" => 3,
        "EndpointSlice" | "Event" => 4,
        _ => 1,
    }
}

/// Sets `observedGeneration` as a controller does that has seen the current spec.
pub fn observe(status: &mut Value, written: &Value) {
    if status.get("observedGeneration").is_some() {
        status["observedGeneration"] = written["metadata"]["generation"].clone();
    }
}

/// The JSON merge patch from `old` to `new`; null if they are equal.
pub fn difference(old: &Value, new: &Value) -> Value {
    let (Value::Object(old_fields), Value::Object(new_fields)) = (old, new) else {
        return if old == new { Value::Null } else { new.clone() };
    };
    let mut patch = json!({});
    for (key, value) in new_fields {
        match old_fields.get(key) {
            Some(before) if before == value => {}
            Some(before) => patch[key] = difference(before, value),
            None => patch[key] = value.clone(),
        }
    }
    for key in old_fields
        .keys()
        .filter(|key| !new_fields.contains_key(*key))
    {
        patch[key] = Value::Null;
    }
    if patch == json!({}) {
        Value::Null
    } else {
        patch
    }
}
