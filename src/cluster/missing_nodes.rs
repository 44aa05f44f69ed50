//! Pods that are said to run on nodes that do not exist. Within a minute of the end of a node the
//! control plane deletes them; until then, and for ever where it does not work, they keep the status
//! that the kubelet gave them last.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::damage::{DamagedKind, DamagedObject};
use super::objects::Objects;
use super::types::{Condition, Event, Pod, condition};
use crate::model::{Resource, Time};

/// The namespace of the leases of nodes.
const NODE_LEASES: &str = "kube-node-lease";
/// The control plane deletes the pods of a node that is gone within this time. A node that is younger
/// may have joined between the lists of nodes and pods.
const SETTLING: TimeDelta = TimeDelta::minutes(2);

/// Which nodes exist, or did a moment ago.
#[derive(Debug, Default)]
pub struct MissingNodes<'a> {
    /// None where the nodes were not read.
    known: Option<HashSet<&'a str>>,
    has_no_node: bool,
    now: Time,
}

impl<'a> MissingNodes<'a> {
    /// Of a snapshot whose nodes were read. Linear in their number.
    pub(super) fn of(objects: &'a Objects, damaged: &'a [DamagedObject], now: Time) -> Self {
        let is_recent = |time: Option<Time>| time.is_some_and(|t| now - t < SETTLING);
        let is_node = |o: &&DamagedObject| o.kind == DamagedKind::Read(Resource::Nodes);
        let damaged = damaged.iter().filter(is_node);
        let damaged: Vec<_> = damaged.map(|o| o.item.name.as_str()).collect();
        if damaged.contains(&"") {
            return Self::default();
        }
        let listed = objects.nodes.iter().map(|n| &*n.metadata.name);
        let listed: Vec<_> = listed.chain(damaged).collect();
        let alive = objects.leases.iter().filter(|lease| {
            lease.metadata.namespace == NODE_LEASES && is_recent(lease.spec.renew_time)
        });
        let removed = objects.events.iter().filter(|e| e.is_about_removed_node());
        let removed = removed.filter(|e| is_recent(e.last()));
        let alive = alive.map(|lease| &*lease.metadata.name);
        let removed = removed.map(|e| &*e.involved_object.name);
        Self {
            has_no_node: listed.is_empty(),
            known: Some(listed.into_iter().chain(alive).chain(removed).collect()),
            now,
        }
    }

    /// Whether the nodes were read and there is none, so that no pod can run.
    #[must_use]
    pub fn has_no_node(&self) -> bool {
        self.has_no_node
    }

    /// Whether a pod has the status of one that runs, and its node does not exist.
    #[must_use]
    pub fn has(&self, pod: &Pod) -> bool {
        let Some(known) = &self.known else {
            return false;
        };
        let is_young = || pod.started().is_some_and(|t| self.now - t < SETTLING);
        pod.status.phase == "Running"
            && pod.metadata.deletion_timestamp.is_none()
            && (self.has_no_node
                || !pod.node().is_empty()
                    && !known.contains(pod.node())
                    && !pod.is_disrupted()
                    && !is_young())
    }
}

impl Pod {
    /// Whether the control plane has said that it deletes the pod.
    #[must_use]
    pub fn is_disrupted(&self) -> bool {
        let disrupted = condition(&self.status.conditions, "DisruptionTarget");
        disrupted.is_some_and(Condition::is_true)
    }
}

impl Event {
    /// Whether the control plane says that a node is gone.
    #[must_use]
    pub fn is_about_removed_node(&self) -> bool {
        self.reason == "RemovingNode" && self.involved_object.kind == "Node"
    }
}
