//! A small healthy cluster, and how a case differs from it: one deployment `web`
//! with one pod on `node-1`, a Service, a database and two nodes.
//!
//! A table is a YAML list of cases; each has only the differences.

use std::path::{Path, PathBuf};

use k8s_monitor::assess::{EvaluateInput, Verdict, evaluate};
use k8s_monitor::cluster::{ContainerLog, Read, Snapshot, Source, Unread, UnreadReason};
use k8s_monitor::inventory;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::Tier;
use serde::Deserialize;
use serde_json::{Value, json};

use super::objects;

/// The services file of a case without its own.
const SERVICES: &str = "1. Critical Services (P0 - Business Critical)\n\n  1.1 web\n\n  - Namespace: shop\n  - Max Downtime: 0 minutes\n\n  1.2 db\n\n  - Namespace: shop\n  - Max Downtime: 0 minutes\n";
const POD: &str = "web-5d4f8c7b9-x2v4q";

/// One case of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The description, as a sentence.
    #[serde(rename = "case")]
    pub sentence: String,
    /// The cause at the root of the first incident; `none` where none may be
    /// named, `silent` where there is no incident at all.
    pub cause: String,
    /// The object to fix.
    pub resource: Option<String>,
    /// Part of the root's message or of its evidence.
    pub says: Option<String>,
    /// The other services that are affected.
    pub affects: Option<Vec<String>>,
    /// The number of incidents, 1 by default.
    pub incidents: Option<usize>,
    /// The services file.
    services: Option<String>,
    /// The state of the pod.
    #[serde(default)]
    state: State,
    /// Merged into the pod's first container.
    #[serde(default)]
    container: Value,
    /// Merged into the pod's specification.
    #[serde(default)]
    spec: Value,
    /// Merged into the pod.
    #[serde(default)]
    pod: Value,
    /// Merged into the deployment's specification.
    #[serde(default)]
    deployment: Value,
    /// Merged into the Service's specification.
    #[serde(default)]
    service: Value,
    /// Merged into the nodes, by name.
    #[serde(default)]
    nodes: Value,
    /// Warning events.
    #[serde(default)]
    events: Vec<Event>,
    /// The container's log.
    logs: Option<String>,
    /// Names of objects to leave out.
    #[serde(default)]
    without: Vec<String>,
    /// Further objects.
    #[serde(default)]
    objects: Vec<Value>,
    /// A kind that could not be read.
    unread: Option<String>,
}

/// The state of the pod.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum State {
    #[default]
    Ready,
    Unready,
    /// In a crash loop, the last run ended with this code.
    Crash(i64),
    /// Ready now, restarted a minute ago after this exit code.
    Flapping(i64),
    /// The container waits: reason and message.
    Waiting(String, String),
    /// Not scheduled: the scheduler's message, or none.
    Pending(String),
    /// It could not be created: the API server's message.
    Refused(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    reason: String,
    message: String,
    #[serde(default = "often")]
    count: u32,
    /// Kind and name of its object; the pod by default.
    about: Option<(String, String)>,
    /// `spec.containers{web}`.
    #[serde(default)]
    path: String,
    /// Normal or Warning.
    #[serde(default = "warning")]
    kind: String,
    /// When it occurred last, where that is not half a minute ago.
    last: Option<String>,
}

fn warning() -> String {
    "Warning".to_owned()
}

fn often() -> u32 {
    20
}

/// Reads a table.
pub fn table(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    let value: Value =
        serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_value(value).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The tables, sorted.
pub fn tables() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/diagnose");
    let mut files: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
}

