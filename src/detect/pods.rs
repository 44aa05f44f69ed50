//! The state of one pod: ready, starting, or failing and why.
//!
//! The current state counts. Restart counts, earlier ends and events are
//! evidence. The only history that counts is flapping: a pod that is ready now
//! and fails again and again.

use super::flapping;
use super::index::ClusterIndex;
use super::pod_status::{
    RECENT, SETTLING, Symptom, abnormal_end, age, end_text, grace, is_of_earlier_life, is_ready,
    started,
};
use super::waiting;
use crate::cluster::types::{ContainerStatus, Event, Pod, condition};
use crate::inventory::Service;
use crate::model::{Reason, ReasonFlag, Time};

/// The state of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodState {
    /// Ready.
    Ready {
        /// Why it may not stay ready.
        at_risk: Option<Symptom>,
    },
    /// Not ready, and still within the time that a start may take.
    Starting {
        /// Since when it has not been ready.
        since: Time,
    },
    /// Not ready, and it should be.
    Failing(Symptom),
    /// Being deleted: its controller's count decides.
    Terminating,
    /// Ended: its controller's count decides.
    Ended,
}

/// The state of one pod.
#[must_use]
pub fn pod_state(index: &ClusterIndex, pod: &Pod, service: Option<&Service>) -> PodState {
    if pod.has_ended() {
        return PodState::Ended;
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return PodState::Terminating;
    }
    if is_ready(pod) {
        return PodState::Ready {
            at_risk: flapping::symptom(index, pod, service),
        };
    }
    let now = index.now();
    let since = not_ready_since(index, pod);
    let owner = pod.metadata.controller();
    if owner.is_some_and(|o| o.kind == "DaemonSet") && index.is_rebooting(pod.node()) {
        // A drained node still has them, and they are back with it.
        return PodState::Starting { since };
    }
    if let Some((reason, message)) = container_failure(index, pod) {
        let counts_at_once = reason.has(ReasonFlag::CountsAtOnce);
        return if counts_at_once || age(pod, now) >= SETTLING {
            PodState::Failing(Symptom {
                reason,
                since,
                message,
            })
        } else {
            PodState::Starting { since }
        };
    }
    // A node that comes back reports its pods as ready one after the other.
    let node_back = index.node_back_since(pod.node());
    let waits_for_node = node_back.is_some_and(|t| now - t < SETTLING)
        && flapping::node_not_ready(index, pod).is_none()
        && !ends_again(pod);
    if waits_for_node || now - started(index, pod) < grace(pod, service) {
        return PodState::Starting { since };
    }
    PodState::Failing(unready(index, pod, since))
}

/// Why a pod is not ready.
#[must_use]
pub fn unready(index: &ClusterIndex, pod: &Pod, since: Time) -> Symptom {
    let (reason, message) =
        container_failure(index, pod).unwrap_or_else(|| waiting::reason(index, pod));
    Symptom {
        reason,
        since,
        message,
    }
}

/// Since when the pod has not been ready. In a crash loop the pod may be ready
/// for a moment each time, which moves the condition; the loop began with its
/// first failure.
fn not_ready_since(index: &ClusterIndex, pod: &Pod) -> Time {
    let since = ["Ready", "PodScheduled"]
        .iter()
        .filter_map(|kind| condition(&pod.status.conditions, kind))
        .find(|c| !c.is_true())
        .and_then(|c| c.last_transition_time)
        .or(pod.started())
        .unwrap_or(index.now());
    if pod.all_statuses().all(|c| c.restart_count == 0) {
        return since;
    }
    index
        .pod_events(pod)
        .filter(|e| e.reason == "BackOff" && !e.message.contains("pulling image"))
        .filter(|e| e.last().is_some_and(|last| since - last <= RECENT))
        .filter_map(Event::first)
        .fold(since, Time::min)
}

/// The first container that cannot go on, by the kubelet's status.
fn container_failure(index: &ClusterIndex, pod: &Pod) -> Option<(Reason, String)> {
    pod.all_statuses()
        .filter(|c| !c.ready)
        .find_map(|c| blocked(c).or_else(|| crashed(index, pod, c)))
}

/// A container that waits for something that will not come by itself.
pub fn blocked(container: &ContainerStatus) -> Option<(Reason, String)> {
    let waiting = container.state.waiting.as_ref()?;
    let reason = match waiting.reason.as_str() {
        "CrashLoopBackOff" => Reason::CrashLoopBackOff,
        "ImagePullBackOff" => Reason::ImagePullBackOff,
        "ErrImagePull"
        | "RegistryUnavailable"
        | "ImageInspectError"
        | "SignatureValidationFailed" => Reason::ErrImagePull,
        "ErrImageNeverPull" => Reason::ErrImageNeverPull,
        "InvalidImageName" => Reason::InvalidImageName,
        "CreateContainerConfigError" => Reason::CreateContainerConfigError,
        "CreateContainerError" => Reason::CreateContainerError,
        "RunContainerError" | "PreStartHookError" | "PostStartHookError" => {
            Reason::RunContainerError
        }
        _ => return None,
    };
    let name = &container.name;
    let message = if reason == Reason::CrashLoopBackOff {
        let last = container.last_state.terminated.as_deref();
        let last = last.map_or_else(String::new, |t| format!(", last {}", end_text(t)));
        let count = container.restart_count;
        format!("container {name} restarted {count} times{last}")
    } else if waiting.message.is_empty() {
        format!("container {name} is waiting: {}", waiting.reason)
    } else {
        format!("container {name}: {}", waiting.message)
    };
    Some((reason, message))
}

/// A container that ended with an error and has not been ready since.
fn crashed(
    index: &ClusterIndex,
    pod: &Pod,
    container: &ContainerStatus,
) -> Option<(Reason, String)> {
    let end = abnormal_end(index, pod, container)?;
    if let Some(running) = &container.state.running {
        let unready =
            condition(&pod.status.conditions, "Ready").and_then(|c| c.last_transition_time);
        if unready > running.started_at || is_of_earlier_life(index, pod, container) {
            return None;
        }
    }
    let reason = if end.reason == "OOMKilled" {
        Reason::OOMKilled
    } else {
        Reason::Error
    };
    let (name, count) = (&container.name, container.restart_count);
    let message = format!(
        "container {name} {} and was restarted {count} times",
        end_text(end)
    );
    Some((reason, message))
}

/// Whether a container that is to keep running has ended again and again. That is not the
/// node's doing, whatever happened to the node meanwhile.
fn ends_again(pod: &Pod) -> bool {
    const OFTEN: u32 = 3;
    pod.status.container_statuses.iter().any(|c| {
        let ended = c.state.terminated.as_deref();
        c.restart_count >= OFTEN && ended.is_some_and(|end| end.exit_code == 0)
    })
}
