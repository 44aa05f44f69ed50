//! The services that a cycle monitors: the services of the services file and the components of
//! K3s.

use super::namespaces;
use crate::cluster::Objects;
use crate::cluster::types::ObjectMeta;
use crate::inventory::{Builtin, Inventory, Service, builtin};
use crate::model::Tier;

/// The listed services in the order of the file, then the K3s components that run in the
/// cluster and are not listed.
#[must_use]
pub fn monitored_services(inventory: &Inventory, objects: &Objects) -> Vec<Service> {
    let mut services = inventory.services.clone();
    namespaces::complete(&mut services, objects);
    let has_other_controller = services.iter().any(|s| s.ingress_controller);
    for mut component in builtin() {
        let is_listed = services
            .iter()
            .any(|s| s.is_called(&component.name) && s.namespace == component.namespace);
        if is_listed || !runs(&component, objects) {
            continue;
        }
        let is_unused_controller = component.builtin == Some(Builtin::IngressController)
            && has_other_controller
            && !is_used_by_ingress(&component, &inventory.services, objects);
        if is_unused_controller {
            component.tier = Tier::P3;
            component.ingress_controller = false;
        }
        services.push(component);
    }
    services
}

/// Whether the cluster has the component: its workload or, if that is deleted or unread, its
/// pods or (for cluster DNS) its Service.
fn runs(component: &Service, objects: &Objects) -> bool {
    let is_here = |meta: &ObjectMeta| component.namespace.as_deref() == Some(&meta.namespace);
    let has_name = |meta: &ObjectMeta| is_here(meta) && component.is_called(&meta.name);
    let has_label = |meta: &ObjectMeta| {
        let labels = ["k8s-app", "app.kubernetes.io/name"].map(|label| meta.label(label));
        is_here(meta)
            && labels
                .iter()
                .flatten()
                .any(|name| component.is_called(name))
    };
    objects.deployments.iter().any(|d| has_name(&d.metadata))
        || objects.daemon_sets.iter().any(|d| has_name(&d.metadata))
        || objects.pods.iter().any(|p| has_label(&p.metadata))
        || component.is_cluster_dns() && objects.services.iter().any(|s| has_name(&s.metadata))
}

/// Whether an ingress in the namespace of a listed service uses the component.
fn is_used_by_ingress(component: &Service, listed: &[Service], objects: &Objects) -> bool {
    let is_listed = |namespace: &str| {
        let mut listed = listed.iter();
        listed.any(|s| s.namespace.as_deref() == Some(namespace))
    };
    objects.ingresses.iter().any(|i| {
        let by_annotation = i.metadata.annotation("kubernetes.io/ingress.class");
        let is_of_class = component.is_called(&i.spec.ingress_class_name)
            || by_annotation.is_some_and(|class| component.is_called(class));
        is_of_class && is_listed(&i.metadata.namespace)
    })
}
