//! Persistent volume claims compared with the volumes that they could be bound to.

use super::RuleContext;
use crate::cluster::quantity;
use crate::cluster::types::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::detect::storage_class;

/// A claim that is not bound, with its storage class.
pub struct PendingClaim<'a> {
    /// The claim.
    pub claim: &'a PersistentVolumeClaim,
    /// Its class, or the default one.
    pub class: Option<&'a StorageClass>,
    /// The volumes of its class.
    pub volumes: Vec<&'a PersistentVolume>,
}

/// Why a volume does not match a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It is bound to another claim.
    AlreadyBound,
    /// It does not offer the access mode.
    AccessMode,
    /// It is too small.
    Capacity,
    /// The claim's selector does not select it.
    Selector,
}

/// The pending claims of a finding: the claim that it is about, or those that
/// its pending pods wait for.
#[must_use]
pub fn pending<'a>(context: &RuleContext<'a>) -> Vec<PendingClaim<'a>> {
    let resource = &context.finding.resource;
    let names: Vec<&str> = if resource.is("PersistentVolumeClaim") {
        vec![resource.name.as_str()]
    } else {
        let waiting = context.pods.iter().filter(|p| p.status.phase == "Pending");
        waiting
            .flat_map(|p| &p.spec.volumes)
            .filter_map(|v| v.persistent_volume_claim.as_ref())
            .map(|c| c.claim_name.as_str())
            .collect()
    };
    let claims = names
        .into_iter()
        .filter_map(|name| context.index.claim(&resource.namespace, name));
    claims
        .filter(|c| c.status.phase == "Pending")
        .map(|c| describe(context, c))
        .collect()
}

fn describe<'a>(context: &RuleContext<'a>, claim: &'a PersistentVolumeClaim) -> PendingClaim<'a> {
    let class = storage_class(context.index, claim);
    let name = match (claim.spec.storage_class_name.as_deref(), class) {
        (Some(name), _) => name,
        (None, Some(class)) => &class.metadata.name,
        (None, None) => "",
    };
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    PendingClaim {
        claim,
        class,
        volumes: volumes
            .iter()
            .filter(|v| v.spec.storage_class_name == name)
            .collect(),
    }
}

impl PendingClaim<'_> {
    /// The class that the claim names; empty for a volume created by hand.
    #[must_use]
    pub fn class_name(&self) -> &str {
        self.claim
            .spec
            .storage_class_name
            .as_deref()
            .unwrap_or_default()
    }

    /// Whether volumes of this class are created by hand, without a provisioner.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.class
            .is_none_or(|c| c.provisioner == "kubernetes.io/no-provisioner")
    }

    /// The requested size, in bytes and as written.
    #[must_use]
    pub fn size(&self) -> Option<(f64, &str)> {
        let text = &self.claim.spec.resources.requests.get("storage")?.0;
        Some((quantity::parse(text)?, text))
    }

    /// Why a volume does not match it.
    #[must_use]
    pub fn mismatches(&self, volume: &PersistentVolume) -> Vec<Mismatch> {
        let (claim, spec) = (&self.claim.spec, &volume.spec);
        let meta = &self.claim.metadata;
        let mut mismatches = Vec::new();
        let own = |o: &crate::cluster::types::ClaimOwner| {
            o.name == meta.name && o.namespace == meta.namespace
        };
        if spec.claim_ref.as_ref().is_some_and(|o| !own(o))
            || matches!(volume.status.phase.as_str(), "Bound" | "Released")
        {
            mismatches.push(Mismatch::AlreadyBound);
        }
        if !claim
            .access_modes
            .iter()
            .all(|m| spec.access_modes.contains(m))
        {
            mismatches.push(Mismatch::AccessMode);
        }
        let has = spec
            .capacity
            .get("storage")
            .and_then(|q| quantity::parse(&q.0));
        if self
            .size()
            .zip(has)
            .is_some_and(|((requested, _), capacity)| requested > capacity)
        {
            mismatches.push(Mismatch::Capacity);
        }
        if claim
            .selector
            .as_ref()
            .is_some_and(|s| !s.matches(&volume.metadata.labels))
        {
            mismatches.push(Mismatch::Selector);
        }
        mismatches
    }

    /// The volume that matches the claim best, and its mismatches.
    #[must_use]
    pub fn closest(&self) -> Option<(&PersistentVolume, Vec<Mismatch>)> {
        let named = &self.claim.spec.volume_name;
        self.volumes
            .iter()
            .filter(|v| named.is_empty() || v.metadata.name == *named)
            .map(|v| (*v, self.mismatches(v)))
            .filter(|(_, m)| !m.is_empty())
            // A free volume that does not match explains more than a bound one that would.
            .min_by_key(|(v, m)| {
                (
                    m.len(),
                    m.contains(&Mismatch::AlreadyBound),
                    v.metadata.name.as_str(),
                )
            })
    }
}
