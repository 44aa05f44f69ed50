//! Deployments, stateful sets, daemon sets and pods on their own: how many
//! pods serve of how many that should, and what the others are at.

use chrono::TimeDelta;

use super::finding::{Effect, FactKind, Finding, PodRef, Reason};
use super::pods::{self, PodState, SETTLING, Symptom};
use super::view::{View, Workload};
use crate::cluster::Resource;
use crate::cluster::objects::{Condition, Pod, Time, condition};
use crate::inventory::{KnownIssueKind, Service};

/// The state of one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadState {
    /// In one word.
    pub health: Health,
    /// Pods that serve.
    pub ready: u32,
    /// Pods that should.
    pub desired: u32,
    /// Since when it is not healthy.
    pub since: Option<Time>,
}

/// How a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As many pods serve as should.
    Healthy,
    /// They serve, and keep falling over.
    AtRisk,
    /// What is missing is within its time.
    Starting,
    /// Some are missing.
    Degraded,
    /// None serves.
    Unavailable,
    /// None should.
    ScaledToZero,
    /// Not enough was read to tell.
    Unknown,
}

/// Judges every workload; states stand in the order of `view.workloads`.
#[must_use]
pub fn detect(view: &View) -> (Vec<WorkloadState>, Vec<Finding>) {
    let mut findings = Vec::new();
    let states = view
        .workloads
        .iter()
        .map(|w| {
            let (state, finding) = judge(view, w);
            findings.extend(finding);
            state
        })
        .collect();
    (states, findings)
}

