//! Warning events about pods and workloads.

use serde_json::{Value, json};

use super::model::{Occurrence, Pod, Workload};
use super::{names, nodes};

pub fn of_pod(workload: &Workload, pod: &Pod) -> Vec<Value> {
    let host = nodes::NODES[pod.node].name;
    pod.events
        .iter()
        .map(|occurrence| warning("v1", "Pod", workload, &pod.name, host, occurrence))
        .collect()
}

pub fn of_replica_set(workload: &Workload, set: &str, occurrence: &Occurrence) -> Value {
    warning("apps/v1", "ReplicaSet", workload, set, "", occurrence)
}

fn warning(
    version: &str,
    kind: &str,
    workload: &Workload,
    name: &str,
    host: &str,
    what: &Occurrence,
) -> Value {
    let namespace = &workload.namespace;
    let component = match (what.reason, kind) {
        ("FailedScheduling", _) => "default-scheduler",
        ("NodeNotReady", _) => "node-controller",
        (_, "ReplicaSet") => "replicaset-controller",
        _ => "kubelet",
    };
    let mut involved = json!({ "apiVersion": version, "kind": kind, "namespace": namespace, "name": name,
        "uid": format!("{{{{uid {kind} {namespace}/{name}}}}}") });
    if component == "kubelet" {
        involved["fieldPath"] = json!(format!("spec.containers{{{}}}", workload.name));
    }
    let tail = names::suffix(&format!("{}{}", what.reason, what.message), 16);
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": format!("{name}.{tail}"), "namespace": namespace,
            "creationTimestamp": what.first.to_string() },
        "type": "Warning",
        "reason": what.reason,
        "message": what.message,
        "count": what.count,
        "firstTimestamp": what.first.to_string(),
        "lastTimestamp": what.last.to_string(),
        "source": { "component": component, "host": if component == "kubelet" { host } else { "" } },
        "reportingComponent": component,
        "involvedObject": involved,
    })
}
