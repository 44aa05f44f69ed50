//! Clusters that cannot be read at all, and deadlines.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use k8s_monitor::cluster::api::FetchError;
use k8s_monitor::cluster::{Resource, UnreadReason};

use super::stub::{Reply, Stub, TOKEN, assert_only_unread, cluster_at, request, status, unread};

const LONG: Duration = Duration::from_mins(1);

fn error_of(stub: &Stub) -> FetchError {
    let error = stub.try_snapshot(LONG).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(TOKEN));
    error
}

#[test]
fn a_refused_connection_is_unreachable() {
    let closed = "http://127.0.0.1:1";
    let began = Instant::now();
    let error = cluster_at(closed).snapshot(&request(LONG)).unwrap_err();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let FetchError::Unreachable { server, cause } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(server, closed);
    assert!(cause.contains("refused"), "{cause}");
}

#[test]
fn a_server_without_tls_is_an_error_without_retries() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
    });
    let began = Instant::now();
    let error = cluster_at(&server).snapshot(&request(LONG)).unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn an_expired_token_is_unauthorized() {
    let stub = Stub::new(|_| Some(status(401, "Unauthorized")));
    let error = error_of(&stub);
    assert!(
        matches!(error, FetchError::Unauthorized { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("renew it in the kubeconfig"));
    assert_eq!(stub.requests().len(), 21, "no retries, no optional kinds");
}

#[test]
fn a_user_without_any_right_is_an_error_with_its_name() {
    let stub = Stub::new(|_| {
        Some(status(
            403,
            r#"forbidden: User "system:serviceaccount:a:b" cannot list"#,
        ))
    });
    let error = error_of(&stub);
    let FetchError::ForbiddenEverything { who, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(who, "ServiceAccount a/b");
}

#[test]
fn a_server_that_is_not_kubernetes_is_an_error() {
    for (code, body) in [
        (404, "not found"),
        (200, "<html>"),
        (302, ""),
        (400, "plain HTTP"),
    ] {
        let stub = Stub::new(move |_| Some(Reply::Raw(code, "X-A: b", body.into())));
        let error = error_of(&stub);
        assert!(
            matches!(error, FetchError::NotKubernetes { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_control_plane_that_is_down_is_unavailable() {
    let stub = Stub::new(|_| Some(status(503, "apiserver is shutting down")));
    let began = Instant::now();
    let error = error_of(&stub);
    assert!(matches!(error, FetchError::Unavailable { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn slow_kinds_are_unread_at_the_deadline() {
    let stub = Stub::new(|request| match request.path.as_str() {
        "/api/v1/events" => Some(Reply::Silence),
        "/apis/batch/v1/jobs" => Some(Reply::HalfBody),
        _ => None,
    });
    let began = Instant::now();
    let snapshot = stub.try_snapshot(Duration::from_millis(600)).unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_only_unread(&snapshot, &[Resource::Events, Resource::Jobs]);
    let (reason, message) = unread(&snapshot, Resource::Events);
    assert_eq!(reason, UnreadReason::Timeout);
    assert_eq!(
        message,
        "events: not read before the deadline; allow more with --deadline"
    );
}

#[test]
fn slow_discovery_makes_only_optional_kinds_unread() {
    let stub = Stub::at("/apis", |_| Some(Reply::Silence));
    let snapshot = stub.try_snapshot(Duration::from_millis(600)).unwrap();
    assert_eq!(snapshot.unread().count(), 14);
    assert_eq!(
        unread(&snapshot, Resource::NodeMetrics).0,
        UnreadReason::Timeout
    );
}

#[test]
fn a_server_that_does_not_answer_exceeds_the_deadline() {
    let stub = Stub::new(|request| {
        let is_answered = request.path.ends_with("pods");
        Some(if is_answered {
            Reply::HalfBody
        } else {
            Reply::Silence
        })
    });
    let began = Instant::now();
    let error = stub.try_snapshot(Duration::from_millis(500)).unwrap_err();
    assert!(
        matches!(error, FetchError::DeadlineExceeded { .. }),
        "{error:?}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_cluster_can_be_read_twice() {
    let stub = Stub::new(|_| None);
    let cluster = stub.cluster();
    let first = cluster.snapshot(&request(LONG)).unwrap();
    let second = cluster.snapshot(&request(LONG)).unwrap();
    assert_eq!(first.requests, second.requests);
    assert_only_unread(&second, &[]);
}
