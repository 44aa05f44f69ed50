//! CPU in use against its limit: at the limit the kernel holds a container
//! back, and everything that waits for it waits longer.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::workload::Workload;
use crate::cluster::quantity;
use crate::cluster::types::{Pod, PodMetrics};
use crate::model::{Effect, FactKind, Finding, Reason};

/// Share of the limit from which on a container is held back most of the time:
/// metrics are means over half a minute, the kernel counts every tenth of a second.
const NEAR: f64 = 0.8;
/// Programs are busy while they start.
const STARTED: TimeDelta = TimeDelta::minutes(10);

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
        .filter(|p| p.started().is_some_and(|t| view.now() - t > STARTED))
        .filter_map(|p| busiest(p, view.metrics(p)?))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    if share < NEAR {
        return None;
    }
    let mut finding = Finding::new(
        Reason::CpuNearLimit,
        workload.reference(),
        view.now(),
        Effect::Impaired,
    );
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message.clone_from(&text);
    finding.fact(FactKind::Metric, text);
    Some(finding)
}

/// The container of a pod that is closest to its limit.
fn busiest(pod: &Pod, used: &PodMetrics) -> Option<(f64, String)> {
    let of = |c: &crate::cluster::types::Container| {
        let limit = quantity::parse(&c.resources.limits.get("cpu")?.0).filter(|l| *l > 0.0)?;
        let used = used.containers.iter().find(|m| m.name == c.name)?;
        let usage = used.usage.cores();
        let share = usage / limit;
        let text = format!(
            "container {} of pod {} uses {:.0}m of CPU, {:.0} % of its limit {:.0}m",
            c.name,
            pod.metadata.name,
            usage * 1000.0,
            share * 100.0,
            limit * 1000.0
        );
        Some((share, text))
    };
    pod.spec
        .containers
        .iter()
        .filter_map(of)
        .max_by(|a, b| a.0.total_cmp(&b.0))
}
