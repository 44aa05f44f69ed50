//! What `check` shows of one service.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::assess::Rule;
use crate::cluster::Snapshot;
use crate::cluster::types::{Event, Pod};
use crate::cycle::Outcome;
use crate::detect::{ClusterIndex, RestartCounts, pod_status};
use crate::exit::ExitStatus;
use crate::inventory::Inventory;
use crate::model::{Program, Severity};
use crate::redact::redact;
use crate::report::{
    Action, ContainerLog, Incident, Neighbour, PodDetails, Report, ServiceDetails, WarningEvent,
    WorkloadDetails,
};

/// The most log lines and events, the newest ones.
const LINES: usize = 12;
const EVENTS: usize = 8;

/// Keeps the incidents of one service in a report, and their verdict.
pub fn narrow(report: &mut Report, service: &str) {
    report.incidents.retain(|i| concerns(i, service));
    let counted = report.incidents.iter().filter(|i| i.counts());
    let highest = counted.map(|i| i.severity).min();
    report.severity = highest.unwrap_or(Severity::Sev4);
    report.exit_code = ExitStatus::of_verdict(highest, false).code();
}

/// Whether an incident is of a service, affects it, or makes its status uncertain.
fn concerns(incident: &Incident, service: &str) -> bool {
    incident.service.as_deref() == Some(service)
        || incident.affects.iter().any(|a| a == service)
        || incident.rule == Rule::MonitoringBlind.as_str()
}

/// Everything about one service.
pub fn details(outcome: &Outcome, inventory: &Inventory, service: &str) -> ServiceDetails {
    let Outcome {
        snapshot,
        verdict,
        report,
        ..
    } = outcome;
    let restarts = RestartCounts::default();
    let objects = ClusterIndex::new(
        snapshot,
        &verdict.monitored,
        Duration::from_hours(1),
        &restarts,
    );
    let index = verdict.monitored.iter().position(|s| s.name == service);
    let workloads: Vec<_> = index
        .map_or(&[][..], |i| objects.workloads_of(i))
        .iter()
        .map(|at| &objects.workloads[*at])
        .collect();
    let own: Vec<&Pod> = workloads
        .iter()
        .flat_map(|w| w.pods.iter().copied())
        .collect();
    let listed = index.map(|i| &verdict.monitored[i]);
    let namespace = listed.and_then(|s| s.namespace.as_deref());
    let known_issues = listed.map_or(&[][..], |s| &s.known_issues);
    ServiceDetails {
        service: service.to_owned(),
        purpose: listed.and_then(|s| s.purpose.clone()),
        workloads: workloads
            .iter()
            .map(|w| WorkloadDetails {
                kind: w.kind.to_owned(),
                name: w.reference().name,
                ready: Some(
                    u32::try_from(w.pods.iter().filter(|p| pod_status::is_ready(p)).count())
                        .unwrap_or(u32::MAX),
                ),
                desired: w.desired,
            })
            .collect(),
        pods: own.iter().map(|p| pod(p)).collect(),
        logs: logs(snapshot, &own),
        dependencies: neighbours(report, inventory, service, true),
        dependents: neighbours(report, inventory, service, false),
        known_issues: known_issues.iter().map(|k| k.text.clone()).collect(),
        events: events(snapshot, namespace, &own),
        commands: commands(report, namespace),
    }
    .bounded()
}

fn pod(pod: &Pod) -> PodDetails {
    let statuses = &pod.status.container_statuses;
    let waiting = pod
        .all_statuses()
        .find_map(|c| c.state.waiting.as_ref())
        .map(|w| w.reason.to_string());
    let state = match waiting {
        Some(reason) if !reason.is_empty() => reason,
        _ if pod.metadata.deletion_timestamp.is_some() => "Terminating".to_owned(),
        _ if pod.status.phase == "Running" && !pod_status::is_ready(pod) => "NotReady".to_owned(),
        _ => pod.status.phase.to_string(),
    };
    PodDetails {
        name: pod.metadata.name.to_string(),
        state,
        ready: format!(
            "{}/{}",
            statuses.iter().filter(|c| c.ready).count(),
            pod.spec.containers.len().max(statuses.len())
        ),
        restarts: statuses.iter().map(|c| c.restart_count).sum(),
        created: pod.metadata.creation_timestamp,
        node: (!pod.node().is_empty()).then(|| pod.node().to_owned()),
    }
}

/// The last log lines of pods that are not ready.
fn logs(snapshot: &Snapshot, own: &[&Pod]) -> Vec<ContainerLog> {
    own.iter()
        .filter(|p| !pod_status::is_ready(p))
        .flat_map(|p| snapshot.logs_of(&p.metadata.namespace, &p.metadata.name))
        .map(|log| {
            let lines: Vec<_> = log.text.lines().filter(|l| !l.trim().is_empty()).collect();
            let from = lines.len().saturating_sub(LINES);
            ContainerLog {
                pod: log.pod.clone(),
                container: log.container.clone(),
                previous: log.previous,
                lines: lines[from..]
                    .iter()
                    .map(|l| redact(l).into_owned())
                    .collect(),
            }
        })
        .filter(|log| !log.lines.is_empty())
        .collect()
}

fn neighbours(report: &Report, inventory: &Inventory, service: &str, up: bool) -> Vec<Neighbour> {
    let near = if up {
        inventory.dependencies_of(service)
    } else {
        inventory.dependents_of(service)
    };
    let mut neighbours: Vec<_> = near
        .iter()
        .map(|s| Neighbour {
            name: s.name.clone(),
            tier: Some(s.tier),
            status: report
                .services
                .iter()
                .find(|r| r.name == s.name)
                .map(|r| r.status),
        })
        .collect();
    if up && let Some(own) = inventory.get(service) {
        let unlisted = own.dependencies.iter().filter(|d| d.service.is_none());
        neighbours.extend(unlisted.map(|d| Neighbour {
            name: d.name.clone(),
            tier: None,
            status: None,
        }));
    }
    neighbours
}

/// Warning events of the service's pods, workloads and namespace, newest first.
fn events(snapshot: &Snapshot, namespace: Option<&str>, own: &[&Pod]) -> Vec<WarningEvent> {
    let names: BTreeSet<_> = own.iter().map(|p| p.metadata.name.as_str()).collect();
    let shared = namespace == Some("kube-system");
    let mut found: Vec<&Event> = snapshot
        .objects
        .events
        .iter()
        .filter(|e| Some(e.involved_object.namespace.as_str()) == namespace)
        .filter(|e| !shared || names.contains(e.involved_object.name.as_str()))
        .collect();
    found.sort_by_key(|e| std::cmp::Reverse(e.last()));
    found.truncate(EVENTS);
    found
        .into_iter()
        .map(|e| WarningEvent {
            last_seen: e.last(),
            reason: e.reason.to_string(),
            object: format!("{}/{}", e.involved_object.kind, e.involved_object.name),
            message: redact(&e.message).into_owned(),
            count: e.times(),
        })
        .collect()
}

/// Commands to go on with. An incident has its own actions.
fn commands(report: &Report, namespace: Option<&str>) -> Vec<Action> {
    if report.incidents.iter().any(|i| !i.actions.is_empty()) {
        return Vec::new();
    }
    let namespace = namespace.unwrap_or("default");
    let command = Program::Kubectl.command().words("get all,ingress,pvc");
    vec![Action::new(
        "List the objects of the namespace",
        command.namespace(namespace).build(),
    )]
}
