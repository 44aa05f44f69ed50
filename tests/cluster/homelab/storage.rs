//! `PersistentVolumeClaims` and the local-path volumes that they are bound to.

use serde_json::{Value, json};

use super::model::{Controller, Storage, Workload};
use super::{names, nodes, pods};

pub fn claim_name(workload: &Workload) -> Option<String> {
    let volume = workload.storage.as_ref()?.volume;
    Some(match workload.controller {
        Controller::StatefulSet => format!("{volume}-{}-0", workload.name),
        _ => format!("{}-{volume}", workload.name),
    })
}

/// The claim template of a `StatefulSet`.
pub fn claim_template(workload: &Workload) -> Option<Value> {
    let storage = workload.storage.as_ref()?;
    Some(json!({ "metadata": { "name": storage.volume }, "spec": claim_spec(storage) }))
}

fn claim_spec(storage: &Storage) -> Value {
    json!({ "accessModes": ["ReadWriteOnce"], "storageClassName": "local-path", "volumeMode": "Filesystem",
        "resources": { "requests": { "storage": storage.size } } })
}

/// The claim and its volume, which is on the node where the pod first ran.
pub fn objects(workload: &Workload) -> Vec<Value> {
    let (Some(storage), Some(claim)) = (&workload.storage, claim_name(workload)) else {
        return Vec::new();
    };
    let node = nodes::NODES[workload.slot % 3].name;
    let namespace = &workload.namespace;
    let volume = names::volume(&claim);
    let created = workload.created.to_string();
    let mut spec = claim_spec(storage);
    spec["volumeName"] = json!(volume);
    let claim_object = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": { "name": claim, "namespace": namespace, "labels": pods::labels(workload),
            "creationTimestamp": created, "annotations": {
                "pv.kubernetes.io/bind-completed": "yes",
                "volume.kubernetes.io/selected-node": node,
                "volume.kubernetes.io/storage-provisioner": "rancher.io/local-path" } },
        "spec": spec,
        "status": { "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": { "storage": storage.size } },
    });
    let volume_object = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": { "name": volume, "creationTimestamp": created,
            "annotations": { "pv.kubernetes.io/provisioned-by": "rancher.io/local-path" } },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": { "storage": storage.size },
            "storageClassName": "local-path", "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": { "type": "DirectoryOrCreate",
                "path": format!("/var/lib/rancher/k3s/storage/{volume}_{namespace}_{claim}") },
            "claimRef": { "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace,
                "name": claim, "uid": format!("{{{{uid PersistentVolumeClaim {namespace}/{claim}}}}}") },
            "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                { "key": "kubernetes.io/hostname", "operator": "In", "values": [node] }] }] } },
        },
        "status": { "phase": "Bound" },
    });
    vec![claim_object, volume_object]
}
