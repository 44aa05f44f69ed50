//! Namespaces of listed services whose entry names none.

use std::collections::BTreeSet;

use crate::cluster::Objects;
use crate::cluster::types::ObjectMeta;
use crate::inventory::Service;

/// Labels that name the application.
const NAME_LABELS: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app",
];

/// Sets the namespace of each service without one where exactly one namespace has a workload or a cron
/// job of its name.
pub fn complete(services: &mut [Service], objects: &Objects) {
    let taken: Vec<(String, String)> = services
        .iter()
        .filter_map(|s| Some((s.namespace.clone()?, s.name.clone())))
        .collect();
    for service in services.iter_mut().filter(|s| s.namespace.is_none()) {
        let is_other = |meta: &ObjectMeta| {
            let mut taken = taken.iter();
            taken.any(|(namespace, name)| *namespace == *meta.namespace && *name == *meta.name)
        };
        let is_called = |meta: &ObjectMeta| {
            let mut listed = service.workloads.iter();
            (service.is_called(&meta.name) || listed.any(|w| w.name == *meta.name))
                && !is_other(meta)
        };
        let is_labelled = |meta: &ObjectMeta| {
            let mut labels = NAME_LABELS.iter().filter_map(|label| meta.label(label));
            labels.any(|name| service.is_called(name)) && !is_other(meta)
        };
        let mut found = namespaces(objects, &is_called);
        if found.is_empty() {
            found = namespaces(objects, &is_labelled);
        }
        if found.len() == 1 {
            service.namespace = found.pop_first().map(str::to_owned);
        }
    }
}

/// The namespaces of the workloads and cron jobs that pass a test.
fn namespaces<'a>(objects: &'a Objects, is_own: &dyn Fn(&ObjectMeta) -> bool) -> BTreeSet<&'a str> {
    let deployments = objects.deployments.iter().map(|d| &d.metadata);
    let stateful_sets = objects.stateful_sets.iter().map(|s| &s.metadata);
    let daemon_sets = objects.daemon_sets.iter().map(|d| &d.metadata);
    let cron_jobs = objects.cron_jobs.iter().map(|c| &c.metadata);
    deployments
        .chain(stateful_sets)
        .chain(daemon_sets)
        .chain(cron_jobs)
        .filter(|meta| is_own(meta))
        .map(|meta| meta.namespace.as_str())
        .collect()
}
