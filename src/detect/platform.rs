//! Argo CD applications, external secrets and their stores. A sync in progress,
//! an application that is only out of sync, and a refresh that failed a moment
//! ago are normal.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::index::ClusterIndex;
use super::self_exclusion;
use super::text::{condition_text, minute};
use super::workload::Workload;
use crate::cluster::types::{
    Application, Condition, ExternalSecret, ObjectMeta, SecretStore, condition,
};
use crate::inventory::Service;
use crate::model::{Effect, FactKind, Finding, ObjectRef, Reason, Time, delay};

/// A failure shorter than this may be gone after the next attempt.
const GRACE: TimeDelta = TimeDelta::minutes(5);
/// A sync that waits for longer holds back all later changes.
const LONG_SYNC: TimeDelta = TimeDelta::hours(2);
/// An external secret is refreshed late after so many intervals.
/// An interval of zero switches the refresh off.
const SHORTEST_REFRESH: TimeDelta = TimeDelta::seconds(10);
const MISSED_REFRESHES: i32 = 3;

/// Checks every application, store and external secret.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects;
    let mut findings = Vec::new();
    for application in &objects.applications {
        findings.extend(sync(index, application));
        findings.extend(long_sync(index, application));
        findings.extend(health(index, application));
    }
    let stores = objects.secret_stores.iter().map(|s| (s, "SecretStore"));
    let of_cluster = objects
        .cluster_secret_stores
        .iter()
        .map(|s| (s, "ClusterSecretStore"));
    findings.extend(
        stores
            .chain(of_cluster)
            .filter_map(|(s, kind)| store(index, s, kind)),
    );
    let users = users(index);
    let secrets = objects.external_secrets.iter();
    findings.extend(secrets.filter_map(|s| external_secret(index, &users, s)));
    findings
}

fn application_ref(application: &Application) -> ObjectRef {
    ObjectRef::new(
        "Application",
        &application.metadata.namespace,
        &application.metadata.name,
    )
}

/// The last sync failed and the application is still not synced, or its
/// manifests cannot be compared.
fn sync(index: &ClusterIndex, application: &Application) -> Option<Finding> {
    let status = &application.status;
    let failed = status.operation_state.as_ref().filter(|o| {
        matches!(o.phase.as_str(), "Failed" | "Error") && status.sync.status != "Synced"
    });
    let broken = status
        .conditions
        .iter()
        .find(|c| c.kind.ends_with("Error") && c.kind != "OrphanedResourceError");
    let (since, message) = match (failed, broken) {
        (Some(operation), _) => (
            operation.finished_at.or(operation.started_at)?,
            &operation.message,
        ),
        (None, Some(condition)) => (condition.last_transition_time?, &condition.message),
        (None, None) => return None,
    };
    if index.now() - since < GRACE {
        return None;
    }
    let mut finding = Finding::new(
        Reason::ArgoSyncFailed,
        application_ref(application),
        since,
        Effect::Impaired,
    );
    finding.service = service_of(index, application);
    finding.message = format!("changes from Git are not applied: {message}");
    finding.fact(
        FactKind::Object,
        format!("sync {}: {message}", status.sync.status),
    );
    if let Some(broken) = broken {
        finding.fact(
            FactKind::Object,
            format!("condition {}: {}", broken.kind, broken.message),
        );
    }
    Some(finding)
}

/// A sync that has been running for two hours: a hook or a resource that does not become healthy.
fn long_sync(index: &ClusterIndex, application: &Application) -> Option<Finding> {
    let operation = application.status.operation_state.as_ref()?;
    let since = operation
        .started_at
        .filter(|_| operation.phase == "Running")?;
    if index.now() - since < LONG_SYNC {
        return None;
    }
    let reference = application_ref(application);
    let mut finding = Finding::new(Reason::ArgoSyncFailed, reference, since, Effect::Impaired);
    finding.service = service_of(index, application);
    let waits = match operation.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    finding.message = format!("a sync has been running since {}{waits}", minute(since));
    finding.fact(FactKind::Object, format!("operation Running{waits}"));
    Some(finding)
}

fn health(index: &ClusterIndex, application: &Application) -> Option<Finding> {
    // Argo CD counts the monitor's exit status as a failed job.
    if self_exclusion::is_ours(&application.metadata) {
        return None;
    }
    let health = &application.status.health;
    let since = health
        .last_transition_time
        .or(application.status.reconciled_at)
        .unwrap_or(index.now() - GRACE);
    // Where workloads exist, they say themselves what is missing.
    let has_workloads =
        own_service(index, application).is_none_or(|at| !index.workloads_of(at).is_empty());
    let is_missing = health.status == "Missing" && !has_workloads;
    if health.status != "Degraded" && !is_missing || index.now() - since < GRACE {
        return None;
    }
    let effect = if is_missing {
        Effect::Unavailable
    } else {
        Effect::Impaired
    };
    let mut finding = Finding::new(
        Reason::ArgoDegraded,
        application_ref(application),
        since,
        effect,
    );
    finding.service = service_of(index, application);
    let why = if health.message.is_empty() {
        String::new()
    } else {
        format!(": {}", health.message)
    };
    let status = health.status.to_ascii_lowercase();
    finding.message = format!("Argo CD calls the application {status}{why}");
    finding.fact(FactKind::Object, format!("health {}{why}", health.status));
    Some(finding)
}

/// The service that an application deploys.
fn service_of(index: &ClusterIndex, application: &Application) -> Option<String> {
    let at = own_service(index, application)?;
    Some(index.monitored[at].name.clone())
}

