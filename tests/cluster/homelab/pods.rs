//! Pods with the status that a kubelet reports.

use serde_json::{Value, json};

use super::model::{Controller, Health, Pod, Probe, Revision, Workload};
use super::{names, nodes};
use crate::time::{Timestamp, shifted};

/// The pod template of the workload, its ReplicaSets and its pods.
pub fn template(workload: &Workload, image: &str) -> Value {
    let container = &workload.container;
    let (cpu, memory) = (container.cpu, container.memory);
    let mut spec = json!({
        "name": workload.name,
        "image": image,
        "resources": {
            "requests": { "cpu": format!("{}m", cpu.0), "memory": format!("{}Mi", memory.0) },
            "limits": { "cpu": format!("{}m", cpu.1), "memory": format!("{}Mi", memory.1) },
        },
    });
    if !container.ports.is_empty() {
        let ports = container
            .ports
            .iter()
            .map(|(name, port)| json!({ "name": name, "containerPort": port }));
        spec["ports"] = ports.collect();
    }
    if let Some(probe) = &container.probe {
        let port = container.ports.first().map(|(_, port)| *port);
        spec["readinessProbe"] = self::probe(probe, port, container.probe_delays.0);
        spec["livenessProbe"] = self::probe(probe, port, container.probe_delays.1);
    }
    let mut volumes = json!([]);
    if let Some(storage) = &workload.storage {
        spec["volumeMounts"] = json!([{ "name": storage.volume, "mountPath": storage.mount }]);
        let claim = super::storage::claim_name(workload).unwrap_or_default();
        volumes =
            json!([{ "name": storage.volume, "persistentVolumeClaim": { "claimName": claim } }]);
    }
    json!({
        "metadata": { "labels": labels(workload) },
        "spec": { "serviceAccountName": "default", "containers": [spec], "volumes": volumes },
    })
}

fn probe(probe: &Probe, port: Option<u16>, delay: u32) -> Value {
    let mut action = match probe {
        Probe::Http(path) => json!({ "httpGet": { "path": path, "port": port } }),
        Probe::Tcp => json!({ "tcpSocket": { "port": port } }),
        Probe::Exec(command) => json!({ "exec": { "command": command } }),
    };
    action["initialDelaySeconds"] = json!(delay);
    action["periodSeconds"] = json!(10);
    action
}

pub fn labels(workload: &Workload) -> Value {
    workload
        .labels
        .iter()
        .map(|(key, value)| (key.to_string(), json!(value)))
        .collect()
}

