//! The look-ups of the analyzer: logs, descriptions and events in the
//! incident's namespaces. Results are truncated and contain no secrets.
//!
//! They are taken from the snapshot, which has every object of the cycle and
//! the logs of failing containers. A look-up therefore needs no request, and
//! works for a dump too.

use serde_json::Value;

use super::object_index::{self, Scope};
use super::schema::{answer, choice};
use super::untrusted::{line, tail, truncate};
use crate::cluster::Snapshot;
use crate::cluster::types::{Event, ObjectMeta, OwnerReference, Pod};
use crate::model::named_enum;

/// The most characters of a result.
const MAX_CHARS: usize = 1_200;
/// The most look-ups in one round.
pub const AT_ONCE: usize = 2;
/// The most rounds.
pub const ROUNDS: usize = 3;
/// The most events of a result, the newest first.
const EVENTS: usize = 8;

named_enum! {
    /// What to look up.
    pub enum What {
        /// The last lines of a pod's containers.
        Logs = "logs",
        /// An object's status and specification.
        Describe = "describe",
        /// Warnings about an object.
        Events = "events",
    }
}
choice!(What);

answer! {
    /// One look-up.
    Wanted {
        /// What to look up.
        what "what": What,
        /// The kind of the object.
        kind "kind": String,
        /// Its namespace.
        namespace "namespace": String,
        /// Its name.
        name "name": String,
    }
}

/// A source of look-ups. Results are text for a model: redacted, without
/// control characters, truncated. `None` when nothing is found in the scope.
pub trait LookUp {
    /// The last lines of the containers of a pod, or of a workload's failing pod.
    fn logs(&self, kind: &str, namespace: &str, name: &str) -> Option<String>;
    /// An object's status and specification.
    fn describe(&self, kind: &str, namespace: &str, name: &str) -> Option<String>;
    /// Warnings about an object.
    fn events(&self, kind: &str, namespace: &str, name: &str) -> Option<String>;

    /// Runs any look-up.
    fn look_up(&self, wanted: &Wanted) -> Option<String> {
        let Wanted {
            what,
            kind,
            namespace,
            name,
        } = wanted;
        match what {
            What::Logs => self.logs(kind, namespace, name),
            What::Describe => self.describe(kind, namespace, name),
            What::Events => self.events(kind, namespace, name),
        }
    }
}

/// Look-ups in the snapshot.
pub struct InSnapshot<'a> {
    /// The snapshot of the cycle.
    pub snapshot: &'a Snapshot,
    /// The scope of the incident.
    pub scope: &'a Scope<'a>,
}

impl LookUp for InSnapshot<'_> {
    fn logs(&self, kind: &str, namespace: &str, name: &str) -> Option<String> {
        if !self.scope.is_within(namespace) {
            return None;
        }
        let kind = object_index::kind(kind).map_or("Pod", |info| info.kind);
        let pods = self.snapshot.objects.pods.iter();
        let mut pods = pods.filter(|pod| {
            pod.metadata.namespace == namespace
                && (pod.metadata.name == name || self.is_owned(pod, kind, name))
        });
        let logs = pods.find_map(|pod| {
            let logs: Vec<_> = self
                .snapshot
                .logs_of(namespace, &pod.metadata.name)
                .collect();
            (!logs.is_empty()).then_some(logs)
        })?;
        let share = MAX_CHARS / logs.len().max(1);
        let texts = logs.iter().map(|log| {
            let run = if log.previous {
                "previous run"
            } else {
                "this run"
            };
            let lines = tail(&log.text, share.saturating_sub(60));
            format!("{} ({run}):\n{lines}", line(&log.container, 40))
        });
        some(texts.collect::<Vec<_>>().join("\n"))
    }

    fn describe(&self, kind: &str, namespace: &str, name: &str) -> Option<String> {
        let object = self
            .scope
            .object(object_index::kind(kind)?, namespace, name)?;
        // The status comes first, because the end may be cut.
        let parts = ["status", "spec"].into_iter().filter_map(|key| {
            let part = object.get(key).filter(|part| !part.is_null())?;
            Some(format!("{key}: {}", line(&part.to_string(), MAX_CHARS)))
        });
        let text = parts.collect::<Vec<_>>().join("\n");
        let rest = || line(&without_metadata(&object).to_string(), MAX_CHARS);
        some(truncate(
            &if text.is_empty() { rest() } else { text },
            MAX_CHARS,
        ))
    }

    fn events(&self, kind: &str, namespace: &str, name: &str) -> Option<String> {
        let kind = object_index::kind(kind)?;
        if !self.scope.holds(kind, namespace, name) {
            return None;
        }
        let events = self.snapshot.objects.events.iter();
        let mut found: Vec<&Event> = events
            .filter(|event| {
                let about = &event.involved_object;
                about.kind == kind.kind
                    && about.name == name
                    && (!kind.is_namespaced() || about.namespace == namespace)
            })
            .collect();
        found.sort_by_key(|event| std::cmp::Reverse(event.last()));
        let lines = found.iter().take(EVENTS).map(|event| {
            let message = line(&event.message, 220);
            format!(
                "{} ({} times): {message}",
                line(&event.reason, 60),
                event.times()
            )
        });
        some(truncate(&lines.collect::<Vec<_>>().join("\n"), MAX_CHARS))
    }
}

impl InSnapshot<'_> {
    /// Whether a pod belongs to a workload, perhaps through its ReplicaSet or Job.
    fn is_owned(&self, pod: &Pod, kind: &str, name: &str) -> bool {
        let objects = &self.snapshot.objects;
        let is = |owner: &OwnerReference| owner.kind == kind && owner.name == name;
        pod.metadata.owner_references.iter().any(|owner| {
            let parents = match owner.kind.as_str() {
                "ReplicaSet" => find_owners(&objects.replica_sets, |set| &set.metadata, pod, owner),
                "Job" => find_owners(&objects.jobs, |job| &job.metadata, pod, owner),
                _ => None,
            };
            is(owner) || parents.is_some_and(|parents| parents.iter().any(is))
        })
    }
}

/// The owners of a pod's owner.
fn find_owners<'a, T>(
    objects: &'a [T],
    meta: impl Fn(&T) -> &ObjectMeta,
    pod: &Pod,
    owner: &OwnerReference,
) -> Option<&'a [OwnerReference]> {
    let found = objects.iter().find(|object| {
        let meta = meta(object);
        meta.namespace == pod.metadata.namespace && meta.name == owner.name
    })?;
    Some(&meta(found).owner_references)
}

fn without_metadata(object: &Value) -> Value {
    let mut rest = object.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("metadata");
    }
    rest
}

fn some(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
