//! Resource requests of pods, as the scheduler adds them up.

use std::collections::HashMap;

use crate::cluster::quantity;
use crate::cluster::types::{Pod, PodSpec, Quantity, SmallMap};

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

/// A pod's request of one resource. Init containers run before the others, so
/// the larger of the two sums counts.
#[must_use]
pub fn requested(spec: &PodSpec, resource: &str) -> f64 {
    let of = |requests: &SmallMap<Quantity>| {
        let request = requests.get(resource);
        request.and_then(|q| quantity::parse(&q.0)).unwrap_or(0.0)
    };
    let containers = spec.containers.iter().map(|c| of(&c.resources.requests));
    let init_containers = spec.init_containers.iter();
    let init_containers = init_containers.map(|c| of(&c.resources.requests));
    init_containers.fold(containers.sum(), f64::max)
}
