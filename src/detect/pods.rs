//! One pod: does it serve, is it starting, or what is wrong with it.
//!
//! Current state is the truth. Restart counts, old terminations and events
//! are evidence, and the only history that counts is flapping: a pod that is
//! ready at this moment but keeps falling over.

use chrono::TimeDelta;

use super::flapping;
use super::index::ClusterIndex;
use crate::cluster::types::{ContainerStatus, Event, Pod, Probe, Terminated, condition};
use crate::inventory::Service;
use crate::model::{PodRef, Reason, Time};

/// Names a pod and the node that it is on.
#[must_use]
pub fn pod_ref(pod: &Pod) -> PodRef {
    PodRef {
        namespace: pod.metadata.namespace.to_string(),
        name: pod.metadata.name.to_string(),
        node: pod.node().to_owned(),
    }
}

/// Pull secrets, volumes and the like may arrive this late without anything being wrong.
pub const SETTLING: TimeDelta = TimeDelta::minutes(2);
/// A failure this recent is present, not history.
pub(super) const RECENT: TimeDelta = TimeDelta::minutes(10);
/// Probes that allow more than this would hide an outage.
const LONGEST_START: TimeDelta = TimeDelta::hours(2);
/// What a pod is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodState {
    /// Serving; `at_risk` tells why it may not for long.
    Ready {
        /// Why it may not serve for long.
        at_risk: Option<Symptom>,
    },
    /// Not ready, and within its time.
    Starting {
        /// Since when it does not serve.
        since: Time,
    },
    /// Not ready, and it should be.
    Failing(Symptom),
    /// Being deleted: its owner's count decides.
    Leaving,
    /// Ended: its owner's count decides.
    Ended,
}

/// What is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// The word for it.
    pub reason: Reason,
    /// Since when.
    pub since: Time,
    /// What was seen, as one clause.
    pub message: String,
}

/// Judges one pod.
#[must_use]
pub fn judge(view: &ClusterIndex, pod: &Pod, service: Option<&Service>) -> PodState {
    if pod.has_ended() {
        return PodState::Ended;
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return PodState::Leaving;
    }
    if is_ready(pod) {
        return PodState::Ready {
            at_risk: flapping::symptom(view, pod, service),
        };
    }
    let now = view.now();
    let since = not_ready_since(view, pod);
    if let Some((reason, message)) = container_trouble(view, pod) {
        let counts_at_once = matches!(
            reason,
            Reason::CrashLoopBackOff | Reason::Error | Reason::OOMKilled
        );
        if counts_at_once || age(pod, now) >= SETTLING {
            return PodState::Failing(Symptom {
                reason,
                since,
                message,
            });
        }
        return PodState::Starting { since };
    }
    let grace = service
        .and_then(|s| s.startup_grace)
        .and_then(|g| TimeDelta::from_std(g).ok())
        .unwrap_or_else(|| probes_allow(pod).max(SETTLING));
    if now - started(view, pod) < grace {
        return PodState::Starting { since };
    }
    let (reason, message) = waiting_reason(pod);
    PodState::Failing(Symptom {
        reason,
        since,
        message,
    })
}

/// Running with the Ready condition true. The condition outranks the
/// containers' own flags, which stay true when the kubelet falls silent.
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

/// When the current attempt to start began: the pod's start, or that of a
/// container which came back after an orderly end (a reboot, say).
pub(super) fn started(view: &ClusterIndex, pod: &Pod) -> Time {
    let begun = pod.started().unwrap_or(view.now());
    pod.status
        .container_statuses
        .iter()
        .filter(|c| !c.ready && abnormal_end(view, pod, c).is_none())
        .filter_map(|c| c.state.running.as_ref()?.started_at)
        .fold(begun, Time::max)
}

pub(super) fn age(pod: &Pod, now: Time) -> TimeDelta {
    pod.started().map_or(TimeDelta::MAX, |t| now - t)
}

/// Since when the pod does not serve. Each round of a crash loop may be ready
/// for a moment and move the condition; the loop began with its first failure.
fn not_ready_since(view: &ClusterIndex, pod: &Pod) -> Time {
    let since = ["Ready", "PodScheduled"]
        .iter()
        .filter_map(|kind| condition(&pod.status.conditions, kind))
        .find(|c| !c.is_true())
        .and_then(|c| c.last_transition_time)
        .or(pod.started())
        .unwrap_or(view.now());
    if pod.all_statuses().all(|c| c.restart_count == 0) {
        return since;
    }
    view.pod_events(pod)
        .filter(|e| e.reason == "BackOff" && !e.message.contains("pulling image"))
        .filter(|e| e.last().is_some_and(|last| since - last <= RECENT))
        .filter_map(Event::first)
        .fold(since, Time::min)
}

