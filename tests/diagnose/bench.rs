//! Recorded faults. `K8S_MONITOR_BENCH_CASES` names a folder with one folder per
//! case (`dump/`, `services.txt`, `expected.json`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use k8s_monitor::assess::{EvaluateInput, Incident, evaluate};
use k8s_monitor::cluster::{ContainerLog, Read, Resource, Snapshot, Unread, UnreadReason};
use k8s_monitor::inventory;
use k8s_monitor::model::KINDS;
use k8s_monitor::model::{Severity, Tier};
use serde::Deserialize;
use serde_json::Value;

use super::objects;
use crate::support::skip::external;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    fault_object: String,
    root_cause: String,
    accepted_causes: Vec<String>,
    now: String,
    evidence: String,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    cases: u32,
    detected: u32,
    object: u32,
    cause: u32,
    alarms: u32,
    slowest: Duration,
}

#[test]
fn recorded_faults() {
    let Some(folder) = external("K8S_MONITOR_BENCH_CASES") else {
        return;
    };
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    cases.sort();
    let mut by_fault: BTreeMap<String, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for path in cases.iter().filter(|p| p.join("expected.json").exists()) {
        let (expected, counts) = run(path);
        let key = format!("{:9} {}", expected.evidence, expected.root_cause);
        by_fault.entry(key).or_default().add(counts);
        if expected.evidence != "none" {
            all.add(counts);
        }
    }
    for (fault, counts) in &by_fault {
        eprintln!("{}", counts.row(fault));
    }
    eprintln!("{}", all.row("total of those with evidence"));
    assert!(
        all.object * 100 >= all.cases * 97,
        "the right object is first in too few cases"
    );
    assert!(
        all.cause * 100 >= all.cases * 95,
        "object and cause are right in too few cases"
    );
    assert_eq!(all.alarms, 0, "an unaffected service raised an incident");
}

fn run(path: &Path) -> (Expected, Counts) {
    let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    let expected: Expected = serde_json::from_str(&read("expected.json")).unwrap();
    let snapshot = snapshot(path, &expected);
    let inventory = inventory::parse(read("services.txt").as_bytes());
    let input = EvaluateInput {
        inventory: &inventory,
        look_back: Duration::from_secs(3600),
        outages: &std::collections::BTreeMap::default(),
        restarts: &BTreeMap::new(),
        unlisted: Some(Tier::P3),
    };
    let start = Instant::now();
    let verdict = evaluate(&snapshot, &input);
    let slowest = start.elapsed();
    let first = verdict.incidents.first();
    let is_object = first.is_some_and(|i| is_about(i, &expected.fault_object));
    let cause = first.and_then(|i| i.root().cause);
    let is_cause = is_object
        && cause.is_some_and(|c| expected.accepted_causes.iter().any(|a| a == c.as_str()));
    let alerting = || {
        verdict
            .incidents
            .iter()
            .filter(|i| i.severity < Severity::Sev4)
    };
    let is_affected = |name: &String| alerting().any(|i| i.affects.contains(name));
    let alarms = alerting()
        .filter(|i| !is_about(i, &expected.fault_object))
        .filter(|i| i.service.as_ref().is_some_and(|s| !is_affected(s)))
        .count();
    let counts = Counts {
        cases: 1,
        detected: u32::from(alerting().next().is_some()),
        object: u32::from(is_object),
        cause: u32::from(is_cause),
        alarms: u32::try_from(alarms).unwrap_or(u32::MAX),
        slowest,
    };
    if expected.evidence != "none" && !is_cause || alarms > 0 {
        let titles: Vec<_> = verdict.incidents.iter().map(|i| &i.title).collect();
        eprintln!(
            "{}: expected {} {:?}, found {titles:?}",
            path.display(),
            expected.fault_object,
            expected.accepted_causes
        );
    }
    (expected, counts)
}

/// `app/X`: service X, its workload, Service or pods; `node/X`: the node;
/// `namespace/X`: the namespace or a quota in it.
fn is_about(incident: &Incident, fault: &str) -> bool {
    let (kind, name) = fault.split_once('/').unwrap_or(("", fault));
    let mut found = incident.findings.iter().map(|f| &f.resource);
    match kind {
        "node" => found.any(|r| r.kind == "Node" && r.name == name),
        "namespace" => found.any(|r| {
            r.kind == "Namespace" && r.name == name
                || r.kind == "ResourceQuota" && r.namespace == name
        }),
        _ => {
            incident.service.as_deref() == Some(name)
                || found.any(|r| r.name == name || r.name.starts_with(&format!("{name}-")))
        }
    }
}

fn snapshot(path: &Path, expected: &Expected) -> Snapshot {
    let mut snapshot = Snapshot {
        now: expected.now.parse().unwrap(),
        cluster: "recorded".to_owned(),
        ..Snapshot::default()
    };
    for row in KINDS {
        let unread = Unread {
            reason: UnreadReason::NotInSnapshot,
            message: String::new(),
        };
        snapshot.reads.insert(row.resource, Read::Unread(unread));
    }
    let text = std::fs::read(path.join("dump/objects.json")).unwrap();
    let mut list: Value = serde_json::from_slice(&text).unwrap();
    let mut documents = Vec::new();
    for item in list["items"].as_array_mut().unwrap() {
        let field = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        if let Some(resource) = Resource::of_object(&field("apiVersion"), &field("kind")) {
            snapshot.reads.insert(resource, Read::Complete);
            documents.push(item.take());
        }
    }
    snapshot.objects = objects::collect(&documents).unwrap();
    for namespace in folders(&path.join("dump")) {
        for pod in folders(&namespace) {
            let text = std::fs::read_to_string(pod.join("logs.txt")).unwrap_or_default();
            snapshot
                .logs
                .extend(containers(&name(&namespace), &name(&pod), &text));
        }
    }
    snapshot
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path());
    entries.filter(|p| p.is_dir()).collect()
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// `kubectl cluster-info dump` writes all containers of a pod into one file.
fn containers(namespace: &str, pod: &str, text: &str) -> Vec<ContainerLog> {
    let mut logs: Vec<ContainerLog> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("==== START logs for container ") {
            logs.push(ContainerLog {
                namespace: namespace.to_owned(),
                pod: pod.to_owned(),
                container: rest.split(' ').next().unwrap_or_default().to_owned(),
                previous: false,
                text: String::new(),
            });
        } else if let Some(log) = logs
            .last_mut()
            .filter(|_| !line.starts_with("==== END logs"))
        {
            log.text.push_str(line);
            log.text.push('\n');
        }
    }
    logs
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.detected += other.detected;
        self.object += other.object;
        self.cause += other.cause;
        self.alarms += other.alarms;
        self.slowest = self.slowest.max(other.slowest);
    }

    fn row(&self, name: &str) -> String {
        format!(
            "{name:46} cases {:3}  detected {:3}  object {:3}  cause {:3}  false alarms {}  slowest {} us",
            self.cases,
            self.detected,
            self.object,
            self.cause,
            self.alarms,
            self.slowest.as_micros()
        )
    }
}
