//! A cluster in which everything is broken, with names of your choice everywhere.

use std::time::Duration;

use k8s_monitor::assess::{EvaluateInput, Outages, evaluate};
use k8s_monitor::cluster::{Read, Snapshot, Source};
use k8s_monitor::detect::RestartCounts;
use k8s_monitor::inventory::{Inventory, Service};
use k8s_monitor::model::{KINDS, Tier, Time};
use k8s_monitor::report::{Incident, draft};
use serde_json::{Value, json};

use crate::support::objects;

/// How many names it takes.
pub const NAMES: usize = 32;
/// The position of the name of a pod's owner.
pub const OWNER: usize = 2;

const NOW: &str = "2026-03-02T12:00:00Z";
const BEFORE: &str = "2026-03-02T10:00:00Z";

/// The incidents of a cluster with these names, as a report has them.
pub fn incidents(names: &[String]) -> Vec<Incident> {
    let snapshot = Snapshot {
        now: NOW.parse::<Time>().unwrap(),
        cluster: names[0].clone(),
        source: Source::Live,
        objects: objects::collect(&cluster(names)).unwrap(),
        reads: KINDS
            .iter()
            .map(|row| (row.resource, Read::Complete))
            .collect(),
        ..Snapshot::default()
    };
    let inventory = Inventory {
        services: vec![listed(names)],
        ..Inventory::default()
    };
    let input = EvaluateInput {
        inventory: &inventory,
        look_back: Duration::from_hours(1),
        restarts: &RestartCounts::default(),
        outages: &Outages::default(),
        unlisted: Some(Tier::P1),
    };
    let verdict = evaluate(&snapshot, &input);
    let drafts = verdict
        .incidents
        .iter()
        .zip(0..)
        .map(|(incident, number)| Incident {
            id: format!("INC-2026-03-02-{number:03}"),
            ..draft(incident, &verdict.monitored)
        });
    drafts.collect()
}

/// A service of the services file whose workload is down.
fn listed(names: &[String]) -> Service {
    let mut service = Service::new(&names[3], Tier::P0);
    service.namespace = Some(names[1].clone());
    service.gitops.app_name = Some(names[4].clone());
    service.gitops.app_file = Some(names[5].clone());
    service.gitops.manifests = Some(names[6].clone());
    service.ingress = vec![names[7].clone()];
    service
}

fn cluster(names: &[String]) -> Vec<Value> {
    let [_, namespace, owner, deployment, application, ..] = names else {
        panic!("too few names");
    };
    let of = |at: usize| names[at].as_str();
    let owned = |api_version: &str, kind: &str, name: &str| json!([{ "apiVersion": api_version, "kind": kind, "name": name, "controller": true }]);
    let mut objects = workloads(names);
    objects.extend([
        crashing(of(8), namespace, &owned("apps/v1", "ReplicaSet", owner)),
        crashing(of(9), namespace, &owned(of(10), of(11), of(12))),
        crashing(of(13), of(14), &owned("evil.io/v1", "StatefulSet", owner)),
        crashing(of(15), of(14), &json!([])),
        pending(of(16), namespace, &owned("apps/v1", "StatefulSet", of(17)), names),
        json!({ "apiVersion": "v1", "kind": "Node",
            "metadata": { "name": of(18), "creationTimestamp": BEFORE },
            "status": { "conditions": [{ "type": "Ready", "status": "False", "reason": "KubeletNotReady",
                "message": of(19), "lastTransitionTime": BEFORE }] } }),
        json!({ "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": of(20), "namespace": namespace, "creationTimestamp": BEFORE },
            "spec": { "selector": { "app": deployment }, "ports": [{ "port": 80, "targetPort": of(21) }] } }),
        json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": of(22), "namespace": namespace, "creationTimestamp": BEFORE },
            "spec": { "storageClassName": of(23), "accessModes": ["ReadWriteOnce"],
                "resources": { "requests": { "storage": "1Gi" } } },
            "status": { "phase": "Pending" } }),
        json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": { "name": of(24), "namespace": namespace, "creationTimestamp": BEFORE },
            "spec": { "rules": [{ "host": of(7), "http": { "paths": [{ "path": "/",
                "backend": { "service": { "name": of(25), "port": { "number": 80 } } } }] } }] } }),
        unhealthy("cert-manager.io/v1", "Certificate", namespace, of(26),
            &json!({ "secretName": of(23), "issuerRef": { "kind": "ClusterIssuer", "name": of(27) } })),
        unhealthy("cert-manager.io/v1", "ClusterIssuer", "", of(27), &json!({})),
        unhealthy("external-secrets.io/v1", "ExternalSecret", namespace, of(28),
            &json!({ "secretStoreRef": { "kind": "SecretStore", "name": of(29) } })),
        unhealthy("external-secrets.io/v1", "SecretStore", namespace, of(29), &json!({})),
        json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": { "name": application, "namespace": of(14), "creationTimestamp": BEFORE },
            "spec": { "destination": { "namespace": namespace },
                "source": { "repoURL": of(30), "path": of(6), "targetRevision": of(31) } },
            "status": { "health": { "status": "Degraded" }, "sync": { "status": "OutOfSync" },
                "operationState": { "phase": "Failed", "message": of(19), "finishedAt": BEFORE } } }),
        json!({ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": { "name": of(30), "namespace": namespace, "creationTimestamp": BEFORE },
            "spec": { "scaleTargetRef": { "kind": "Deployment", "name": deployment }, "maxReplicas": 3 },
            "status": { "conditions": [{ "type": "ScalingActive", "status": "False",
                "reason": "FailedGetResourceMetric", "message": of(19), "lastTransitionTime": BEFORE }] } }),
    ]);
    objects
}

