//! Pagination, retries, and kinds that cannot be read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_monitor::cluster::{DamagedObject, Read, Resource, Source, UnreadReason};
use serde_json::json;

use super::stub::{Reply, Stub, assert_only_unread, page, status, unread};

const PODS: &str = "/api/v1/pods";
const JOBS: &str = "/apis/batch/v1/jobs";

fn named(name: &str) -> serde_json::Value {
    json!({"metadata": {"name": name, "namespace": "shop"}})
}

#[test]
fn an_empty_cluster_needs_one_request_a_kind_and_one_for_discovery() {
    let stub = Stub::new(|_| None);
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[]);
    assert_eq!(snapshot.requests, 35, "the budget of a healthy cycle is 40");
    assert_eq!(snapshot.cluster, "homelab");
    assert_eq!(snapshot.source, Source::Live);
    assert!(snapshot.reads.values().all(|read| *read == Read::Complete));
}

#[test]
fn only_warnings_and_the_leases_of_the_control_plane_are_requested() {
    let stub = Stub::new(|_| None);
    stub.snapshot();
    let requests = stub.requests();
    let events = requests
        .iter()
        .find(|r| r.path == "/api/v1/events")
        .unwrap();
    assert_eq!(events.query["fieldSelector"], "type%3DWarning");
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    assert_eq!(stub.request_count(leases), 1);
}

#[test]
fn all_pages_are_read() {
    let stub = Stub::at(PODS, |request| {
        Some(match request.query.get("continue").map(String::as_str) {
            None => page([named("a"), named("b")], "to ken/2"),
            Some("to%20ken%2F2") => page([named("c")], "3"),
            Some("3") => page([named("d")], ""),
            other => panic!("{other:?}"),
        })
    });
    let snapshot = stub.snapshot();
    let names: Vec<_> = snapshot
        .objects
        .pods
        .iter()
        .map(|p| &*p.metadata.name)
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(snapshot.requests, 37);
}

#[test]
fn an_expired_list_is_read_again_from_the_start() {
    let stub = Stub::at(PODS, |request| {
        Some(
            match (request.nth, request.query.contains_key("continue")) {
                (1, false) => page([named("old")], "expires"),
                (2, true) => status(410, "the provided continue parameter is too old"),
                (3, false) => page([named("a")], "2"),
                (4, true) => page([named("b")], ""),
                other => panic!("{other:?}"),
            },
        )
    });
    let snapshot = stub.snapshot();
    let names: Vec<_> = snapshot
        .objects
        .pods
        .iter()
        .map(|p| &*p.metadata.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_only_unread(&snapshot, &[]);
}

#[test]
fn a_list_that_expires_twice_is_unread() {
    let stub = Stub::at(PODS, |request| {
        Some(if request.query.contains_key("continue") {
            status(410, "too old")
        } else {
            page([named("a")], "expires")
        })
    });
    let snapshot = stub.snapshot();
    assert_eq!(
        unread(&snapshot, Resource::Pods).0,
        UnreadReason::Unavailable
    );
    assert!(snapshot.objects.pods.is_empty(), "half a list is no list");
    assert_eq!(stub.request_count(PODS), 4);
}

#[test]
fn endless_pages_are_unread() {
    let repeating = Stub::at(PODS, |_| Some(page([named("a")], "again")));
    let (reason, message) = unread(&repeating.snapshot(), Resource::Pods);
    assert_eq!(reason, UnreadReason::Malformed);
    assert!(message.contains("same continue token"), "{message}");
    assert_eq!(repeating.request_count(PODS), 2);

    let growing = Stub::at(PODS, |request| Some(page([], &request.nth.to_string())));
    let (reason, message) = unread(&growing.snapshot(), Resource::Pods);
    assert_eq!(reason, UnreadReason::Malformed);
    assert!(message.contains("more than 1000 pages"), "{message}");
}

#[test]
fn a_forbidden_kind_is_unread_with_the_right_to_grant() {
    let stub = Stub::at("/api/v1/nodes", |_| {
        Some(status(
            403,
            r#"nodes is forbidden: User "system:serviceaccount:monitoring:k8s-monitor" cannot list resource "nodes" in API group "" at the cluster scope"#,
        ))
    });
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[Resource::Nodes]);
    let (reason, message) = unread(&snapshot, Resource::Nodes);
    assert_eq!(reason, UnreadReason::Forbidden);
    assert!(
        message.ends_with("grant list on nodes to ServiceAccount monitoring/k8s-monitor"),
        "{message}"
    );
    assert_eq!(
        stub.request_count("/api/v1/nodes"),
        1,
        "a refusal is not tried again"
    );
}

