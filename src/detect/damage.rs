//! Objects that are known by name only, because what they are judged by could not be decoded. They are
//! neither healthy nor missing, and nothing is found about them.

use std::collections::{HashMap, HashSet};

use crate::cluster::types::ObjectMeta;
use crate::cluster::{DamagedKind, Resource, Snapshot};

/// The kinds by which a service exists.
const WORKLOADS: &[Resource] = &[
    Resource::Pods,
    Resource::Deployments,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::ReplicaSets,
    Resource::CronJobs,
];

/// The damaged objects of a snapshot.
pub struct Unjudged<'a> {
    /// Kind, namespace and name.
    known: HashSet<(&'a str, &'a str, &'a str)>,
    /// How many of a kind and namespace may belong to anything, because their name, labels or owner
    /// could not be read. The namespace is empty where not even that could be.
    unattributed: HashMap<(Option<Resource>, &'a str), u32>,
}

impl<'a> Unjudged<'a> {
    /// Usually there is none.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let known = snapshot.unjudged().map(|object| {
            let item = &object.item;
            let kind = object.kind.manifest_kind();
            (kind, item.namespace.as_str(), item.name.as_str())
        });
        let mut unattributed = HashMap::new();
        for object in snapshot.unjudged().filter(|o| o.item.is_unattributed()) {
            let resource = match &object.kind {
                DamagedKind::Read(resource) => Some(*resource),
                DamagedKind::Unknown => None,
                DamagedKind::Custom(_) => continue,
            };
            let key = (resource, object.item.namespace.as_str());
            *unattributed.entry(key).or_default() += 1;
        }
        Self {
            known: known.collect(),
            unattributed,
        }
    }

    /// Whether an object is one of them.
    #[must_use]
    pub fn has(&self, kind: &str, namespace: &str, name: &str) -> bool {
        !self.known.is_empty() && self.known.contains(&(kind, namespace, name))
    }

    /// Whether an object with this metadata is one of them.
    #[must_use]
    pub fn is(&self, kind: &str, meta: &ObjectMeta) -> bool {
        self.has(kind, &meta.namespace, &meta.name)
    }

    /// How many objects of the kind may belong to anything in this namespace.
    #[must_use]
    pub fn unattributed(&self, resource: Resource, namespace: &str) -> u32 {
        if self.unattributed.is_empty() {
            return 0;
        }
        let places = [Some(resource), None].into_iter();
        let places = places.flat_map(|kind| [(kind, namespace), (kind, "")]);
        let counts = places.filter_map(|place| self.unattributed.get(&place));
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether a workload in this namespace may belong to any service.
    #[must_use]
    pub fn may_hide_workload(&self, namespace: &str) -> bool {
        let kinds = WORKLOADS.iter();
        kinds
            .map(|kind| self.unattributed(*kind, namespace))
            .sum::<u32>()
            > 0
    }
}
