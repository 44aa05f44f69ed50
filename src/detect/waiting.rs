//! Why a pod is not ready when no container has failed: what it waits for.

use super::index::ClusterIndex;
use super::pulls;
use super::running::is_sidecar;
use crate::cluster::types::{ContainerStatus, PersistentVolumeClaim, Pod, condition};
use crate::model::{Reason, duration};

/// The node that the scheduler chose before it asked for a volume.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What a pod waits for.
#[must_use]
pub fn reason(index: &ClusterIndex, pod: &Pod) -> (Reason, String) {
    if pod.node().is_empty() {
        return unscheduled(index, pod);
    }
    if let Some(first) = initializing(index, pod) {
        return first;
    }
    let waiting = pod.all_statuses().find(|c| c.state.waiting.is_some());
    if pod.status.phase == "Pending" || waiting.is_some() {
        if let Some(pull) = pulls::message(index, pod) {
            return (Reason::ContainerCreating, pull);
        }
        let what = waiting.map_or("the pod".to_owned(), |c| format!("container {}", c.name));
        return (
            Reason::ContainerCreating,
            format!("{what} has not been created"),
        );
    }
    (Reason::ContainersNotReady, not_ready(pod))
}

fn unscheduled(index: &ClusterIndex, pod: &Pod) -> (Reason, String) {
    if let Some(c) = condition(&pod.status.conditions, "PodScheduled").filter(|c| !c.is_true()) {
        return (Reason::FailedScheduling, c.message.to_string());
    }
    if let Some((claim, node)) = chosen_node(index, pod) {
        return (
            Reason::FailedScheduling,
            format!(
                "the scheduler chose node {node} and waits for a volume for claim {}",
                claim.metadata.name
            ),
        );
    }
    (
        Reason::Pending,
        "no scheduler has tried to schedule the pod".to_owned(),
    )
}

/// The claim for which the scheduler waits, and the node that it has chosen.
fn chosen_node<'a>(
    index: &ClusterIndex<'a>,
    pod: &Pod,
) -> Option<(&'a PersistentVolumeClaim, &'a str)> {
    let namespace = &pod.metadata.namespace;
    let claims = pod
        .spec
        .volumes
        .iter()
        .filter_map(|v| v.persistent_volume_claim.as_ref());
    let mut pending = claims
        .filter_map(|c| index.claim(namespace, &c.claim_name))
        .filter(|c| c.status.phase == "Pending");
    pending.find_map(|c| Some((c, c.metadata.annotation(SELECTED_NODE)?)))
}

/// The init container that runs and does not end, or the sidecar that has not started: the
/// containers after it wait for it.
fn initializing(index: &ClusterIndex, pod: &Pod) -> Option<(Reason, String)> {
    let waits = |c: &ContainerStatus| {
        let waiting = c.state.waiting.as_ref();
        waiting.is_some_and(|w| w.reason == "PodInitializing")
    };
    let blocked = pod.status.container_statuses.iter().filter(|c| waits(c));
    let blocked: Vec<_> = blocked.map(|c| c.name.as_str()).collect();
    let main = blocked.first()?;
    let mut first = pod.status.init_container_statuses.iter();
    let running = first.find(|c| {
        let specified = pod.spec.init_containers.iter().find(|s| s.name == c.name);
        let has_started = specified.is_some_and(is_sidecar) && c.started == Some(true);
        c.state.running.is_some() && !has_started
    })?;
    let since = running.state.running.as_ref().and_then(|r| r.started_at);
    let how_long = since.and_then(|t| (index.now() - t).to_std().ok());
    let how_long = how_long.map_or_else(String::new, |d| format!(" for {}", duration::age(d)));
    let kind = match pod
        .spec
        .init_containers
        .iter()
        .find(|s| s.name == running.name)
    {
        Some(sidecar) if is_sidecar(sidecar) => "sidecar",
        _ => "init container",
    };
    let name = &running.name;
    let what = if kind == "sidecar" {
        "and has not started"
    } else {
        "and does not end"
    };
    Some((
        Reason::PodInitializing,
        format!("{kind} {name} has been running{how_long} {what}; container {main} waits for it"),
    ))
}

/// The containers that are not ready, by what they do.
fn not_ready(pod: &Pod) -> String {
    let unready = || pod.status.container_statuses.iter().filter(|c| !c.ready);
    let ended = unready().find_map(|c| Some((c, c.state.terminated.as_deref()?)));
    if let Some((container, end)) = ended {
        let name = &container.name;
        let code = end.exit_code;
        let count = container.restart_count;
        return format!(
            "container {name} ended with exit code {code} and is not running; it was restarted {count} times"
        );
    }
    let unready: Vec<_> = unready().map(|c| c.name.as_str()).collect();
    let gate =
        condition(&pod.status.conditions, "Ready").filter(|c| c.reason == "ReadinessGatesNotReady");
    match (&unready[..], gate) {
        ([], Some(gate)) => format!("its containers are ready: {}", gate.message),
        ([], None) => "the pod is running but not ready".to_owned(),
        ([one], _) => format!("container {one} is running but not ready"),
        _ => format!(
            "containers {} are running but not ready",
            unready.join(", ")
        ),
    }
}
