//! Pulls of images that began and have not ended.

use std::collections::HashMap;

use super::index::ClusterIndex;
use crate::cluster::types::{Event, Pod};
use crate::model::{ObjectRef, Time, duration};

/// A pull that has not ended.
struct Pull<'a> {
    image: &'a str,
    /// When it began, or when it began to wait for other pulls.
    since: Time,
}

/// The pod with the oldest pull on a node that has not ended. Collected once, when first needed.
fn oldest_on<'a>(index: &ClusterIndex<'a>, node: &str) -> Option<&'a Pod> {
    let oldest = index.oldest_pulls.get_or_init(|| oldest_by_node(index));
    oldest.get(node).map(|&at| &index.snapshot.objects.pods[at])
}

/// The position of the pod with the oldest pull on each node that has not ended. By default the
/// kubelet pulls one image at a time, so that the others wait for it.
fn oldest_by_node(index: &ClusterIndex) -> HashMap<String, usize> {
    let mut oldest: HashMap<String, (usize, Time)> = HashMap::new();
    let pods = &index.snapshot.objects.pods;
    for (at, pod) in pods.iter().enumerate().filter(|(_, pod)| waits(pod)) {
        let Some(pull) = of(index, pod) else {
            continue;
        };
        let key =
            |at: usize, since: Time| (since, &pods[at].metadata.namespace, &pods[at].metadata.name);
        let first = oldest
            .entry(pod.node().to_owned())
            .or_insert((at, pull.since));
        if key(at, pull.since) < key(first.0, first.1) {
            *first = (at, pull.since);
        }
    }
    let oldest = oldest.into_iter();
    oldest.map(|(node, (at, _))| (node, at)).collect()
}

/// Whether a container of a scheduled pod has not been created.
fn waits(pod: &Pod) -> bool {
    let is_waiting = || pod.all_statuses().any(|c| c.state.waiting.is_some());
    !pod.node().is_empty() && !pod.has_ended() && (pod.status.phase == "Pending" || is_waiting())
}

/// The last pull for a pod, if it has not ended.
fn of<'a>(index: &ClusterIndex<'a>, pod: &Pod) -> Option<Pull<'a>> {
    let image = |e: &'a Event| e.message.split('"').nth(1);
    let began = |e: &&Event| e.reason == "Pulling";
    let last = index.pulls_of(pod).filter(began).max_by_key(|e| e.last())?;
    let pulled = image(last)?;
    let has_ended = index
        .pulls_of(pod)
        .filter(|e| e.reason == "Pulled" && e.last() >= last.last())
        .any(|e| image(e) == Some(pulled));
    let since = last.last()?;
    (!has_ended && since <= index.now()).then_some(Pull {
        image: pulled,
        since,
    })
}

/// What a pod waits for whose image is being pulled, or waits to be pulled.
#[must_use]
pub fn message(index: &ClusterIndex, pod: &Pod) -> Option<String> {
    let own = of(index, pod)?;
    let how_long = |pull: &Pull| {
        let time = (index.now() - pull.since).to_std().unwrap_or_default();
        duration::age(time)
    };
    let first = oldest_on(index, pod.node());
    let first = first.and_then(|first| Some((first, of(index, first)?)));
    let image = own.image;
    Some(match first.filter(|(_, pull)| pull.image != image) {
        Some((first, pull)) => format!(
            "the pull of image {image} has not ended; node {} pulls one image at a time by default, \
             and has been pulling {} for pod {}/{} for {}",
            pod.node(),
            pull.image,
            first.metadata.namespace,
            first.metadata.name,
            how_long(&pull)
        ),
        None => format!(
            "the kubelet has been pulling image {image} for {}, and the pull has not ended",
            how_long(&own)
        ),
    })
}

/// The workload of the older pull on its node that the pull for a pod waits for.
#[must_use]
pub fn waits_for(index: &ClusterIndex, pod: &Pod) -> Option<ObjectRef> {
    of(index, pod)?;
    let first = oldest_on(index, pod.node())?;
    let meta = &first.metadata;
    let mut workloads = index.workloads_in(&meta.namespace);
    let workload = workloads.find(|w| w.pods.iter().any(|p| std::ptr::eq(*p, first)));
    Some(match workload {
        Some(workload) => workload.reference(),
        None => ObjectRef::new("Pod", &meta.namespace, &meta.name),
    })
}
