//! Kubernetes objects as a fixture has them, sorted by kind as those of a dump.

use k8s_monitor::cluster::{Interner, Objects, Resource};
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
    let resource = Resource::of_object(&version, &kind)
        .ok_or_else(|| format!("`{version} {kind}` is no kind that is read"))?;
    let name = value.pointer("/metadata/name").cloned();
    push(objects, resource, value, interner).map_err(|e| format!("{kind} {name:?}: {e}"))
}

fn push(
    objects: &mut Objects,
    resource: Resource,
    value: &Value,
    interner: Option<&mut Interner>,
) -> Result<(), String> {
    let list = objects.list_mut(resource);
    let list = list.ok_or("logs belong in the first document, under `logs`")?;
    list.push_json(value.to_string().as_bytes())
        .map_err(|e| e.to_string())?;
    if let Some(interner) = interner {
        list.compact_last(interner);
    }
    Ok(())
}
