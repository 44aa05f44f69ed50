//! Pods that are ready now and fail again and again.

use chrono::TimeDelta;

use super::index::{ClusterIndex, RestartCounts};
use super::pod_status::{
    RECENT, SETTLING, Symptom, abnormal_end, age, end_text, probes_allow, started, startup_grace,
};
use crate::cluster::Snapshot;
use crate::cluster::types::{ContainerStatus, Pod};
use crate::inventory::Service;
use crate::model::{Reason, Time};

/// So many failures since the last cycle are flapping.
const FLAPS: f64 = 3.0;

/// Warning events that recur for healthy pods.
const HARMLESS_EVENTS: &[&str] = &[
    "DNSConfigForming",
    "FailedToRetrieveImagePullSecret",
    "PolicyViolation",
    "ProbeWarning",
    "MissingClusterDNS",
    "HostPortConflict",
    "Preempted",
    "Evicted",
];

/// Why a pod that is ready now may not stay ready.
#[must_use]
pub fn symptom(index: &ClusterIndex, pod: &Pod, service: Option<&Service>) -> Option<Symptom> {
    restarts_often(index, pod).or_else(|| event_recurs(index, pod, service))
}

fn restarts_often(index: &ClusterIndex, pod: &Pod) -> Option<Symptom> {
    let now = index.now();
    pod.all_statuses().find_map(|c| {
        let end = abnormal_end(index, pod, c)?;
        let recent = end.finished_at.is_some_and(|t| now - t <= RECENT);
        (recent && restarts_in_look_back(index, pod, c) >= FLAPS).then(|| Symptom {
            reason: Reason::BackOff,
            since: end.finished_at.unwrap_or(now),
            message: format!(
                "container {} restarted {} times, last {}",
                c.name,
                c.restart_count,
                end_text(end)
            ),
        })
    })
}

/// Restarts since the last cycle, where that cycle stored a count; else
/// estimated from their mean rate over the pod's life.
fn restarts_in_look_back(index: &ClusterIndex, pod: &Pod, container: &ContainerStatus) -> f64 {
    let key = key(pod, container);
    // A count below the stored one belongs to a new pod of the same name.
    let since_last = index
        .restarts
        .get(&key)
        .and_then(|&b| container.restart_count.checked_sub(b));
    if let Some(restarts) = since_last {
        return f64::from(restarts);
    }
    let age = age(pod, index.now());
    share(f64::from(container.restart_count), age, index.look_back)
}

/// Restart counts by `namespace/pod/container`, without zeros.
#[must_use]
pub fn restart_counts(snapshot: &Snapshot) -> RestartCounts {
    restarted(snapshot)
        .map(|(pod, container)| (key(pod, container), container.restart_count))
        .collect()
}

/// The counts stored `at` a time, with a zero for containers that existed then
/// and had not restarted, because zeros are not stored.
#[must_use]
pub fn restarts_at(snapshot: &Snapshot, stored: &RestartCounts, at: Option<Time>) -> RestartCounts {
    let mut counts = stored.clone();
    for (pod, container) in restarted(snapshot) {
        let created = pod.metadata.creation_timestamp;
        if at.is_some() && created.is_some_and(|created| Some(created) < at) {
            counts.entry(key(pod, container)).or_insert(0);
        }
    }
    counts
}

fn restarted(snapshot: &Snapshot) -> impl Iterator<Item = (&Pod, &ContainerStatus)> {
    let pods = snapshot.objects.pods.iter();
    pods.flat_map(|pod| {
        let restarted = pod.all_statuses().filter(|c| c.restart_count > 0);
        restarted.map(move |container| (pod, container))
    })
}

fn key(pod: &Pod, container: &ContainerStatus) -> String {
    let meta = &pod.metadata;
    format!("{}/{}/{}", meta.namespace, meta.name, container.name)
}

fn event_recurs(index: &ClusterIndex, pod: &Pod, service: Option<&Service>) -> Option<Symptom> {
    let now = index.now();
    let grace = startup_grace(service)
        .unwrap_or_default()
        .max(probes_allow(pod))
        .max(SETTLING);
    // Probes normally fail while a pod starts.
    let started = started(index, pod);
    index
        .pod_events(pod)
        .filter(|e| !HARMLESS_EVENTS.contains(&e.reason.as_str()))
        .filter(|e| {
            e.last()
                .is_some_and(|t| now - t <= RECENT && t - started > grace)
        })
        .filter(|e| {
            let first = e.first().unwrap_or(now);
            share(f64::from(e.times()), now - first, index.look_back) >= FLAPS
        })
        .max_by_key(|e| e.last())
        .map(|e| Symptom {
            reason: if e.reason == "BackOff" {
                Reason::BackOff
            } else {
                Reason::Unhealthy
            },
            since: e.first().unwrap_or(now),
            message: format!("{} ({} times): {}", e.reason, e.times(), e.message),
        })
}

/// The part of `count` that falls into `window`, if spread evenly over `span`.
#[allow(clippy::cast_precision_loss, reason = "seconds of a pod's life fit")]
fn share(count: f64, span: TimeDelta, window: TimeDelta) -> f64 {
    if span <= window {
        return count;
    }
    count * window.num_seconds() as f64 / span.num_seconds() as f64
}