impl Case {
    /// The result of the case.
    pub fn evaluate(&self) -> Verdict {
        let mut documents = self.objects();
        documents.retain(|o| {
            let name = o
                .pointer("/metadata/name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let kind = o["kind"].as_str().unwrap_or_default();
            !self.without.iter().any(|w| *w == format!("{kind} {name}"))
        });
        documents.extend(self.objects.iter().cloned());
        let mut snapshot = Snapshot {
            now: "2026-03-02T12:00:00Z".parse().unwrap(),
            cluster: "homelab".to_owned(),
            source: Source::Live,
            objects: objects::collect(&documents)
                .unwrap_or_else(|e| panic!("{}: {e}", self.sentence)),
            ..Snapshot::default()
        };
        for row in KINDS {
            let unread = self.unread.as_ref() == Some(&row.resource.name());
            let read = if unread {
                Read::Unread(Unread {
                    reason: UnreadReason::Forbidden,
                    message: "forbidden".to_owned(),
                })
            } else {
                Read::Complete
            };
            snapshot.reads.insert(row.resource, read);
        }
        if let Some(text) = &self.logs {
            snapshot.logs.push(ContainerLog {
                namespace: "shop".to_owned(),
                pod: POD.to_owned(),
                container: "web".to_owned(),
                previous: matches!(self.state, State::Crash(_)),
                text: text.clone(),
            });
        }
        let inventory = inventory::parse(self.services.as_deref().unwrap_or(SERVICES).as_bytes());
        evaluate(
            &snapshot,
            &EvaluateInput {
                inventory: &inventory,
                look_back: std::time::Duration::from_secs(3600),
                outages: &std::collections::BTreeMap::default(),
                restarts: &std::collections::BTreeMap::default(),
                unlisted: Some(Tier::P3),
            },
        )
    }

    fn objects(&self) -> Vec<Value> {
        let ready = matches!(self.state, State::Ready | State::Flapping(_));
        let mut objects = vec![self.deployment(ready), replica_set(), self.service()];
        objects.extend(self.pod());
        objects.push(slice(ready));
        objects.extend(database());
        objects.extend(["node-1", "node-2"].map(|name| self.node(name)));
        objects.push(object("v1", "Namespace", "", "shop"));
        let events = self.events.iter().enumerate();
        objects.extend(events.map(|(at, e)| e.object(at)));
        objects
    }

    fn deployment(&self, ready: bool) -> Value {
        let mut deployment = object("apps/v1", "Deployment", "shop", "web");
        let (word, count) = if ready { ("True", 1) } else { ("False", 0) };
        let refusal = match &self.state {
            State::Refused(message) => {
                json!([{"type": "ReplicaFailure", "status": "True", "message": message, "lastTransitionTime": "2026-03-02T11:00:00Z"}])
            }
            _ => json!([]),
        };
        let mut conditions = vec![
            json!({"type": "Available", "status": word, "lastTransitionTime": "2026-03-02T11:00:00Z"}),
        ];
        conditions.extend(refusal.as_array().unwrap().iter().cloned());
        merge(
            &mut deployment,
            &json!({
                "spec": {
                    "replicas": 1,
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": {"metadata": {"labels": {"app": "web"}}, "spec": self.pod_spec()},
                },
                "status": {"replicas": 1, "updatedReplicas": 1, "readyReplicas": count, "conditions": conditions},
            }),
        );
        merge(&mut deployment["spec"], &self.deployment);
        deployment
    }

    fn pod_spec(&self) -> Value {
        let mut container = json!({
            "name": "web",
            "image": "ghcr.io/shop/web:1.4",
            "ports": [{"containerPort": 8080, "name": "http"}],
        });
        merge(&mut container, &self.container);
        let mut spec = json!({"containers": [container]});
        merge(&mut spec, &self.spec);
        spec
    }

    fn service(&self) -> Value {
        let mut service = object("v1", "Service", "shop", "web");
        merge(
            &mut service,
            &json!({"spec": {
                "clusterIP": "10.43.0.7",
                "selector": {"app": "web"},
                "ports": [{"port": 80, "targetPort": 8080}],
            }}),
        );
        merge(&mut service["spec"], &self.service);
        service
    }

    fn pod(&self) -> Option<Value> {
        let mut pod = object("v1", "Pod", "shop", POD);
        merge(
            &mut pod,
            &json!({
                "metadata": {
                    "labels": {"app": "web"},
                    "creationTimestamp": "2026-03-02T11:00:00Z",
                    "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d4f8c7b9", "controller": true}],
                },
                "spec": self.pod_spec(),
                "status": {"phase": "Running", "startTime": "2026-03-02T11:00:00Z"},
            }),
        );
        let mut status = json!({"name": "web", "ready": false, "restartCount": 0});
        // 999 stands for an OOM kill.
        let ended = |code: i64| {
            let (code, reason) = match code {
                999 => (137, "OOMKilled"),
                code => (code, "Error"),
            };
            json!({"terminated": {
                "exitCode": code,
                "reason": reason,
                "startedAt": "2026-03-02T11:58:50Z",
                "finishedAt": "2026-03-02T11:59:00Z",
            }})
        };
        match &self.state {
            State::Refused(_) => return None,
            State::Ready => merge(
                &mut status,
                &json!({"ready": true, "started": true, "state": {"running": {"startedAt": "2026-03-02T11:00:10Z"}}}),
            ),
            State::Unready => merge(
                &mut status,
                &json!({"started": true, "state": {"running": {"startedAt": "2026-03-02T11:00:10Z"}}}),
            ),
            State::Flapping(code) => merge(
                &mut status,
                &json!({
                    "ready": true, "started": true, "restartCount": 9,
                    "state": {"running": {"startedAt": "2026-03-02T11:59:01Z"}},
                    "lastState": ended(*code),
                }),
            ),
            State::Crash(code) => merge(
                &mut status,
                &json!({
                    "restartCount": 9,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
                    "lastState": ended(*code),
                }),
            ),
            State::Waiting(reason, message) => {
                pod["status"]["phase"] = json!("Pending");
                merge(
                    &mut status,
                    &json!({"state": {"waiting": {"reason": reason, "message": message}}}),
                );
            }
            State::Pending(_) => pod["status"]["phase"] = json!("Pending"),
        }
        let mut conditions = Vec::new();
        match &self.state {
            State::Pending(message) => {
                if !message.is_empty() {
                    conditions.push(json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": "2026-03-02T11:00:00Z"}));
                }
            }
            state => {
                pod["spec"]["nodeName"] = json!("node-1");
                let ready = matches!(state, State::Ready | State::Flapping(_));
                let word = if ready { "True" } else { "False" };
                conditions.push(json!({"type": "Ready", "status": word, "lastTransitionTime": "2026-03-02T11:00:20Z"}));
                let mut statuses = vec![status];
                // The other containers are healthy.
                let containers = pod["spec"]["containers"].as_array().cloned();
                for other in containers.unwrap_or_default().iter().skip(1) {
                    statuses.push(
                        json!({"name": other["name"], "ready": true, "state": {"running": {}}}),
                    );
                }
                pod["status"]["containerStatuses"] = json!(statuses);
            }
        }
        pod["status"]["conditions"] = json!(conditions);
        merge(&mut pod, &self.pod);
        Some(pod)
    }

