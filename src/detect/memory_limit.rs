//! Memory in use against its limit: a pod at 90 % is one request from OOMKilled.

use super::index::ClusterIndex;
use super::workload::Workload;
use crate::cluster::quantity;
use crate::cluster::types::{Pod, PodMetrics};
use crate::model::{Effect, FactKind, Finding, Reason};

/// Share of the limit from which on a pod is at risk.
const NEAR: f64 = 0.9;

/// Checks the pods of every workload that metrics tell of.
#[must_use]
pub fn detect(view: &ClusterIndex) -> Vec<Finding> {
    if view.snapshot.objects.pod_metrics.is_empty() {
        return Vec::new();
    }
    view.workloads
        .iter()
        .filter_map(|w| check(view, w))
        .collect()
}

fn check(view: &ClusterIndex, workload: &Workload) -> Option<Finding> {
    let (share, text) = workload
        .pods
        .iter()
        .filter_map(|pod| fullest(pod, view.metrics(pod)?))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    if share < NEAR {
        return None;
    }
    let mut finding = Finding::new(
        Reason::MemoryNearLimit,
        workload.reference(),
        view.now(),
        Effect::AtRisk,
    );
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message = text.clone();
    finding.fact(FactKind::Metric, text);
    Some(finding)
}

/// The container of a pod that is closest to its limit.
fn fullest(pod: &Pod, used: &PodMetrics) -> Option<(f64, String)> {
    pod.spec
        .containers
        .iter()
        .filter_map(|c| {
            let limit = &c.resources.limits.get("memory")?.0;
            let used = used.containers.iter().find(|m| m.name == c.name)?;
            let used = used.usage.memory();
            let share = used / quantity::parse(limit).filter(|l| *l > 0.0)?;
            let text = format!(
                "container {} of pod {} uses {} of memory, {:.0} % of its limit {limit}",
                c.name,
                pod.metadata.name,
                quantity::memory(used),
                share * 100.0
            );
            Some((share, text))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
}