fn own_service(index: &ClusterIndex, application: &Application) -> Option<usize> {
    let name = &application.metadata.name;
    let namespace = &application.spec.destination.namespace;
    index.matcher.of_application(name, namespace)
}

fn unready<'a>(
    index: &ClusterIndex,
    conditions: &'a [Condition],
    meta: &ObjectMeta,
) -> Option<(&'a Condition, Time)> {
    let ready = condition(conditions, "Ready").filter(|c| c.is_false())?;
    let since = ready.last_transition_time.or(meta.creation_timestamp)?;
    (index.now() - since >= GRACE).then_some((ready, since))
}

fn store(index: &ClusterIndex, store: &SecretStore, kind: &str) -> Option<Finding> {
    let meta = &store.metadata;
    let (ready, since) = unready(index, &store.status.conditions, meta)?;
    let reference = ObjectRef::new(kind, &meta.namespace, &meta.name);
    let mut finding = Finding::new(
        Reason::SecretStoreNotReady,
        reference,
        since,
        Effect::Impaired,
    );
    let service = index.service_of_object(meta);
    let service = service.or_else(|| index.service_called("external-secrets"));
    finding.service = service.map(|s| s.name.clone());
    finding.message = format!("cannot provide secrets: {}", ready.message);
    finding.fact(FactKind::Object, condition_text(ready));
    let providers: Vec<_> = store.spec.provider.keys().collect();
    if !providers.is_empty() {
        finding.fact(
            FactKind::Object,
            format!("provider {}", providers.join(", ")),
        );
    }
    Some(finding)
}

/// The condition that says that the last refresh failed, its message, and since when.
fn not_ready(index: &ClusterIndex, secret: &ExternalSecret) -> Option<(String, String, Time)> {
    let (ready, since) = unready(index, &secret.status.conditions, &secret.metadata)?;
    Some((condition_text(ready), ready.message.to_string(), since))
}

/// A secret that nobody refreshes keeps its good condition.
fn not_refreshed(index: &ClusterIndex, secret: &ExternalSecret) -> Option<(String, String, Time)> {
    if !matches!(secret.spec.refresh_policy.as_str(), "" | "Periodic") {
        return None;
    }
    let interval = delay(&secret.spec.refresh_interval).filter(|i| *i >= SHORTEST_REFRESH)?;
    let last = secret.status.refresh_time?;
    let due = last.checked_add_signed(interval * MISSED_REFRESHES)?;
    if index.now() - due < GRACE {
        return None;
    }
    let text = &secret.spec.refresh_interval;
    let message = format!(
        "the last refresh was at {}, the interval is {text}",
        minute(last)
    );
    Some((
        format!("refreshTime {last}, refreshInterval {text}"),
        message,
        due,
    ))
}

fn external_secret(
    index: &ClusterIndex,
    users: &Users,
    secret: &ExternalSecret,
) -> Option<Finding> {
    let meta = &secret.metadata;
    let (fact, message, since) =
        not_ready(index, secret).or_else(|| not_refreshed(index, secret))?;
    let reference = ObjectRef::new("ExternalSecret", &meta.namespace, &meta.name);
    let mut finding = Finding::new(
        Reason::ExternalSecretFailed,
        reference,
        since,
        Effect::Impaired,
    );
    let user = users
        .get(&(meta.namespace.as_str(), target(secret)))
        .copied();
    let service = user.or_else(|| index.service_of_object(meta));
    finding.service = service.map(|s| s.name.clone());
    finding.message = format!("Secret {} is not updated: {message}", target(secret));
    finding.fact(FactKind::Object, fact);
    let store = &secret.spec.secret_store_ref;
    finding.fact(
        FactKind::Object,
        format!("store {} {}", store.kind, store.name),
    );
    Some(finding)
}

/// The name of the Secret that an external secret creates; its own where it names none.
#[must_use]
pub fn target(secret: &ExternalSecret) -> &str {
    let name = &secret.spec.target.name;
    if name.is_empty() {
        &secret.metadata.name
    } else {
        name
    }
}

/// The most critical service whose pods use each Secret, by namespace and name.
type Users<'a> = HashMap<(&'a str, &'a str), &'a Service>;

fn users<'v>(index: &'v ClusterIndex) -> Users<'v> {
    let mut users: Users = HashMap::new();
    for workload in &index.workloads {
        let Some(service) = index.service_of(workload) else {
            continue;
        };
        for secret in secrets_of(workload) {
            let key = (workload.meta.namespace.as_str(), secret);
            let user = users.entry(key).or_insert(service);
            if service.tier < user.tier {
                *user = service;
            }
        }
    }
    users
}

/// Names of the Secrets that a workload's pods use.
fn secrets_of<'a>(workload: &'a Workload) -> HashSet<&'a str> {
    let Some(spec) = workload.pod_spec() else {
        return HashSet::new();
    };
    let containers = || spec.containers.iter().chain(&spec.init_containers);
    let from = containers()
        .flat_map(|c| &c.env_from)
        .filter_map(|e| e.secret_ref.as_ref());
    let keys = containers()
        .flat_map(|c| &c.env)
        .filter_map(|v| v.value_from.as_ref()?.secret_key_ref.as_ref());
    let volumes = spec
        .volumes
        .iter()
        .filter_map(|v| v.secret.as_ref())
        .map(|s| s.secret_name.as_str());
    let pulls = spec.image_pull_secrets.iter().map(|s| s.name.as_str());
    from.chain(keys)
        .map(|k| k.name.as_str())
        .chain(volumes)
        .chain(pulls)
        .collect()
}
