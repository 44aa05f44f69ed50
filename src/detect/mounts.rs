//! Volumes that the kubelet can no longer refresh under pods that are ready. The
//! pods serve with the old content and cannot start again.

use super::flapping::recurs;
use super::index::ClusterIndex;
use super::pod_status::{is_ready, pod_refs};
use super::workload::Workload;
use crate::cluster::types::{Event, Pod};
use crate::model::{Effect, FactKind, Finding, Reason};

/// Checks the ready pods of every workload.
pub fn detect<'a>(index: &'a ClusterIndex) -> impl Iterator<Item = Finding> + 'a {
    let workloads = index.workloads.iter();
    workloads.filter_map(|workload| check(index, workload))
}

fn check(index: &ClusterIndex, workload: &Workload) -> Option<Finding> {
    let pods = workload.pods.iter().copied().filter(|pod| is_ready(pod));
    let failing: Vec<_> = pods
        .filter_map(|pod| Some((pod, failed_mount(index, pod)?)))
        .collect();
    let (_, event) = failing.iter().min_by_key(|(_, e)| e.first())?;
    let since = event.first().unwrap_or(index.now());
    let mut finding = index.workload_finding(Reason::FailedMount, workload, since, Effect::AtRisk);
    finding.extent = "ready now, and its next start will fail".to_owned();
    finding.message = event.message.to_string();
    finding.fact(
        FactKind::Event,
        format!(
            "{} ({} times): {}",
            event.reason,
            event.times(),
            event.message
        ),
    );
    finding.pods = pod_refs(failing.iter().map(|(pod, _)| *pod));
    Some(finding)
}

/// The event about an object that a mounted volume needs and that does not exist.
fn failed_mount<'a>(index: &ClusterIndex<'a>, pod: &Pod) -> Option<&'a Event> {
    let is_gone = |e: &&Event| {
        let message = &e.message;
        message.contains("not found") || message.contains("references non-existent")
    };
    index
        .pod_events(pod)
        .filter(|e| e.reason == "FailedMount" && e.is_from("kubelet"))
        .filter(is_gone)
        .filter(|e| recurs(index, e))
        .max_by_key(|e| e.last())
}
