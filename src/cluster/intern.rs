//! Keeps once what objects have in common.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::{
    types::Annotations, types::ContainerPort, types::Endpoint, types::EndpointPort,
    types::EnvSource, types::Intern, types::Labels, types::ObjectMeta, types::OwnerReference,
    types::PodSpec, types::PodStatus, types::PodTemplate, types::Probe, types::Resources,
    types::ServicePort, types::SharedStr, types::StrInterner, types::TextMap,
};
use crate::model::Time;

/// Shared values of all objects of a snapshot.
#[derive(Default)]
pub struct Interner {
    now: Time,
    words: StrInterner,
    labels: DedupSet<TextMap>,
    annotations: DedupSet<TextMap>,
    owners: DedupSet<Vec<OwnerReference>>,
    specs: DedupSet<PodSpec>,
    parts: Parts,
    statuses: DedupSet<PodStatus>,
    service_ports: HashSet<Arc<[ServicePort]>>,
    endpoint_ports: HashSet<Arc<[EndpointPort]>>,
    endpoints: HashSet<Arc<[Endpoint]>>,
}

impl Interner {
    /// Without values, for objects that are read at this moment.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// Corrects the moment, once the server's clock is known.
    pub(super) fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// The moment that thresholds are measured against.
    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Shares the texts that other objects have too.
    pub(super) fn share_strings(&mut self, of: &mut impl Intern) {
        of.share(&mut self.words);
    }

    /// Shares a text if it is known already, and does not add it otherwise: it is unique, such as the
    /// name of a pod.
    pub(super) fn reuse_string(&mut self, word: &mut SharedStr) {
        word.reuse(&self.words);
    }

    pub(super) fn share_meta(&mut self, meta: &mut ObjectMeta) {
        if meta.deletion_timestamp.is_none() {
            meta.finalizers = Box::default();
        }
        meta.finalizers.share(&mut self.words);
        meta.namespace.share(&mut self.words);
        self.share_maps(&mut meta.labels, &mut meta.annotations);
        let Self { words, owners, .. } = self;
        owners.share(&mut meta.owner_references, |first| first.share(words));
    }

    pub(super) fn share_fields(&mut self, fields: &mut super::types::KeptFields) {
        fields.share(&mut self.words);
    }

    fn share_maps(&mut self, labels: &mut Labels, annotations: &mut Annotations) {
        let words = &mut self.words;
        self.labels.share(labels, |first| first.share(words));
        self.annotations
            .share(&mut annotations.0, |first| first.share(words));
    }

    pub(super) fn share_service_ports(&mut self, ports: &mut Arc<[ServicePort]>) {
        share_list(&mut self.service_ports, ports, &mut self.words);
    }

    pub(super) fn share_endpoints(
        &mut self,
        endpoints: &mut Arc<[Endpoint]>,
        ports: &mut Arc<[EndpointPort]>,
    ) {
        share_list(&mut self.endpoints, endpoints, &mut self.words);
        share_list(&mut self.endpoint_ports, ports, &mut self.words);
    }

    pub(super) fn share_template(&mut self, template: &mut PodTemplate) {
        let meta = &mut template.metadata;
        self.share_maps(&mut meta.labels, &mut meta.annotations);
        self.share_spec(&mut template.spec);
    }

    pub(super) fn share_spec(&mut self, spec: &mut Arc<PodSpec>) {
        let Self {
            words,
            specs,
            parts,
            ..
        } = self;
        specs.share(spec, |first| {
            first.share(words);
            parts.share(first, words);
        });
    }

    pub(super) fn share_status(&mut self, status: &mut Arc<PodStatus>) {
        let Self {
            words, statuses, ..
        } = self;
        statuses.share(status, |first| first.share(words));
    }
}

/// Replaces a value by an equal one that is known.
fn share<T: Clone + Eq + Hash + Intern>(
    known: &mut HashSet<Arc<T>>,
    value: &mut Arc<T>,
    words: &mut StrInterner,
) {
    if let Some(same) = known.get(value) {
        *value = Arc::clone(same);
    } else {
        Arc::make_mut(value).share(words);
        known.insert(Arc::clone(value));
    }
}

/// The same for a list, which is not shared yet.
fn share_list<T: Eq + Hash + Intern>(
    known: &mut HashSet<Arc<[T]>>,
    list: &mut Arc<[T]>,
    words: &mut StrInterner,
) {
    if let Some(same) = known.get(list) {
        *list = Arc::clone(same);
        return;
    }
    for element in Arc::get_mut(list).into_iter().flatten() {
        element.share(words);
    }
    known.insert(Arc::clone(list));
}

/// Shared parts of containers of different workloads.
#[derive(Default)]
struct Parts {
    probes: HashSet<Arc<Probe>>,
    sources: HashSet<Arc<EnvSource>>,
    resources: HashSet<Arc<Resources>>,
    arguments: HashSet<Arc<[SharedStr]>>,
    ports: HashSet<Arc<[ContainerPort]>>,
}

impl Parts {
    fn share(&mut self, spec: &mut PodSpec, words: &mut StrInterner) {
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            share(&mut self.resources, &mut container.resources, words);
            share_list(&mut self.arguments, &mut container.args, words);
            share_list(&mut self.ports, &mut container.ports, words);
            let probes = [
                &mut container.startup_probe,
                &mut container.readiness_probe,
                &mut container.liveness_probe,
            ];
            for probe in probes.into_iter().flatten() {
                share(&mut self.probes, probe, words);
            }
            for variable in &mut container.env {
                if let Some(source) = &mut variable.value_from {
                    share(&mut self.sources, source, words);
                }
            }
        }
    }
}

/// Values of one type, each once.
struct DedupSet<T> {
    all: HashSet<Arc<T>>,
    /// The value of the last object. Lists are sorted by name, so that replicas follow each other, and
    /// to compare is cheaper than to hash.
    last: Option<Arc<T>>,
}

impl<T> Default for DedupSet<T> {
    fn default() -> Self {
        Self {
            all: HashSet::new(),
            last: None,
        }
    }
}

impl<T: Clone + Eq + Hash> DedupSet<T> {
    /// The first of equal values is kept, after `tidy` has made it small.
    fn share(&mut self, value: &mut Arc<T>, tidy: impl FnOnce(&mut T)) {
        if let Some(last) = &self.last
            && last == value
        {
            *value = Arc::clone(last);
            return;
        }
        if let Some(same) = self.all.get(value) {
            *value = Arc::clone(same);
        } else {
            tidy(Arc::make_mut(value));
            self.all.insert(Arc::clone(value));
        }
        self.last = Some(Arc::clone(value));
    }
}
