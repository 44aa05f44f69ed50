//! Applies the difference between two cluster states with few requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::object;

type Objects = BTreeMap<String, Value>;

/// Writes the differences between the written and the desired objects.
pub fn bring(plane: &ControlPlane, written: &Objects, wanted: &Objects) {
    let renewed = renewed(written, wanted);
    let mut fresh = Vec::new();
    let mut altered = Vec::new();
    for (reference, object) in wanted {
        match written.get(reference) {
            Some(before) if renewed.contains(reference) => {
                delete(plane, before);
                fresh.push(object.clone());
            }
            Some(before) if before == object => {}
            Some(before) => altered.push((before, object)),
            None => fresh.push(object.clone()),
        }
    }
    for (_, object) in written
        .iter()
        .filter(|(reference, _)| !wanted.contains_key(*reference))
    {
        delete(plane, object);
    }
    plane.apply(fresh);
    for (before, object) in altered {
        patch(plane, before, object);
    }
}

/// The objects to create again: those that cannot be changed in place, and then those that
/// reference them by uid. Events keep their reference to the deleted object.
fn renewed(written: &Objects, wanted: &Objects) -> BTreeSet<String> {
    let changed = |(reference, object): &(&String, &Value)| {
        written
            .get(*reference)
            .is_some_and(|before| before != *object && is_another(before, object))
    };
    let mut renewed: BTreeSet<String> = wanted
        .iter()
        .filter(changed)
        .map(|(reference, _)| reference.clone())
        .collect();
    let mut news: Vec<String> = renewed.iter().cloned().collect();
    while let Some(one) = news.pop() {
        let uid = format!("{{{{uid {one}}}}}");
        let naming = wanted.iter().filter(|(reference, object)| {
            **reference != one
                && object::kind(object) != "Event"
                && object.to_string().contains(&uid)
        });
        for (reference, _) in naming {
            if renewed.insert(reference.clone()) {
                news.push(reference.clone());
            }
        }
    }
    renewed
}

/// Whether a controller would create a new object instead of changing the old one.
fn is_another(before: &Value, object: &Value) -> bool {
    let created = |object: &Value| object["metadata"]["creationTimestamp"].clone();
    let is_fixed = match object::kind(object) {
        // A finished Job does not change.
        "Job" => true,
        "Pod" | "PersistentVolume" | "PersistentVolumeClaim" => before["spec"] != object["spec"],
        _ => false,
    };
    is_fixed || created(before) != created(object)
}

fn delete(plane: &ControlPlane, object: &Value) {
    plane.delete(
        object::kind(object),
        object::namespace(object),
        object::name(object),
    );
}

fn patch(plane: &ControlPlane, before: &Value, object: &Value) {
    let (kind, namespace, name) = (
        object::kind(object),
        object::namespace(object),
        object::name(object),
    );
    let difference = object::difference(&without_status(before), &without_status(object));
    if !difference.is_null() {
        plane.patch(kind, namespace, name, &difference);
    }
    let mut status = object::difference(&before["status"], &object["status"]);
    if object["status"].get("observedGeneration").is_some() && !difference.is_null() {
        let present = plane.get(kind, namespace, name).unwrap_or_default();
        status["observedGeneration"] = json!(present["metadata"]["generation"]);
    }
    if !status.is_null() {
        plane.patch_status(kind, namespace, name, &status);
    }
}

fn without_status(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}
