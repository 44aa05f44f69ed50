//! Persistent volume claims that are not bound. One that waits for its first
//! consumer is normal.

use std::collections::HashMap;

use super::index::ClusterIndex;
use super::pod_status::SETTLING;
use super::workload::Workload;
use crate::cluster::Resource;
use crate::cluster::types::{PersistentVolumeClaim, StorageClass};
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason};

/// Checks every claim.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let consumers = consumers(index);
    let claims = index.snapshot.objects.claims.iter();
    claims
        .filter_map(|claim| check(index, &consumers, claim))
        .collect()
}

/// The workload that mounts each claim, by namespace and name.
type Consumers<'v, 'a> = HashMap<(&'v str, &'v str), &'v Workload<'a>>;

fn consumers<'v, 'a>(index: &'v ClusterIndex<'a>) -> Consumers<'v, 'a> {
    let mut consumers = HashMap::new();
    for workload in &index.workloads {
        let volumes = workload.pods.iter().flat_map(|p| &p.spec.volumes);
        for claim in volumes.filter_map(|v| v.persistent_volume_claim.as_ref()) {
            let key = (workload.meta.namespace.as_str(), claim.claim_name.as_str());
            consumers.entry(key).or_insert(workload);
        }
    }
    consumers
}

fn check(
    index: &ClusterIndex,
    consumers: &Consumers,
    claim: &PersistentVolumeClaim,
) -> Option<Finding> {
    let meta = &claim.metadata;
    let since = meta.creation_timestamp.unwrap_or(index.now());
    let reason = match claim.status.phase.as_str() {
        "Lost" => Reason::ClaimLost,
        "Pending" if index.now() - since >= SETTLING && !waits_for_consumer(index, claim) => {
            Reason::ProvisioningFailed
        }
        _ => return None,
    };
    let reference = ObjectRef::new("PersistentVolumeClaim", &meta.namespace, &meta.name);
    let mut finding = Finding::new(reason, reference, since, Effect::Impaired);
    let consumer = consumers.get(&(meta.namespace.as_str(), meta.name.as_str()));
    let service = consumer.and_then(|workload| index.service_of(workload));
    finding.service = service.map(|s| s.name.clone());
    finding.message = if reason == Reason::ClaimLost {
        format!("its volume {} no longer exists", claim.spec.volume_name)
    } else {
        "is not bound to a volume".to_owned()
    };
    for event in index.events("PersistentVolumeClaim", &meta.namespace, &meta.name) {
        finding.fact(
            FactKind::Event,
            format!("{}: {}", event.reason, event.message),
        );
    }
    Some(finding)
}

/// Whether the claim is bound on first use and has no consumer yet. A selected
/// node means that the scheduler has found a consumer.
fn waits_for_consumer(index: &ClusterIndex, claim: &PersistentVolumeClaim) -> bool {
    // If classes could not be read, any of them may bind on first use.
    let on_first_use = match storage_class(index, claim) {
        Some(class) => class.volume_binding_mode == "WaitForFirstConsumer",
        None => !index.snapshot.is_read(Resource::StorageClasses),
    };
    let meta = &claim.metadata;
    on_first_use
        && meta
            .annotation("volume.kubernetes.io/selected-node")
            .is_none()
}

/// The claim's storage class, or the default class where it names none; of
/// several default classes the newest, as the API server chooses.
#[must_use]
pub fn storage_class<'a>(
    index: &ClusterIndex<'a>,
    claim: &PersistentVolumeClaim,
) -> Option<&'a StorageClass> {
    let classes = &index.snapshot.objects.storage_classes;
    if let Some(name) = claim.spec.storage_class_name.as_deref() {
        return classes.iter().find(|c| c.metadata.name == name);
    }
    let is_default = |c: &&StorageClass| {
        let default = "storageclass.kubernetes.io/is-default-class";
        c.metadata.annotation(default) == Some("true")
    };
    let age = |c: &StorageClass| std::cmp::Reverse(c.metadata.creation_timestamp);
    classes
        .iter()
        .filter(is_default)
        .min_by(|a, b| (age(a), &a.metadata.name).cmp(&(age(b), &b.metadata.name)))
}
