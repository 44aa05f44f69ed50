//! Deployments, StatefulSets, DaemonSets and ReplicaSets, with the status that controllers set.

use serde_json::{Value, json};

use super::model::{Controller, Occurrence, Revision, Workload};
use super::{events, names, network, platform, pods, storage};
use crate::time::{Timestamp, now};

/// The workload and its ReplicaSets, with their events.
pub fn objects(workload: &Workload) -> Vec<Value> {
    let mut objects = vec![controller(workload)];
    if workload.controller == Controller::Deployment {
        objects.extend(
            workload
                .revisions
                .iter()
                .map(|revision| replica_set(workload, revision)),
        );
    }
    if let Some(refusal) = &workload.refused {
        let set = names::replica_set(&workload.name, workload.current());
        let occurrence = Occurrence {
            reason: "FailedCreate",
            message: format!("Error creating: {}", refusal.message),
            count: 12,
            first: refusal.since,
            last: now(),
        };
        objects.push(events::of_replica_set(workload, &set, &occurrence));
    }
    objects
}

fn controller(workload: &Workload) -> Value {
    let mut spec = json!({
        "selector": { "matchLabels": pods::labels(workload) },
        "template": pods::template(workload, &workload.current().image),
    });
    let status = match workload.controller {
        Controller::Deployment => {
            spec["replicas"] = json!(workload.desired);
            spec["strategy"] = json!({ "type": "RollingUpdate",
                "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } });
            deployment_status(workload)
        }
        Controller::StatefulSet => {
            spec["replicas"] = json!(workload.desired);
            spec["serviceName"] = json!(network::headless(workload));
            if let Some(template) = storage::claim_template(workload) {
                spec["volumeClaimTemplates"] = json!([template]);
                spec["template"]["spec"]["volumes"] = json!([]);
            }
            stateful_set_status(workload)
        }
        Controller::DaemonSet => daemon_set_status(workload),
    };
    json!({
        "apiVersion": "apps/v1",
        "kind": format!("{:?}", workload.controller),
        "metadata": {
            "name": workload.name,
            "namespace": workload.namespace,
            "labels": pods::labels(workload),
            "annotations": platform::tracking(workload),
            "creationTimestamp": workload.created.to_string(),
        },
        "spec": spec,
        "status": status,
    })
}

fn deployment_status(workload: &Workload) -> Value {
    let existing = workload.pods().count();
    let ready = workload.ready();
    let available = match workload.lacking_since() {
        Some(since) if ready < workload.desired => condition(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
            since,
        ),
        _ => {
            let since = workload
                .pods()
                .map(super::model::Pod::since)
                .max()
                .unwrap_or(workload.scaled);
            let message = "Deployment has minimum availability.";
            condition(
                "Available",
                "True",
                "MinimumReplicasAvailable",
                message,
                since,
            )
        }
    };
    let set = names::replica_set(&workload.name, workload.current());
    let progressing = if let Some(since) = workload.stuck_since {
        let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
        condition(
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            &message,
            since,
        )
    } else {
        let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
        condition(
            "Progressing",
            "True",
            "NewReplicaSetAvailable",
            &message,
            workload.current().created,
        )
    };
    let conditions: Value = [available, progressing]
        .into_iter()
        .chain(replica_failure(workload))
        .collect();
    json!({
        "observedGeneration": 1,
        "replicas": existing,
        "updatedReplicas": workload.current().pods.len(),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": workload.desired.max(existing) - ready,
        "conditions": conditions,
    })
}

fn stateful_set_status(workload: &Workload) -> Value {
    let (existing, ready) = (workload.pods().count(), workload.ready());
    let revision = format!(
        "{}-{}",
        workload.name,
        names::template_hash(&workload.name, workload.current())
    );
    json!({
        "observedGeneration": 1, "collisionCount": 0,
        "replicas": existing, "readyReplicas": ready, "availableReplicas": ready,
        "currentReplicas": existing, "updatedReplicas": existing,
        "currentRevision": revision, "updateRevision": revision,
    })
}

fn daemon_set_status(workload: &Workload) -> Value {
    let (existing, ready) = (workload.pods().count(), workload.ready());
    json!({
        "observedGeneration": 1,
        "desiredNumberScheduled": workload.desired, "currentNumberScheduled": existing,
        "updatedNumberScheduled": existing, "numberReady": ready, "numberAvailable": ready,
        "numberUnavailable": workload.desired - ready, "numberMisscheduled": 0,
    })
}

fn replica_set(workload: &Workload, revision: &Revision) -> Value {
    let hash = names::template_hash(&workload.name, revision);
    let is_current = revision.number == workload.current().number;
    let mut labels = pods::labels(workload);
    labels["pod-template-hash"] = json!(hash);
    let mut template = pods::template(workload, &revision.image);
    template["metadata"]["labels"] = labels.clone();
    let replicas = if is_current && workload.refused.is_some() {
        workload.desired
    } else {
        revision.pods.len()
    };
    let (existing, ready) = (
        revision.pods.len(),
        revision.pods.iter().filter(|pod| pod.is_ready()).count(),
    );
    let failure = replica_failure(workload).filter(|_| is_current);
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": names::replica_set(&workload.name, revision),
            "namespace": workload.namespace,
            "labels": labels,
            "annotations": { "deployment.kubernetes.io/revision": revision.number.to_string() },
            "ownerReferences": [pods::owner(workload, "Deployment", &workload.name)],
            "creationTimestamp": revision.created.to_string(),
        },
        "spec": { "replicas": replicas, "selector": { "matchLabels": labels }, "template": template },
        "status": {
            "observedGeneration": 1, "replicas": existing, "fullyLabeledReplicas": existing,
            "readyReplicas": ready, "availableReplicas": ready,
            "conditions": failure.into_iter().collect::<Value>(),
        },
    })
}

fn replica_failure(workload: &Workload) -> Option<Value> {
    let refusal = workload.refused.as_ref()?;
    Some(condition(
        "ReplicaFailure",
        "True",
        "FailedCreate",
        &refusal.message,
        refusal.since,
    ))
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, since: Timestamp) -> Value {
    json!({ "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": since.to_string() })
}
