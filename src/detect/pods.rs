//! One pod: does it serve, is it starting, or what is wrong with it.
//!
//! Current state is the truth. Restart counts, old terminations and events
//! are evidence, and the only history that counts is flapping: a pod that is
//! ready at this moment but keeps falling over.

use chrono::TimeDelta;

use super::finding::Reason;
use super::view::View;
use crate::cluster::objects::{ContainerStatus, Event, Pod, Probe, Terminated, Time, condition};
use crate::inventory::Service;

/// Pull secrets, volumes and the like may arrive this late without anything being wrong.
pub const SETTLING: TimeDelta = TimeDelta::minutes(2);
/// A failure this recent is present, not history.
const RECENT: TimeDelta = TimeDelta::minutes(10);
/// Probes that allow more than this would hide an outage.
const LONGEST_START: TimeDelta = TimeDelta::hours(2);
/// So many failures within the look-back are flapping.
const FLAPS: f64 = 3.0;

/// Warning events that recur about pods in perfect health.
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
pub fn judge(view: &View, pod: &Pod, service: Option<&Service>) -> PodState {
    if pod.has_ended() {
        return PodState::Ended;
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return PodState::Leaving;
    }
    if is_ready(pod) {
        return PodState::Ready {
            at_risk: flapping(view, pod, service),
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
fn started(view: &View, pod: &Pod) -> Time {
    let begun = pod.started().unwrap_or(view.now());
    pod.status
        .container_statuses
        .iter()
        .filter(|c| !c.ready && abnormal_end(view, pod, c).is_none())
        .filter_map(|c| c.state.running.as_ref()?.started_at)
        .fold(begun, Time::max)
}

fn age(pod: &Pod, now: Time) -> TimeDelta {
    pod.started().map_or(TimeDelta::MAX, |t| now - t)
}

/// Since when the pod does not serve. Each round of a crash loop may be ready
/// for a moment and move the condition; the loop began with its first failure.
fn not_ready_since(view: &View, pod: &Pod) -> Time {
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
        .filter(|e| e.last().is_some_and(|last| last >= since - RECENT))
        .filter_map(Event::first)
        .fold(since, Time::min)
}

/// How long the pod's own probes let it take until it serves.
fn probes_allow(pod: &Pod) -> TimeDelta {
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
            let startup = c.startup_probe.as_ref().map_or(0, until_given_up);
            let readiness = c.readiness_probe.as_ref().map_or(0, until_ready);
            let liveness = c.liveness_probe.as_ref().map_or(0, until_given_up);
            startup.saturating_add(readiness.max(liveness))
        })
        .max()
        .unwrap_or(0);
    TimeDelta::try_seconds(seconds).map_or(LONGEST_START, |d| d.min(LONGEST_START))
}

/// What the kubelet says of the first container that cannot go on.
fn container_trouble(view: &View, pod: &Pod) -> Option<(Reason, String)> {
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
fn fell_over(view: &View, pod: &Pod, container: &ContainerStatus) -> Option<(Reason, String)> {
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
    view: &View,
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
            Some(c) if !c.is_true() => (Reason::FailedScheduling, c.message.clone()),
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

/// Why a pod that is ready at this moment may not be in the next.
fn flapping(view: &View, pod: &Pod, service: Option<&Service>) -> Option<Symptom> {
    restarts_often(view, pod).or_else(|| event_recurs(view, pod, service))
}

fn restarts_often(view: &View, pod: &Pod) -> Option<Symptom> {
    let now = view.now();
    pod.all_statuses().find_map(|c| {
        let end = abnormal_end(view, pod, c)?;
        let recent = end.finished_at.is_some_and(|t| now - t <= RECENT);
        (recent && restarts_in_look_back(view, pod, c) >= FLAPS).then(|| Symptom {
            reason: Reason::BackOff,
            since: end.finished_at.unwrap_or(now),
            message: format!(
                "container {} restarted {} times, last {}",
                c.name,
                c.restart_count,
                ending(end)
            ),
        })
    })
}

/// Restarts since the last cycle, where that cycle remembered a count; else
/// their mean rate over the pod's life.
fn restarts_in_look_back(view: &View, pod: &Pod, container: &ContainerStatus) -> f64 {
    let meta = &pod.metadata;
    let key = format!("{}/{}/{}", meta.namespace, meta.name, container.name);
    // A count below the remembered one is that of a new pod of the same name.
    let since_then = view
        .restarts
        .get(&key)
        .and_then(|&b| container.restart_count.checked_sub(b));
    if let Some(restarts) = since_then {
        return f64::from(restarts);
    }
    let age = age(pod, view.now());
    share(f64::from(container.restart_count), age, view.look_back)
}

fn event_recurs(view: &View, pod: &Pod, service: Option<&Service>) -> Option<Symptom> {
    let now = view.now();
    let grace = service
        .and_then(|s| s.startup_grace)
        .and_then(|g| TimeDelta::from_std(g).ok())
        .unwrap_or_default()
        .max(probes_allow(pod))
        .max(SETTLING);
    // Probes that fail until the pod is up are how a start looks.
    let started_by = started(view, pod) + grace;
    view.pod_events(pod)
        .filter(|e| !HARMLESS_EVENTS.contains(&e.reason.as_str()))
        .filter(|e| {
            e.last()
                .is_some_and(|t| now - t <= RECENT && t > started_by)
        })
        .filter(|e| {
            let first = e.first().unwrap_or(now);
            share(f64::from(e.times()), now - first, view.look_back) >= FLAPS
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

/// How many of `count` things spread over `span` fall into `window`.
#[allow(clippy::cast_precision_loss, reason = "seconds of a pod's life fit")]
fn share(count: f64, span: TimeDelta, window: TimeDelta) -> f64 {
    if span <= window {
        return count;
    }
    count * window.num_seconds() as f64 / span.num_seconds() as f64
}
