//! The pods that each Service selects, without comparing every pod with every
//! Service.

use std::collections::HashMap;

use super::workload::Workload;
use crate::cluster::types::{Pod, Service, selects};

/// A pod that a Service selects, with its workload.
pub type Selected<'v, 'a> = (&'v Workload<'a>, &'a Pod);

/// The pods that each Service selects. Pods that have ended or are being deleted
/// do not count. Each Service is indexed by the rarest label of its selector, so
/// that a pod is compared only with the few Services that may select it.
#[must_use]
pub fn selected<'v, 'a: 'v>(
    workloads: impl Iterator<Item = &'v Workload<'a>>,
    services: &[&Service],
) -> Vec<Vec<Selected<'v, 'a>>> {
    let mut counts: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for service in services {
        for pair in pairs_of(service) {
            *counts.entry(pair).or_default() += 1;
        }
    }
    let mut by_pair: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, service) in services.iter().enumerate() {
        if let Some(rarest) = pairs_of(service).min_by_key(|pair| counts[pair]) {
            by_pair.entry(rarest).or_default().push(at);
        }
    }
    let mut selected = vec![Vec::new(); services.len()];
    for workload in workloads {
        let alive = |p: &&&Pod| !p.has_ended() && p.metadata.deletion_timestamp.is_none();
        for pod in workload.pods.iter().filter(alive) {
            let meta = &pod.metadata;
            for (key, value) in meta.labels.iter() {
                let pair = (meta.namespace.as_str(), key, &**value);
                for &at in by_pair.get(&pair).map_or(&[][..], Vec::as_slice) {
                    if selects(&services[at].spec.selector, &meta.labels) {
                        selected[at].push((workload, *pod));
                    }
                }
            }
        }
    }
    selected
}

fn pairs_of(service: &Service) -> impl Iterator<Item = (&str, &str, &str)> {
    let namespace = service.metadata.namespace.as_str();
    let selector = service.spec.selector.iter();
    selector.map(move |(key, value)| (namespace, key, &**value))
}
