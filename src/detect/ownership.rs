//! Which service a workload belongs to: explicit `Workloads`, else names and
//! labels within the namespace, else the only service of the namespace.

use std::collections::HashMap;

use super::workload::Workload;
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

/// The services by namespace, to find the one that a workload belongs to.
pub struct Owners<'a> {
    roster: &'a [Service],
    by_namespace: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Owners<'a> {
    /// Sorts a roster by namespace.
    #[must_use]
    pub fn new(roster: &'a [Service]) -> Self {
        let mut by_namespace: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, service) in roster.iter().enumerate() {
            if let Some(namespace) = service.namespace.as_deref() {
                by_namespace.entry(namespace).or_default().push(index);
            }
        }
        Self {
            roster,
            by_namespace,
        }
    }

    /// Gives each workload its service.
    pub fn assign(&self, workloads: &mut [Workload<'_>]) {
        for workload in workloads {
            let kind = listed_kind(workload.kind);
            let template = workload.template.map(|t| &t.metadata);
            let pod = workload.pods.first().map(|p| &p.metadata);
            let labelled = [Some(workload.meta), template, pod];
            workload.service = self.of(kind, workload.name, workload.meta, &labelled);
        }
    }

    /// The service of a cron job, as an index of the roster.
    #[must_use]
    pub fn of_cron_job(&self, meta: &ObjectMeta) -> Option<usize> {
        self.of(Some(WorkloadKind::CronJob), &meta.name, meta, &[Some(meta)])
    }

    /// The service of this name or alias in a namespace.
    #[must_use]
    pub fn called(&self, namespace: &str, name: &str) -> Option<usize> {
        self.best(namespace, name, |s| s.is_called(name))
    }

    /// Labels count on the workload itself, else on its pods.
    fn of(
        &self,
        kind: Option<WorkloadKind>,
        name: &str,
        meta: &ObjectMeta,
        labelled: &[Option<&ObjectMeta>],
    ) -> Option<usize> {
        let namespace = meta.namespace.as_str();
        let explicit = |s: &Service| {
            let mut listed = s.workloads.iter();
            listed.any(|w| Some(w.kind) == kind && w.name == name)
        };
        let takes = |s: &Service| kind.is_none_or(|kind| accepts(s, kind));
        let by_labels = |meta: &ObjectMeta| {
            NAME_LABELS.iter().find_map(|label| {
                let value = meta.label(label)?;
                self.best(namespace, name, |s| takes(s) && is_labelled(s, value))
            })
        };
        self.best(namespace, name, explicit)
            .or_else(|| self.best(namespace, name, |s| takes(s) && s.is_called(name)))
            .or_else(|| labelled.iter().flatten().find_map(|meta| by_labels(meta)))
            .or_else(|| self.only(namespace).filter(|&i| takes(&self.roster[i])))
    }

    /// The only service of a namespace. K3s's own parts share kube-system with
    /// much that is not theirs.
    fn only(&self, namespace: &str) -> Option<usize> {
        match self.by_namespace.get(namespace)?[..] {
            [only] if self.roster[only].builtin.is_none() => Some(only),
            _ => None,
        }
    }

    /// Of several services the one named like the workload, else the most critical.
    fn best(&self, namespace: &str, name: &str, test: impl Fn(&Service) -> bool) -> Option<usize> {
        let here = self.by_namespace.get(namespace)?.iter().copied();
        here.filter(|&i| test(&self.roster[i]))
            .min_by_key(|&i| (!self.roster[i].is_called(name), self.roster[i].tier, i))
    }
}

fn listed_kind(kind: &str) -> Option<WorkloadKind> {
    match kind {
        "Deployment" => Some(WorkloadKind::Deployment),
        "StatefulSet" => Some(WorkloadKind::StatefulSet),
        "DaemonSet" => Some(WorkloadKind::DaemonSet),
        "CronJob" => Some(WorkloadKind::CronJob),
        _ => None,
    }
}

fn is_labelled(service: &Service, value: &str) -> bool {
    service.is_called(value) || service.gitops.app_name.as_deref() == Some(value)
}

/// A service that lists its workloads has no others of the kinds it lists.
/// K3s's own parts may run under other names where K3s is not what runs.
fn accepts(service: &Service, kind: WorkloadKind) -> bool {
    service.builtin.is_some() || !service.workloads.iter().any(|w| w.kind == kind)
}
