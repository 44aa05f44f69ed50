//! Events about the images that pods wait for.

use serde_json::{Value, json};

use super::stub::{Request, Stub, page, pod, status};

const EVENTS: &str = "/api/v1/events";

/// A pod whose container has been waiting since this time.
fn waiting(name: &str, reason: &str, since: &str) -> Value {
    let container = json!({"name": "app", "state": {"waiting": {"reason": reason}}});
    let mut pod = pod(name, &container);
    pod["status"]["phase"] = json!("Pending");
    pod["status"]["startTime"] = json!(since);
    pod
}

fn event(reason: &str, pod: &str) -> Value {
    json!({
        "metadata": {"name": format!("{pod}.{reason}"), "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod},
        "type": "Normal", "reason": reason, "message": "Pulling image \"ghcr.io/shop/web:2\"",
        "lastTimestamp": "2026-11-20T11:30:00Z",
    })
}

fn selector(request: &Request) -> &str {
    request
        .query
        .get("fieldSelector")
        .map_or("", String::as_str)
}

fn selectors(stub: &Stub) -> Vec<String> {
    let requests = stub.requests();
    let events = requests.iter().filter(|r| r.path == EVENTS);
    events.map(|r| selector(r).to_owned()).collect()
}

#[test]
fn events_about_pulls_are_read_for_pods_that_wait() {
    let stub = Stub::new(|request| match (request.path.as_str(), selector(request)) {
        ("/api/v1/pods", _) => Some(page(
            [waiting(
                "web-1",
                "ContainerCreating",
                "2026-11-20T11:30:00Z",
            )],
            "",
        )),
        (EVENTS, "reason%3DPulling") => Some(page(
            [event("Pulling", "web-1"), event("Pulling", "other")],
            "",
        )),
        (EVENTS, "reason%3DPulled") => Some(page([event("Pulled", "other")], "")),
        _ => None,
    });
    let snapshot = stub.snapshot();
    let events = snapshot.objects.events.iter();
    let about: Vec<_> = events.map(|e| e.metadata.name.to_string()).collect();
    assert_eq!(about, ["web-1.Pulling"], "those of no other pod are kept");
    assert_eq!(
        selectors(&stub),
        ["type%3DWarning", "reason%3DPulling", "reason%3DPulled"]
    );
}

#[test]
fn without_a_pod_that_waits_for_long_only_warnings_are_read() {
    let pods = [
        waiting("young", "ContainerCreating", "2026-11-20T11:59:00Z"),
        waiting("refused", "ImagePullBackOff", "2026-11-20T11:30:00Z"),
    ];
    for pod in pods {
        let stub = Stub::at("/api/v1/pods", move |_| Some(page([pod.clone()], "")));
        stub.snapshot();
        assert_eq!(selectors(&stub), ["type%3DWarning"]);
    }
}

#[test]
fn events_about_pulls_that_cannot_be_read_are_no_blindness() {
    let stub = Stub::new(|request| match (request.path.as_str(), selector(request)) {
        ("/api/v1/pods", _) => Some(page(
            [waiting("web-1", "PodInitializing", "2026-11-20T11:30:00Z")],
            "",
        )),
        (EVENTS, "reason%3DPulling") => Some(status(400, "field label not supported")),
        _ => None,
    });
    let snapshot = stub.snapshot();
    super::stub::assert_only_unread(&snapshot, &[]);
    assert!(snapshot.objects.events.is_empty());
}
