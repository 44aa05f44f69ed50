//! What is kept of an object once its page was read.
//!
//! A cluster has many pods and few that matter. Of a pod that is well only
//! what counts and groups is kept; what pods have in common is kept once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::cluster::objects::{
    Application, Certificate, Condition, CronJob, DaemonSet, Deployment, EndpointSlice, Event,
    ExternalSecret, Gateway, HorizontalPodAutoscaler, HttpRoute, Ingress, Issuer, Job, Labels,
    Lease, Namespace, Node, NodeMetrics, PersistentVolume, PersistentVolumeClaim, Pod,
    PodDisruptionBudget, PodMetrics, PodSpec, ReplicaSet, ResourceQuota, SecretStore, Service,
    StatefulSet, StorageClass, condition,
};

/// A kind that can be listed.
pub(super) trait Fold: DeserializeOwned {
    /// Drops what nobody reads and shares what is shared. Called for each
    /// object as soon as it is decoded, so that what is dropped makes room for
    /// the next one.
    #[must_use]
    fn fold(self, _pool: &mut Pool) -> Self {
        self
    }
}

macro_rules! kept_whole {
    ($($kind:ident)*) => { $( impl Fold for $kind {} )* };
}
kept_whole! {
    Application Certificate CronJob DaemonSet Deployment EndpointSlice Event ExternalSecret Gateway
    HorizontalPodAutoscaler HttpRoute Ingress Issuer Job Lease Namespace Node NodeMetrics
    PersistentVolume PersistentVolumeClaim PodDisruptionBudget PodMetrics ReplicaSet ResourceQuota
    SecretStore Service StatefulSet StorageClass
}

impl Fold for Pod {
    fn fold(mut self, pool: &mut Pool) -> Self {
        self.metadata.labels = pool.labels(self.metadata.labels);
        if is_well(&self) {
            self.status.conditions.retain(|c| c.kind == "Ready");
            for status in &mut self.status.container_statuses {
                status.image = String::new();
            }
        }
        if let Some(spec) = Arc::get_mut(&mut self.spec) {
            make_alike(spec);
        }
        let owner = self.metadata.controller().map(|owner| owner.uid.clone());
        self.spec = pool.spec(owner.unwrap_or_default(), self.spec);
        // Decoding leaves room for four objects or more where there is one.
        self.metadata.owner_references.shrink_to_fit();
        self.status.conditions.shrink_to_fit();
        self.status.container_statuses.shrink_to_fit();
        self.status.init_container_statuses.shrink_to_fit();
        self
    }
}

/// Running and ready without a restart, or done. No rule asks such a pod for a reason.
fn is_well(pod: &Pod) -> bool {
    let status = &pod.status;
    let ready = condition(&status.conditions, "Ready").is_some_and(Condition::is_true);
    let steady = (status.container_statuses.iter())
        .all(|c| c.ready && c.restart_count == 0 && c.last_state.terminated.is_none());
    pod.metadata.deletion_timestamp.is_none()
        && match status.phase.as_str() {
            "Running" => ready && steady,
            "Succeeded" => true,
            _ => false,
        }
}

/// Drops the volume of the service account token, whose name is random and
/// would make the specs of all replicas differ.
fn make_alike(spec: &mut PodSpec) {
    let is_token = |name: &str| name.starts_with("kube-api-access-");
    spec.volumes.retain(|volume| !is_token(&volume.name));
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        container
            .volume_mounts
            .retain(|mount| !is_token(&mount.name));
    }
}

/// What objects have in common.
#[derive(Default)]
pub(super) struct Pool {
    labels: HashSet<Labels>,
    specs: HashMap<String, Vec<Arc<PodSpec>>>,
}

impl Pool {
    fn labels(&mut self, labels: Labels) -> Labels {
        if let Some(known) = self.labels.get(&labels) {
            return Arc::clone(known);
        }
        self.labels.insert(Arc::clone(&labels));
        labels
    }

    /// Pods of one owner have the same spec but for their claims.
    fn spec(&mut self, owner: String, spec: Arc<PodSpec>) -> Arc<PodSpec> {
        /// An owner whose pods all differ is not worth more comparisons.
        const VARIANTS: usize = 16;
        let known = self.specs.entry(owner).or_default();
        if let Some(same) = known.iter().find(|candidate| **candidate == spec) {
            return Arc::clone(same);
        }
        if known.len() < VARIANTS {
            known.push(Arc::clone(&spec));
        }
        spec
    }
}
