//! What one namespace may hold to make the program take memory: megabytes in texts of every kind of
//! object, and lists of thousands.

use std::path::Path;

use serde_json::{Value, json};

/// A namespace with so many objects of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    pub objects: usize,
    /// Events of a few hundred bytes, beside the large ones.
    pub events: usize,
}

type Make = fn(usize) -> Value;

/// The path of each list, its kind, and how to make an object.
const LISTS: &[(&str, &str, Make)] = &[
    ("/api/v1/nodes", "Node", node),
    ("/apis/apps/v1/deployments", "Deployment", deployment),
    ("/apis/apps/v1/replicasets", "ReplicaSet", replica_set),
    ("/api/v1/pods", "Pod", pod),
    ("/api/v1/events", "Event", event),
    ("/api/v1/services", "Service", service),
    (
        "/apis/discovery.k8s.io/v1/endpointslices",
        "EndpointSlice",
        endpoint_slice,
    ),
    (
        "/api/v1/persistentvolumeclaims",
        "PersistentVolumeClaim",
        claim,
    ),
    ("/apis/networking.k8s.io/v1/ingresses", "Ingress", ingress),
    ("/apis/batch/v1/jobs", "Job", job),
    (
        "/apis/argoproj.io/v1alpha1/applications",
        "Application",
        application,
    ),
];

/// Objects of a page. A page of 500 would take this process more memory than the other one.
const PAGE: usize = 10;

impl Attack {
    fn count(self, kind: &str) -> usize {
        match kind {
            "Event" => self.objects + self.events,
            "Node" => 1,
            _ => self.objects,
        }
    }

    fn object(self, kind: &str, make: Make, index: usize) -> String {
        if kind == "Event" && index >= self.objects {
            return small_event(index).to_string();
        }
        make(index).to_string()
    }

    /// The response to a request.
    #[must_use]
    pub fn answer(self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path.ends_with("/log") {
            return "x".repeat(8 << 20);
        }
        if path == "/apis" {
            return groups().to_string();
        }
        let Some((_, kind, make)) = LISTS.iter().find(|(list, ..)| *list == path) else {
            return r#"{"kind":"List","metadata":{},"items":[]}"#.to_owned();
        };
        let from = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("continue="));
        let from = from.and_then(|from| from.parse().ok()).unwrap_or(0);
        let count = self.count(kind);
        let to = count.min(from + PAGE);
        let rest = match count - to {
            0 => String::new(),
            rest => format!(r#""continue":"{to}","remainingItemCount":{rest}"#),
        };
        let objects: Vec<_> = (from..to).map(|at| self.object(kind, *make, at)).collect();
        format!(
            r#"{{"kind":"{kind}List","metadata":{{{rest}}},"items":[{}]}}"#,
            objects.join(",")
        )
    }

    /// Writes a dump: one file a kind.
    ///
    /// # Panics
    ///
    /// When a file cannot be written.
    pub fn write(self, folder: &Path) {
        use std::io::Write;
        for (path, kind, make) in LISTS {
            let version = path
                .trim_start_matches("/apis/")
                .trim_start_matches("/api/");
            let (version, plural) = version.rsplit_once('/').unwrap();
            let file = std::fs::File::create(folder.join(format!("{plural}.json"))).unwrap();
            let mut file = std::io::BufWriter::new(file);
            write!(
                file,
                r#"{{"apiVersion":"{version}","kind":"{kind}List","items":["#
            )
            .unwrap();
            for at in 0..self.count(kind) {
                let comma = if at == 0 { "" } else { "," };
                write!(file, "{comma}{}", self.object(kind, *make, at)).unwrap();
            }
            write!(file, "]}}").unwrap();
        }
    }
}

fn groups() -> Value {
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "items": [{"metadata": {"name": "argoproj.io"}, "versions": [{
            "version": "v1alpha1",
            "resources": [{"resource": "applications", "scope": "Namespaced", "verbs": ["get", "list"]}],
        }]}],
    })
}

fn meta(name: &str) -> Value {
    let label = |at: usize| {
        (
            format!("label-{at:05}/{}", "l".repeat(50)),
            json!("v".repeat(63)),
        )
    };
    let labels: serde_json::Map<_, _> = (0..200).map(label).collect();
    json!({
        "name": name,
        "namespace": "evil",
        "uid": name,
        "creationTimestamp": "2026-11-01T00:00:00Z",
        "labels": labels,
        "annotations": {"kubectl.kubernetes.io/restartedAt": "a".repeat(250_000)},
        "ownerReferences": [],
    })
}

fn text(index: usize, length: usize) -> String {
    let mut text = format!("{index} ");
    // `<` is six bytes in the JSON of an API server.
    text.push_str(&"x".repeat(length));
    text
}

