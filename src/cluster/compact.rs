//! What is kept of an object once it was read. Pure.
//!
//! A cluster has many pods and few that matter. What is unhealthy is kept
//! whole; of what is well only what a rule may still ask for: what counts,
//! groups, or stands beside a neighbour that fails. What objects have in
//! common is kept once. No verdict depends on any of this.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::de::DeserializeOwned;

use super::intern::Interner;
use super::types::*;
use crate::model::{Time, for_each_kind};

/// Ready for longer than any rule asks.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// A kind that can be listed.
pub trait Compact: DeserializeOwned {
    /// Drops what nobody reads and shares what is shared. Called for each
    /// object as soon as it is decoded, so that what is dropped makes room for
    /// the next one.
    fn compact(&mut self, pool: &mut Interner);
}

macro_rules! implement_whole {
    (whole $type:ident) => {
        impl Compact for $type {
            fn compact(&mut self, interner: &mut Interner) {
                interner.share_meta(&mut self.metadata);
            }
        }
    };
    ($kept:ident $type:ident) => {};
}

macro_rules! implement_compact {
    ($( $resource:ident $field:ident: $type:ident, $group:literal [$($version:literal),+] $plural:literal,
        $kind:literal $scope:ident $(($namespace:literal))? $requirement:ident [$($short:literal),*], $kept:ident; )*) => {
        $( implement_whole!($kept $type); )*
    };
}
for_each_kind!(implement_compact);

/// Its pod has the same name.
impl Compact for PodMetrics {
    fn compact(&mut self, pool: &mut Interner) {
        pool.share_words(self);
    }
}

macro_rules! with_template {
    ($($kind:ident)*) => { $(
        impl Compact for $kind {
            fn compact(&mut self, pool: &mut Interner) {
                // Only of pods anything goes by the uid.
                self.metadata.uid = SharedStr::default();
                pool.share_words(&mut self.metadata.name);
                pool.share_meta(&mut self.metadata);
                pool.share_words(&mut self.spec);
                pool.share_template(&mut self.spec.template);
                drop_assurances(&mut self.status.conditions);
                pool.share_words(&mut self.status);
            }
        }
    )* };
}
with_template! { Deployment StatefulSet DaemonSet }

impl Compact for ReplicaSet {
    fn compact(&mut self, pool: &mut Interner) {
        self.metadata.uid = SharedStr::default();
        pool.share_meta(&mut self.metadata);
        if self.metadata.controller().is_some() {
            // What is looked at is its deployment's template.
            self.spec.template = None;
        }
        pool.share_words(&mut self.spec);
        if let Some(template) = &mut self.spec.template {
            pool.share_template(template);
        }
        pool.share_words(&mut self.status);
    }
}

impl Compact for Job {
    fn compact(&mut self, pool: &mut Interner) {
        pool.share_meta(&mut self.metadata);
        if condition(&self.status.conditions, "Complete").is_some_and(Condition::is_true) {
            self.spec.template = PodTemplate::default();
        }
        pool.share_template(&mut self.spec.template);
    }
}

impl Compact for CronJob {
    fn compact(&mut self, pool: &mut Interner) {
        pool.share_meta(&mut self.metadata);
        pool.share_template(&mut self.spec.job_template.spec.template);
    }
}

impl Compact for EndpointSlice {
    /// One endpoint that takes traffic is as good as a thousand, wherever it is.
    fn compact(&mut self, pool: &mut Interner) {
        // Its Service is named by a label.
        self.metadata.uid = SharedStr::default();
        self.metadata.owner_references = Owners::default();
        pool.share_meta(&mut self.metadata);
        let (ready, others): (Vec<_>, Vec<_>) = self.endpoints.iter().partition(|e| e.is_ready());
        let first = ready.first().map(|ready| Endpoint {
            conditions: ready.conditions.clone(),
            ..Endpoint::default()
        });
        self.endpoints = first
            .into_iter()
            .chain(others.into_iter().cloned())
            .collect();
        pool.share_endpoints(&mut self.endpoints, &mut self.ports);
    }
}

impl Compact for Service {
    fn compact(&mut self, pool: &mut Interner) {
        self.metadata.uid = SharedStr::default();
        pool.share_meta(&mut self.metadata);
        pool.share_words(&mut self.metadata.name);
        pool.share_words(&mut self.spec);
        pool.share_service_ports(&mut self.spec.ports);
    }
}

