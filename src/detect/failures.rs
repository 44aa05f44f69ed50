//! Pods that ended for good: a series of pods that replace each other and fail,
//! and pods that nothing replaces.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::pod_status::{RECENT, SETTLING, Symptom};
use super::workload::Workload;
use crate::cluster::types::{Pod, condition};
use crate::model::{Reason, Time};

/// So many failed pods are not a coincidence.
const REPEATED: usize = 3;
/// A replacement may be created this long before the end of its predecessor is recorded.
const OVERLAP: TimeDelta = TimeDelta::seconds(5);

/// Pods that failed one after the other, each the replacement of the one before.
pub struct FailedSeries<'a> {
    /// How many.
    pub count: usize,
    /// When the first of them started.
    pub since: Time,
    /// The last of them.
    pub last: &'a Pod,
    /// When it ended.
    pub ended: Time,
    /// The longest life of one of them.
    longest: TimeDelta,
}

impl<'a> FailedSeries<'a> {
    /// Finds the series among the pods that failed within the look-back. Pods
    /// that failed side by side, or that the end of their node took, are none.
    #[must_use]
    pub fn of(index: &ClusterIndex, pods: &[&'a Pod]) -> Option<Self> {
        let mut lives: Vec<_> = pods
            .iter()
            .filter(|pod| !ended_with_node(index, pod))
            .filter_map(|&pod| Some((ended(pod)?, pod.started()?, pod)))
            .collect();
        lives.sort_by_key(|(end, start, pod)| (*end, *start, &pod.metadata.name));
        let mut chain: Vec<(Time, Time, &Pod)> = Vec::new();
        for life in lives {
            if chain
                .last()
                .is_none_or(|(end, _, _)| *end - life.1 <= OVERLAP)
            {
                chain.push(life);
            }
        }
        let (&(_, since, _), &(ended, _, last)) = (chain.first()?, chain.last()?);
        let longest = chain.iter().map(|(end, start, _)| *end - *start).max()?;
        (chain.len() >= REPEATED).then_some(Self {
            count: chain.len(),
            since,
            last,
            ended,
            longest,
        })
    }

    /// Whether the next failure is to be expected: the last was a few minutes ago.
    #[must_use]
    pub fn goes_on(&self, now: Time) -> bool {
        now - self.ended <= RECENT
    }

    /// Whether none of the pods served for minutes.
    #[must_use]
    pub fn never_lasted(&self) -> bool {
        self.longest < SETTLING
    }

    /// The symptom of a pod that is the next in the series.
    #[must_use]
    pub fn symptom(&self) -> Symptom {
        let lived = (self.ended - self.last.started().unwrap_or(self.ended)).num_seconds();
        let (count, how) = (self.count, ended_how(self.last));
        Symptom {
            reason: reason(self.last),
            since: self.since,
            message: format!(
                "{count} pods failed one after the other; the last, {lived} s after its start: {how}"
            ),
        }
    }
}

/// Why a pod that ended for good is a replica that is missing: nothing has
/// replaced it. Controllers of Kubernetes replace their pods themselves.
#[must_use]
pub fn unreplaced(index: &ClusterIndex, workload: &Workload, pod: &Pod) -> Option<Symptom> {
    let is_replaced_by_controller = matches!(
        workload.kind,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController"
    );
    if is_replaced_by_controller || !pod.is_lost() {
        return None;
    }
    let since = ended(pod).or(pod.started()).unwrap_or(index.now());
    let earlier = |other: &Pod| ended(other).is_some_and(|t| t <= since);
    let failed = workload.pods.iter().filter(|p| p.is_lost());
    let to_replace = failed.filter(|p| earlier(p)).count();
    let successors = successors(index, workload, pod);
    (successors < to_replace).then(|| Symptom {
        reason: reason(pod),
        since,
        message: format!("pod {}: {}", pod.metadata.name, ended_how(pod)),
    })
}

/// How many living pods were created since a pod of the same owner; for a pod
/// without an owner, those with its labels.
fn successors(index: &ClusterIndex, workload: &Workload, pod: &Pod) -> usize {
    let meta = &pod.metadata;
    let is_alive = |p: &&Pod| !p.has_ended() && p.metadata.deletion_timestamp.is_none();
    if workload.kind != "Pod" {
        let end = ended(pod);
        let later = |p: &&Pod| {
            let created = p.metadata.creation_timestamp;
            end.zip(created).is_some_and(|(end, t)| end - t <= OVERLAP)
        };
        let pods = workload.pods.iter().copied();
        return pods.filter(is_alive).filter(later).count();
    }
    if meta.labels.iter().next().is_none() {
        return 0;
    }
    let has_labels = |p: &&Pod| {
        let labels = &p.metadata.labels;
        meta.labels.iter().all(|(k, v)| labels.get(k) == Some(v))
    };
    let here = index.workloads_in(&meta.namespace);
    let pods = here.flat_map(|w| w.pods.iter().copied());
    pods.filter(is_alive).filter(has_labels).count()
}

/// When a pod ended: its last container, else the pod's own condition.
fn ended(pod: &Pod) -> Option<Time> {
    let containers = pod.status.container_statuses.iter();
    let finished = containers.filter_map(|c| c.state.terminated.as_ref()?.finished_at);
    let unready = condition(&pod.status.conditions, "Ready").filter(|c| !c.is_true());
    finished
        .max()
        .or_else(|| unready?.last_transition_time)
        .or_else(|| pod.started())
}

/// Whether the pod ended because its node shut down, or before the node was
/// fully back: devices and labels may be late.
fn ended_with_node(index: &ClusterIndex, pod: &Pod) -> bool {
    let shut_down = matches!(
        pod.status.reason.as_str(),
        "Terminated" | "NodeShutdown" | "Shutdown" | "NodeLost"
    );
    let back = index.node_back_since(pod.node());
    shut_down
        || ended(pod)
            .zip(back)
            .is_some_and(|(t, back)| t - back < SETTLING)
}

fn reason(pod: &Pod) -> Reason {
    if pod.status.reason == "Evicted" {
        Reason::Evicted
    } else {
        Reason::Error
    }
}

fn ended_how(pod: &Pod) -> String {
    let how = [&pod.status.reason, &pod.status.message].map(|t| t.trim());
    how.join(" ").trim().to_owned()
}
