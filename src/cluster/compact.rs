//! What is kept of an object once it is read. Pure.
//!
//! A cluster has many healthy pods and few unhealthy ones. An unhealthy object is kept whole. Of a
//! healthy one is kept what a rule may still read: what counts, what groups, and what a neighbour's
//! finding needs. What objects have in common is kept once. No finding depends on any of this.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::event_limits;
use super::intern::Interner;
use super::types::{
    self, Application, Condition, ContainerStatus, CronJob, DaemonSet, Deployment, Endpoint,
    EndpointSlice, EndpointTarget, Job, ObjectMeta, Owners, Pod, PodMetrics, PodSpec, PodStatus,
    PodTemplate, ReplicaSet, Service, SharedStr, StatefulSet, Toleration, condition,
};
use crate::model::condition_words::{Opinion, opinion};
use crate::model::{Time, for_each_kind};

/// No rule asks whether a pod has been ready for longer than this.
const READY_FOR_LONG: TimeDelta = TimeDelta::hours(1);

/// A slim type of a kind that is listed.
pub trait Compact: DeserializeOwned {
    /// Drops what no rule reads and shares what other objects have too. Called for each object as
    /// soon as it is decoded, which bounds peak memory.
    fn compact(&mut self, interner: &mut Interner);

    /// Drops the objects of a list that are too many.
    fn bound(_: &mut Vec<Self>) {}
}

macro_rules! implement_whole {
    (whole $type:ident) => {
        impl Compact for types::$type {
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

impl Compact for types::CustomObject {
    /// Conditions that are as they should be are dropped, but for the fact that the object is ready.
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_meta(&mut self.metadata);
        self.metadata.uid = SharedStr::default();
        interner.share_fields(&mut self.spec);
        interner.share_fields(&mut self.status);
        if self.status_at(&["lastAttemptedRevision"]) == self.status_at(&["lastAppliedRevision"]) {
            self.status.retain(|field| field != "lastAttemptedRevision");
        }
        let Some(Value::Array(conditions)) = self.status.get_mut("conditions") else {
            return;
        };
        let text = |condition: &Value, key: &str| {
            let text = condition.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let is_of_the_whole = |kind: &str| matches!(kind, "Ready" | "Available" | "Healthy");
        conditions.retain_mut(|condition| {
            let kind = text(condition, "type");
            let says = opinion(
                &kind,
                &text(condition, "status"),
                &text(condition, "reason"),
            );
            if says != Opinion::Good {
                return true;
            }
            if let Some(fields) = condition.as_object_mut() {
                fields.retain(|key, _| matches!(key.as_str(), "type" | "status"));
            }
            is_of_the_whole(&kind)
        });
        let is_well = |c: &Value| is_of_the_whole(&text(c, "type")) && text(c, "status") == "True";
        if conditions.iter().all(is_well) {
            self.is_ready = !conditions.is_empty();
            let observed = self
                .status_at(&["observedGeneration"])
                .and_then(Value::as_i64);
            let is_current = observed.is_some() && observed == self.generation;
            self.status.retain(|field| {
                field != "conditions" && !(is_current && field == "observedGeneration")
            });
        }
    }
}

impl Compact for Application {
    /// The objects of an application tell why it is degraded. Those that are well do not.
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_meta(&mut self.metadata);
        let is_degraded = self.status.health.status == "Degraded";
        let resources = &mut self.status.resources;
        resources
            .retain(|r| is_degraded && matches!(&*r.health.status, "" | "Degraded" | "Missing"));
        resources.shrink_to_fit();
    }
}

/// Nobody reads what else the metadata of an event has.
impl Compact for types::Event {
    fn compact(&mut self, interner: &mut Interner) {
        let meta = std::mem::take(&mut self.metadata);
        self.metadata = ObjectMeta {
            name: meta.name,
            namespace: meta.namespace,
            creation_timestamp: meta.creation_timestamp,
            ..ObjectMeta::default()
        };
        interner.share_meta(&mut self.metadata);
    }

    fn bound(list: &mut Vec<Self>) {
        event_limits::bound(list);
    }
}

/// The names are shared with those of the pods.
impl Compact for PodMetrics {
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_strings(self);
    }
}

macro_rules! with_template {
    ($($kind:ident)*) => { $(
        impl Compact for $kind {
            fn compact(&mut self, interner: &mut Interner) {
                // Rules match by uid for pods only.
                self.metadata.uid = SharedStr::default();
                interner.share_strings(&mut self.metadata.name);
                interner.share_meta(&mut self.metadata);
                interner.share_strings(&mut self.spec);
                interner.share_template(&mut self.spec.template);
                drop_good_messages(&mut self.status.conditions);
                interner.share_strings(&mut self.status);
            }
        }
    )* };
}
with_template! { Deployment StatefulSet DaemonSet }

impl Compact for ReplicaSet {
    fn compact(&mut self, interner: &mut Interner) {
        self.metadata.uid = SharedStr::default();
        interner.share_meta(&mut self.metadata);
        if self.metadata.controller().is_some() {
            // Rules read the template of its Deployment instead.
            self.spec.template = None;
        }
        interner.share_strings(&mut self.spec);
        if let Some(template) = &mut self.spec.template {
            interner.share_template(template);
        }
        interner.share_strings(&mut self.status);
    }
}

impl Compact for Job {
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_meta(&mut self.metadata);
        if condition(&self.status.conditions, "Complete").is_some_and(Condition::is_true) {
            self.spec.template = PodTemplate::default();
        }
        interner.share_template(&mut self.spec.template);
    }
}