impl Compact for Pod {
    fn compact(&mut self, pool: &mut Interner) {
        pool.share_meta(&mut self.metadata);
        pool.reuse_word(&mut self.metadata.name);
        pool.share_words(&mut self.node_name);
        let is_well = is_well(self);
        let spec = Arc::make_mut(&mut self.spec);
        drop_token(spec);
        if is_well {
            drop_defaults(spec);
            let has_own_name = self.metadata.controller().is_some_and(|owner| {
                matches!(owner.kind.as_str(), "ReplicaSet" | "DaemonSet" | "Job")
            });
            if has_own_name {
                // Nothing else will ever bear its name.
                self.metadata.uid = SharedStr::default();
            }
        }
        pool.share_spec(&mut self.spec);
        let status = Arc::make_mut(&mut self.status);
        if is_well {
            drop_times(status, pool.now());
            pool.share_status(&mut self.status);
        } else {
            pool.share_words(status);
        }
    }
}

/// Running and ready without a restart, or done. No rule asks such a pod for a
/// reason; should an event speak against it, its spec and what its containers
/// are at are known all the same.
fn is_well(pod: &Pod) -> bool {
    let is_ready = || condition(&pod.status.conditions, "Ready").is_some_and(Condition::is_true);
    let is_steady =
        |c: &ContainerStatus| c.ready && c.restart_count == 0 && c.last_state.terminated.is_none();
    let has_succeeded = |c: &ContainerStatus| {
        let ended = c.state.terminated.as_deref();
        c.last_state.terminated.is_none() && ended.is_some_and(|end| end.exit_code == 0)
    };
    let (first, main) = (
        &pod.status.init_container_statuses,
        &pod.status.container_statuses,
    );
    let has_begun = || first.iter().all(|c| has_succeeded(c) || is_steady(c));
    pod.metadata.deletion_timestamp.is_none()
        && match pod.status.phase.as_str() {
            "Running" => is_ready() && main.iter().all(is_steady) && has_begun(),
            "Succeeded" => main.iter().chain(first).all(has_succeeded),
            _ => false,
        }
}

/// The volume of the service account token has a random name, which would make
/// the specs of all replicas differ.
fn drop_token(spec: &mut PodSpec) {
    let is_token = |name: &str| name.starts_with("kube-api-access-");
    retain(&mut spec.volumes, |volume| !is_token(&volume.name));
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        retain(&mut container.volume_mounts, |mount| !is_token(&mount.name));
    }
}

/// That all is well is said by a condition's status; its words name the
/// replica set, so that no two are alike.
fn drop_assurances(conditions: &mut [Condition]) {
    let is_good =
        |c: &&mut Condition| c.is_true() && matches!(c.kind.as_str(), "Available" | "Progressing");
    for condition in conditions.iter_mut().filter(is_good) {
        condition.message = SharedStr::default();
    }
}

fn retain<T>(list: &mut Box<[T]>, is_kept: impl Fn(&T) -> bool) {
    if !list.iter().all(&is_kept) {
        let mut kept = std::mem::take(list).into_vec();
        kept.retain(is_kept);
        *list = kept.into();
    }
}

/// What the API server adds to every pod, so that a pod's spec is its template's.
fn drop_defaults(spec: &mut PodSpec) {
    let is_default = |toleration: &Toleration| {
        toleration.effect == "NoExecute"
            && toleration.operator == "Exists"
            && ["not-ready", "unreachable"]
                .iter()
                .any(|state| toleration.key.strip_prefix("node.kubernetes.io/") == Some(state))
    };
    retain(&mut spec.tolerations, |toleration| !is_default(toleration));
    if spec.service_account_name == "default" {
        spec.service_account_name = SharedStr::default();
    }
}

/// Moments and addresses differ between replicas; that a pod became ready a
/// good while ago is all that matters of them.
fn drop_times(status: &mut PodStatus, now: Time) {
    status.pod_ip = SharedStr::default();
    status.conditions.retain(|c| c.kind == "Ready");
    for ready in &mut status.conditions {
        let since = ready.last_transition_time;
        ready.last_transition_time = since.filter(|since| now - *since < SETTLED);
        ready.last_update_time = None;
    }
    let containers = status.container_statuses.iter_mut();
    for container in containers.chain(&mut status.init_container_statuses) {
        container.image = SharedStr::default();
        if let Some(running) = &mut container.state.running {
            running.started_at = None;
        }
        if let Some(ended) = &mut container.state.terminated {
            (ended.started_at, ended.finished_at) = (None, None);
        }
    }
}