#[test]
fn a_kind_that_an_old_server_does_not_serve_is_absent() {
    let hpas = "/apis/autoscaling/v2/horizontalpodautoscalers";
    let stub = Stub::at(hpas, |_| Some(status(404, "the server could not find it")));
    let snapshot = stub.snapshot();
    assert_eq!(
        snapshot.reads[&Resource::HorizontalPodAutoscalers],
        Read::Absent
    );

    let stub = Stub::at(PODS, |_| Some(status(404, "not found")));
    assert_eq!(
        unread(&stub.snapshot(), Resource::Pods).0,
        UnreadReason::Malformed
    );
}

#[test]
fn a_request_succeeds_after_two_errors() {
    let codes = [
        (PODS, 429),
        (JOBS, 500),
        ("/api/v1/nodes", 502),
        ("/api/v1/services", 503),
        ("/apis", 504),
    ];
    let stub = Stub::new(move |request| {
        let (_, code) = codes.iter().find(|(path, _)| *path == request.path)?;
        (request.nth < 3).then(|| status(*code, "etcdserver: leader changed"))
    });
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[]);
    assert_eq!(snapshot.requests, 35 + 10, "retries count");
    assert!(codes.iter().all(|(path, _)| stub.request_count(path) == 3));
}

#[test]
fn a_kind_is_unread_after_three_errors() {
    let stub = Stub::at(JOBS, |_| Some(status(500, "etcdserver: request timed out")));
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[Resource::Jobs]);
    let (reason, message) = unread(&snapshot, Resource::Jobs);
    assert_eq!(reason, UnreadReason::Unavailable);
    assert_eq!(
        message,
        "jobs: the server answered 500: etcdserver: request timed out; check the control plane"
    );
    assert_eq!(stub.request_count(JOBS), 3);
}

#[test]
fn retry_after_is_honoured_within_the_window() {
    let limited = |header: &'static str| {
        Stub::at(JOBS, move |request| {
            (request.nth == 1).then(|| Reply::Raw(429, header, b"slow down".to_vec()))
        })
    };
    let soon = limited("Retry-After: 1");
    let began = Instant::now();
    assert_only_unread(&soon.snapshot(), &[]);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(soon.request_count(JOBS), 2);

    let late = limited("Retry-After: 60");
    let (reason, _) = unread(&late.snapshot(), Resource::Jobs);
    assert_eq!(reason, UnreadReason::Unavailable);
    assert_eq!(late.request_count(JOBS), 1);
}

#[test]
fn a_broken_connection_is_retried() {
    let half = || Reply::Cut(br#"{"items":["#.to_vec());
    let stub = Stub::new(move |request| match (request.path.as_str(), request.nth) {
        (JOBS, 1) => Some(Reply::Close),
        (JOBS, 2) | (PODS, _) => Some(half()),
        _ => None,
    });
    let snapshot = stub.snapshot();
    assert_only_unread(&snapshot, &[Resource::Pods]);
    assert_eq!(
        unread(&snapshot, Resource::Pods).0,
        UnreadReason::Unavailable
    );
    assert_eq!((stub.request_count(JOBS), stub.request_count(PODS)), (3, 3));
}

#[test]
fn a_response_that_is_not_a_list_is_malformed() {
    let bodies: [&[u8]; 6] = [
        br#"{"metadata":{},"items":[{"metadata":{"name":"a"}},{"meta"#,
        b"<html>s3cr3t-t0ken</html>",
        br#"{"kind":"Status","status":"Success"}"#,
        br#"{"items":{"a":1}}"#,
        b"[]",
        b"",
    ];
    for body in bodies {
        let stub = Stub::at(JOBS, move |_| {
            Some(Reply::Raw(200, "X-A: b", body.to_vec()))
        });
        let snapshot = stub.snapshot();
        assert_only_unread(&snapshot, &[Resource::Jobs]);
        let (reason, message) = unread(&snapshot, Resource::Jobs);
        assert_eq!(reason, UnreadReason::Malformed);
        assert!(message.starts_with("jobs: "), "{message}");
        assert_eq!(stub.request_count(JOBS), 1);
    }
}

#[test]
fn a_damaged_object_leaves_its_kind_read() {
    let body = br#"{"items":[{"metadata":{"name":"a","namespace":"n"}},
        {"metadata":{"name":["s3cr3t-t0ken"],"namespace":"n"}},
        {"metadata":{"name":"c","namespace":"n","creationTimestamp":"s3cr3t-t0ken"}}]}"#;
    let stub = Stub::at(JOBS, move |_| {
        Some(Reply::Raw(200, "X-A: b", body.to_vec()))
    });
    let snapshot = stub.snapshot();
    assert!(snapshot.is_read(Resource::Jobs));
    let names = snapshot.objects.jobs.iter().map(|job| &*job.metadata.name);
    assert_eq!(names.collect::<Vec<_>>(), ["a", "c"]);
    let damaged: Vec<_> = snapshot
        .damaged
        .iter()
        .map(DamagedObject::describe)
        .collect();
    assert_eq!(
        damaged,
        [
            "Job without a readable name in n (metadata.name)",
            "Job n/c (metadata.creationTimestamp)"
        ]
    );
}

