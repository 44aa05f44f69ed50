//! What the status of a pod says: whether it is ready, when it started, and how
//! its containers ended.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::running::{is_sidecar, runs_on};
use crate::cluster::types::{Container, ContainerStatus, Pod, Probe, Terminated, condition};
use crate::inventory::Service;
use crate::model::{PodRef, Reason, Time};

/// Pull secrets, volumes and endpoints may arrive this late without a fault.
pub const SETTLING: TimeDelta = TimeDelta::minutes(2);
/// A failure this recent still counts as present.
pub const RECENT: TimeDelta = TimeDelta::minutes(10);
/// The kubelet has reported a restart after this time.
const REPORTED: TimeDelta = TimeDelta::seconds(30);
/// A run of this length has nothing to do with the end before it.
const LONG_RUN: TimeDelta = TimeDelta::hours(1);
/// Upper bound of what probes allow: a longer start would hide an outage.
const LONGEST_START: TimeDelta = TimeDelta::hours(2);

/// What is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// Its reason.
    pub reason: Reason,
    /// Since when.
    pub since: Time,
    /// What was observed, as one clause.
    pub message: String,
}

/// The reference of a pod, with its node.
#[must_use]
pub fn pod_ref(pod: &Pod) -> PodRef {
    PodRef {
        namespace: pod.metadata.namespace.to_string(),
        name: pod.metadata.name.to_string(),
        node: pod.node().to_owned(),
    }
}

/// The references of several pods.
pub fn pod_refs<'p>(pods: impl Iterator<Item = &'p Pod>) -> Vec<PodRef> {
    pods.map(pod_ref).collect()
}

/// Whether a pod is running with the Ready condition true. The condition counts
/// before the containers' own flags, which stay true when the kubelet stops
/// reporting.
#[must_use]
pub fn is_ready(pod: &Pod) -> bool {
    pod.status.phase == "Running"
        && match condition(&pod.status.conditions, "Ready") {
            Some(ready) => ready.is_true(),
            None => {
                !pod.status.container_statuses.is_empty()
                    && pod.status.container_statuses.iter().all(|c| c.ready)
            }
        }
}

/// When the current start began: the start of the pod, or of a container that
/// was started again after an orderly end, such as a reboot.
#[must_use]
pub fn started(index: &ClusterIndex, pod: &Pod) -> Time {
    let pod_started = pod.started().unwrap_or(index.now());
    pod.all_statuses()
        .filter(|c| runs_on(pod, &c.name))
        .filter(|c| !c.ready && abnormal_end(index, pod, c).is_none())
        .filter_map(|c| c.state.running.as_ref()?.started_at)
        .fold(pod_started, Time::max)
}

/// The time since the pod started.
#[must_use]
pub fn age(pod: &Pod, now: Time) -> TimeDelta {
    pod.started().map_or(TimeDelta::MAX, |t| now - t)
}

/// How long a pod may take to become ready by the services file, if it says.
#[must_use]
pub fn startup_grace(service: Option<&Service>) -> Option<TimeDelta> {
    TimeDelta::from_std(service?.startup_grace?).ok()
}

/// How long a pod may take to become ready by its own probes.
#[must_use]
pub fn probes_allow(pod: &Pod) -> TimeDelta {
    let after_delay = |p: &Probe, periods: i64| {
        let period = p.period_seconds.unwrap_or(10);
        let delay = p.initial_delay_seconds.unwrap_or(0);
        delay.saturating_add(period.saturating_mul(periods))
    };
    let until_ready = |p: &Probe| after_delay(p, 1);
    let until_failed = |p: &Probe| after_delay(p, p.failure_threshold.unwrap_or(3));
    let startup = |c: &Container| c.startup_probe.as_deref().map_or(0, until_failed);
    let serving = |c: &Container| {
        let readiness = c.readiness_probe.as_deref().map_or(0, until_ready);
        let liveness = c.liveness_probe.as_deref().map_or(0, until_failed);
        readiness.max(liveness)
    };
    // Sidecars start one after the other, each when the one before it has started.
    let sidecars = || pod.spec.init_containers.iter().filter(|c| is_sidecar(c));
    let before = sidecars().map(startup).fold(0, i64::saturating_add);
    let containers = pod.spec.containers.iter();
    let containers = containers.map(|c| startup(c).saturating_add(serving(c)));
    let slowest = containers.chain(sidecars().map(serving)).max();
    let seconds = before.saturating_add(slowest.unwrap_or(0));
    TimeDelta::try_seconds(seconds).map_or(LONGEST_START, |d| d.min(LONGEST_START))
}

/// How long a pod may take to become ready.
#[must_use]
pub fn grace(pod: &Pod, service: Option<&Service>) -> TimeDelta {
    startup_grace(service).unwrap_or_else(|| probes_allow(pod).max(SETTLING))
}

/// How the container's newest run ended, if with an error of its own: not an
/// orderly end, and not caused by an outage of its node.
#[must_use]
pub fn abnormal_end<'a>(
    index: &ClusterIndex,
    pod: &Pod,
    container: &'a ContainerStatus,
) -> Option<&'a Terminated> {
    let end = container
        .state
        .terminated
        .as_deref()
        .or(container.last_state.terminated.as_deref())?;
    (end.exit_code != 0 && !is_by_node(index, pod, end)).then_some(end)
}

/// Whether the node ended a container: the kubelet lost it, or the node was down
/// or rebooted afterwards.
fn is_by_node(index: &ClusterIndex, pod: &Pod, end: &Terminated) -> bool {
    let lost = match end.reason.as_str() {
        "ContainerStatusUnknown" => true,
        "Unknown" | "" => end.exit_code == 255,
        _ => false,
    };
    lost || end.finished_at.is_some_and(|finished| {
        let back = index.node_back_since(pod.node());
        back.is_some_and(|back| back > finished && !went_on(index, pod, finished, back))
    })
}

/// Whether the kubelet waited to start the container again after it had ended and before
/// the node was in trouble.
fn went_on(index: &ClusterIndex, pod: &Pod, finished: Time, back: Time) -> bool {
    let mut events = index.pod_events(pod).filter(|e| e.reason == "BackOff");
    events.any(|e| e.last().is_some_and(|t| t > finished && t < back))
}

/// Whether the container's last end belongs to an earlier life: the present run has been
/// ready since, or has gone on for a long time.
#[must_use]
pub fn is_of_earlier_life(index: &ClusterIndex, pod: &Pod, container: &ContainerStatus) -> bool {
    if container.ready {
        return false;
    }
    let Some(began) = container.state.running.as_ref().and_then(|r| r.started_at) else {
        return false;
    };
    let unready = condition(&pod.status.conditions, "Ready")
        .filter(|c| !c.is_true())
        .and_then(|c| c.last_transition_time);
    // The kubelet reports a restart within seconds.
    let was_ready = unready.is_some_and(|t| t - began > REPORTED);
    was_ready || index.now() - began > LONG_RUN
}

/// The end of a container as text: `ended with exit code 1`.
#[must_use]
pub fn end_text(end: &Terminated) -> String {
    let code = end.exit_code;
    match end.reason.as_str() {
        "OOMKilled" => format!("was OOM-killed (exit code {code})"),
        "" | "Error" => format!("ended with exit code {code}"),
        other => format!("ended with exit code {code} ({other})"),
    }
}
