//! The services that a cycle judges: the listed ones and K3s's own parts.

use crate::cluster::Objects;
use crate::inventory::{Builtin, Inventory, Service, Tier, builtin};

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

fn runs(part: &Service, objects: &Objects) -> bool {
    let is_part = |meta: &crate::cluster::objects::ObjectMeta| {
        part.namespace.as_deref() == Some(&meta.namespace) && part.is_called(&meta.name)
    };
    objects.deployments.iter().any(|d| is_part(&d.metadata))
        || objects.daemon_sets.iter().any(|d| is_part(&d.metadata))
}

fn serves(part: &Service, objects: &Objects) -> bool {
    objects.ingresses.iter().any(|i| {
        part.is_called(&i.spec.ingress_class_name)
            || i.metadata
                .annotation("kubernetes.io/ingress.class")
                .is_some_and(|class| part.is_called(class))
    })
}
