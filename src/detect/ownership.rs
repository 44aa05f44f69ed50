//! The service of a workload: by the services file's `Workloads`, else by names
//! and labels within the namespace, else the only service of the namespace.

use std::collections::HashMap;

use super::workload::Workload;
use crate::cluster::types::{Labels, ObjectMeta};
use crate::inventory::{Service, WorkloadKind};

/// Labels that name the application, in the order of precedence.
pub(super) const NAME_LABELS: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app",
    "k8s-app",
    "argocd.argoproj.io/instance",
];

/// The services, indexed by everything that identifies them.
pub struct ServiceMatcher<'a> {
    monitored: &'a [Service],
    by_namespace: HashMap<&'a str, Vec<usize>>,
    /// By namespace, and name or alias in lower case; see [`name_key`].
    by_name: HashMap<String, Vec<usize>>,
    /// By host name, in lower case.
    by_host: HashMap<&'a str, Vec<usize>>,
    /// By Argo CD Application, in any namespace.
    by_app_name: HashMap<&'a str, usize>,
    /// By name or alias in lower case, in any namespace.
    by_any_name: HashMap<String, usize>,
    /// By namespace and Argo CD Application.
    by_app: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// By namespace and explicitly listed workload.
    by_workload: HashMap<(&'a str, WorkloadKind, &'a str), Vec<usize>>,
}

impl<'a> ServiceMatcher<'a> {
    /// Indexes the monitored services.
    #[must_use]
    pub fn new(monitored: &'a [Service]) -> Self {
        let mut matcher = Self {
            monitored,
            by_namespace: HashMap::new(),
            by_name: HashMap::new(),
            by_host: HashMap::new(),
            by_app_name: HashMap::new(),
            by_any_name: HashMap::new(),
            by_app: HashMap::new(),
            by_workload: HashMap::new(),
        };
        for (index, service) in monitored.iter().enumerate() {
            matcher.add(index, service);
            if let Some(namespace) = service.namespace.as_deref() {
                matcher.add_to(namespace, index, service);
            }
        }
        matcher
    }

    fn add(&mut self, index: usize, service: &'a Service) {
        for host in &service.ingress {
            self.by_host.entry(host).or_default().push(index);
        }
        if let Some(app) = &service.gitops.app_name {
            self.by_app_name.entry(app).or_insert(index);
        }
        for name in std::iter::once(&service.name).chain(&service.aliases) {
            let name = name.to_ascii_lowercase();
            self.by_any_name.entry(name).or_insert(index);
        }
    }

    fn add_to(&mut self, namespace: &'a str, index: usize, service: &'a Service) {
        self.by_namespace.entry(namespace).or_default().push(index);
        for name in std::iter::once(&service.name).chain(&service.aliases) {
            let key = name_key(namespace, name);
            self.by_name.entry(key).or_default().push(index);
        }
        if let Some(app) = &service.gitops.app_name {
            self.by_app.entry((namespace, app)).or_default().push(index);
        }
        for listed in &service.workloads {
            let key = (namespace, listed.kind, listed.name.as_str());
            self.by_workload.entry(key).or_default().push(index);
        }
    }

