//! Custom resources in trouble that explain other findings, and workloads that explain what deploys
//! them. Only an object with a finding of its own explains another.

use std::collections::HashSet;

use crate::cluster::types::{CustomObject, OwnerReference, Pod};
use crate::detect::{ClusterIndex, Workload, service_of_custom};
use crate::model::{Finding, ObjectRef, Reason};

/// API groups of Flux end in this.
const FLUX: &str = ".toolkit.fluxcd.io";

/// Groups findings under the custom resource, or the workload, that explains them.
pub fn settle(index: &ClusterIndex, findings: &mut [Finding]) {
    let about: HashSet<ObjectRef> = findings.iter().map(|f| f.resource.clone()).collect();
    if index.snapshot.objects.custom.is_empty() {
        return;
    }
    let keys: Vec<_> = findings
        .iter()
        .map(|finding| root_of(index, finding, &about).filter(|root| *root != finding.resource))
        .collect();
    for (finding, key) in findings.iter_mut().zip(keys) {
        if let Some(key) = key.filter(|_| finding.group_key.is_none()) {
            finding.group_key = Some(key.to_string());
        }
    }
}

fn root_of(
    index: &ClusterIndex,
    finding: &Finding,
    about: &HashSet<ObjectRef>,
) -> Option<ObjectRef> {
    let resource = &finding.resource;
    let is_known = |root: &ObjectRef| about.contains(root);
    let objects = &index.snapshot.objects.custom;
    if matches!(
        finding.reason,
        Reason::ResourceDegraded | Reason::BackupOverdue
    ) {
        let object = objects.iter().find(|o| o.reference() == *resource)?;
        return of_custom(index, object, about);
    }
    if finding.reason == Reason::WorkloadMissing {
        let service = finding.service.as_ref()?;
        let deploys = |object: &&CustomObject| {
            is_deployer(object)
                && is_known(&object.reference())
                && service_of_custom(index, object).as_ref() == Some(service)
        };
        return objects.iter().find(deploys).map(CustomObject::reference);
    }
    let workload = index.workload(&resource.kind, &resource.namespace, &resource.name)?;
    let mut volumes = objects.iter().filter(|o| o.is("longhorn.io", "Volume"));
    volumes
        .find(|volume| is_known(&volume.reference()) && stores(volume, workload))
        .map(CustomObject::reference)
}

/// What explains a custom resource: its owner, its source, its storage, its provider, or the workload
/// that it deploys and waits for.
fn of_custom(
    index: &ClusterIndex,
    object: &CustomObject,
    about: &HashSet<ObjectRef>,
) -> Option<ObjectRef> {
    let meta = &object.metadata;
    let is_known = |root: &ObjectRef| about.contains(root);
    let objects = &index.snapshot.objects.custom;
    let owner = meta
        .controller()
        .map(|owner| owner_reference(object, owner));
    let mut others = objects.iter().filter(|other| is_known(&other.reference()));
    owner
        .filter(is_known)
        .or_else(|| source(object).filter(is_known))
        .or_else(|| {
            let is_root = |other: &&CustomObject| {
                is_storage_of(other, object) || provides(other, object.group())
            };
            others.find(is_root).map(CustomObject::reference)
        })
        .or_else(|| {
            let mut workloads = index.workloads.iter().filter(|_| is_deployer(object));
            let found = workloads.find(|w| is_deployed_by(w, object) && is_known(&w.reference()));
            found.map(Workload::reference)
        })
}

fn owner_reference(object: &CustomObject, owner: &OwnerReference) -> ObjectRef {
    let group = owner
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    let is_cluster_wide = group == "pkg.crossplane.io";
    let namespace = if is_cluster_wide {
        ""
    } else {
        object.metadata.namespace.as_str()
    };
    ObjectRef::custom(group, &owner.kind, namespace, &owner.name)
}

