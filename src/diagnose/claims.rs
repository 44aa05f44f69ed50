//! Claims against the volumes that could serve them.

use super::RuleContext;
use crate::cluster::quantity;
use crate::cluster::types::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::detect::storage_class;

/// A claim that is not bound, with the class that it goes by.
pub struct OpenClaim<'a> {
    /// The claim.
    pub claim: &'a PersistentVolumeClaim,
    /// Its class, or the default one.
    pub class: Option<&'a StorageClass>,
    /// The volumes of its class.
    pub volumes: Vec<&'a PersistentVolume>,
}

/// Why a volume does not serve a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It is bound to another.
    Taken,
    /// It does not offer the access mode.
    AccessMode,
    /// It is too small.
    Capacity,
    /// The claim's selector does not select it.
    Selector,
}

/// The claims of a context that are not bound: the one it is about, or those that
/// its pending pods wait for.
#[must_use]
pub fn open<'a>(context: &RuleContext<'a>) -> Vec<OpenClaim<'a>> {
    let resource = &context.finding.resource;
    let names: Vec<&str> = if resource.kind == "PersistentVolumeClaim" {
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

fn describe<'a>(context: &RuleContext<'a>, claim: &'a PersistentVolumeClaim) -> OpenClaim<'a> {
    let class = storage_class(context.index, claim);
    let name = match (claim.spec.storage_class_name.as_deref(), class) {
        (Some(name), _) => name,
        (None, Some(class)) => &class.metadata.name,
        (None, None) => "",
    };
    let volumes = &context.index.snapshot.objects.persistent_volumes;
    OpenClaim {
        claim,
        class,
        volumes: volumes
            .iter()
            .filter(|v| v.spec.storage_class_name == name)
            .collect(),
    }
}

impl OpenClaim<'_> {
    /// The class that the claim names; empty for a volume made by hand.
    #[must_use]
    pub fn class_name(&self) -> &str {
        self.claim
            .spec
            .storage_class_name
            .as_deref()
            .unwrap_or_default()
    }

    /// Whether volumes of this class are made by hand: nobody provisions them.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.class
            .is_none_or(|c| c.provisioner == "kubernetes.io/no-provisioner")
    }

    /// What it asks for, in bytes and as written.
    #[must_use]
    pub fn size(&self) -> Option<(f64, &str)> {
        let text = &self.claim.spec.resources.requests.get("storage")?.0;
        Some((quantity::parse(text)?, text))
    }

    /// Why a volume does not serve it.
    #[must_use]
    pub fn misfits(&self, volume: &PersistentVolume) -> Vec<Mismatch> {
        let (claim, spec) = (&self.claim.spec, &volume.spec);
        let meta = &self.claim.metadata;
        let mut misfits = Vec::new();
        let own = |o: &crate::cluster::types::ClaimOwner| {
            o.name == meta.name && o.namespace == meta.namespace
        };
        if spec.claim_ref.as_ref().is_some_and(|o| !own(o))
            || matches!(volume.status.phase.as_str(), "Bound" | "Released")
        {
            misfits.push(Mismatch::Taken);
        }
        if !claim
            .access_modes
            .iter()
            .all(|m| spec.access_modes.contains(m))
        {
            misfits.push(Mismatch::AccessMode);
        }
        let has = spec
            .capacity
            .get("storage")
            .and_then(|q| quantity::parse(&q.0));
        if self
            .size()
            .zip(has)
            .is_some_and(|((asks, _), has)| asks > has)
        {
            misfits.push(Mismatch::Capacity);
        }
        if claim
            .selector
            .as_ref()
            .is_some_and(|s| !s.matches(&volume.metadata.labels))
        {
            misfits.push(Mismatch::Selector);
        }
        misfits
    }

    /// The volume that comes closest to the claim, and what is wrong with it.
    #[must_use]
    pub fn nearest(&self) -> Option<(&PersistentVolume, Vec<Mismatch>)> {
        let named = &self.claim.spec.volume_name;
        self.volumes
            .iter()
            .filter(|v| named.is_empty() || v.metadata.name == *named)
            .map(|v| (*v, self.misfits(v)))
            .filter(|(_, m)| !m.is_empty())
            // A free volume that does not fit tells more than one that would, were it free.
            .min_by_key(|(v, m)| {
                (
                    m.len(),
                    m.contains(&Mismatch::Taken),
                    v.metadata.name.as_str(),
                )
            })
    }
}
