//! Pods that the API server refused to create because of a quota, a missing
//! service account or admission. Only the pods' controller reports it.

use super::index::ClusterIndex;
use super::workload::Workload;
use crate::cluster::types::{Condition, condition};
use crate::model::{FactKind, Time};

/// A failure to create pods.
pub struct CreateFailure {
    /// Where it was read.
    pub kind: FactKind,
    /// The API server's message.
    pub message: String,
    /// Since when, where known.
    pub since: Option<Time>,
}

impl CreateFailure {
    /// Deployments and replica sets have a condition for it; stateful sets and
    /// daemon sets only have events.
    #[must_use]
    pub fn of(index: &ClusterIndex, workload: &Workload) -> Option<Self> {
        let sets = || {
            workload
                .replica_sets
                .iter()
                .filter(|set| set.spec.replicas != Some(0))
        };
        let failure = |conditions| {
            condition(conditions, "ReplicaFailure").filter(|c: &&Condition| c.is_true())
        };
        let by_condition = failure(workload.conditions)
            .or_else(|| sets().find_map(|set| failure(&set.status.conditions)));
        if let Some(condition) = by_condition {
            return Some(Self {
                kind: FactKind::Object,
                message: condition.message.to_string(),
                since: condition.last_transition_time,
            });
        }
        let of_sets = sets()
            .flat_map(|s| index.events("ReplicaSet", &s.metadata.namespace, &s.metadata.name));
        index
            .events(workload.kind, &workload.meta.namespace, workload.name)
            .iter()
            .chain(of_sets)
            .filter(|e| e.reason == "FailedCreate")
            .max_by_key(|e| e.last())
            .map(|e| Self {
                kind: FactKind::Event,
                message: e.message.to_string(),
                since: e.first(),
            })
    }
}