/// The source from which Flux deploys.
fn source(object: &CustomObject) -> Option<ObjectRef> {
    if !object.group().ends_with(FLUX) {
        return None;
    }
    let at = |field: &str| {
        let direct = object.spec_text(&["sourceRef", field]);
        if direct.is_empty() {
            object.spec_text(&["chart", "spec", "sourceRef", field])
        } else {
            direct
        }
    };
    let (kind, name) = (at("kind"), at("name"));
    let namespace = match at("namespace") {
        "" => object.metadata.namespace.as_str(),
        namespace => namespace,
    };
    let group = "source.toolkit.fluxcd.io";
    (!name.is_empty()).then(|| ObjectRef::custom(group, kind, namespace, name))
}

/// Whether Velero stores backups of the object there.
fn is_storage_of(location: &CustomObject, object: &CustomObject) -> bool {
    if object.group() != "velero.io" || !location.is("velero.io", "BackupStorageLocation") {
        return false;
    }
    let named = object.spec_text(&["storageLocation"]);
    let is_named = named.is_empty() || location.metadata.name == named;
    is_named
        && object.kind != "BackupStorageLocation"
        && object.metadata.namespace == location.metadata.namespace
}

/// Whether a Crossplane provider makes the resources of an API group: `provider-aws-s3` those of
/// `s3.aws.upbound.io`.
fn provides(provider: &CustomObject, group: &str) -> bool {
    let is_provider = provider.is("pkg.crossplane.io", "Provider");
    // Namespaced resources have an `m` in their group.
    let parts: Vec<&str> = group.split('.').filter(|part| *part != "m").collect();
    let Some(own) = parts
        .len()
        .checked_sub(2)
        .filter(|own| is_provider && *own > 0)
    else {
        return false;
    };
    let name: Vec<&str> = provider.metadata.name.split('-').collect();
    let is_family = name.contains(&"family") && parts[..own].iter().any(|part| name.contains(part));
    is_family || parts[..own].iter().all(|part| name.contains(part))
}

fn is_deployer(object: &CustomObject) -> bool {
    object.is("kustomize.toolkit.fluxcd.io", "Kustomization")
        || object.is("helm.toolkit.fluxcd.io", "HelmRelease")
        || object.is("helm.cattle.io", "HelmChart")
}

/// Whether the labels of a workload say that the object deployed it.
fn is_deployed_by(workload: &Workload, object: &CustomObject) -> bool {
    let (group, meta) = (object.group(), &object.metadata);
    let label = |key: &str| workload.meta.label(&format!("{group}/{key}"));
    label("name") == Some(&*meta.name) && label("namespace") == Some(&*meta.namespace)
}

/// Whether pods of a workload use the claim of a Longhorn volume.
fn stores(volume: &CustomObject, workload: &Workload) -> bool {
    let namespace = volume.status_text(&["kubernetesStatus", "namespace"]);
    let claim = volume.status_text(&["kubernetesStatus", "pvcName"]);
    let uses = |pod: &&Pod| pod.claims().any(|name| name == claim);
    !claim.is_empty()
        && workload.meta.namespace == namespace
        && workload.pods.iter().copied().any(|pod| uses(&pod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_makes_the_resources_of_its_groups() {
        let provider = |name: &str| CustomObject {
            api_version: "pkg.crossplane.io/v1".into(),
            kind: "Provider".into(),
            metadata: crate::cluster::types::ObjectMeta {
                name: name.into(),
                ..Default::default()
            },
            ..CustomObject::default()
        };
        for (name, group, expected) in [
            ("provider-aws-s3", "s3.aws.upbound.io", true),
            ("upbound-provider-aws-s3", "s3.aws.m.upbound.io", true),
            ("upbound-provider-family-aws", "iam.aws.upbound.io", true),
            ("provider-aws-rds", "s3.aws.upbound.io", false),
            ("provider-helm", "helm.crossplane.io", true),
            ("provider-aws-s3", "apps", false),
        ] {
            assert_eq!(provides(&provider(name), group), expected, "{name} {group}");
        }
    }
}