    fn node(&self, name: &str) -> Value {
        let mut node = object("v1", "Node", "", name);
        merge(
            &mut node,
            &json!({
                "metadata": {"labels": {"kubernetes.io/hostname": name, "disktype": "hdd"}},
                "status": {
                    "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": "2026-01-01T08:00:00Z"}],
                },
            }),
        );
        merge(&mut node, &self.nodes[name]);
        node
    }
}

impl Event {
    fn object(&self, at: usize) -> Value {
        let (kind, name) = self
            .about
            .clone()
            .unwrap_or(("Pod".to_owned(), POD.to_owned()));
        let mut event = object("v1", "Event", "shop", &format!("event-{at}"));
        merge(
            &mut event,
            &json!({
                "type": self.kind,
                "involvedObject": {"kind": kind, "namespace": "shop", "name": name, "fieldPath": self.path},
                "reason": self.reason,
                "message": self.message,
                "count": self.count,
                "firstTimestamp": "2026-03-02T11:05:00Z",
                "lastTimestamp": self.last.as_deref().unwrap_or("2026-03-02T11:59:30Z"),
            }),
        );
        event
    }
}

fn object(version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "2026-01-31T08:00:00Z"},
    })
}

fn replica_set() -> Value {
    let mut set = object("apps/v1", "ReplicaSet", "shop", "web-5d4f8c7b9");
    merge(
        &mut set,
        &json!({
            "metadata": {"ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
            "spec": {"replicas": 1},
        }),
    );
    set
}

fn slice(ready: bool) -> Value {
    let mut slice = object("discovery.k8s.io/v1", "EndpointSlice", "shop", "web");
    merge(
        &mut slice,
        &json!({
            "metadata": {"labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"addresses": ["10.42.0.9"], "conditions": {"ready": ready}}],
            "ports": [{"port": 8080}],
        }),
    );
    slice
}

/// A healthy database with its Service.
fn database() -> [Value; 3] {
    let mut set = object("apps/v1", "StatefulSet", "shop", "db");
    let template = json!({"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "mysql", "image": "mysql:8.4", "ports": [{"containerPort": 3306}]}]}});
    merge(
        &mut set,
        &json!({"spec": {"replicas": 1, "serviceName": "db", "template": template}, "status": {"replicas": 1, "readyReplicas": 1}}),
    );
    let mut pod = object("v1", "Pod", "shop", "db-0");
    merge(
        &mut pod,
        &json!({
            "metadata": {"labels": {"app": "db"}, "ownerReferences": [{"kind": "StatefulSet", "name": "db", "controller": true}]},
            "spec": {"nodeName": "node-2", "containers": template["spec"]["containers"]},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-31T08:01:00Z"}],
                "containerStatuses": [{"name": "mysql", "ready": true, "state": {"running": {"startedAt": "2026-01-31T08:00:10Z"}}}],
            },
        }),
    );
    let mut service = object("v1", "Service", "shop", "db");
    merge(
        &mut service,
        &json!({"spec": {"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"port": 3306}]}}),
    );
    [set, pod, service]
}

/// Merges one value into another: maps are merged, other values replaced.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (_, Value::Null) => {}
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}