/// The pods of a workload by what they are at.
struct Tally<'a> {
    ready: u32,
    at_risk: Vec<(&'a Pod, Symptom)>,
    starting: Vec<(&'a Pod, Time)>,
    failing: Vec<(&'a Pod, Symptom)>,
}

fn judge(view: &View, workload: &Workload) -> (WorkloadState, Option<Finding>) {
    if !view.snapshot.is_read(Resource::Pods) {
        return from_status(view, workload);
    }
    let service = view.service_of(workload);
    let tally = tally(view, workload, service);
    let desired = desired(workload, &tally);
    let state = |health, since| WorkloadState {
        health,
        ready: tally.ready,
        desired,
        since,
    };
    let draft = |reason, since, effect| {
        let mut finding = Finding::new(reason, workload.reference(), since, effect);
        finding.service = service.map(|s| s.name.clone());
        finding
    };
    if desired == 0 {
        return (state(Health::ScaledToZero, None), None);
    }
    if tally.ready >= desired {
        return serving(view, workload, &tally, state, draft);
    }
    let missing = desired - tally.ready;
    let in_time = u32::try_from(tally.starting.len()).unwrap_or(u32::MAX);
    if tally.failing.is_empty() && in_time >= missing {
        let since = tally
            .starting
            .iter()
            .map(|(_, t)| *t)
            .min()
            .unwrap_or(view.now());
        return (
            state(Health::Starting, Some(since)),
            slow_start(service, &tally, since, draft),
        );
    }
    let (health, effect) = if tally.ready == 0 {
        (Health::Unavailable, Effect::Unavailable)
    } else {
        (Health::Degraded, Effect::Degraded)
    };
    if let Some(worst) = worst(&tally.failing) {
        let since = down_since(workload, &tally, desired);
        let mut finding = draft(worst.reason, since, effect);
        finding.message = format!("{} of {desired} pods not ready: {}", missing, worst.message);
        finding.pods = failing_pods(&tally);
        return (state(health, Some(since)), Some(finding));
    }
    missing_pods(
        view,
        workload,
        &tally,
        missing,
        state,
        draft,
        (health, effect),
    )
}

fn tally<'a>(view: &View<'a>, workload: &Workload<'a>, service: Option<&Service>) -> Tally<'a> {
    let mut tally = Tally {
        ready: 0,
        at_risk: vec![],
        starting: vec![],
        failing: vec![],
    };
    for &pod in &workload.pods {
        match pods::judge(view, pod, service) {
            PodState::Ready { at_risk } => {
                tally.ready += 1;
                tally.at_risk.extend(at_risk.map(|s| (pod, s)));
            }
            PodState::Starting { since } => tally.starting.push((pod, since)),
            PodState::Failing(symptom) => tally.failing.push((pod, symptom)),
            PodState::Gone => {}
        }
    }
    tally
}

/// What the workload asks for; of pods without a known keeper, all that have not ended.
fn desired(workload: &Workload, tally: &Tally) -> u32 {
    workload.desired.unwrap_or_else(|| {
        let open = tally.starting.len() + tally.failing.len();
        tally.ready + u32::try_from(open).unwrap_or(u32::MAX)
    })
}

/// Enough pods serve. What may still be wrong: they flap, or a newer version does not come up.
fn serving(
    view: &View,
    workload: &Workload,
    tally: &Tally,
    state: impl Fn(Health, Option<Time>) -> WorkloadState,
    draft: impl Fn(Reason, Time, Effect) -> Finding,
) -> (WorkloadState, Option<Finding>) {
    if let Some((_, symptom)) = tally.at_risk.iter().min_by_key(|(_, s)| s.since) {
        let mut finding = draft(symptom.reason, symptom.since, Effect::AtRisk);
        finding.message = format!("serves now, but {}", symptom.message);
        finding.pods = tally.at_risk.iter().map(|(pod, _)| pod_ref(pod)).collect();
        return (state(Health::AtRisk, Some(symptom.since)), Some(finding));
    }
    if let Some(since) = rollout_overdue(view, workload) {
        let mut finding = draft(Reason::ProgressDeadlineExceeded, since, Effect::Impaired);
        let how = worst(&tally.failing).map_or_else(String::new, |s| format!(": {}", s.message));
        finding.message = format!("the new version does not come up, the old one serves{how}");
        finding.pods = failing_pods(tally);
        return (state(Health::Healthy, None), Some(finding));
    }
    let unread_keeper = workload.desired.is_none() && keeper_is_unread(view, workload);
    let health = if unread_keeper {
        Health::Unknown
    } else {
        Health::Healthy
    };
    (state(health, None), None)
}

/// A pod whose keeper was not read: all its pods may serve and others be missing.
fn keeper_is_unread(view: &View, workload: &Workload) -> bool {
    let resource = match workload.kind {
        "Deployment" => Resource::Deployments,
        "StatefulSet" => Resource::StatefulSets,
        "DaemonSet" => Resource::DaemonSets,
        "ReplicaSet" => Resource::ReplicaSets,
        _ => return false,
    };
    !view.snapshot.is_read(resource)
}

/// Since when a rollout has been past its deadline, by the controller's word
/// or, where the controller is late, by the clock.
fn rollout_overdue(view: &View, workload: &Workload) -> Option<Time> {
    let deadline = TimeDelta::try_seconds(workload.progress_deadline?)?;
    let progressing = condition(workload.conditions, "Progressing")?;
    if progressing.is_false() && progressing.reason == "ProgressDeadlineExceeded" {
        return Some(progressing.last_transition_time.unwrap_or(view.now()));
    }
    let last = progressing
        .last_update_time
        .or(progressing.last_transition_time)?;
    let unfinished = progressing.reason != "NewReplicaSetAvailable"
        && workload
            .updated
            .zip(workload.desired)
            .is_some_and(|(have, want)| have < want);
    (unfinished && view.now() - last > deadline).then_some(last + deadline)
}

/// A start that the services file says is slow, so that the report can say how long to wait.
fn slow_start(
    service: Option<&Service>,
    tally: &Tally,
    since: Time,
    draft: impl Fn(Reason, Time, Effect) -> Finding,
) -> Option<Finding> {
    let issue = service?.known_issue(|k| matches!(k, KnownIssueKind::SlowStartup { .. }))?;
    let mut finding = draft(Reason::ContainersNotReady, since, Effect::Starting);
    finding.message = "still within its documented start".to_owned();
    finding.known_issue = Some(issue.text.clone());
    finding.pods = tally.starting.iter().map(|(pod, _)| pod_ref(pod)).collect();
    Some(finding)
}

/// Pods that should exist and do not.
fn missing_pods(
    view: &View,
    workload: &Workload,
    tally: &Tally,
    missing: u32,
    state: impl Fn(Health, Option<Time>) -> WorkloadState,
    draft: impl Fn(Reason, Time, Effect) -> Finding,
    (health, effect): (Health, Effect),
) -> (WorkloadState, Option<Finding>) {
    let now = view.now();
    let desired = tally.ready + missing;
    if let Some(refused) = replica_failure(workload) {
        let since = refused.last_transition_time.unwrap_or(now);
        let mut finding = draft(Reason::FailedCreate, since, effect);
        finding.message = format!(
            "{missing} of {desired} pods could not be created: {}",
            refused.message
        );
        finding.fact(
            FactKind::Object,
            format!("condition ReplicaFailure: {}", refused.message),
        );
        return (state(health, Some(since)), Some(finding));
    }
    let since = condition(workload.conditions, "Available")
        .filter(|c| c.is_false())
        .and_then(|c| c.last_transition_time)
        .or(workload.meta.creation_timestamp)
        .filter(|t| tally.ready == 0 || *t > now - SETTLING)
        .unwrap_or(now - SETTLING);
    if now - since < SETTLING {
        return (state(Health::Starting, Some(since)), None);
    }
    let refused = refusal_event(view, workload);
    let reason = if refused.is_some() {
        Reason::FailedCreate
    } else {
        Reason::MinimumReplicasUnavailable
    };
    let mut finding = draft(reason, since, effect);
    finding.message = match refused {
        Some(message) => format!("{missing} of {desired} pods could not be created: {message}"),
        None => format!("{missing} of {desired} pods do not exist"),
    };
    finding.pods = tally.starting.iter().map(|(pod, _)| pod_ref(pod)).collect();
    (state(health, Some(since)), Some(finding))
}

/// The refusal that leaves no pod at all: quota, service account, admission.
fn replica_failure<'a>(workload: &'a Workload) -> Option<&'a Condition> {
    let refused = |conditions: &'a [Condition]| {
        condition(conditions, "ReplicaFailure").filter(|c| c.is_true())
    };
    refused(workload.conditions).or_else(|| {
        workload
            .replica_sets
            .iter()
            .filter(|set| set.spec.replicas != Some(0))
            .find_map(|set| refused(&set.status.conditions))
    })
}

