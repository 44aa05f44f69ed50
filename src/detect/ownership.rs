//! Which service a workload belongs to: explicit `Workloads`, else names and
//! labels within the namespace, else the only service of the namespace.

use super::view::Workload;
use crate::cluster::objects::ObjectMeta;
use crate::inventory::{Service, WorkloadKind};

/// Labels that name the application, strongest first.
const NAME_LABELS: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app",
    "k8s-app",
    "argocd.argoproj.io/instance",
];

/// Gives each workload its service.
pub fn assign(workloads: &mut [Workload<'_>], roster: &[Service]) {
    for workload in workloads {
        workload.service = match owner_kind(workload.kind) {
            Some(kind) => of_object(kind, workload.meta, roster),
            None => of_pods(workload.meta, roster),
        };
    }
}

fn owner_kind(kind: &str) -> Option<WorkloadKind> {
    match kind {
        "Deployment" => Some(WorkloadKind::Deployment),
        "StatefulSet" => Some(WorkloadKind::StatefulSet),
        "DaemonSet" => Some(WorkloadKind::DaemonSet),
        "CronJob" => Some(WorkloadKind::CronJob),
        _ => None,
    }
}

/// The service of a workload object, as an index of the roster.
#[must_use]
pub fn of_object(kind: WorkloadKind, meta: &ObjectMeta, roster: &[Service]) -> Option<usize> {
    let explicit = best(roster, meta, |s| {
        in_namespace(s, meta)
            && s.workloads
                .iter()
                .any(|w| w.kind == kind && w.name == meta.name)
    });
    explicit.or_else(|| by_name_or_label(meta, roster, |s| accepts(s, kind)))
}

/// The service of pods that no known workload keeps.
fn of_pods(meta: &ObjectMeta, roster: &[Service]) -> Option<usize> {
    by_name_or_label(meta, roster, |_| true)
}

fn by_name_or_label(
    meta: &ObjectMeta,
    roster: &[Service],
    accepts: impl Fn(&Service) -> bool,
) -> Option<usize> {
    let candidate = |s: &Service| in_namespace(s, meta) && accepts(s);
    best(roster, meta, |s| candidate(s) && s.is_called(&meta.name))
        .or_else(|| {
            NAME_LABELS.iter().find_map(|label| {
                let value = meta.label(label)?;
                best(roster, meta, |s| candidate(s) && is_labelled(s, value))
            })
        })
        .or_else(|| {
            // K3s's own parts share kube-system with much that is not theirs.
            let listed: Vec<_> = positions(roster, |s| in_namespace(s, meta)).collect();
            match listed[..] {
                [only] if roster[only].builtin.is_none() && accepts(&roster[only]) => Some(only),
                _ => None,
            }
        })
}

fn is_labelled(service: &Service, value: &str) -> bool {
    service.is_called(value) || service.gitops.app_name.as_deref() == Some(value)
}

/// A service that lists its workloads has no others of the kinds it lists.
fn accepts(service: &Service, kind: WorkloadKind) -> bool {
    !service.workloads.iter().any(|w| w.kind == kind)
}

fn in_namespace(service: &Service, meta: &ObjectMeta) -> bool {
    service.namespace.as_deref() == Some(meta.namespace.as_str())
}

fn positions(roster: &[Service], test: impl Fn(&Service) -> bool) -> impl Iterator<Item = usize> {
    (0..roster.len()).filter(move |&i| test(&roster[i]))
}

/// Of several services the one named like the workload, else the most critical.
fn best(roster: &[Service], meta: &ObjectMeta, test: impl Fn(&Service) -> bool) -> Option<usize> {
    positions(roster, test).min_by_key(|&i| (!roster[i].is_called(&meta.name), roster[i].tier, i))
}