fn spec(index: usize) -> Value {
    let small = |at: usize| json!({"name": format!("V{at}"), "value": text(index * 7 + at, 250)});
    let variables: Vec<_> = (0..200).map(small).collect();
    json!({
        "containers": [
            {"name": "a", "image": "i", "env": [{"name": "BIG", "value": text(index, 900_000)}],
                "args": [text(index, 500_000), text(index + 1, 500_000)],
                "command": (0..3000).map(|at| text(at * index, 100)).collect::<Vec<_>>()},
            {"name": "b", "image": text(index, 100_000), "env": variables},
        ],
    })
}

/// The cluster's own.
fn node(_: usize) -> Value {
    json!({"metadata": {"name": "node-1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

fn deployment(index: usize) -> Value {
    json!({"metadata": meta(&format!("d-{index}")),
        "spec": {"replicas": 1, "template": {"metadata": {"labels": {"a": "b"}}, "spec": spec(index)}},
        "status": {"replicas": 1, "unavailableReplicas": 1, "conditions": [
            {"type": "Available", "status": "False", "lastTransitionTime": "2026-11-01T00:00:00Z",
                "message": text(index, 500_000)}]}})
}

fn replica_set(index: usize) -> Value {
    json!({"metadata": meta(&format!("r-{index}")),
        "spec": {"replicas": 1, "template": {"spec": spec(index)}}, "status": {"replicas": 1}})
}

fn pod(index: usize) -> Value {
    let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "message": text(index, 500_000),
        "finishedAt": "2026-11-01T00:00:00Z"}});
    let status = |at: usize| {
        json!({"name": format!("c{at}"), "ready": false, "restartCount": 9, "lastState": ended,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": text(index, 1000)}}})
    };
    json!({"metadata": meta(&format!("p-{index}")), "spec": spec(index),
        "status": {"phase": "Running", "startTime": "2026-11-01T00:00:00Z",
            "conditions": [{"type": "Ready", "status": "False", "message": text(index, 200_000)}],
            "containerStatuses": [status(0), status(1)]}})
}

fn event(index: usize) -> Value {
    json!({"metadata": meta(&format!("e-{index}")), "type": "Warning", "reason": text(index, 1000),
        "involvedObject": {"kind": "Pod", "namespace": "evil", "name": format!("p-{index}")},
        "message": text(index, 500_000), "count": 3, "lastTimestamp": "2026-11-23T06:48:00Z"})
}

fn small_event(index: usize) -> Value {
    json!({"metadata": {"name": format!("e-{index}"), "namespace": "evil"}, "type": "Warning",
        "reason": "BackOff", "message": text(index, 400), "count": 3,
        "involvedObject": {"kind": "Pod", "namespace": "evil", "name": format!("p-{}", index % 200)},
        "lastTimestamp": "2026-11-23T06:48:00Z"})
}

fn service(index: usize) -> Value {
    let port =
        |at: usize| json!({"name": format!("p{at}"), "port": at + 1, "targetPort": text(at, 300)});
    json!({"metadata": meta(&format!("s-{index}")), "spec": {"clusterIP": "10.0.0.1",
        "externalName": text(index, 300_000), "selector": {"a": text(index, 100_000)},
        "ports": (0..2000).map(port).collect::<Vec<_>>()}})
}

fn endpoint_slice(index: usize) -> Value {
    let endpoint =
        |at: usize| json!({"addresses": [text(at, 100)], "conditions": {"ready": false}});
    json!({"metadata": meta(&format!("es-{index}")),
        "endpoints": (0..5000).map(endpoint).collect::<Vec<_>>(), "ports": []})
}

fn claim(index: usize) -> Value {
    json!({"metadata": meta(&format!("c-{index}")), "spec": {"volumeName": text(index, 900_000)},
        "status": {"phase": text(index, 900_000)}})
}

fn ingress(index: usize) -> Value {
    let rule = |at: usize| {
        json!({"host": text(at + index, 200), "http": {"paths": [{"path": text(at, 500),
            "backend": {"service": {"name": text(at, 300), "port": {"number": 80}}}}]}})
    };
    json!({"metadata": meta(&format!("i-{index}")),
        "spec": {"rules": (0..1000).map(rule).collect::<Vec<_>>()}})
}

fn job(index: usize) -> Value {
    json!({"metadata": meta(&format!("j-{index}")), "spec": {"template": {"spec": spec(index)}},
        "status": {"failed": 9, "conditions": [{"type": "Failed", "status": "True",
            "lastTransitionTime": "2026-11-23T06:00:00Z", "message": text(index, 500_000)}]}})
}

fn application(index: usize) -> Value {
    let resource = |at: usize| json!({"kind": "Pod", "name": text(at, 200), "status": "OutOfSync"});
    json!({"metadata": meta(&format!("a-{index}")),
        "spec": {"source": {"repoURL": text(index, 100_000)}},
        "status": {"resources": (0..5000).map(resource).collect::<Vec<_>>(),
            "health": {"status": "Degraded", "message": text(index, 900_000)},
            "conditions": [{"type": "SyncError", "message": text(index, 900_000)}]}})
}