pub fn object(workload: &Workload, revision: &Revision, pod: &Pod) -> Value {
    let mut object = template(workload, &revision.image);
    object["apiVersion"] = json!("v1");
    object["kind"] = json!("Pod");
    let owner = match workload.controller {
        Controller::Deployment => {
            let hash = names::template_hash(&workload.name, revision);
            object["metadata"]["labels"]["pod-template-hash"] = json!(hash);
            owner(
                workload,
                "ReplicaSet",
                &names::replica_set(&workload.name, revision),
            )
        }
        Controller::StatefulSet => {
            object["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(pod.name);
            owner(workload, "StatefulSet", &workload.name)
        }
        Controller::DaemonSet => owner(workload, "DaemonSet", &workload.name),
    };
    object["metadata"]["name"] = json!(pod.name);
    object["metadata"]["namespace"] = json!(workload.namespace);
    object["metadata"]["creationTimestamp"] = json!(pod.created.to_string());
    object["metadata"]["ownerReferences"] = json!([owner]);
    if pod.is_scheduled() {
        object["spec"]["nodeName"] = json!(nodes::NODES[pod.node].name);
    }
    object["status"] = status(workload, revision, pod);
    object
}

/// An owner reference to the controller of an object. Its uid is filled in on creation.
pub fn owner(workload: &Workload, kind: &str, name: &str) -> Value {
    json!({ "apiVersion": "apps/v1", "kind": kind, "name": name, "controller": true,
        "blockOwnerDeletion": true, "uid": format!("{{{{uid {kind} {}/{name}}}}}", workload.namespace) })
}

fn status(workload: &Workload, revision: &Revision, pod: &Pod) -> Value {
    if let Health::Unschedulable { since, message } = &pod.health {
        let condition = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": message, "lastTransitionTime": since.to_string() });
        return json!({ "phase": "Pending", "qosClass": "Burstable", "conditions": [condition] });
    }
    let node = &nodes::NODES[pod.node];
    let phase = if matches!(pod.health, Health::Waiting { .. }) {
        "Pending"
    } else {
        "Running"
    };
    json!({
        "phase": phase,
        "qosClass": "Burstable",
        "startTime": pod.created.to_string(),
        "hostIP": node.ip, "hostIPs": [{ "ip": node.ip }],
        "podIP": pod.ip, "podIPs": [{ "ip": pod.ip }],
        "conditions": conditions(workload, pod),
        "containerStatuses": [container_status(workload, revision, pod)],
    })
}

fn conditions(workload: &Workload, pod: &Pod) -> Value {
    let passed = |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": pod.created.to_string() });
    let (mut ready, mut containers) = (passed("Ready"), passed("ContainersReady"));
    let since = json!(pod.since().to_string());
    ready["lastTransitionTime"] = since.clone();
    match pod.health {
        Health::Ready { .. } => containers["lastTransitionTime"] = since,
        // The node controller changes only `Ready`. The conditions of the containers stay.
        Health::Lost { .. } => ready["status"] = json!("False"),
        _ => {
            for condition in [&mut ready, &mut containers] {
                condition["status"] = json!("False");
                condition["reason"] = json!("ContainersNotReady");
                condition["message"] = json!(format!(
                    "containers with unready status: [{}]",
                    workload.name
                ));
                condition["lastTransitionTime"] = since.clone();
            }
        }
    }
    let scheduled = passed("PodScheduled");
    json!([
        passed("PodReadyToStartContainers"),
        passed("Initialized"),
        ready,
        containers,
        scheduled
    ])
}

fn container_status(workload: &Workload, revision: &Revision, pod: &Pod) -> Value {
    let name = &workload.name;
    let (state, is_up) = match &pod.health {
        Health::CrashLooping { .. } => {
            let message = format!(
                "back-off 5m0s restarting failed container={name} pod={}_{}({{{{uid Pod {}/{}}}}})",
                pod.name, workload.namespace, workload.namespace, pod.name
            );
            (
                json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } }),
                false,
            )
        }
        Health::Waiting {
            reason, message, ..
        } => (
            json!({ "waiting": { "reason": reason, "message": message } }),
            false,
        ),
        Health::NotReady {
            container_started, ..
        } => (running(*container_started), true),
        _ => (
            running(
                pod.past
                    .as_ref()
                    .map_or(shifted(pod.created, 5), |past| shifted(past.at, 2)),
            ),
            true,
        ),
    };
    let mut status = json!({
        "name": name,
        "image": revision.image,
        "imageID": "",
        "ready": matches!(pod.health, Health::Ready { .. } | Health::Lost { .. }),
        "started": is_up,
        "restartCount": pod.restarts,
        "state": state,
    });
    if !matches!(pod.health, Health::Waiting { .. }) {
        let id = format!(
            "containerd://{}",
            names::digest(&format!("{}{}", pod.name, pod.restarts))
        );
        status["imageID"] = json!(format!(
            "{}@sha256:{}",
            revision.image,
            names::digest(&revision.image)
        ));
        status["containerID"] = json!(id);
    }
    if let Some(past) = &pod.past {
        let started = shifted(past.at, -40);
        status["lastState"] = json!({ "terminated": {
            "reason": past.reason, "exitCode": past.exit_code,
            "startedAt": started.to_string(), "finishedAt": past.at.to_string(),
            "containerID": format!("containerd://{}", names::digest(&pod.name)),
        } });
    }
    status
}

fn running(since: Timestamp) -> Value {
    json!({ "running": { "startedAt": since.to_string() } })
}

/// A pod that the kubelet evicted because of memory pressure.
pub fn evicted(workload: &Workload, at: Timestamp) -> Value {
    let revision = workload.current();
    let mut pod = workload.ready_pod(revision, 7, shifted(at, -86400));
    pod.node = 1;
    let mut object = object(workload, revision, &pod);
    object["status"] = json!({
        "phase": "Failed", "reason": "Evicted", "startTime": pod.created.to_string(),
        "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 71Mi.",
    });
    object
}