#[test]
fn healthy_pods_share_equal_values() {
    let healthy = |name: &str, ready: &str| {
        json!({
            "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "uid": "u", "controller": true}]},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "web:1",
                "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "b"}],
                "volumeMounts": [{"name": format!("kube-api-access-{name}"), "mountPath": "/x"}]}],
                "volumes": [{"name": format!("kube-api-access-{name}")}]},
            "status": {"phase": "Running", "podIP": format!("10.42.0.{}", name.len()),
                "startTime": "2026-11-20T10:00:00Z", "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": ready},
                {"type": "PodScheduled", "status": "True"}],
                "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0,
                    "state": {"running": {"startedAt": ready}}}]},
        })
    };
    let failing = json!({"metadata": {"name": "failing", "namespace": "shop", "uid": "failing", "labels": {"app": "web"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "env": [{"name": "A", "value": "b"}]}]},
        "status": {"phase": "Running", "podIP": "10.42.0.9", "conditions": [
            {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-20T10:00:00Z"}]}});
    let stub = Stub::at(PODS, move |_| {
        let old = [
            healthy("a", "2026-11-20T10:00:07Z"),
            healthy("bb", "2026-11-20T10:59:59Z"),
        ];
        let young = [healthy("ccc", "2026-11-20T11:59:00Z"), failing.clone()];
        Some(page(old.into_iter().chain(young), ""))
    });
    let pods = stub.snapshot().objects.pods;
    let [a, b, young, failing] = &pods[..] else {
        panic!("{pods:?}");
    };
    assert!(Arc::ptr_eq(&a.spec, &b.spec) && Arc::ptr_eq(&a.spec, &young.spec));
    assert!(Arc::ptr_eq(&a.status, &b.status));
    assert!(std::ptr::eq(a.node(), failing.node()));
    assert!(Arc::ptr_eq(&a.metadata.labels, &failing.metadata.labels));
    assert!(Arc::ptr_eq(
        &a.metadata.owner_references,
        &b.metadata.owner_references
    ));
    assert_eq!(a.spec.containers[0].ports[0].container_port, 80);
    assert_eq!((a.node(), b.metadata.name.as_str()), ("node-1", "bb"));
    assert_eq!(a.start_time, Some("2026-11-20T10:00:00Z".parse().unwrap()));
    assert!(
        a.metadata.uid.is_empty(),
        "no other pod ever bears its name"
    );

    assert!(a.status.conditions[0].last_transition_time.is_none());
    let ready = young.status.conditions[0].last_transition_time;
    assert_eq!(
        ready,
        Some("2026-11-20T11:59:00Z".parse().unwrap()),
        "a rule may ask for it"
    );

    assert_eq!(
        failing.metadata.uid, "failing",
        "a failing pod is kept whole"
    );
    assert_eq!(failing.spec.containers[0].env.len(), 1);
    assert_eq!(failing.status.pod_ip, "10.42.0.9");
    assert!(failing.status.conditions[0].last_transition_time.is_some());
}
