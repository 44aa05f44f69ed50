//! Pods and namespaces that were deleted and do not end.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::pod_status::pod_refs;
use super::text::condition_text;
use crate::cluster::types::{Condition, Namespace, ObjectMeta, Pod};
use crate::model::{Cause, Effect, FactKind, Finding, ObjectRef, Reason, Time};

/// What is deleted is usually gone long before this.
const OVERDUE: TimeDelta = TimeDelta::minutes(10);

/// Checks pods and namespaces.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let namespaces = index.snapshot.objects.namespaces.iter();
    let namespaces = namespaces.filter_map(|n| namespace(index, n));
    pods(index).into_iter().chain(namespaces).collect()
}

/// The deletion timestamp of an object that should have been gone for minutes.
fn overdue_since(index: &ClusterIndex, meta: &ObjectMeta) -> Option<Time> {
    let due = meta.deletion_timestamp?;
    (index.now() - due >= OVERDUE).then_some(due)
}

/// One finding for the pods of each owner. Nobody can confirm the end of a pod on
/// a node that is not ready, and that is the node's finding.
fn pods(index: &ClusterIndex) -> Vec<Finding> {
    let mut by_owner: BTreeMap<ObjectRef, Vec<&Pod>> = BTreeMap::new();
    for pod in &index.snapshot.objects.pods {
        if overdue_since(index, &pod.metadata).is_some() && !index.is_lost(pod.node()) {
            by_owner.entry(owner(index, pod)).or_default().push(pod);
        }
    }
    let stuck = by_owner.into_iter();
    stuck
        .filter_map(|(owner, pods)| stuck_pods(index, owner, &pods))
        .collect()
}

/// The workload of a pod, else what owns it, else the pod.
fn owner(index: &ClusterIndex, pod: &Pod) -> ObjectRef {
    let namespace = &pod.metadata.namespace;
    let mut workloads = index.workloads_in(namespace);
    let workload = workloads.find(|w| w.pods.iter().any(|p| std::ptr::eq(*p, pod)));
    if let Some(workload) = workload {
        return workload.reference();
    }
    match pod.metadata.controller() {
        Some(owner) => ObjectRef::new(&owner.kind, namespace, &owner.name),
        None => ObjectRef::new("Pod", namespace, &pod.metadata.name),
    }
}

fn stuck_pods(index: &ClusterIndex, owner: ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let since = |pod: &&&Pod| pod.metadata.deletion_timestamp;
    let oldest = pods.iter().min_by_key(since)?;
    let workload = index.workload(&owner.kind, &owner.namespace, &owner.name);
    let service = workload.and_then(|w| index.service_of(w));
    let mut finding = Finding::new(
        Reason::Terminating,
        owner,
        since(&oldest)?,
        Effect::Impaired,
    );
    finding.service = service.map(|s| s.name.clone());
    let meta = &oldest.metadata;
    let held_by = match &*meta.finalizers.join(", ") {
        "" => format!("the kubelet on {} has not confirmed its end", oldest.node()),
        finalizers => format!("finalizer {finalizers} has not been removed"),
    };
    finding.message = format!("pod {} was deleted and does not end: {held_by}", meta.name);
    for pod in pods {
        let (name, due) = (&pod.metadata.name, pod.metadata.deletion_timestamp);
        let due = due.map_or_else(String::new, |t| t.to_rfc3339());
        let finalizers = pod.metadata.finalizers.join(", ");
        finding.fact(
            FactKind::Object,
            format!("pod {name}: deletionTimestamp {due}, finalizers [{finalizers}]"),
        );
    }
    finding.evidence.truncate(5);
    finding.pods = pod_refs(pods.iter().copied());
    Some(finding)
}

/// Conditions of a namespace that say what it waits for, the most telling first.
const BLOCKED_BY: &[&str] = &[
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
];

fn namespace(index: &ClusterIndex, namespace: &Namespace) -> Option<Finding> {
    let since = overdue_since(index, &namespace.metadata)?;
    let name = namespace.metadata.name.as_str();
    let resource = ObjectRef::new("Namespace", "", name);
    let mut finding = Finding::new(Reason::Terminating, resource, since, Effect::Impaired);
    finding.cause = Some(Cause::NamespaceTerminating);
    let mut services = index.monitored.iter();
    let service = services.find(|s| s.namespace.as_deref() == Some(name));
    finding.service = service.map(|s| s.name.clone());
    let conditions = &namespace.status.conditions;
    let blocking: Vec<&Condition> = BLOCKED_BY
        .iter()
        .filter_map(|kind| conditions.iter().find(|c| c.kind == *kind && c.is_true()))
        .collect();
    let why = blocking
        .first()
        .map_or("no condition says why", |c| &*c.message);
    finding.message = format!("was deleted and does not end: {why}");
    for condition in blocking {
        finding.fact(FactKind::Object, condition_text(condition));
    }
    if finding.evidence.is_empty() {
        let phase = &namespace.status.phase;
        finding.fact(FactKind::Object, format!("namespace {name}: phase {phase}"));
    }
    Some(finding)
}