/// How long the pod's own probes let it take until it serves.
pub(super) fn probes_allow(pod: &Pod) -> TimeDelta {
    let after_delay = |p: &Probe, periods: i64| {
        let period = p.period_seconds.unwrap_or(10);
        let delay = p.initial_delay_seconds.unwrap_or(0);
        delay.saturating_add(period.saturating_mul(periods))
    };
    let until_ready = |p: &Probe| after_delay(p, 1);
    let until_given_up = |p: &Probe| after_delay(p, p.failure_threshold.unwrap_or(3));
    let seconds = pod
        .spec
        .containers
        .iter()
        .map(|c| {
            let startup = c.startup_probe.as_deref().map_or(0, until_given_up);
            let readiness = c.readiness_probe.as_deref().map_or(0, until_ready);
            let liveness = c.liveness_probe.as_deref().map_or(0, until_given_up);
            startup.saturating_add(readiness.max(liveness))
        })
        .max()
        .unwrap_or(0);
    TimeDelta::try_seconds(seconds).map_or(LONGEST_START, |d| d.min(LONGEST_START))
}

/// What the kubelet says of the first container that cannot go on.
fn container_trouble(view: &ClusterIndex, pod: &Pod) -> Option<(Reason, String)> {
    pod.all_statuses()
        .filter(|c| !c.ready)
        .find_map(|c| stuck(c).or_else(|| fell_over(view, pod, c)))
}

/// A container that waits for something that will not come by itself.
fn stuck(container: &ContainerStatus) -> Option<(Reason, String)> {
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
        let how = container
            .last_state
            .terminated
            .as_deref()
            .map_or_else(String::new, |t| format!(", last {}", ending(t)));
        format!(
            "container {name} restarted {} times{how}",
            container.restart_count
        )
    } else if waiting.message.is_empty() {
        format!("container {name} is waiting: {}", waiting.reason)
    } else {
        format!("container {name}: {}", waiting.message)
    };
    Some((reason, message))
}

/// A container that ended with an error and was not ready again since.
fn fell_over(
    view: &ClusterIndex,
    pod: &Pod,
    container: &ContainerStatus,
) -> Option<(Reason, String)> {
    let end = abnormal_end(view, pod, container)?;
    if let Some(running) = &container.state.running {
        let unready =
            condition(&pod.status.conditions, "Ready").and_then(|c| c.last_transition_time);
        if unready > running.started_at {
            return None;
        }
    }
    let reason = if end.reason == "OOMKilled" {
        Reason::OOMKilled
    } else {
        Reason::Error
    };
    let name = &container.name;
    let count = container.restart_count;
    Some((
        reason,
        format!(
            "container {name} {} and was restarted {count} times",
            ending(end)
        ),
    ))
}

/// How the container's newest run ended, if that was an error of its own: not
/// an orderly end, and not the end of the node under it.
#[must_use]
pub fn abnormal_end<'a>(
    view: &ClusterIndex,
    pod: &Pod,
    container: &'a ContainerStatus,
) -> Option<&'a Terminated> {
    let end = container
        .state
        .terminated
        .as_deref()
        .or(container.last_state.terminated.as_deref())?;
    let by_reboot = end.exit_code == 255 && matches!(end.reason.as_str(), "Unknown" | "")
        || end.finished_at.is_some_and(|finished| {
            view.node_came_back(pod.node())
                .is_some_and(|back| back > finished)
        });
    (end.exit_code != 0 && !by_reboot).then_some(end)
}

/// An ending in words: `ended with exit code 1 (Error)`.
#[must_use]
pub fn ending(end: &Terminated) -> String {
    let code = end.exit_code;
    match end.reason.as_str() {
        "OOMKilled" => format!("killed for memory (OOMKilled, exit code {code})"),
        "" | "Error" => format!("ended with exit code {code}"),
        other => format!("ended with exit code {code} ({other})"),
    }
}

/// Words for a pod that nothing but time speaks against.
fn waiting_reason(pod: &Pod) -> (Reason, String) {
    if pod.node().is_empty() {
        return match condition(&pod.status.conditions, "PodScheduled") {
            Some(c) if !c.is_true() => (Reason::FailedScheduling, c.message.to_string()),
            _ => (
                Reason::Pending,
                "no scheduler has tried to place the pod".to_owned(),
            ),
        };
    }
    let waits = pod.all_statuses().find(|c| c.state.waiting.is_some());
    if pod.status.phase == "Pending" || waits.is_some() {
        let on = waits.map_or("the pod".to_owned(), |c| format!("container {}", c.name));
        return (
            Reason::ContainerCreating,
            format!("{on} has not been created"),
        );
    }
    let unready: Vec<_> = pod
        .status
        .container_statuses
        .iter()
        .filter(|c| !c.ready)
        .map(|c| c.name.as_str())
        .collect();
    let message = match unready[..] {
        [] => "the pod runs and does not report ready".to_owned(),
        [one] => format!("container {one} runs and is not ready"),
        _ => format!("containers {} run and are not ready", unready.join(", ")),
    };
    (Reason::ContainersNotReady, message)
}