/// Stateful and daemon sets have no such condition: their events say it.
fn refusal_event(view: &View, workload: &Workload) -> Option<String> {
    let meta = workload.meta;
    let of_sets = workload
        .replica_sets
        .iter()
        .filter(|set| set.spec.replicas != Some(0))
        .flat_map(|set| view.events("ReplicaSet", &set.metadata.namespace, &set.metadata.name));
    view.events(kind_of(workload), &meta.namespace, &meta.name)
        .iter()
        .chain(of_sets)
        .filter(|e| e.reason == "FailedCreate")
        .max_by_key(|e| e.last())
        .map(|e| e.message.clone())
}

fn kind_of(workload: &Workload) -> &'static str {
    match workload.kind {
        "StatefulSet" => "StatefulSet",
        "DaemonSet" => "DaemonSet",
        _ => "Deployment",
    }
}

/// Since when: unavailable since the last pod went, degraded since the first did.
fn down_since(workload: &Workload, tally: &Tally, desired: u32) -> Time {
    let times = || {
        let failing = tally.failing.iter().map(|(_, s)| s.since);
        failing.chain(tally.starting.iter().map(|(_, t)| *t))
    };
    let first = times().min().unwrap_or_default();
    if tally.ready > 0 {
        return first;
    }
    let last = times().max().unwrap_or(first);
    // Pods are replaced while the outage goes on; the workload remembers.
    let unavailable = condition(workload.conditions, "Available")
        .filter(|c| c.is_false())
        .and_then(|c| c.last_transition_time);
    let all_replaced = unavailable.is_some_and(|t| {
        tally
            .failing
            .iter()
            .all(|(pod, _)| pod.metadata.creation_timestamp > Some(t))
    });
    match unavailable {
        Some(t) if desired == 1 || all_replaced => t.min(last),
        _ => last,
    }
}

/// The symptom that says most; of equals, the oldest.
fn worst<'a>(failing: &'a [(&Pod, Symptom)]) -> Option<&'a Symptom> {
    let vague = |r: Reason| {
        matches!(
            r,
            Reason::ContainersNotReady | Reason::ContainerCreating | Reason::Pending
        )
    };
    failing
        .iter()
        .map(|(_, symptom)| symptom)
        .min_by_key(|s| (vague(s.reason), s.since))
}

fn failing_pods(tally: &Tally) -> Vec<PodRef> {
    tally.failing.iter().map(|(pod, _)| pod_ref(pod)).collect()
}

fn pod_ref(pod: &Pod) -> PodRef {
    PodRef {
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        node: pod.node().to_owned(),
    }
}

/// Pods could not be read: a workload's own word can prove an outage, never health.
fn from_status(view: &View, workload: &Workload) -> (WorkloadState, Option<Finding>) {
    let desired = workload.desired.unwrap_or(0);
    let ready = workload.reported_ready;
    let state = |health, since| WorkloadState {
        health,
        ready,
        desired,
        since,
    };
    if workload.desired == Some(0) {
        return (state(Health::ScaledToZero, None), None);
    }
    let down = condition(workload.conditions, "Available")
        .filter(|c| c.is_false() && ready == 0)
        .and_then(|c| c.last_transition_time)
        .filter(|t| view.now() - *t >= SETTLING);
    let Some(since) = down else {
        return (state(Health::Unknown, None), None);
    };
    let mut finding = Finding::new(
        Reason::MinimumReplicasUnavailable,
        workload.reference(),
        since,
        Effect::Unavailable,
    );
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message =
        format!("0 of {desired} pods ready by the workload's own status; pods could not be read");
    (state(Health::Unavailable, Some(since)), Some(finding))
}