    /// Sets the service of each workload.
    pub fn assign(&self, workloads: &mut [Workload<'_>]) {
        for workload in workloads {
            let kind = listed_kind(workload.kind);
            let template = workload.template.map(|t| &t.metadata.labels);
            let pod = workload.pods.first().map(|p| &p.metadata.labels);
            let labels_of = [Some(&workload.meta.labels), template, pod];
            workload.service = self.of(kind, workload.name, workload.meta, &labels_of);
        }
    }

    /// The service of an object that is not a workload, as a position in the monitored services.
    #[must_use]
    pub fn of_object(&self, meta: &ObjectMeta) -> Option<usize> {
        self.of(None, &meta.name, meta, &[Some(&meta.labels)])
    }

    /// The service of a cron job, as a position in the monitored services.
    #[must_use]
    pub fn of_cron_job(&self, meta: &ObjectMeta) -> Option<usize> {
        self.of(
            Some(WorkloadKind::CronJob),
            &meta.name,
            meta,
            &[Some(&meta.labels)],
        )
    }

    /// The service of a run, by the name that its repetitions share.
    #[must_use]
    pub fn of_run(&self, name: &str, meta: &ObjectMeta) -> Option<usize> {
        self.of(None, name, meta, &[Some(&meta.labels)])
    }

    /// The services that users reach by a host, given in lower case.
    #[must_use]
    pub fn of_host(&self, host: &str) -> &[usize] {
        self.by_host.get(host).map_or(&[], Vec::as_slice)
    }

    /// The service that an Argo CD Application deploys into a namespace.
    #[must_use]
    pub fn of_application(&self, name: &str, namespace: &str) -> Option<usize> {
        let by_app = self.by_app_name.get(name);
        let by_name = || self.by_any_name.get(&name.to_ascii_lowercase());
        let known = by_app.or_else(by_name).copied();
        known.or_else(|| self.only(namespace))
    }

    /// The service with this name or alias in a namespace.
    #[must_use]
    pub fn called(&self, namespace: &str, name: &str) -> Option<usize> {
        self.best(self.named(namespace, name), name)
    }

    /// The labels of the workload itself count before those of its pods.
    fn of(
        &self,
        kind: Option<WorkloadKind>,
        name: &str,
        meta: &ObjectMeta,
        labels_of: &[Option<&Labels>],
    ) -> Option<usize> {
        let namespace = meta.namespace.as_str();
        let listed = kind.and_then(|kind| self.by_workload.get(&(namespace, kind, name)));
        let takes = |i: &usize| kind.is_none_or(|kind| accepts(&self.monitored[*i], kind));
        let by_labels = |labels: &Labels| {
            NAME_LABELS.iter().find_map(|label| {
                let value = labels.get(label)?.as_str();
                let of_app = self.by_app.get(&(namespace, value)).into_iter().flatten();
                let named = self.named(namespace, value).chain(of_app.copied());
                self.best(named.filter(takes), name)
            })
        };
        self.best(listed.into_iter().flatten().copied(), name)
            .or_else(|| self.best(self.named(namespace, name).filter(takes), name))
            .or_else(|| {
                labels_of
                    .iter()
                    .flatten()
                    .find_map(|labels| by_labels(labels))
            })
            .or_else(|| self.only(namespace).filter(takes))
    }

    fn named(&self, namespace: &str, name: &str) -> impl Iterator<Item = usize> {
        let named = self.by_name.get(&name_key(namespace, name));
        named.into_iter().flatten().copied()
    }

    /// The only service of a namespace. K3s's own components do not count: other
    /// workloads run in kube-system too.
    fn only(&self, namespace: &str) -> Option<usize> {
        match self.by_namespace.get(namespace)?[..] {
            [only] if self.monitored[only].builtin.is_none() => Some(only),
            _ => None,
        }
    }

    /// Of several services the one with the workload's name, else the most critical.
    fn best(&self, candidates: impl Iterator<Item = usize>, name: &str) -> Option<usize> {
        candidates.min_by_key(|&i| {
            (
                !self.monitored[i].is_called(name),
                self.monitored[i].tier,
                i,
            )
        })
    }
}

fn name_key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{}", name.to_ascii_lowercase())
}

fn listed_kind(kind: &str) -> Option<WorkloadKind> {
    match kind {
        "Deployment" => Some(WorkloadKind::Deployment),
        "StatefulSet" => Some(WorkloadKind::StatefulSet),
        "DaemonSet" => Some(WorkloadKind::DaemonSet),
        "CronJob" => Some(WorkloadKind::CronJob),
        "Rollout" => Some(WorkloadKind::Rollout),
        "Cluster" => Some(WorkloadKind::Cluster),
        "Workflow" => Some(WorkloadKind::Workflow),
        "CronWorkflow" => Some(WorkloadKind::CronWorkflow),
        _ => None,
    }
}

/// A service that lists its workloads has no others of the kinds that it lists.
/// K3s's own components may have other names in other distributions.
fn accepts(service: &Service, kind: WorkloadKind) -> bool {
    service.builtin.is_some() || !service.workloads.iter().any(|w| w.kind == kind)
}
