//! Rollouts of deployments: their deadline, and the pods that may be missing
//! meanwhile.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::pod_counts::PodCounts;
use super::workload::Workload;
use crate::cluster::types::{Condition, Pod, ReplicaSet, condition};
use crate::model::Time;

/// The progress deadline of a workload that has none of its own.
const DEFAULT_DEADLINE: TimeDelta = TimeDelta::minutes(10);

/// Since when a rollout has been past its deadline: by the controller's
/// condition or, where the controller is late, by the current time.
#[must_use]
pub fn overdue(index: &ClusterIndex, workload: &Workload, counts: &PodCounts) -> Option<Time> {
    let progressing = condition(workload.conditions, "Progressing")?;
    let deadline = TimeDelta::try_seconds(workload.progress_deadline?)?;
    if progressing.is_false() && progressing.reason == "ProgressDeadlineExceeded" {
        return Some(progressing.last_transition_time.unwrap_or(index.now()));
    }
    let has_new_pods = workload
        .updated
        .zip(workload.desired)
        .is_some_and(|(have, want)| have < want)
        || !counts.failing.is_empty();
    let due = last_progress(progressing)?.checked_add_signed(deadline)?;
    (is_unfinished(progressing) && has_new_pods && index.now() > due).then_some(due)
}

/// Whether a rollout within its deadline explains the missing pods: its strategy
/// is satisfied, old replicas are ready, and only new ones fail.
#[must_use]
pub fn may_miss(index: &ClusterIndex, workload: &Workload, counts: &PodCounts) -> bool {
    let is_available = condition(workload.conditions, "Available").is_some_and(Condition::is_true);
    is_available
        && is_within_deadline(index, workload)
        && newest(workload).is_some_and(|newest| {
            let is_new = |pod: &Pod| pod.metadata.label("pod-template-hash") == Some(newest);
            counts.failing.iter().all(|(pod, _)| is_new(pod))
                && workload
                    .pods
                    .iter()
                    .any(|pod| super::pod_status::is_ready(pod) && !is_new(pod))
        })
}

/// By when the canary of an owner other than a deployment should have been
/// ready: one replica set misses pods, and the others serve in full with at
/// least as many.
#[must_use]
pub fn canary_due(workload: &Workload) -> Option<Time> {
    if workload.template.is_some() {
        return None;
    }
    let ready = |set: &ReplicaSet| {
        let of_set = |pod: &&&Pod| {
            let owner = pod.metadata.controller();
            owner.is_some_and(|o| o.name == set.metadata.name) && super::pod_status::is_ready(pod)
        };
        workload.pods.iter().filter(of_set).count()
    };
    let wanted = |set: &ReplicaSet| set.spec.replicas.unwrap_or(1) as usize;
    let sets = workload.replica_sets.iter().copied();
    let sets = sets.filter(|set| wanted(set) > 0);
    let (full, short): (Vec<_>, Vec<_>) = sets.partition(|set| ready(set) >= wanted(set));
    let &[canary] = &short[..] else {
        return None;
    };
    let stable: usize = full.into_iter().map(wanted).sum();
    let created = canary.metadata.creation_timestamp?;
    let due = created.checked_add_signed(DEFAULT_DEADLINE)?;
    (stable >= wanted(canary) && stable > 0).then_some(due)
}

fn is_within_deadline(index: &ClusterIndex, workload: &Workload) -> bool {
    let progressing = condition(workload.conditions, "Progressing").filter(|c| c.is_true());
    let deadline = workload.progress_deadline.and_then(TimeDelta::try_seconds);
    progressing
        .filter(|c| is_unfinished(c))
        .and_then(last_progress)
        .zip(deadline)
        .is_some_and(|(last, deadline)| index.now() - last <= deadline)
}

fn is_unfinished(progressing: &Condition) -> bool {
    progressing.reason != "NewReplicaSetAvailable"
}

fn last_progress(progressing: &Condition) -> Option<Time> {
    progressing
        .last_update_time
        .or(progressing.last_transition_time)
}

/// The hash of the newest template: of the replica set with the highest
/// revision, else of the pod created last.
fn newest<'a>(workload: &Workload<'a>) -> Option<&'a str> {
    let revision = |set: &&&ReplicaSet| {
        let text = set.metadata.annotation("deployment.kubernetes.io/revision");
        text.and_then(|t| t.parse::<u64>().ok())
    };
    let set = workload
        .replica_sets
        .iter()
        .filter(|s| revision(s).is_some())
        .max_by_key(revision);
    let pod = || {
        workload
            .pods
            .iter()
            .max_by_key(|p| p.metadata.creation_timestamp)
    };
    let meta = set
        .map(|s| &s.metadata)
        .or_else(|| pod().map(|p| &p.metadata))?;
    meta.label("pod-template-hash")
}
