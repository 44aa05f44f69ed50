//! When a service gets worse, the severity of its incidents does not fall.

use std::sync::LazyLock;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::assess::{Incident, Verdict};
use k8s_monitor::model::{ServiceStatus, Severity, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::properties::{Any, CASES};
use crate::support::case::Case;
use crate::support::property::cases;

/// The cases with a ready pod.
static WITH_READY_POD: LazyLock<Vec<&'static Case>> = LazyLock::new(|| {
    let has_ready_pod =
        |case: &&Case| (0..case.documents.len()).any(|at| is_ready(&case.documents, at));
    CASES.iter().filter(has_ready_pod).collect()
});

/// How a ready pod may fail.
#[derive(Debug, Clone, Copy)]
enum FailureKind {
    /// Its container crashes again and again.
    Crashes,
    /// It is running but its readiness probe fails.
    Unready,
    /// It was replaced by a pod that waits for this reason.
    Waits(&'static str),
    /// It was deleted without a replacement.
    Gone,
    /// The workload, the only one of its namespace, was deleted.
    Deleted,
    /// The workload, the only one of its namespace, was scaled to zero.
    ScaledToZero,
}

/// A failure of one pod, or of all pods of its owner.
#[derive(Debug, Clone)]
struct Failure {
    pod: Index,
    kind: FailureKind,
    minutes: i64,
    affects_all: bool,
}

fn a_failure() -> impl Strategy<Value = Failure> {
    let kinds = vec![
        FailureKind::Crashes,
        FailureKind::Unready,
        FailureKind::Waits("ImagePullBackOff"),
        FailureKind::Waits("CreateContainerConfigError"),
        FailureKind::Gone,
        FailureKind::Deleted,
        FailureKind::ScaledToZero,
    ];
    let kind = prop::sample::select(kinds);
    (any::<Index>(), kind, 3_i64..600, any::<bool>()).prop_map(
        |(pod, kind, minutes, affects_all)| Failure {
            pod,
            kind,
            minutes,
            affects_all,
        },
    )
}

fn a_case_with_a_ready_pod() -> impl Strategy<Value = Any> {
    any::<Index>().prop_map(|index| Any(WITH_READY_POD[index.index(WITH_READY_POD.len())]))
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn severity_never_falls_when_a_service_gets_worse(
        Any(case) in a_case_with_a_ready_pod(),
        failures in prop::collection::vec(a_failure(), 1..4),
    ) {
        prop_assume!(case.names_every_namespace());
        let mut documents = case.documents.clone();
        let mut before = case.evaluate_objects(&documents).unwrap();
        // A deleted pod no longer shows that its node is not listed.
        prop_assume!(!titles(&before).iter().any(|title| title.contains("MONITORING_BLIND")));
        for failure in failures {
            if !apply(&mut documents, &failure, case.snapshot.now) {
                break;
            }
            let after = case.evaluate_objects(&documents).unwrap();
            prop_assert!(highest(&after) <= highest(&before), "{:?} became {:?}", titles(&before), titles(&after));
            for service in &before.services {
                let got_worse = after.services.iter().any(|s| s.name == service.name && s.status > service.status);
                if got_worse && service.status != ServiceStatus::Unknown {
                    let (was, is) = (highest_of(&before, &service.name), highest_of(&after, &service.name));
                    prop_assert!(is <= was, "{}: {:?} became {:?}", service.name, titles(&before), titles(&after));
                }
            }
            before = after;
        }
    }
}

/// Applies a failure; returns false if it does not apply to the objects.
fn apply(documents: &mut Vec<Value>, failure: &Failure, now: Time) -> bool {
    let ready: Vec<_> = (0..documents.len())
        .filter(|&at| is_ready(documents, at))
        .collect();
    if ready.is_empty() {
        return false;
    }
    let pod = ready[failure.pod.index(ready.len())];
    if matches!(
        failure.kind,
        FailureKind::Deleted | FailureKind::ScaledToZero
    ) {
        return remove_workload(documents, pod, failure.kind);
    }
    let owner = owner(&documents[pod]);
    for &at in ready.iter().rev() {
        if at == pod || failure.affects_all && self::owner(&documents[at]) == owner {
            fail_pod(
                documents,
                at,
                failure.kind,
                now - TimeDelta::minutes(failure.minutes),
            );
        }
    }
    true
}

/// Removes the only workload of a namespace, with its pods; returns whether it was the only one.
fn remove_workload(documents: &mut Vec<Value>, pod: usize, kind: FailureKind) -> bool {
    let namespace = documents[pod]["metadata"]["namespace"].clone();
    let is_here = |d: &Value| d["metadata"]["namespace"] == namespace;
    let is_workload = |d: &Value| {
        let kind = d["kind"].as_str();
        is_here(d)
            && matches!(
                kind,
                Some("Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Job")
            )
    };
    // K3s's own components may be missing.
    let is_k3s = namespace == "kube-system";
    let owner = owner_at(documents, &documents[pod]);
    if is_k3s || documents.iter().filter(|d| is_workload(d)).count() != 1 || owner.is_none() {
        return false;
    }
    if let FailureKind::ScaledToZero = kind {
        for workload in documents.iter_mut().filter(|d| is_workload(d)) {
            workload["spec"]["replicas"] = json!(0);
            workload["status"] = json!({});
        }
    } else {
        documents.retain(|d| !is_workload(d));
    }
    let of_pods = |d: &Value| {
        matches!(
            d["kind"].as_str(),
            Some("Pod" | "ReplicaSet" | "EndpointSlice")
        )
    };
    documents.retain(|d| !(is_here(d) && of_pods(d)));
    true
}

/// Whether the document is a ready pod of a workload.
fn is_ready(documents: &[Value], at: usize) -> bool {
    let pod = &documents[at];
    let ready = pod["status"]["conditions"].as_array().into_iter().flatten();
    let is_ready = ready
        .filter(|c| c["type"] == "Ready")
        .all(|c| c["status"] == "True");
    pod["kind"] == "Pod"
        && pod["status"]["phase"] == "Running"
        && pod["status"]["conditions"].is_array()
        && is_ready
        && pod["metadata"]["deletionTimestamp"].is_null()
        && owner_at(documents, pod).is_some()
}

/// Kind, namespace and name of what owns a pod.
fn owner(pod: &Value) -> Option<(String, String, String)> {
    let reference = &pod["metadata"]["ownerReferences"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some((
        text(&reference["kind"])?,
        text(&pod["metadata"]["namespace"])?,
        text(&reference["name"])?,
    ))
}

/// The workload of a pod: its owner, or the deployment of its owner.
fn owner_at(documents: &[Value], pod: &Value) -> Option<usize> {
    let (kind, namespace, name) = owner(pod)?;
    let (kind, name) = match kind.as_str() {
        "ReplicaSet" => ("Deployment", name.rsplit_once('-')?.0),
        kind => (kind, name.as_str()),
    };
    documents.iter().position(|d| {
        d["kind"] == kind
            && d["metadata"]["namespace"] == *namespace
            && d["metadata"]["name"] == *name
    })
}

fn fail_pod(documents: &mut Vec<Value>, at: usize, kind: FailureKind, since: Time) {
    let since = json!(since.to_rfc3339_opts(SecondsFormat::Secs, true));
    let name = documents[at]["metadata"]["name"].clone();
    if let Some(owner) = owner_at(documents, &documents[at]) {
        count_down(&mut documents[owner]["status"], &since);
    }
    for slice in documents
        .iter_mut()
        .filter(|d| d["kind"] == "EndpointSlice")
    {
        for endpoint in slice["endpoints"].as_array_mut().into_iter().flatten() {
            if endpoint["targetRef"]["name"] == name {
                endpoint["conditions"]["ready"] = json!(false);
            }
        }
    }
    if let FailureKind::Gone = kind {
        documents.remove(at);
        return;
    }
    let pod = &mut documents[at];
    for condition in pod["status"]["conditions"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if matches!(
            condition["type"].as_str(),
            Some("Ready" | "ContainersReady")
        ) {
            condition["status"] = json!("False");
            condition["reason"] = json!("ContainersNotReady");
            condition["lastTransitionTime"] = since.clone();
        }
    }
    if let FailureKind::Waits(_) = kind {
        pod["status"]["phase"] = json!("Pending");
        pod["status"]["startTime"] = since.clone();
        pod["metadata"]["creationTimestamp"] = since.clone();
    }
    for container in pod["status"]["containerStatuses"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        container["ready"] = json!(false);
        match kind {
            FailureKind::Crashes => {
                let count = container["restartCount"].as_u64().unwrap_or(0);
                container["restartCount"] = json!(count + 6);
                container["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
                let end = json!({ "exitCode": 1, "reason": "Error", "finishedAt": since });
                container["lastState"] = json!({ "terminated": end });
            }
            FailureKind::Waits(reason) => {
                container["restartCount"] = json!(0);
                container["lastState"] = json!({});
                container["state"] = json!({ "waiting": { "reason": reason } });
            }
            _ => {}
        }
    }
}

/// Counts one ready pod less in the status of the owner.
fn count_down(status: &mut Value, since: &Value) {
    for key in [
        "readyReplicas",
        "availableReplicas",
        "numberReady",
        "numberAvailable",
    ] {
        if let Some(count) = status[key].as_u64() {
            status[key] = json!(count.saturating_sub(1));
        }
    }
    for key in ["unavailableReplicas", "numberUnavailable"] {
        if let Some(count) = status[key].as_u64() {
            status[key] = json!(count + 1);
        }
    }
    let has_none_ready = status["readyReplicas"] == 0;
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Available" && has_none_ready {
            condition["status"] = json!("False");
            condition["lastTransitionTime"] = since.clone();
        }
    }
}

fn highest(verdict: &Verdict) -> Severity {
    let severities = verdict.incidents.iter().map(|i| i.severity);
    severities.min().unwrap_or(Severity::Sev4)
}

/// The highest severity of a service's incidents.
fn highest_of(verdict: &Verdict, service: &str) -> Severity {
    let is_of = |i: &&Incident| {
        i.findings
            .iter()
            .any(|f| f.service.as_deref() == Some(service))
    };
    let own = verdict.incidents.iter().filter(is_of);
    own.map(|i| i.severity).min().unwrap_or(Severity::Sev4)
}

fn titles(verdict: &Verdict) -> Vec<String> {
    let incidents = verdict.incidents.iter();
    incidents
        .map(|i| format!("{} {} {}", i.severity, i.rule.as_str(), i.title))
        .collect()
}
