//! The services that a cycle judges: the listed ones and K3s's own parts.

use crate::cluster::Objects;
use crate::cluster::types::ObjectMeta;
use crate::inventory::{Builtin, Inventory, Service, builtin};
use crate::model::Tier;

/// Listed services in the order of the file, then K3s's own parts that run here
/// and are not listed.
#[must_use]
pub fn roster(inventory: &Inventory, objects: &Objects) -> Vec<Service> {
    let mut roster = inventory.services.clone();
    let elsewhere = roster.iter().any(|s| s.ingress_controller);
    for mut part in builtin() {
        let listed = roster
            .iter()
            .any(|s| s.is_called(&part.name) && s.namespace == part.namespace);
        if listed || !runs(&part, objects) {
            continue;
        }
        if part.builtin == Some(Builtin::IngressController) && elsewhere && !serves(&part, objects)
        {
            // Another controller is listed and no ingress uses this one.
            part.tier = Tier::P3;
            part.ingress_controller = false;
        }
        roster.push(part);
    }
    roster
}

/// Known by its workload or, where that is gone or was not read, by its pods
/// or by the Service that others reach it by.
fn runs(part: &Service, objects: &Objects) -> bool {
    let is_here = |meta: &ObjectMeta| part.namespace.as_deref() == Some(&meta.namespace);
    let is_part = |meta: &ObjectMeta| is_here(meta) && part.is_called(&meta.name);
    let bears_name = |meta: &ObjectMeta| {
        let names = ["k8s-app", "app.kubernetes.io/name"].map(|label| meta.label(label));
        is_here(meta) && names.iter().flatten().any(|name| part.is_called(name))
    };
    objects.deployments.iter().any(|d| is_part(&d.metadata))
        || objects.daemon_sets.iter().any(|d| is_part(&d.metadata))
        || objects.pods.iter().any(|p| bears_name(&p.metadata))
        || part.is_cluster_dns() && objects.services.iter().any(|s| is_part(&s.metadata))
}

fn serves(part: &Service, objects: &Objects) -> bool {
    objects.ingresses.iter().any(|i| {
        part.is_called(&i.spec.ingress_class_name)
            || i.metadata
                .annotation("kubernetes.io/ingress.class")
                .is_some_and(|class| part.is_called(class))
    })
}
