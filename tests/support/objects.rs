//! Kubernetes objects of a fixture, sorted by kind as those of a dump.

use k8s_monitor::cluster::compact::Compact;
use k8s_monitor::cluster::{Interner, Objects, Resource};
use k8s_monitor::model::Time;
use serde_json::Value;

/// Collects objects by kind.
///
/// # Errors
///
/// When an object is of a kind that is not read, or a field has the wrong type:
/// both are mistakes in the fixture.
pub fn collect(documents: &[Value]) -> Result<Objects, String> {
    gather(documents, None)
}

/// The same, with only the fields of healthy objects that a live cycle keeps.
///
/// # Errors
///
/// As [`collect`].
#[allow(dead_code, reason = "only tables of live cycles need it")]
pub fn compacted(documents: &[Value], now: Time) -> Result<Objects, String> {
    gather(documents, Some(Interner::new(now)))
}

fn gather(documents: &[Value], mut pool: Option<Interner>) -> Result<Objects, String> {
    let mut objects = Objects::default();
    for document in documents {
        add(&mut objects, document.clone(), pool.as_mut())?;
    }
    Ok(objects)
}

fn add(objects: &mut Objects, value: Value, pool: Option<&mut Interner>) -> Result<(), String> {
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
    push(objects, resource, value, pool).map_err(|e| format!("{kind} {name:?}: {e}"))
}

fn push(
    objects: &mut Objects,
    resource: Resource,
    value: Value,
    pool: Option<&mut Interner>,
) -> Result<(), String> {
    fn put<T: Compact>(
        list: &mut Vec<T>,
        value: Value,
        pool: Option<&mut Interner>,
    ) -> Result<(), String> {
        let mut object: T = serde_json::from_value(value).map_err(|e| e.to_string())?;
        if let Some(pool) = pool {
            object.compact(pool);
        }
        list.push(object);
        Ok(())
    }
    match resource {
        Resource::Nodes => put(&mut objects.nodes, value, pool),
        Resource::Namespaces => put(&mut objects.namespaces, value, pool),
        Resource::Pods => put(&mut objects.pods, value, pool),
        Resource::Events => put(&mut objects.events, value, pool),
        Resource::Deployments => put(&mut objects.deployments, value, pool),
        Resource::StatefulSets => put(&mut objects.stateful_sets, value, pool),
        Resource::DaemonSets => put(&mut objects.daemon_sets, value, pool),
        Resource::ReplicaSets => put(&mut objects.replica_sets, value, pool),
        Resource::Jobs => put(&mut objects.jobs, value, pool),
        Resource::CronJobs => put(&mut objects.cron_jobs, value, pool),
        Resource::Services => put(&mut objects.services, value, pool),
        Resource::EndpointSlices => put(&mut objects.endpoint_slices, value, pool),
        Resource::Ingresses => put(&mut objects.ingresses, value, pool),
        Resource::PersistentVolumes => put(&mut objects.persistent_volumes, value, pool),
        Resource::PersistentVolumeClaims => put(&mut objects.claims, value, pool),
        Resource::StorageClasses => put(&mut objects.storage_classes, value, pool),
        Resource::HorizontalPodAutoscalers => put(&mut objects.autoscalers, value, pool),
        Resource::PodDisruptionBudgets => put(&mut objects.disruption_budgets, value, pool),
        Resource::ResourceQuotas => put(&mut objects.quotas, value, pool),
        Resource::Leases => put(&mut objects.leases, value, pool),
        Resource::Applications => put(&mut objects.applications, value, pool),
        Resource::Certificates => put(&mut objects.certificates, value, pool),
        Resource::Issuers => put(&mut objects.issuers, value, pool),
        Resource::ClusterIssuers => put(&mut objects.cluster_issuers, value, pool),
        Resource::ExternalSecrets => put(&mut objects.external_secrets, value, pool),
        Resource::SecretStores => put(&mut objects.secret_stores, value, pool),
        Resource::ClusterSecretStores => put(&mut objects.cluster_secret_stores, value, pool),
        Resource::Gateways => put(&mut objects.gateways, value, pool),
        Resource::HttpRoutes => put(&mut objects.http_routes, value, pool),
        Resource::PodMetrics => put(&mut objects.pod_metrics, value, pool),
        Resource::NodeMetrics => put(&mut objects.node_metrics, value, pool),
        Resource::PodLogs => Err("logs stand in the first document, under `logs`".to_owned()),
    }
}
