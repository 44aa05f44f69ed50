//! Kubernetes objects as a fixture writes them, told apart as those of a dump.

use k8s_monitor::cluster::{Objects, Resource};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Puts objects where their kinds belong.
///
/// # Errors
///
/// When one is of no kind that a cycle reads, or a field has the wrong type:
/// both are slips of whoever wrote the fixture.
pub fn collect(documents: &[Value]) -> Result<Objects, String> {
    let mut objects = Objects::default();
    for document in documents {
        add(&mut objects, document.clone())?;
    }
    Ok(objects)
}

fn add(objects: &mut Objects, value: Value) -> Result<(), String> {
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let (version, kind) = (text("apiVersion"), text("kind"));
    let resource = Resource::of_object(&version, &kind)
        .ok_or_else(|| format!("`{version} {kind}` is no kind that is read"))?;
    let name = value.pointer("/metadata/name").cloned();
    push(objects, resource, value).map_err(|e| format!("{kind} {name:?}: {e}"))
}

fn push(objects: &mut Objects, resource: Resource, value: Value) -> Result<(), String> {
    fn into<T: DeserializeOwned>(list: &mut Vec<T>, value: Value) -> Result<(), String> {
        list.push(serde_json::from_value(value).map_err(|e| e.to_string())?);
        Ok(())
    }
    match resource {
        Resource::Nodes => into(&mut objects.nodes, value),
        Resource::Namespaces => into(&mut objects.namespaces, value),
        Resource::Pods => into(&mut objects.pods, value),
        Resource::Events => into(&mut objects.events, value),
        Resource::Deployments => into(&mut objects.deployments, value),
        Resource::StatefulSets => into(&mut objects.stateful_sets, value),
        Resource::DaemonSets => into(&mut objects.daemon_sets, value),
        Resource::ReplicaSets => into(&mut objects.replica_sets, value),
        Resource::Jobs => into(&mut objects.jobs, value),
        Resource::CronJobs => into(&mut objects.cron_jobs, value),
        Resource::Services => into(&mut objects.services, value),
        Resource::EndpointSlices => into(&mut objects.endpoint_slices, value),
        Resource::Ingresses => into(&mut objects.ingresses, value),
        Resource::PersistentVolumes => into(&mut objects.persistent_volumes, value),
        Resource::PersistentVolumeClaims => into(&mut objects.claims, value),
        Resource::StorageClasses => into(&mut objects.storage_classes, value),
        Resource::HorizontalPodAutoscalers => into(&mut objects.autoscalers, value),
        Resource::PodDisruptionBudgets => into(&mut objects.disruption_budgets, value),
        Resource::ResourceQuotas => into(&mut objects.quotas, value),
        Resource::Leases => into(&mut objects.leases, value),
        Resource::Applications => into(&mut objects.applications, value),
        Resource::Certificates => into(&mut objects.certificates, value),
        Resource::Issuers => into(&mut objects.issuers, value),
        Resource::ClusterIssuers => into(&mut objects.cluster_issuers, value),
        Resource::ExternalSecrets => into(&mut objects.external_secrets, value),
        Resource::SecretStores => into(&mut objects.secret_stores, value),
        Resource::ClusterSecretStores => into(&mut objects.cluster_secret_stores, value),
        Resource::Gateways => into(&mut objects.gateways, value),
        Resource::HttpRoutes => into(&mut objects.http_routes, value),
        Resource::PodMetrics => into(&mut objects.pod_metrics, value),
        Resource::NodeMetrics => into(&mut objects.node_metrics, value),
        Resource::PodLogs => Err("logs stand in the first document, under `logs`".to_owned()),
    }
}
