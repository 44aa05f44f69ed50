//! Whether the objects of the homelab are consistent, as controllers would make them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::object;

/// Every contradiction between objects. A real cluster has none.
pub fn contradictions(plane: &ControlPlane) -> Vec<String> {
    let kinds = [
        "Pod",
        "ReplicaSet",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "Service",
        "Ingress",
        "EndpointSlice",
        "PersistentVolumeClaim",
        "PersistentVolume",
    ];
    let mut objects = BTreeMap::new();
    for kind in kinds {
        for mut object in plane.list(kind, "") {
            // Items of a list have no `apiVersion` and `kind`.
            object["kind"] = kind.into();
            objects.insert(object::reference(&object), object);
        }
    }
    let mut found = Vec::new();
    for object in objects.values() {
        found.extend(wrong_owners(object, &objects));
        found.extend(match object::kind(object) {
            "Deployment" | "StatefulSet" | "ReplicaSet" => wrong_count(object, &objects),
            "Pod" => wrong_readiness(object),
            "EndpointSlice" => {
                wrong_endpoints(object, &objects).or(wrong_targets(object, &objects))
            }
            _ => None,
        });
    }
    found
}

fn wrong_owners(object: &Value, objects: &BTreeMap<String, Value>) -> Option<String> {
    let owner = object["metadata"]["ownerReferences"].get(0)?;
    let (kind, name) = (owner["kind"].as_str()?, owner["name"].as_str()?);
    let path = format!("{kind} {}", object::path(object::namespace(object), name));
    let is_right = objects
        .get(&path)
        .is_some_and(|found| found["metadata"]["uid"] == owner["uid"]);
    (!is_right).then(|| {
        format!(
            "{} is owned by {path}, which is not that object",
            object::reference(object)
        )
    })
}

/// The counts in a status must be those of the pods that the object selects.
fn wrong_count(object: &Value, objects: &BTreeMap<String, Value>) -> Option<String> {
    let selector = object["spec"]["selector"]["matchLabels"].clone();
    let is_alive =
        |pod: &&Value| matches!(pod["status"]["phase"].as_str(), Some("Running" | "Pending"));
    let pods: Vec<&Value> = selected(objects, object::namespace(object), &selector)
        .filter(is_alive)
        .collect();
    let status = &object["status"];
    let number = |field: &str| usize::try_from(status[field].as_u64().unwrap_or_default()).unwrap();
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let is_observed = status["observedGeneration"] == object["metadata"]["generation"];
    let is_right =
        number("replicas") == pods.len() && number("readyReplicas") == ready && is_observed;
    (!is_right).then(|| {
        format!(
            "{} has {} pods, {ready} of them ready, but its status is {status}",
            object::reference(object),
            pods.len()
        )
    })
}

/// A Ready pod must have ready containers. The reverse is possible on a lost node.
fn wrong_readiness(pod: &Value) -> Option<String> {
    let containers = pod["status"]["containerStatuses"].as_array();
    let all_ready =
        containers.is_some_and(|all| all.iter().all(|container| container["ready"] == true));
    (is_ready(pod) && !all_ready)
        .then(|| format!("{} is Ready without its containers", object::reference(pod)))
}

fn wrong_endpoints(slice: &Value, objects: &BTreeMap<String, Value>) -> Option<String> {
    let namespace = object::namespace(slice);
    let service = slice["metadata"]["labels"]["kubernetes.io/service-name"].as_str()?;
    let selector =
        objects.get(&format!("Service {namespace}/{service}"))?["spec"].get("selector")?;
    let wanted = selected(objects, namespace, selector)
        .filter(|pod| is_ready(pod))
        .count();
    let endpoints = slice["endpoints"].as_array().into_iter().flatten();
    let ready = endpoints
        .filter(|endpoint| endpoint["conditions"]["ready"] == true)
        .count();
    (ready != wanted).then(|| {
        format!(
            "{} has {ready} ready endpoints, not {wanted}",
            object::reference(slice)
        )
    })
}

fn wrong_targets(slice: &Value, objects: &BTreeMap<String, Value>) -> Option<String> {
    let mut targets = slice["endpoints"]
        .as_array()?
        .iter()
        .map(|endpoint| &endpoint["targetRef"]);
    let is_gone = |target: &&Value| {
        let name = target["name"].as_str().unwrap_or_default();
        let pod = objects.get(&format!(
            "Pod {}",
            object::path(object::namespace(slice), name)
        ));
        target.is_object() && pod.is_none_or(|pod| pod["metadata"]["uid"] != target["uid"])
    };
    let gone = targets.find(is_gone)?;
    Some(format!(
        "{} points to {gone}, which is not that pod",
        object::reference(slice)
    ))
}

fn selected<'a>(
    objects: &'a BTreeMap<String, Value>,
    namespace: &'a str,
    selector: &'a Value,
) -> impl Iterator<Item = &'a Value> {
    let labels = selector.as_object().into_iter().flatten();
    objects.values().filter(move |pod| {
        object::kind(pod) == "Pod"
            && object::namespace(pod) == namespace
            && labels
                .clone()
                .all(|(key, value)| pod["metadata"]["labels"][key] == *value)
    })
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions
        .into_iter()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}
