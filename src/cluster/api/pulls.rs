//! The events about the images that pods wait for. They are normal events, which are not read
//! otherwise.

use std::cell::RefCell;
use std::collections::HashSet;

use chrono::TimeDelta;

use super::list::{Listing, read_list};
use super::transport::Transport;
use crate::cluster::types::{Event, Pod};
use crate::cluster::{Interner, Objects};
use crate::model::Time;

/// What most images take.
const USUAL: TimeDelta = TimeDelta::minutes(2);

/// Adds the events about pulls where a pod waits for longer than a pull usually takes: which pulls
/// began, and which of them ended.
pub(super) async fn read(transport: &Transport<'_>, objects: &mut Objects) {
    let now = transport.now();
    let pods = objects.pods.iter().filter(|pod| waits(pod, now));
    let waiting: HashSet<_> = pods
        .map(|pod| (pod.metadata.namespace.clone(), pod.metadata.name.clone()))
        .collect();
    if waiting.is_empty() {
        return;
    }
    let is_of_waiting = |event: &Event| {
        let about = &event.involved_object;
        event.is_about_pull() && waiting.contains(&(about.namespace.clone(), about.name.clone()))
    };
    let mut pulls = of_reason(transport, "reason%3DPulling").await;
    pulls.retain(is_of_waiting);
    if pulls.is_empty() {
        return;
    }
    let ended = of_reason(transport, "reason%3DPulled").await;
    pulls.extend(ended.into_iter().filter(is_of_waiting));
    objects.events.extend(pulls);
}

/// The events that the selector selects. They are evidence only: where they cannot be read, the
/// pod still waits.
async fn of_reason(transport: &Transport<'_>, field_selector: &'static str) -> Vec<Event> {
    let listing = Listing {
        path: "/api/v1/events".to_owned(),
        field_selector,
        is_aggregated: false,
    };
    let interner = RefCell::new(Interner::new(transport.now()));
    let mut events: Vec<Event> = Vec::new();
    if let Err(failure) = read_list(transport, &interner, &listing, &mut events).await {
        log::debug!("the events about pulls: {}", failure.text());
    }
    events
}

/// Whether the containers of a pod have been waiting on its node for longer than usual.
fn waits(pod: &Pod, now: Time) -> bool {
    let is_waiting = pod.status.phase == "Pending" && !pod.node().is_empty();
    is_waiting
        && pod.metadata.deletion_timestamp.is_none()
        && pod.started().is_some_and(|started| now - started >= USUAL)
        && pod.all_statuses().any(|container| {
            let waiting = container.state.waiting.as_ref();
            waiting
                .is_some_and(|w| w.reason == "ContainerCreating" || w.reason == "PodInitializing")
        })
}
