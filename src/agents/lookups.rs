//! What the analyzer may look up: logs, descriptions and events of the
//! incident's own namespaces. Read-only, cut to size, without secrets.
//!
//! The snapshot answers. It holds every object of the cycle and the logs of
//! failing containers, so a look-up costs no request and works for a dump too.

use serde_json::Value;

use super::object_index::{self, Scope};
use super::schema::{answer, choice};
use super::untrusted::{line, tail, truncate};
use crate::cluster::Snapshot;
use crate::cluster::types::Event;
use crate::model::named_enum;

/// No answer to a look-up is longer, in characters.
const LONGEST: usize = 1_200;
/// Look-ups in one round.
pub const AT_ONCE: usize = 2;
/// Rounds.
pub const ROUNDS: usize = 3;
/// Events shown, the newest first.
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
        /// Of what kind.
        kind "kind": String,
        /// Where.
        namespace "namespace": String,
        /// Of what name.
        name "name": String,
    }
}

/// Whoever can look things up. All answers are text for a model: redacted,
/// clean, cut; `None` where there is nothing of that name within reach.
pub trait LookUp {
    /// The last lines of a pod's containers.
    fn logs(&self, namespace: &str, pod: &str) -> Option<String>;
    /// An object's status and specification.
    fn describe(&self, kind: &str, namespace: &str, name: &str) -> Option<String>;
    /// Warnings about an object.
    fn events(&self, kind: &str, namespace: &str, name: &str) -> Option<String>;

    /// Any of them.
    fn look_up(&self, wanted: &Wanted) -> Option<String> {
        let Wanted {
            what,
            kind,
            namespace,
            name,
        } = wanted;
        match what {
            What::Logs => self.logs(namespace, name),
            What::Describe => self.describe(kind, namespace, name),
            What::Events => self.events(kind, namespace, name),
        }
    }
}

/// Looks things up in the snapshot.
pub struct InSnapshot<'a> {
    /// What the cycle read.
    pub snapshot: &'a Snapshot,
    /// What the incident reaches.
    pub scope: &'a Scope<'a>,
}

impl LookUp for InSnapshot<'_> {
    fn logs(&self, namespace: &str, pod: &str) -> Option<String> {
        if !self.scope.is_within(namespace) {
            return None;
        }
        let logs: Vec<_> = self.snapshot.logs_of(namespace, pod).collect();
        let share = LONGEST / logs.len().max(1);
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
        // What is comes before what was asked for: the end may be cut.
        let parts = ["status", "spec"].into_iter().filter_map(|key| {
            let part = object.get(key).filter(|part| !part.is_null())?;
            Some(format!("{key}: {}", line(&part.to_string(), LONGEST)))
        });
        let text = parts.collect::<Vec<_>>().join("\n");
        let rest = || line(&without_metadata(&object).to_string(), LONGEST);
        some(truncate(
            &if text.is_empty() { rest() } else { text },
            LONGEST,
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
            let said = line(&event.message, 220);
            format!(
                "{} ({} times): {said}",
                line(&event.reason, 60),
                event.times()
            )
        });
        some(truncate(&lines.collect::<Vec<_>>().join("\n"), LONGEST))
    }
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