fn workloads(names: &[String]) -> Vec<Value> {
    let of = |at: usize| names[at].as_str();
    let namespace = of(1);
    let down = |kind: &str, name: &str, namespace: &str, status: Value| {
        json!({ "apiVersion": "apps/v1", "kind": kind,
            "metadata": { "name": name, "namespace": namespace, "creationTimestamp": BEFORE },
            "spec": { "replicas": 1, "selector": { "matchLabels": { "app": name } },
                "template": { "metadata": { "labels": { "app": name } } } },
            "status": status })
    };
    let unavailable = json!({ "conditions": [
        { "type": "Available", "status": "False", "lastTransitionTime": BEFORE }] });
    let failed = json!({ "startTime": BEFORE, "conditions": [{ "type": "Failed", "status": "True",
        "reason": "BackoffLimitExceeded", "message": of(19), "lastTransitionTime": BEFORE }] });
    vec![
        down("Deployment", of(3), namespace, unavailable.clone()),
        down("StatefulSet", of(17), namespace, json!({})),
        down(
            "DaemonSet",
            of(21),
            of(14),
            json!({ "desiredNumberScheduled": 2 }),
        ),
        json!({ "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": { "name": of(25), "namespace": of(14), "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "schedule": "0 2 * * *", "jobTemplate": {} },
            "status": { "lastScheduleTime": BEFORE } }),
        json!({ "apiVersion": "batch/v1", "kind": "Job",
            "metadata": { "name": of(26), "namespace": of(14), "creationTimestamp": BEFORE,
                "ownerReferences": [{ "apiVersion": "batch/v1", "kind": "CronJob", "name": of(25),
                    "controller": true }] },
            "spec": {}, "status": failed.clone() }),
        json!({ "apiVersion": "batch/v1", "kind": "Job",
            "metadata": { "name": of(27), "namespace": of(14), "creationTimestamp": BEFORE },
            "spec": {}, "status": failed }),
    ]
}

fn crashing(name: &str, namespace: &str, owners: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace, "creationTimestamp": BEFORE,
            "ownerReferences": owners },
        "spec": { "nodeName": name, "containers": [{ "name": name, "image": name }] },
        "status": { "phase": "Running", "startTime": BEFORE,
            "conditions": [{ "type": "Ready", "status": "False", "lastTransitionTime": BEFORE }],
            "containerStatuses": [{ "name": name, "ready": false, "restartCount": 9,
                "state": { "waiting": { "reason": "CrashLoopBackOff", "message": name } },
                "lastState": { "terminated": { "reason": "OOMKilled", "exitCode": 137,
                    "finishedAt": "2026-03-02T11:58:00Z" } } }] } })
}

fn pending(name: &str, namespace: &str, owners: &Value, names: &[String]) -> Value {
    let (claim, secret) = (&names[22], &names[23]);
    json!({ "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace, "creationTimestamp": BEFORE,
            "ownerReferences": owners },
        "spec": {
            "containers": [{ "name": "app", "image": secret,
                "envFrom": [{ "secretRef": { "name": secret } }] }],
            "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": claim } }] },
        "status": { "phase": "Pending", "conditions": [
            { "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": format!("0/1 nodes are available: persistentvolumeclaim \"{claim}\" not found."),
                "lastTransitionTime": BEFORE },
            { "type": "Ready", "status": "False", "lastTransitionTime": BEFORE }] } })
}

fn unhealthy(api_version: &str, kind: &str, namespace: &str, name: &str, spec: &Value) -> Value {
    json!({ "apiVersion": api_version, "kind": kind,
        "metadata": { "name": name, "namespace": namespace, "creationTimestamp": BEFORE },
        "spec": spec,
        "status": { "notAfter": "2026-03-01T00:00:00Z", "conditions": [{ "type": "Ready",
            "status": "False", "reason": "Failed", "message": name, "lastTransitionTime": BEFORE }] } })
}
