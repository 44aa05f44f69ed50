//! When a service gets worse, nothing that is said of it gets milder.

use std::sync::LazyLock;

use chrono::{SecondsFormat, TimeDelta};
use k8s_monitor::assess::{Incident, Verdict};
use k8s_monitor::model::{ServiceStatus, Severity, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::laws::{Any, CASES};
use crate::support::case::Case;
use crate::support::laws::cases;

/// The cases in which a pod serves.
static SERVING: LazyLock<Vec<&'static Case>> = LazyLock::new(|| {
    let serves = |case: &&Case| (0..case.documents.len()).any(|at| serves(&case.documents, at));
    CASES.iter().filter(serves).collect()
});

/// What may befall a pod that serves.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Its program ends again and again.
    Crashes,
    /// It runs, and its readiness probe fails.
    Fails,
    /// Another one came in its place and waits for this reason.
    Waits(&'static str),
    /// It is gone, and none comes in its place.
    Goes,
    /// Somebody deletes the workload, which is its namespace's only one.
    Deleted,
    /// Somebody scales the workload to zero, which is its namespace's only one.
    Scaled,
}

/// A fate for one pod, or for all that its owner counts.
#[derive(Debug, Clone)]
struct Blow {
    victim: Index,
    fate: Fate,
    minutes: i64,
    hits_all: bool,
}

fn a_blow() -> impl Strategy<Value = Blow> {
    let fates = vec![
        Fate::Crashes,
        Fate::Fails,
        Fate::Waits("ImagePullBackOff"),
        Fate::Waits("CreateContainerConfigError"),
        Fate::Goes,
        Fate::Deleted,
        Fate::Scaled,
    ];
    let fate = prop::sample::select(fates);
    (any::<Index>(), fate, 3_i64..600, any::<bool>()).prop_map(
        |(victim, fate, minutes, hits_all)| Blow {
            victim,
            fate,
            minutes,
            hits_all,
        },
    )
}

fn a_case_that_serves() -> impl Strategy<Value = Any> {
    any::<Index>().prop_map(|index| Any(SERVING[index.index(SERVING.len())]))
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn severity_never_falls_when_a_service_gets_worse(
        Any(case) in a_case_that_serves(),
        blows in prop::collection::vec(a_blow(), 1..4),
    ) {
        let mut documents = case.documents.clone();
        let mut before = case.evaluate_objects(&documents).unwrap();
        for blow in blows {
            if !hit(&mut documents, &blow, case.snapshot.now) {
                break;
            }
            let after = case.evaluate_objects(&documents).unwrap();
            prop_assert!(highest(&after) <= highest(&before), "{:?} became {:?}", titles(&before), titles(&after));
            for service in &before.services {
                let is_struck = after.services.iter().any(|s| s.name == service.name && s.status > service.status);
                if is_struck && service.status != ServiceStatus::Unknown {
                    let (was, is) = (worst_of(&before, &service.name), worst_of(&after, &service.name));
                    prop_assert!(is <= was, "{}: {:?} became {:?}", service.name, titles(&before), titles(&after));
                }
            }
            before = after;
        }
    }
}

/// Deals a blow; nothing is left to hit, if it says so.
fn hit(documents: &mut Vec<Value>, blow: &Blow, now: Time) -> bool {
    let serving: Vec<_> = (0..documents.len())
        .filter(|&at| serves(documents, at))
        .collect();
    if serving.is_empty() {
        return false;
    }
    let victim = serving[blow.victim.index(serving.len())];
    if matches!(blow.fate, Fate::Deleted | Fate::Scaled) {
        return take_away(documents, victim, blow.fate);
    }
    let owner = owner(&documents[victim]);
    for &at in serving.iter().rev() {
        if at == victim || blow.hits_all && self::owner(&documents[at]) == owner {
            strike(
                documents,
                at,
                blow.fate,
                now - TimeDelta::minutes(blow.minutes),
            );
        }
    }
    true
}

/// Takes a namespace's only workload away, with its pods; says whether it was one.
fn take_away(documents: &mut Vec<Value>, victim: usize, fate: Fate) -> bool {
    let namespace = documents[victim]["metadata"]["namespace"].clone();
    let is_here = |d: &Value| d["metadata"]["namespace"] == namespace;
    let is_workload = |d: &Value| {
        let kind = d["kind"].as_str();
        is_here(d)
            && matches!(
                kind,
                Some("Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Job")
            )
    };
    // Of K3s's own parts nobody says that they are wanted.
    let is_own_part = namespace == "kube-system";
    let owner = owner_at(documents, &documents[victim]);
    if is_own_part || documents.iter().filter(|d| is_workload(d)).count() != 1 || owner.is_none() {
        return false;
    }
    if let Fate::Scaled = fate {
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

/// Whether the document is a pod that is ready and has somebody who counts it.
fn serves(documents: &[Value], at: usize) -> bool {
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

/// The workload that counts a pod: its owner, or the deployment of its owner.
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

fn strike(documents: &mut Vec<Value>, at: usize, fate: Fate, since: Time) {
    let since = json!(since.to_rfc3339_opts(SecondsFormat::Secs, true));
    let name = documents[at]["metadata"]["name"].clone();
    if let Some(owner) = owner_at(documents, &documents[at]) {
        one_less(&mut documents[owner]["status"], &since);
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
    if let Fate::Goes = fate {
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
    if let Fate::Waits(_) = fate {
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
        match fate {
            Fate::Crashes => {
                let count = container["restartCount"].as_u64().unwrap_or(0);
                container["restartCount"] = json!(count + 6);
                container["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
                let end = json!({ "exitCode": 1, "reason": "Error", "finishedAt": since });
                container["lastState"] = json!({ "terminated": end });
            }
            Fate::Waits(reason) => {
                container["restartCount"] = json!(0);
                container["lastState"] = json!({});
                container["state"] = json!({ "waiting": { "reason": reason } });
            }
            _ => {}
        }
    }
}

/// The owner's count, as its controller has it.
fn one_less(status: &mut Value, since: &Value) {
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
    let is_gone = status["readyReplicas"] == 0;
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Available" && is_gone {
            condition["status"] = json!("False");
            condition["lastTransitionTime"] = since.clone();
        }
    }
}

fn highest(verdict: &Verdict) -> Severity {
    let severities = verdict.incidents.iter().map(|i| i.severity);
    severities.min().unwrap_or(Severity::Sev4)
}

/// The gravest incident that a service is part of.
fn worst_of(verdict: &Verdict, service: &str) -> Severity {
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
