//! The custom resources of the homelab, and the reports of Argo CD and the metrics server.

use serde_json::{Value, json};

use super::model::Workload;
use super::nodes;
use crate::time::{Timestamp, shifted};

/// Group, version, plural, kind, whether namespaced, whether status is a subresource.
const KINDS: [(&str, &str, &str, &str, bool, bool); 12] = [
    // The status of an Application is not a subresource.
    (
        "argoproj.io",
        "v1alpha1",
        "applications",
        "Application",
        true,
        false,
    ),
    (
        "cert-manager.io",
        "v1",
        "certificates",
        "Certificate",
        true,
        true,
    ),
    ("cert-manager.io", "v1", "issuers", "Issuer", true, true),
    (
        "cert-manager.io",
        "v1",
        "clusterissuers",
        "ClusterIssuer",
        false,
        true,
    ),
    (
        "external-secrets.io",
        "v1",
        "externalsecrets",
        "ExternalSecret",
        true,
        true,
    ),
    (
        "external-secrets.io",
        "v1",
        "secretstores",
        "SecretStore",
        true,
        true,
    ),
    (
        "external-secrets.io",
        "v1",
        "clustersecretstores",
        "ClusterSecretStore",
        false,
        true,
    ),
    (
        "gateway.networking.k8s.io",
        "v1",
        "gateways",
        "Gateway",
        true,
        true,
    ),
    (
        "gateway.networking.k8s.io",
        "v1",
        "httproutes",
        "HTTPRoute",
        true,
        true,
    ),
    (
        "keda.sh",
        "v1alpha1",
        "scaledobjects",
        "ScaledObject",
        true,
        true,
    ),
    // Stored here; a real metrics server computes them.
    (
        "metrics.k8s.io",
        "v1beta1",
        "nodes",
        "NodeMetrics",
        false,
        false,
    ),
    (
        "metrics.k8s.io",
        "v1beta1",
        "pods",
        "PodMetrics",
        true,
        false,
    ),
];

/// Argo CD's name for each application, its namespace, and its folder under base-apps.
const APPLICATIONS: [(&str, &str, &str); 15] = [
    (
        "chores-tracker-backend",
        "chores-tracker-backend",
        "chores-tracker-backend",
    ),
    (
        "chores-tracker-frontend",
        "chores-tracker-frontend",
        "chores-tracker-frontend",
    ),
    ("mysql-application", "mysql", "mysql"),
    ("postgresql", "postgresql", "postgresql"),
    ("n8n", "n8n", "n8n"),
    ("vault", "vault", "vault"),
    ("nginx-ingress", "ingress-nginx", "nginx-ingress"),
    ("oncall-agent", "oncall-agent", "oncall-agent"),
    ("cert-manager", "cert-manager", "cert-manager"),
    (
        "external-secrets",
        "external-secrets",
        "external-secrets-operator",
    ),
    ("ecr-credentials-sync", "ecr-auth", "ecr-auth"),
    ("crossplane", "crossplane-system", "crossplane"),
    (
        "crossplane-aws-provider",
        "crossplane-system",
        "crossplane-aws-provider",
    ),
    (
        "loki-aws-infrastructure",
        "crossplane-system",
        "loki-aws-infrastructure",
    ),
    ("whoami-test", "whoami-test", "whoami-test"),
];

const REPOSITORY: &str = "https://github.com/arigsela/kubernetes";

/// `CustomResourceDefinitions` that accept any content.
pub fn definitions() -> Vec<Value> {
    KINDS.iter().map(|kind| definition(*kind)).collect()
}

fn definition(kind: (&str, &str, &str, &str, bool, bool)) -> Value {
    let (group, version, plural, kind, is_namespaced, has_status) = kind;
    let anything = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let singular = kind.to_lowercase();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}"),
            "annotations": { "api-approved.kubernetes.io": "unapproved, for tests" } },
        "spec": {
            "group": group,
            "scope": if is_namespaced { "Namespaced" } else { "Cluster" },
            "names": { "plural": plural, "singular": singular, "kind": kind, "listKind": format!("{kind}List") },
            "versions": [{ "name": version, "served": true, "storage": true,
                "schema": { "openAPIV3Schema": anything },
                "subresources": if has_status { json!({ "status": {} }) } else { json!({}) } }],
        },
    })
}

/// The annotation by which Argo CD tracks the objects of an application.
pub fn tracking(workload: &Workload) -> Value {
    let application = APPLICATIONS
        .iter()
        .find(|(_, namespace, _)| *namespace == workload.namespace);
    match application {
        Some((name, namespace, _)) => {
            let id = format!(
                "{name}:apps/{:?}:{namespace}/{}",
                workload.controller, workload.name
            );
            json!({ "argocd.argoproj.io/tracking-id": id })
        }
        None => json!({}),
    }
}

/// The applications, all synced and healthy since their last commit.
pub fn applications(loaded: Timestamp) -> Vec<Value> {
    APPLICATIONS
        .iter()
        .enumerate()
        .map(|(index, application)| self::application(index, application, loaded))
        .collect()
}

fn application(
    index: usize,
    (name, namespace, folder): &(&str, &str, &str),
    loaded: Timestamp,
) -> Value {
    let deployed = shifted(loaded, -(6 + i64::try_from(index).unwrap()) * 86400);
    let revision = super::names::digest(name)[..40].to_owned();
    let source = json!({ "repoURL": REPOSITORY, "path": format!("base-apps/{folder}"), "targetRevision": "main" });
    let at = deployed.to_string();
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": { "name": name, "namespace": "argocd", "creationTimestamp": shifted(loaded, -200 * 86400).to_string() },
        "spec": {
            "project": "default", "source": source,
            "destination": { "server": "https://kubernetes.default.svc", "namespace": namespace },
            "syncPolicy": { "automated": { "prune": true, "selfHeal": true } },
        },
        "status": {
            "sync": { "status": "Synced", "revision": revision },
            "health": { "status": "Healthy", "lastTransitionTime": at },
            "history": [{ "id": 12, "revision": revision, "deployStartedAt": at, "deployedAt": at, "source": source }],
            "operationState": { "phase": "Succeeded", "startedAt": at, "finishedAt": at,
                "message": "successfully synced (all tasks run)",
                "operation": { "sync": { "revision": revision } },
                "syncResult": { "revision": revision, "source": source } },
            "reconciledAt": shifted(loaded, -90).to_string(),
        },
    })
}

/// The usage of a workload's pods, as the metrics server reports it.
pub fn pod_metrics(workload: &Workload, loaded: Timestamp) -> Vec<Value> {
    let memory = |percent| workload.container.memory.1 * percent * 1024 / 100;
    let of_pod = |pod: &super::model::Pod| {
        let usage = json!({ "cpu": format!("{}m", workload.container.cpu.0 / 2),
            "memory": format!("{}Ki", memory(pod.memory_percent)) });
        json!({
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "metadata": { "name": pod.name, "namespace": workload.namespace },
            "timestamp": shifted(loaded, -15).to_string(),
            "window": "15s",
            "containers": [{ "name": workload.name, "usage": usage }],
        })
    };
    workload
        .pods()
        .filter(|pod| pod.is_ready())
        .map(of_pod)
        .collect()
}

pub fn node_metrics(loaded: Timestamp) -> Vec<Value> {
    let of_node = |machine: &nodes::Machine| {
        json!({
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "NodeMetrics",
            "metadata": { "name": machine.name },
            "timestamp": shifted(loaded, -15).to_string(),
            "window": "10s",
            "usage": { "cpu": "900m", "memory": "9800Mi" },
        })
    };
    nodes::NODES.iter().map(of_node).collect()
}
