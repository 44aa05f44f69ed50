//! Runs that have not ended: whether they can start, and whether they crash without end.
//!
//! A run need not be ready, and a job that retries has not failed. So only what keeps a pod from
//! starting counts, and a crash loop that is longer than retries usually are.

use chrono::TimeDelta;

use super::job::{is_unfinished, started_at};
use crate::cluster::types::{Job, Pod};
use crate::detect::index::ClusterIndex;
use crate::detect::pod_status::{RECENT, SETTLING, Symptom, abnormal_end, end_text, is_ready};
use crate::detect::pods::{PodState, blocked, pod_state};
use crate::inventory::Service;
use crate::model::{Reason, ReasonFlag, Time};

/// Retries that are normal: Kubernetes' own `backoffLimit`. They take about ten minutes.
const RETRIES: u32 = 6;

/// An init container of a run may take so long.
const LONG: TimeDelta = TimeDelta::hours(1);

/// What keeps a run from ending.
pub struct Trouble<'a> {
    /// The symptom of its worst pod.
    pub symptom: Symptom,
    /// The pods that show it.
    pub pods: Vec<&'a Pod>,
}

/// How long to wait before trouble counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It may still start or succeed by itself.
    Usual,
    /// Its work is overdue already.
    None,
}

/// What keeps an unfinished job from ending.
pub fn of_job<'a>(
    index: &ClusterIndex<'a>,
    job: &Job,
    service: Option<&Service>,
    patience: Patience,
) -> Option<Trouble<'a>> {
    if !is_unfinished(job) {
        return None;
    }
    let meta = &job.metadata;
    let pods = index.runs.of("Job", &meta.namespace, &meta.name);
    of_pods(index, pods, service, patience)
        .or_else(|| replaced_again_and_again(index, job, pods))
        .or_else(|| without_pods(index, job, pods))
}

/// What keeps the pods of one run from ending.
pub fn of_pods<'a>(
    index: &ClusterIndex<'a>,
    pods: &[&'a Pod],
    service: Option<&Service>,
    patience: Patience,
) -> Option<Trouble<'a>> {
    let is_at_work = pods.iter().any(|pod| is_ready(pod));
    let found: Vec<_> = pods
        .iter()
        .filter_map(|pod| Some((*pod, of_pod(index, pod, service, patience)?)))
        // Pods that work side by side may wait for each other's place.
        .filter(|(_, symptom)| !is_at_work || symptom.reason != Reason::FailedScheduling)
        .collect();
    let worst = found
        .iter()
        .min_by_key(|(_, s)| (s.reason.has(ReasonFlag::Vague), s.since))?;
    Some(Trouble {
        symptom: worst.1.clone(),
        pods: found.iter().map(|(pod, _)| *pod).collect(),
    })
}

fn of_pod(
    index: &ClusterIndex,
    pod: &Pod,
    service: Option<&Service>,
    patience: Patience,
) -> Option<Symptom> {
    match pod_state(index, pod, service) {
        PodState::Failing(symptom) => match symptom.reason {
            Reason::ContainersNotReady => None,
            // What prepares a run may be its work.
            Reason::PodInitializing => (index.now() - symptom.since >= LONG).then_some(symptom),
            Reason::CrashLoopBackOff | Reason::Error | Reason::OOMKilled => {
                crashes_for_long(index, pod, symptom.since, patience).then_some(symptom)
            }
            _ => Some(symptom),
        },
        PodState::Ready { .. } => between_two_crashes(index, pod),
        PodState::Starting { since } if patience == Patience::None => {
            let (reason, message) = pod.all_statuses().find_map(blocked)?;
            Some(Symptom {
                reason,
                since,
                message,
            })
        }
        PodState::Starting { .. } | PodState::Terminating | PodState::Ended => None,
    }
}

