//! When a service gets worse, nothing that is said of it gets milder.

use std::sync::LazyLock;

use k8s_monitor::assess::{Incident, Severity, Status};
use k8s_monitor::verdict::Verdict;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::laws::{Any, CASES};
use crate::support::case::Case;
use crate::support::laws::cases;

/// The cases in which a pod serves, and which documents these are.
static SERVING: LazyLock<Vec<(&'static Case, Vec<usize>)>> = LazyLock::new(|| {
    let cases = CASES.iter().map(|case| {
        let pods = 0..case.documents.len();
        (
            case,
            pods.filter(|&at| serves(case, at)).collect::<Vec<_>>(),
        )
    });
    cases.filter(|(_, pods)| !pods.is_empty()).collect()
});

/// What may befall a pod that serves.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// Its program ends again and again.
    Crashes,
    /// It runs, and its readiness probe fails.
    Fails,
    /// It is gone, and none comes in its place.
    Goes,
}

fn a_blow() -> impl Strategy<Value = Blow> {
    prop::sample::select(vec![Blow::Crashes, Blow::Fails, Blow::Goes])
}

fn a_case_that_serves() -> impl Strategy<Value = (Any, &'static [usize])> {
    any::<Index>().prop_map(|index| {
        let (case, pods) = index.get(&SERVING);
        (Any(case), pods.as_slice())
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn severity_never_falls_when_a_service_gets_worse(
        (Any(case), serving) in a_case_that_serves(),
        victim in any::<Index>(),
        blow in a_blow(),
        minutes in 3_i64..600,
        others in any::<bool>(),
    ) {
        let victim = serving[victim.index(serving.len())];
        let mut documents = case.documents.clone();
        let owner = owner(&documents[victim]);
        for &at in serving {
            // Of its owner's pods this one, or all.
            if at == victim || others && self::owner(&documents[at]) == owner && owner.is_some() {
                strike(&mut documents, at, blow, case, minutes);
            }
        }
        documents.retain(|d| !d.is_null());
        let (before, after) = (case.judge(), case.judge_objects(&documents).unwrap());
        prop_assert!(highest(&after) <= highest(&before), "{:?} became {:?}", titles(&before), titles(&after));
        for service in &before.services {
            let is_struck = after.services.iter().any(|s| s.name == service.name && s.status > service.status);
            if is_struck && service.status != Status::Unknown {
                let (was, is) = (worst_of(&before, &service.name), worst_of(&after, &service.name));
                prop_assert!(is <= was, "{}: {:?} became {:?}", service.name, titles(&before), titles(&after));
            }
        }
    }
}

/// Whether the document is a pod that is ready and has somebody who counts it.
fn serves(case: &Case, at: usize) -> bool {
    let pod = &case.documents[at];
    let ready = pod["status"]["conditions"].as_array().into_iter().flatten();
    let is_ready = ready
        .filter(|c| c["type"] == "Ready")
        .all(|c| c["status"] == "True");
    pod["kind"] == "Pod"
        && pod["status"]["phase"] == "Running"
        && pod["status"]["conditions"].is_array()
        && is_ready
        && pod["metadata"]["deletionTimestamp"].is_null()
        && owner_at(&case.documents, pod).is_some()
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

fn strike(documents: &mut [Value], at: usize, blow: Blow, case: &Case, minutes: i64) {
    let since = case.snapshot.now - chrono::TimeDelta::minutes(minutes);
    let since = json!(since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
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
    for container in pod["status"]["containerStatuses"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        container["ready"] = json!(false);
        if let Blow::Crashes = blow {
            let count = container["restartCount"].as_u64().unwrap_or(0);
            container["restartCount"] = json!(count + 6);
            container["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
            let end = json!({ "exitCode": 1, "reason": "Error", "finishedAt": since });
            container["lastState"] = json!({ "terminated": end });
        }
    }
    if let Blow::Goes = blow {
        *pod = Value::Null;
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
