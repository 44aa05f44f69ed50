//! Usage of memory and CPU against the limits of containers. At 90 % of its
//! memory limit a container is close to being OOM-killed. At its CPU limit it is
//! throttled, and everything that waits for it waits longer.

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::pod_status::age;
use super::running::running_containers;
use super::workload::Workload;
use crate::cluster::quantity;
use crate::cluster::types::{Pod, PodMetrics, Usage};
use crate::model::{Effect, FactKind, Finding, Reason};

/// How one resource is checked.
struct Limit {
    /// Its key in `resources.limits`.
    resource: &'static str,
    /// Its name in messages.
    name: &'static str,
    /// The share of the limit at which a finding starts.
    threshold: f64,
    /// Pods younger than this are not checked.
    min_age: TimeDelta,
    reason: Reason,
    effect: Effect,
    usage: fn(&Usage) -> f64,
    /// Writes an amount for people.
    format: fn(f64) -> String,
}

const LIMITS: &[Limit] = &[
    Limit {
        resource: "memory",
        name: "memory",
        threshold: 0.9,
        min_age: TimeDelta::zero(),
        reason: Reason::MemoryNearLimit,
        effect: Effect::AtRisk,
        usage: Usage::memory,
        format: quantity::memory,
    },
    Limit {
        resource: "cpu",
        name: "CPU",
        // Metrics are means over half a minute, while the kernel throttles every
        // tenth of a second.
        threshold: 0.8,
        // Programs are busy while they start.
        min_age: TimeDelta::minutes(10),
        reason: Reason::CpuNearLimit,
        effect: Effect::Impaired,
        usage: Usage::cores,
        format: |cores| format!("{:.0}m", cores * 1000.0),
    },
];

/// Checks the pods of every workload that metrics have.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    if index.snapshot.objects.pod_metrics.is_empty() {
        return Vec::new();
    }
    let checks = LIMITS
        .iter()
        .flat_map(|limit| index.workloads.iter().map(move |w| (limit, w)));
    checks
        .filter_map(|(limit, workload)| limit.check(index, workload))
        .collect()
}

impl Limit {
    fn check(&self, index: &ClusterIndex, workload: &Workload) -> Option<Finding> {
        let (share, text) = workload
            .pods
            .iter()
            .filter(|pod| self.min_age.is_zero() || age(pod, index.now()) > self.min_age)
            .filter_map(|pod| self.closest(pod, index.metrics(pod)?))
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        if share < self.threshold {
            return None;
        }
        let mut finding = index.workload_finding(self.reason, workload, index.now(), self.effect);
        finding.message.clone_from(&text);
        finding.fact(FactKind::Metric, text);
        Some(finding)
    }

    /// The container of a pod that is closest to its limit: its share of the
    /// limit, and the figures as text.
    fn closest(&self, pod: &Pod, metrics: &PodMetrics) -> Option<(f64, String)> {
        let containers = running_containers(&pod.spec).filter_map(|c| {
            let written = &c.resources.limits.get(self.resource)?.0;
            let limit = quantity::parse(written).filter(|l| *l > 0.0)?;
            let metrics = metrics.containers.iter().find(|m| m.name == c.name)?;
            let used = (self.usage)(&metrics.usage);
            let share = used / limit;
            let text = format!(
                "container {} of pod {} uses {} of {}, {:.0} % of its limit {}",
                c.name,
                pod.metadata.name,
                (self.format)(used),
                self.name,
                share * 100.0,
                written,
            );
            Some((share, text))
        });
        containers.max_by(|a, b| a.0.total_cmp(&b.0))
    }
}
