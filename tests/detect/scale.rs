//! The time of an evaluation grows linearly with the number of objects. CPU time is compared at two
//! sizes, so that other load on the machine does not count.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use k8s_monitor::assess::{EvaluateInput, evaluate};
use k8s_monitor::cluster::{Read, Snapshot, Source};
use k8s_monitor::inventory;
use k8s_monitor::model::KINDS;
use serde_json::{Value, json};

use crate::support::objects;

/// A quadratic evaluation takes minutes at the larger size, sixteen times as long as at the smaller.
const FEW: usize = 2_500;
const MANY: usize = 10_000;
const BOUND: Duration = Duration::from_mins(1);
const GROWTH: u32 = 10;

#[test]
fn ten_thousand_failing_workloads_in_one_namespace() {
    let objects = |count| (0..count).flat_map(|i| failing(i, "shop")).collect();
    let findings = assert_linear(|count| timed(&services_file(1_000), objects(count)));
    assert!(findings >= MANY, "{findings} findings");
}

#[test]
fn ten_thousand_failing_pods_of_one_deployment() {
    let objects = |count| {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "app-0", "namespace": "shop" },
            "spec": { "replicas": count },
        });
        let pods = (0..count).map(|i| pod("app-0", i, "shop"));
        std::iter::once(deployment).chain(pods).collect()
    };
    let findings = assert_linear(|count| timed(&services_file(1), objects(count)));
    assert_eq!(findings, 1);
}

/// The number of findings at the larger size. Asserts that the time grows linearly.
fn assert_linear(evaluate: impl Fn(usize) -> (usize, Duration)) -> usize {
    let (_, few) = evaluate(FEW);
    let (findings, many) = evaluate(MANY);
    println!("{FEW}: {few:?}, {MANY}: {many:?}");
    assert!(many < BOUND, "took {many:?}");
    assert!(many < few * GROWTH, "{few:?} became {many:?}");
    findings
}

/// The CPU time of this thread if the kernel has it, else the elapsed time.
fn clock() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stat.and_then(|s| s.split(' ').next()?.parse().ok());
    match nanos {
        Some(nanos) if nanos > 0 => Duration::from_nanos(nanos),
        _ => BEGAN.elapsed(),
    }
}

/// The number of findings, and the time of the evaluation.
fn timed(services: &str, mut documents: Vec<Value>) -> (usize, Duration) {
    objects::add_nodes(&mut documents);
    let snapshot = Snapshot {
        now: "2026-03-02T12:00:00Z".parse().unwrap(),
        cluster: "shop".to_owned(),
        source: Source::Live,
        objects: objects::collect(&documents).unwrap(),
        reads: KINDS
            .iter()
            .map(|row| (row.resource, Read::Complete))
            .collect(),
        ..Snapshot::default()
    };
    drop(documents);
    let grounds = EvaluateInput {
        inventory: &inventory::parse(services.as_bytes()),
        look_back: Duration::from_hours(1),
        restarts: &BTreeMap::new(),
        outages: &BTreeMap::new(),
        unlisted: Some(k8s_monitor::model::Tier::P3),
    };
    let start = clock();
    let verdict = evaluate(&snapshot, &grounds);
    let took = clock().saturating_sub(start);
    let findings = verdict.incidents.iter().map(|i| i.findings.len());
    (findings.sum(), took)
}

/// Services of one namespace. Each depends on the one before.
fn services_file(count: usize) -> String {
    let mut text = String::from("1. Critical (P0)\n\n");
    for i in 0..count {
        let (number, before) = (i + 1, i.saturating_sub(1));
        write!(
            text,
            "1.{number} app-{i}\n- Namespace: shop\n- Max Downtime: 0 minutes\n- Dependencies: app-{before}\n\n",
        )
        .unwrap();
    }
    text
}

/// A workload with a crashing pod, an unbound claim, a failed job, a Service and a broken Ingress.
fn failing(i: usize, namespace: &str) -> Vec<Value> {
    let name = format!("app-{i}");
    let meta =
        |name: &str| json!({ "name": name, "namespace": namespace, "labels": { "app": name } });
    vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(&name),
            "spec": { "replicas": 1 },
        }),
        pod(&name, i, namespace),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": meta(&name),
            "spec": { "selector": { "app": name, "part-of": "shop" }, "ports": [{ "port": 80 }] },
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": { "name": name, "namespace": namespace, "labels": { "kubernetes.io/service-name": name } },
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": name, "namespace": namespace, "creationTimestamp": "2026-03-02T10:00:00Z" },
            "status": { "phase": "Pending" },
        }),
        json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": { "name": format!("{name}-sync"), "namespace": namespace },
            "status": { "lastScheduleTime": "2026-03-02T11:00:00Z" },
        }),
        json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": format!("{name}-sync-1"), "namespace": namespace,
                "ownerReferences": [{ "kind": "CronJob", "name": format!("{name}-sync"), "controller": true }],
            },
            "status": { "conditions": [{ "type": "Failed", "status": "True" }] },
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta(&name),
            "spec": { "rules": [{ "host": format!("{name}.example.com"), "http": { "paths": [
                { "path": "/", "backend": { "service": { "name": format!("{name}-missing"), "port": { "number": 80 } } } },
            ] } }] },
        }),
        json!({
            "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": meta(&name),
            "status": { "conditions": [
                { "type": "Ready", "status": "False", "lastTransitionTime": "2026-03-02T10:00:00Z" },
            ] },
        }),
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta(&name),
            "status": { "health": { "status": "Degraded" } },
        }),
        json!({
            "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": meta(&name),
            "spec": { "dnsNames": [format!("{name}.example.com")] },
            "status": { "notAfter": "2026-03-01T00:00:00Z" },
        }),
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta(&name),
            "spec": { "scaleTargetRef": { "kind": "Deployment", "name": name } },
            "status": { "conditions": [
                { "type": "ScalingActive", "status": "False", "lastTransitionTime": "2026-03-02T10:00:00Z" },
            ] },
        }),
        json!({
            "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
            "metadata": { "name": format!("{name}-5d4f3c2b1-{i}"), "namespace": namespace },
            "containers": [{ "name": "app", "usage": { "memory": "99Mi" } }],
        }),
    ]
}

fn pod(workload: &str, i: usize, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("{workload}-5d4f3c2b1-{i}"), "namespace": namespace,
            "labels": { "app": workload, "part-of": "shop", "pod-template-hash": "5d4f3c2b1" },
            "ownerReferences": [{ "kind": "ReplicaSet", "name": format!("{workload}-5d4f3c2b1"), "controller": true }],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{ "name": "app", "resources": { "limits": { "memory": "100Mi" } } }],
            "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": workload } }],
        },
        "status": {
            "phase": "Running", "startTime": "2026-03-02T10:00:00Z",
            "containerStatuses": [{
                "name": "app", "restartCount": 9, "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            }],
        },
    })
}
