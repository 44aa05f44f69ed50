//! Kubernetes objects as a fixture has them, sorted by kind as those of a dump.

use std::collections::BTreeSet;

use k8s_monitor::cluster::{Interner, ObjectList, Objects, Resource};
use k8s_monitor::model::Time;
use serde_json::Value;

/// Puts objects into the lists of their kinds.
///
/// # Errors
///
/// When one is of no kind that a cycle reads, or a field has the wrong type. Both are mistakes in
/// the fixture.
pub fn collect(documents: &[Value]) -> Result<Objects, String> {
    gather(documents, None)
}

/// The same, compacted as in a live cycle.
///
/// # Errors
///
/// As [`collect`].
#[allow(dead_code, reason = "only tables of live cycles need it")]
pub fn compacted(documents: &[Value], now: Time) -> Result<Objects, String> {
    gather(documents, Some(Interner::new(now)))
}

/// Adds the nodes that pods name, where no document is a node; at least one.
#[allow(dead_code, reason = "only tables need it")]
pub fn add_nodes(documents: &mut Vec<Value>) {
    let is_node = |d: &Value| d["apiVersion"] == "v1" && d["kind"] == "Node";
    if documents.iter().any(is_node) {
        return;
    }
    let named = documents.iter().filter(|d| d["kind"] == "Pod");
    let named = named.filter_map(|d| d.pointer("/spec/nodeName")?.as_str());
    let mut names: BTreeSet<_> = named.map(str::to_owned).collect();
    if names.is_empty() {
        names.insert("node-1".to_owned());
    }
    documents.extend(names.iter().map(
        |name| serde_json::json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}),
    ));
}

fn gather(documents: &[Value], mut interner: Option<Interner>) -> Result<Objects, String> {
    let mut objects = Objects::default();
    for document in documents {
        add(&mut objects, document, interner.as_mut())?;
    }
    Ok(objects)
}

fn add(
    objects: &mut Objects,
    value: &Value,
    interner: Option<&mut Interner>,
) -> Result<(), String> {
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let (version, kind) = (text("apiVersion"), text("kind"));
    let name = value.pointer("/metadata/name").cloned();
    let resource = Resource::of_object(&version, &kind);
    let list: &mut dyn ObjectList = match resource {
        Some(resource) => {
            let list = objects.list_mut(resource);
            list.ok_or("logs belong in the first document, under `logs`")?
        }
        None if is_custom(value) => &mut objects.custom,
        None => return Err(format!("`{version} {kind}` is no kind that is read")),
    };
    push(list, value, interner).map_err(|e| format!("{kind} {name:?}: {e}"))
}

/// Whether it is of another project's kind: those groups have a dot.
fn is_custom(value: &Value) -> bool {
    let version = value.get("apiVersion").and_then(Value::as_str);
    version.is_some_and(|version| version.contains('.') && version.contains('/'))
}

fn push(
    list: &mut dyn ObjectList,
    value: &Value,
    interner: Option<&mut Interner>,
) -> Result<(), String> {
    list.push_json(value.to_string().as_bytes())
        .map_err(|e| e.to_string())?;
    if let Some(interner) = interner {
        list.compact_last(interner);
    }
    Ok(())
}