impl Compact for CronJob {
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_meta(&mut self.metadata);
        interner.share_template(&mut self.spec.job_template.spec.template);
    }
}

impl Compact for EndpointSlice {
    /// A Service needs one ready endpoint; rules do not count further ones.
    fn compact(&mut self, interner: &mut Interner) {
        // A label names its Service.
        self.metadata.uid = SharedStr::default();
        self.metadata.owner_references = Owners::default();
        interner.share_meta(&mut self.metadata);
        let (ready, others): (Vec<_>, Vec<_>) = self.endpoints.iter().partition(|e| e.is_ready());
        let first = ready.first().map(|ready| Endpoint {
            conditions: ready.conditions.clone(),
            target_ref: ready.target_ref.as_ref().map(|target| EndpointTarget {
                kind: target.kind.clone(),
                ..EndpointTarget::default()
            }),
            ..Endpoint::default()
        });
        self.endpoints = first
            .into_iter()
            .chain(others.into_iter().cloned())
            .collect();
        interner.share_endpoints(&mut self.endpoints, &mut self.ports);
    }
}

impl Compact for Service {
    fn compact(&mut self, interner: &mut Interner) {
        self.metadata.uid = SharedStr::default();
        interner.share_meta(&mut self.metadata);
        interner.share_strings(&mut self.metadata.name);
        interner.share_strings(&mut self.spec);
        interner.share_service_ports(&mut self.spec.ports);
    }
}

impl Compact for Pod {
    fn compact(&mut self, interner: &mut Interner) {
        interner.share_meta(&mut self.metadata);
        // Rules compare the generation of routes and gateways only.
        self.metadata.generation = 0;
        interner.reuse_string(&mut self.metadata.name);
        interner.share_strings(&mut self.node_name);
        let is_healthy = is_healthy(self);
        let spec = Arc::make_mut(&mut self.spec);
        drop_token(spec);
        if is_healthy {
            drop_defaults(spec);
            let has_unique_name = self.metadata.controller().is_some_and(|owner| {
                matches!(owner.kind.as_str(), "ReplicaSet" | "DaemonSet" | "Job")
            });
            if has_unique_name {
                // The name is unique over time, so that rules need no uid.
                self.metadata.uid = SharedStr::default();
            }
        }
        interner.share_spec(&mut self.spec);
        let status = Arc::make_mut(&mut self.status);
        if is_healthy {
            drop_times(status, interner.now());
            interner.share_status(&mut self.status);
        } else {
            interner.share_strings(status);
        }
    }
}

/// Whether a pod is running and ready without a restart, or has succeeded. No rule diagnoses such a
/// pod. For a warning event about it, its spec and the states of its containers are kept.
fn is_healthy(pod: &Pod) -> bool {
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
        && !pod.is_disrupted()
        && match pod.status.phase.as_str() {
            "Running" => is_ready() && main.iter().all(is_steady) && has_begun(),
            "Succeeded" => main.iter().chain(first).all(has_succeeded),
            _ => false,
        }
}

/// Drops the volume of the service account token. Its random name makes the specs of replicas
/// differ.
fn drop_token(spec: &mut PodSpec) {
    let is_token = |name: &str| name.starts_with("kube-api-access-");
    retain(&mut spec.volumes, |volume| !is_token(&volume.name));
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        retain(&mut container.volume_mounts, |mount| !is_token(&mount.name));
    }
}

/// Drops the messages of conditions that are as they should be. They name the `ReplicaSet`, so that
/// no two are equal.
fn drop_good_messages(conditions: &mut [Condition]) {
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

/// Drops what the API server adds to every pod, so that the spec of a pod equals its template's.
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

/// Drops times and addresses, which differ between replicas. Rules read of them only whether the
/// pod became ready recently.
fn drop_times(status: &mut PodStatus, now: Time) {
    status.pod_ip = SharedStr::default();
    status.conditions.retain(|c| c.kind == "Ready");
    for ready in &mut status.conditions {
        let since = ready.last_transition_time;
        ready.last_transition_time = since.filter(|since| now - *since < READY_FOR_LONG);
        ready.last_update_time = None;
        ready.observed_generation = 0;
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
