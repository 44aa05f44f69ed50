//! The service of a workload: by the services file's `Workloads`, else by names
//! and labels within the namespace, else the only service of the namespace.

use std::collections::HashMap;

use super::workload::Workload;
use crate::cluster::types::{Application, Labels, ObjectMeta};
use crate::inventory::{Service, WorkloadKind};

/// Labels that name the application, in the order of precedence.
pub(super) const NAME_LABELS: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app",
    "k8s-app",
    "argocd.argoproj.io/instance",
];

/// Names the provider on the Deployment that Crossplane makes for it.
const PROVIDER_LABEL: &str = "pkg.crossplane.io/provider";

/// Where Argo CD is usually installed.
const ARGO_CD_NAMESPACES: &[&str] = &["argocd", "argo-cd", "argo", "gitops", "openshift-gitops"];

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
            let named = self.by_name_or_label(kind, workload.name, workload.meta, &labels_of);
            workload.service = named.or_else(|| {
                // A service that lists its workloads has none of another name.
                let only = self.only(&workload.meta.namespace);
                only.filter(|at| self.monitored[*at].workloads.is_empty())
            });
            workload.fits_by_namespace_only = named.is_none() && workload.service.is_some();
        }
    }

    /// The service of an object that is not a workload, as a position in the monitored services.
    #[must_use]
    pub fn of_object(&self, meta: &ObjectMeta) -> Option<usize> {
        let labels = [Some(&meta.labels)];
        let named = self.by_name_or_label(None, &meta.name, meta, &labels);
        named.or_else(|| self.only(&meta.namespace))
    }

    /// The service of a cron job, as a position in the monitored services.
    #[must_use]
    pub fn of_cron_job(&self, meta: &ObjectMeta) -> Option<usize> {
        let (kind, labels) = (WorkloadKind::CronJob, [Some(&meta.labels)]);
        let named = self.by_name_or_label(Some(kind), &meta.name, meta, &labels);
        named.or_else(|| {
            let only = self.only(&meta.namespace);
            only.filter(|at| accepts(&self.monitored[*at], kind))
        })
    }

    /// The service of a run, by the name that its repetitions share.
    #[must_use]
    pub fn of_run(&self, name: &str, meta: &ObjectMeta) -> Option<usize> {
        let named = self.by_name_or_label(None, name, meta, &[Some(&meta.labels)]);
        named.or_else(|| self.only(&meta.namespace))
    }

    /// The services that users reach by a host, given in lower case.
    #[must_use]
    pub fn of_host(&self, host: &str) -> &[usize] {
        self.by_host.get(host).map_or(&[], Vec::as_slice)
    }

    /// The service that an Argo CD Application deploys: the one whose Application has this name in
    /// the services file, else the one with its name in the namespace that it deploys to. An
    /// Application counts only in Argo CD's namespace or in that of the service.
    #[must_use]
    pub fn of_application(&self, application: &Application) -> Option<usize> {
        let (name, own) = (&application.metadata.name, &application.metadata.namespace);
        let destination = &application.spec.destination.namespace;
        let namespace_of = |at: usize| self.monitored[at].namespace.as_deref();
        let by_app = self.by_app_name.get(&**name).copied();
        let by_name = || {
            let named = self.by_any_name.get(&name.to_ascii_lowercase()).copied();
            named.filter(|&at| destination.is_empty() || namespace_of(at) == Some(destination))
        };
        let known = by_app.or_else(by_name);
        let trusted = known.filter(|&at| {
            own.is_empty() || self.is_of_argo_cd(own) || namespace_of(at) == Some(own)
        });
        trusted.or_else(|| self.only(own).filter(|_| own == destination))
    }

    /// Whether Argo CD runs in this namespace: by the services file, else by the usual names.
    fn is_of_argo_cd(&self, namespace: &str) -> bool {
        let mut listed = ["argocd", "argo-cd"].iter();
        let listed = listed.find_map(|name| self.by_any_name.get(*name));
        match listed.and_then(|&at| self.monitored[at].namespace.as_deref()) {
            Some(listed) => listed == namespace,
            None => ARGO_CD_NAMESPACES.contains(&namespace),
        }
    }

    /// The service with this name or alias in a namespace.
    #[must_use]
    pub fn called(&self, namespace: &str, name: &str) -> Option<usize> {
        self.best(self.named(namespace, name), name)
    }

    /// By the services file, the name, or a label. The labels of the workload itself count
    /// before those of its pods.
    fn by_name_or_label(
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
            .or_else(|| {
                let mut providers = labels_of.iter().flatten();
                providers.find_map(|labels| self.of_provider(labels.get(PROVIDER_LABEL)?, meta))
            })
    }

    /// The service of a Crossplane provider, whose pods have a name of their own: by the services
    /// file, else by its name, else the service of the same cloud.
    fn of_provider(&self, provider: &str, meta: &ObjectMeta) -> Option<usize> {
        let is_near = |service: &Service| {
            service
                .namespace
                .as_deref()
                .is_none_or(|own| own == &*meta.namespace)
        };
        let lists = |service: &Service| {
            let mut patterns = service.custom_resources.iter();
            patterns.any(|pattern| pattern.matches("Provider", "pkg.crossplane.io", provider))
        };
        let parts: Vec<&str> = provider.split('-').collect();
        let is_of_cloud = |service: &Service| {
            let mut own = service.name.split('-').filter(|part| *part != "crossplane");
            service.name.contains("provider") && own.all(|part| parts.contains(&part))
        };
        let find = |is_own: &dyn Fn(&Service) -> bool| {
            let mut monitored = self.monitored.iter();
            monitored.position(|service| is_near(service) && is_own(service))
        };
        find(&lists)
            .or_else(|| find(&|service| service.is_called(provider)))
            .or_else(|| find(&is_of_cloud))
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
