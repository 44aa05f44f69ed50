//! The service that a custom resource belongs to.

use super::ClusterIndex;
use crate::cluster::types::CustomObject;
use crate::detect::ownership::NAME_LABELS;
use crate::detect::workload::Workload;
use crate::inventory::ResourcePattern;

/// Kinds that scale or run the workload that they name.
const WORKLOAD_KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];

/// The service of a custom resource: of the workload that it names, of the claim that it stores, or
/// by its own name, labels and namespace.
#[must_use]
pub fn of(index: &ClusterIndex, object: &CustomObject) -> Option<String> {
    let named = || Some(index.monitored[named(index, object)?].name.clone());
    by_pattern(index, object)
        .map(|at| index.monitored[at].name.clone())
        .or_else(|| of_workload(index, object))
        .or_else(|| of_volume(index, object))
        .or_else(|| of_target(index, object))
        .or_else(named)
        .or_else(|| Some(index.service_of_object(&object.metadata)?.name.clone()))
}

/// The service that the services file gives the object to.
fn by_pattern(index: &ClusterIndex, object: &CustomObject) -> Option<usize> {
    let name = object.metadata.name.as_str();
    let has = |pattern: &ResourcePattern| pattern.matches(&object.kind, object.group(), name);
    let mut monitored = index.monitored.iter();
    monitored.position(|service| service.custom_resources.iter().any(has))
}

/// The service that the services file gives the object to, or whose name the object or its label
/// has. An object in another namespace than the service's is not its own.
pub fn named(index: &ClusterIndex, object: &CustomObject) -> Option<usize> {
    by_pattern(index, object).or_else(|| {
        let meta = &object.metadata;
        let labels = NAME_LABELS.iter().filter_map(|label| meta.label(label));
        let names: Vec<&str> = std::iter::once(meta.name.as_str()).chain(labels).collect();
        let mut monitored = index.monitored.iter();
        monitored.position(|service| {
            let is_near = meta.namespace.is_empty()
                || service.namespace.as_deref() == Some(meta.namespace.as_str());
            is_near && names.iter().any(|name| service.is_called(name))
        })
    })
}

fn of_workload(index: &ClusterIndex, object: &CustomObject) -> Option<String> {
    let field = if object.spec.contains_key("scaleTargetRef") {
        "scaleTargetRef"
    } else {
        "workloadRef"
    };
    let name = object.spec_text(&[field, "name"]);
    let kind = match object.spec_text(&[field, "kind"]) {
        "" => "Deployment",
        kind => *WORKLOAD_KINDS.iter().find(|known| **known == kind)?,
    };
    let workload = index.workload(kind, &object.metadata.namespace, name)?;
    Some(index.service_of(workload)?.name.clone())
}

/// The service whose pods use the claim of a Longhorn volume.
fn of_volume(index: &ClusterIndex, object: &CustomObject) -> Option<String> {
    if !object.is("longhorn.io", "Volume") {
        return None;
    }
    let namespace = object.status_text(&["kubernetesStatus", "namespace"]);
    let claim = object.status_text(&["kubernetesStatus", "pvcName"]);
    let uses = |workload: &&Workload| {
        let claims = workload.pods.iter().flat_map(|pod| pod.spec.volumes.iter());
        let mut claims = claims.filter_map(|volume| volume.persistent_volume_claim.as_ref());
        claims.any(|used| used.claim_name == claim)
    };
    let workload = index.workloads_in(namespace).find(uses)?;
    Some(index.service_of(workload)?.name.clone())
}

/// The service that a Flux object deploys, or whose name it has.
fn of_target(index: &ClusterIndex, object: &CustomObject) -> Option<String> {
    let is_flux =
        object.group().ends_with(".toolkit.fluxcd.io") || object.is("helm.cattle.io", "HelmChart");
    if !is_flux {
        return None;
    }
    let name = object.metadata.name.as_str();
    let namespace = object.spec_text(&["targetNamespace"]);
    let at = index.matcher.of_application(name, namespace)?;
    Some(index.monitored[at].name.clone())
}