/// Whether the retries of a pod are more than usual.
fn crashes_for_long(index: &ClusterIndex, pod: &Pod, since: Time, patience: Patience) -> bool {
    let is_long_ago = |t: Time| index.now() - t >= RECENT;
    let restarts = pod.all_statuses().map(|c| c.restart_count).max();
    let is_long = match restarts.unwrap_or(0) {
        // It is never restarted, and leaves another container running.
        0 => pod
            .all_statuses()
            .filter_map(|c| c.state.terminated.as_deref())
            .filter(|end| end.exit_code != 0)
            .all(|end| end.finished_at.is_some_and(is_long_ago)),
        restarts => restarts > RETRIES || is_long_ago(since),
    };
    is_long || patience == Patience::None
}

/// A crash loop while its container runs for a moment.
fn between_two_crashes(index: &ClusterIndex, pod: &Pod) -> Option<Symptom> {
    let now = index.now();
    pod.all_statuses().find_map(|c| {
        let end = abnormal_end(index, pod, c)?;
        let finished = end.finished_at?;
        (c.restart_count > RETRIES && now - finished <= RECENT).then(|| Symptom {
            reason: Reason::CrashLoopBackOff,
            since: pod.started().unwrap_or(finished),
            message: format!(
                "container {} restarted {} times, last {}",
                c.name,
                c.restart_count,
                end_text(end)
            ),
        })
    })
}

/// A job whose pods fail one after the other, more often than jobs usually retry.
fn replaced_again_and_again<'a>(
    index: &ClusterIndex,
    job: &Job,
    pods: &[&'a Pod],
) -> Option<Trouble<'a>> {
    let failed: Vec<_> = pods
        .iter()
        .copied()
        .filter(|pod| pod.status.phase == "Failed")
        .collect();
    let last = failed.iter().max_by_key(|pod| pod.started())?;
    let is_over = job.status.failed <= RETRIES || job.status.succeeded > 0;
    if is_over || pods.iter().any(|pod| pod.status.phase == "Succeeded") {
        return None;
    }
    let how = last
        .all_statuses()
        .find_map(|c| abnormal_end(index, last, c))
        .map_or_else(String::new, |end| format!("; the last {}", end_text(end)));
    let count = job.status.failed;
    Some(Trouble {
        symptom: Symptom {
            reason: Reason::Error,
            since: started_at(job).unwrap_or(index.now()),
            message: format!("{count} pods failed one after the other{how}"),
        },
        pods: vec![last],
    })
}

/// A job whose pods the API server refuses to create.
fn without_pods<'a>(index: &ClusterIndex, job: &Job, pods: &[&Pod]) -> Option<Trouble<'a>> {
    if !pods.is_empty() {
        return None;
    }
    let meta = &job.metadata;
    let events = index.events("Job", &meta.namespace, &meta.name).iter();
    let refused = events
        .filter(|e| e.reason == "FailedCreate")
        .max_by_key(|e| e.last())?;
    let since = refused.first().or(started_at(job))?;
    let symptom = Symptom {
        reason: Reason::FailedCreate,
        since,
        message: refused.message.to_string(),
    };
    (index.now() - since >= SETTLING).then_some(Trouble {
        symptom,
        pods: Vec::new(),
    })
}

/// Since when the first of several runs is in trouble, and all their pods.
pub fn join(runs: Vec<Trouble>) -> Option<Trouble> {
    let pods: Vec<_> = runs.iter().flat_map(|run| run.pods.clone()).collect();
    let since: Option<Time> = runs.iter().map(|run| run.symptom.since).min();
    let mut runs = runs.into_iter();
    let first = runs.next()?;
    let worst = runs.fold(first, |worst, run| {
        let key = |t: &Trouble| (t.symptom.reason.has(ReasonFlag::Vague), t.symptom.since);
        if key(&run) < key(&worst) { run } else { worst }
    });
    let mut symptom = worst.symptom;
    symptom.since = since.unwrap_or(symptom.since);
    Some(Trouble { symptom, pods })
}
