//! Pods that are ready now and fail again and again.

use chrono::TimeDelta;

use super::index::{ClusterIndex, RestartCounts};
use super::pod_status::{
    RECENT, SETTLING, Symptom, abnormal_end, age, end_text, probes_allow, started, startup_grace,
};
use crate::cluster::Snapshot;
use crate::cluster::types::{ContainerStatus, Event, Pod};
use crate::inventory::Service;
use crate::model::{Reason, Time};

/// So many failures since the last cycle are flapping.
const FLAPS: f64 = 3.0;

/// What the kubelet says about the containers and probes of a pod, and the
/// symptom that it is when it recurs. Other events are about the node, the
/// sandbox, volumes or the manifest.
const KUBELET_EVENTS: &[(&str, Reason)] = &[
    ("BackOff", Reason::BackOff),
    ("Unhealthy", Reason::Unhealthy),
    ("ProbeError", Reason::Unhealthy),
];

/// Why a pod that is ready now may not stay ready.
#[must_use]
pub fn symptom(index: &ClusterIndex, pod: &Pod, service: Option<&Service>) -> Option<Symptom> {
    restarts_often(index, pod)
        .or_else(|| event_recurs(index, pod, service))
        .or_else(|| node_flaps(index, pod))
}

/// The node of a ready pod was not ready again and again.
fn node_flaps(index: &ClusterIndex, pod: &Pod) -> Option<Symptom> {
    let event = node_not_ready(index, pod)?;
    Some(Symptom {
        reason: Reason::NodeFlapping,
        since: event.first().unwrap_or(index.now()),
        message: format!("node {} was not ready {} times", pod.node(), event.times()),
    })
}

/// The event about a pod by which the node controller says again and again that
/// the pod's node is not ready.
#[must_use]
pub fn node_not_ready<'a>(index: &ClusterIndex<'a>, pod: &Pod) -> Option<&'a Event> {
    index
        .pod_events(pod)
        .find(|e| e.reason == "NodeNotReady" && e.is_from("node-controller") && recurs(index, e))
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
    // Probes normally fail while a pod starts, and while its node is not ready.
    let started = started(index, pod);
    let node_back = index.node_back_since(pod.node());
    let is_settled = |t: Time| t - started > grace && node_back.is_none_or(|b| t - b > SETTLING);
    index
        .pod_events(pod)
        .filter_map(|e| Some((e, symptom_of(e)?)))
        .filter(|(e, _)| e.last().is_some_and(is_settled))
        .filter(|(e, _)| recurs(index, e))
        .max_by_key(|(e, _)| e.last())
        .map(|(e, reason)| Symptom {
            reason,
            since: e.first().unwrap_or(now),
            message: format!("{} ({} times): {}", e.reason, e.times(), e.message),
        })
}

/// Whether an event occurred so often within the look-back that it is no
/// coincidence, and recently.
pub fn recurs(index: &ClusterIndex, event: &Event) -> bool {
    let now = index.now();
    let first = event.first().unwrap_or(now);
    event.last().is_some_and(|t| now - t <= RECENT)
        && share(f64::from(event.times()), now - first, index.look_back) >= FLAPS
}

/// The symptom that an event shows, if the kubelet reports it about a container.
fn symptom_of(event: &Event) -> Option<Reason> {
    let known = KUBELET_EVENTS.iter().find(|(r, _)| event.reason == *r);
    let of_image = event.message.contains("pulling image");
    known
        .filter(|_| event.is_from("kubelet") && !of_image)
        .map(|(_, reason)| *reason)
}

/// The part of `count` that falls into `window`, if spread evenly over `span`.
#[allow(clippy::cast_precision_loss, reason = "seconds of a pod's life fit")]
fn share(count: f64, span: TimeDelta, window: TimeDelta) -> f64 {
    if span <= window {
        return count;
    }
    count * window.num_seconds() as f64 / span.num_seconds() as f64
}
