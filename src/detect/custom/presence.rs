//! Services without workloads: what their Argo CD Application, their Flux objects and their custom
//! resources say of them.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::judge::complaint;
use super::service;
use crate::cluster::types::Application;
use crate::detect::index::ClusterIndex;
use crate::model::{Effect, Finding, Reason, ServiceStatus, Time};

/// An application may be in progress for so long.
const PROGRESSING: TimeDelta = TimeDelta::minutes(60);

/// The status of a service by its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourcePresence {
    /// Its status.
    pub status: ServiceStatus,
    /// Since when.
    pub since: Option<Time>,
}

/// The status of each service without workloads that has such resources, by its position in
/// [`ClusterIndex::monitored`].
#[must_use]
pub fn presence(index: &ClusterIndex, findings: &[Finding]) -> HashMap<usize, ResourcePresence> {
    let mut found: HashMap<usize, ResourcePresence> = HashMap::new();
    let mut add = |at: usize, status: ServiceStatus, since: Option<Time>| {
        if !index.workloads_of(at).is_empty() || runs_pods(index, at) {
            return;
        }
        let known = found
            .entry(at)
            .or_insert(ResourcePresence { status, since });
        if rank(status) > rank(known.status) {
            *known = ResourcePresence { status, since };
        }
    };
    for application in &index.snapshot.objects.applications {
        if let Some(at) = index.matcher.of_application(application) {
            let (status, since) = of_application(index.now(), application);
            add(at, status, since);
        }
    }
    for object in &index.snapshot.objects.custom {
        if let Some(at) = service::named(index, object) {
            add(at, ServiceStatus::Healthy, None);
        }
    }
    for finding in findings {
        let is_of_resource = matches!(
            finding.reason,
            Reason::ResourceDegraded | Reason::ArgoSyncFailed
        );
        let at = finding
            .service
            .as_deref()
            .and_then(|name| index.position(name));
        if let Some(at) = at.filter(|_| is_of_resource) {
            let status = match finding.effect {
                Effect::Unavailable | Effect::CutOff => ServiceStatus::Unavailable,
                _ if was_never_installed(index, finding) => ServiceStatus::Unavailable,
                _ => ServiceStatus::Degraded,
            };
            add(at, status, Some(finding.since));
        }
    }
    found
}

/// Whether the finding is about a release of Flux of which no version was ever installed.
fn was_never_installed(index: &ClusterIndex, finding: &Finding) -> bool {
    let mut objects = index.snapshot.objects.custom.iter();
    let release = objects.find(|object| {
        object.is("helm.toolkit.fluxcd.io", "HelmRelease") && object.reference() == finding.resource
    });
    let complaint = release.and_then(complaint);
    complaint.is_some_and(|complaint| complaint.reason == "InstallFailed")
}

/// Whether a service is one of pods by the services file or by its Kubernetes Service. Without a
/// workload it is missing, whatever else says that it is well.
fn runs_pods(index: &ClusterIndex, at: usize) -> bool {
    let service = &index.monitored[at];
    let namespace = service.namespace.as_deref().unwrap_or_default();
    let here = index.kubernetes_services_in(namespace);
    service.data_layer
        || service.image.is_some()
        || service.replicas.is_some()
        || !service.workloads.is_empty()
        || here.iter().any(|s| service.is_called(&s.metadata.name))
}

/// How bad a status is.
fn rank(status: ServiceStatus) -> u8 {
    match status {
        ServiceStatus::Unknown => 0,
        ServiceStatus::Healthy => 1,
        ServiceStatus::Starting => 2,
        ServiceStatus::Degraded => 3,
        ServiceStatus::Unavailable => 4,
    }
}

fn of_application(now: Time, application: &Application) -> (ServiceStatus, Option<Time>) {
    let health = &application.status.health;
    let since = health.last_transition_time;
    let lasts = |limit: TimeDelta| since.is_none_or(|since| now - since >= limit);
    match health.status.as_str() {
        "Healthy" => (ServiceStatus::Healthy, None),
        "Progressing" if lasts(PROGRESSING) => (ServiceStatus::Degraded, since),
        "Progressing" => (ServiceStatus::Starting, since),
        "Degraded" => (ServiceStatus::Degraded, since),
        "Missing" => (ServiceStatus::Unavailable, since),
        _ => (ServiceStatus::Unknown, None),
    }
}
