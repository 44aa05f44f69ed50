//! Resource requests of pods, as the scheduler adds them up.

use std::collections::HashMap;

use super::running::is_sidecar;
use crate::cluster::quantity;
use crate::cluster::types::{Container, Pod, PodSpec};

/// The sum of the requests of the pods on one node.
#[derive(Debug, Clone, Copy, Default)]
pub struct Requests {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub memory: f64,
    /// Number of pods.
    pub pods: f64,
}

/// The requests of all pods that are scheduled and have not ended, by node.
#[must_use]
pub fn by_node(pods: &[Pod]) -> HashMap<String, Requests> {
    let mut sums: HashMap<String, Requests> = HashMap::new();
    let scheduled = pods.iter().filter(|p| !p.node().is_empty());
    for pod in scheduled.filter(|p| !p.has_ended()) {
        if !sums.contains_key(pod.node()) {
            sums.insert(pod.node().to_owned(), Requests::default());
        }
        if let Some(sum) = sums.get_mut(pod.node()) {
            sum.cpu += requested(&pod.spec, "cpu");
            sum.memory += requested(&pod.spec, "memory");
            sum.pods += 1.0;
        }
    }
    sums
}

/// A pod's request of one resource, as the scheduler counts it. An init container runs
/// before the containers, beside the sidecars that were started before it: the largest of
/// these sums and the sum of all that run for the pod's life counts.
#[must_use]
pub fn requested(spec: &PodSpec, resource: &str) -> f64 {
    let of = |container: &Container| {
        let request = container.resources.requests.get(resource);
        request.and_then(|q| quantity::parse(&q.0)).unwrap_or(0.0)
    };
    let (mut sidecars, mut largest) = (0.0, 0.0_f64);
    for container in &spec.init_containers {
        if is_sidecar(container) {
            sidecars += of(container);
            largest = largest.max(sidecars);
        } else {
            largest = largest.max(sidecars + of(container));
        }
    }
    let containers: f64 = spec.containers.iter().map(of).sum();
    largest.max(containers + sidecars)
}
