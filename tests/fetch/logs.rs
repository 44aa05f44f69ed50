//! Logs of failing containers.

use std::sync::atomic::{AtomicBool, Ordering};

use k8s_monitor::cluster::api::SnapshotRequest;
use k8s_monitor::cluster::log_targets::LogTarget;
use k8s_monitor::cluster::{Read, Resource, Snapshot, UnreadReason};

use super::stub::{Reply, Stub, crashed, page, pod, request, status, unread};

const LOG: &str = "/api/v1/namespaces/shop/pods/web-1/log";

fn failing(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Stub {
    Stub::new(move |request| match request.path.as_str() {
        "/api/v1/pods" => Some(page([pod("web-1", &crashed())], "")),
        LOG => Some(reply()),
        _ => None,
    })
}

#[test]
fn the_log_of_the_crashed_run_is_read() {
    let stub = failing(|| Reply::Raw(200, "Content-Type: text/plain", b"boom\n\xff\n".to_vec()));
    let snapshot = stub.snapshot();
    let [log] = snapshot.logs.as_slice() else {
        panic!("{:?}", snapshot.logs);
    };
    assert_eq!((log.pod.as_str(), log.container.as_str()), ("web-1", "app"));
    assert_eq!(log.text, "boom\n\u{fffd}");
    assert!(log.previous);
    assert_eq!(snapshot.reads[&Resource::PodLogs], Read::Complete);
    let requests = stub.requests();
    let query = &requests.iter().find(|r| r.path == LOG).unwrap().query;
    assert_eq!(query["previous"], "true");
    assert_eq!(query["tailLines"], "60");
    assert_eq!(query["container"], "app");
    assert_eq!(snapshot.requests, 36);
}

#[test]
fn a_log_is_requested_again_after_a_server_error() {
    let has_failed = AtomicBool::new(false);
    let stub = failing(move || {
        if has_failed.swap(true, Ordering::Relaxed) {
            Reply::Raw(200, "Content-Type: text/plain", b"boom\n".to_vec())
        } else {
            status(503, "apiserver is shutting down")
        }
    });
    let snapshot = stub.snapshot();
    assert_eq!(snapshot.reads[&Resource::PodLogs], Read::Complete);
    assert_eq!(snapshot.logs[0].text, "boom");
}

/// The message of the API server for an unreachable kubelet.
const KUBELET_UNREACHABLE: &str = "Get \"https://node-2:10250/containerLogs/shop/web-1/app?previous=true\": \
                         dial tcp 10.0.0.7:10250: connect: no route to host";

#[test]
fn an_unreachable_kubelet_does_not_delay_the_cycle() {
    let stub = failing(|| status(500, KUBELET_UNREACHABLE));
    let snapshot = stub.snapshot();
    let (reason, message) = unread(&snapshot, Resource::PodLogs);
    assert_eq!(reason, UnreadReason::Unavailable);
    assert!(message.contains("no route to host"), "{message}");
    let requests = stub.requests();
    assert_eq!(requests.iter().filter(|r| r.path == LOG).count(), 1);
}

#[test]
fn a_log_that_no_longer_exists_is_not_an_error() {
    for code in [400, 404] {
        let stub = failing(move || status(code, "previous terminated container not found"));
        let snapshot = stub.snapshot();
        assert!(snapshot.logs.is_empty());
        assert_eq!(snapshot.reads[&Resource::PodLogs], Read::Complete);
    }
}

#[test]
fn forbidden_logs_are_unread_after_one_request() {
    let stub = Stub::new(|request| match request.path.as_str() {
        "/api/v1/pods" => Some(page(
            [pod("web-1", &crashed()), pod("db-0", &crashed())],
            "",
        )),
        path if path.ends_with("db-0/log") => Some(status(500, "dial tcp: no route to host")),
        path if path.ends_with("/log") => Some(status(403, r#"User "eve" cannot get"#)),
        _ => None,
    });
    let (reason, message) = unread(&stub.snapshot(), Resource::PodLogs);
    assert_eq!(reason, UnreadReason::Forbidden);
    assert!(
        message.ends_with("grant get on pods/log to User eve"),
        "{message}"
    );
}

#[test]
fn slow_logs_do_not_delay_the_cycle() {
    let stub = failing(|| Reply::Silence);
    let snapshot = stub
        .try_snapshot(std::time::Duration::from_millis(900))
        .unwrap();
    assert_eq!(
        unread(&snapshot, Resource::PodLogs).0,
        UnreadReason::Timeout
    );
    assert_eq!(snapshot.reads[&Resource::Pods], Read::Complete);
    assert_eq!(snapshot.objects.pods.len(), 1);
}

#[test]
fn a_log_that_times_out_is_requested_once() {
    let stub = failing(|| Reply::Silence);
    let snapshot = stub
        .try_snapshot(std::time::Duration::from_secs(20))
        .unwrap();
    assert_eq!(
        unread(&snapshot, Resource::PodLogs).0,
        UnreadReason::Timeout
    );
    let requests = stub.requests();
    assert_eq!(requests.iter().filter(|r| r.path == LOG).count(), 1);
}

#[test]
fn of_many_failing_containers_the_most_important_are_read() {
    let name = |n: usize| format!("web-{n:02}");
    let stub = Stub::new(move |request| match request.path.as_str() {
        "/api/v1/pods" => Some(page((0..40).map(|n| pod(&name(n), &crashed())), "")),
        path if path.ends_with("/log") => Some(Reply::Raw(
            200,
            "Content-Type: text/plain",
            b"boom\n".to_vec(),
        )),
        _ => None,
    });
    let last_first = |snapshot: &Snapshot, targets: &mut [LogTarget]| {
        assert!(snapshot.is_read(Resource::Deployments));
        targets.sort_by(|a, b| b.pod.cmp(&a.pod));
    };
    let request = SnapshotRequest {
        log_order: Some(&last_first),
        ..request(std::time::Duration::from_secs(20))
    };
    let snapshot = stub.cluster().snapshot(&request).unwrap();
    let read: Vec<_> = snapshot.logs.iter().map(|log| log.pod.clone()).collect();
    assert_eq!(read, (10..40).rev().map(name).collect::<Vec<_>>());
    let left_out = snapshot.logs_left_out.iter().map(|t| t.pod.clone());
    assert_eq!(
        left_out.collect::<Vec<_>>(),
        (0..10).rev().map(name).collect::<Vec<_>>()
    );
    assert_eq!(snapshot.reads[&Resource::PodLogs], Read::Complete);
}
