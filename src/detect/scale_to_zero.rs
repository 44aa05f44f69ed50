//! Workloads at zero replicas that are no outage: another one of the service serves in their
//! place, or an autoscaler holds them at zero until there is work.

use super::index::ClusterIndex;
use super::workload::Workload;
use super::workloads::{Health, WorkloadState};
use serde_json::Value;

use super::custom::complaint;
use crate::cluster::types::{HorizontalPodAutoscaler, Labels};

/// Labels that the controllers add to the pods of one template.
const ADDED_LABELS: &[&str] = &[
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

/// Sets the health of workloads that are at zero for a reason.
pub fn settle(index: &ClusterIndex, states: &mut [WorkloadState]) {
    let at_zero = |state: &WorkloadState| state.health == Health::ScaledToZero;
    let zeros: Vec<_> = (0..states.len())
        .filter(|&at| at_zero(&states[at]))
        .collect();
    for at in zeros {
        let workload = &index.workloads[at];
        if is_replaced(index, workload, states) {
            states[at].health = Health::Replaced;
        } else if is_idle(index, workload) {
            states[at].health = Health::Idle;
        }
    }
}

/// Whether another workload of the service serves in its place: blue and green, a canary's
/// primary, a rollout that took a deployment over, a database that moved.
fn is_replaced(index: &ClusterIndex, workload: &Workload, states: &[WorkloadState]) -> bool {
    let Some(service) = workload.service else {
        return false;
    };
    let members = index.workloads_of(service).iter();
    let serving = members.filter(|&&at| states[at].serves());
    let mut serving = serving.map(|&at| &index.workloads[at]);
    serving.any(|other| {
        // Flagger scales a deployment to zero and serves with `<name>-primary`.
        other.name.strip_suffix("-primary") == Some(workload.name)
            || has_same_template(workload, other)
            || gets_its_traffic(index, workload, other)
    })
}

/// Whether the pods of another workload have exactly the labels of this one's template.
fn has_same_template(workload: &Workload, other: &Workload) -> bool {
    let Some(template) = workload.template.map(|t| &t.metadata.labels) else {
        return false;
    };
    let own = |labels: &Labels| {
        let added = |key: &str| ADDED_LABELS.contains(&key);
        let mut own: Vec<_> = labels.iter().filter(|(key, _)| !added(key)).collect();
        own.sort_unstable();
        own.into_iter()
            .map(|(key, value)| format!("{}={}", key, &**value))
            .collect::<Vec<_>>()
    };
    let template = own(template);
    let mut pods = other.pods.iter();
    !template.is_empty() && pods.any(|pod| own(&pod.metadata.labels) == template)
}

/// Whether the Kubernetes Service with the name of the listed service or of the workload leads to
/// the pods of another workload.
fn gets_its_traffic(index: &ClusterIndex, workload: &Workload, other: &Workload) -> bool {
    let is_entry = |name: &str| {
        let service = index.service_of(workload);
        name == workload.name || service.is_some_and(|s| s.is_called(name))
    };
    let here = index.kubernetes_services_in(&workload.meta.namespace);
    let mut entries = here.iter().filter(|s| is_entry(&s.metadata.name));
    entries.any(|s| other.is_selected_by(s))
}

/// Whether an autoscaler decides that no pods are needed: Knative, KEDA, or a
/// `HorizontalPodAutoscaler` whose minimum is zero.
fn is_idle(index: &ClusterIndex, workload: &Workload) -> bool {
    let owner = workload.meta.controller();
    if owner.is_some_and(|o| o.kind == "Revision" && o.is_in_group("serving.knative.dev")) {
        return true;
    }
    if let Some(allowed) = by_scaled_object(index, workload) {
        return allowed;
    }
    let targets = |scaler: &&HorizontalPodAutoscaler| {
        let target = &scaler.spec.scale_target_ref;
        let meta = &scaler.metadata;
        meta.namespace == workload.meta.namespace
            && (target.kind.as_str(), target.name.as_str()) == (workload.kind, workload.name)
    };
    let scalers = &index.snapshot.objects.autoscalers;
    scalers.iter().filter(targets).any(allows_zero)
}

/// Whether KEDA may have scaled the workload to zero. None where no `ScaledObject` names it.
fn by_scaled_object(index: &ClusterIndex, workload: &Workload) -> Option<bool> {
    let mut objects = index.snapshot.objects.custom.iter();
    let of_workload = objects.find(|object| {
        let kind = match object.spec_text(&["scaleTargetRef", "kind"]) {
            "" => "Deployment",
            kind => kind,
        };
        object.is("keda.sh", "ScaledObject")
            && object.metadata.namespace == workload.meta.namespace
            && (kind, object.spec_text(&["scaleTargetRef", "name"]))
                == (workload.kind, workload.name)
    })?;
    let count = |field: &str| of_workload.spec_at(&[field]).and_then(Value::as_i64);
    let at_zero =
        count("minReplicaCount").unwrap_or(0) == 0 || count("idleReplicaCount") == Some(0);
    // While KEDA cannot read the work to be done, zero is not its decision.
    Some(at_zero && complaint(of_workload).is_none())
}

fn allows_zero(scaler: &HorizontalPodAutoscaler) -> bool {
    // KEDA scales between zero and one itself; its HorizontalPodAutoscaler does the rest.
    let owner = scaler.metadata.controller();
    let is_of_keda = owner.is_some_and(|o| o.kind == "ScaledObject" && o.is_in_group("keda.sh"));
    is_of_keda || scaler.spec.min_replicas == Some(0) && scaler.status.desired_replicas == 0
}
