//! What objects have in common, kept once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::objects::{
    ContainerPort, Endpoint, EndpointPort, EnvSource, Labels, ObjectMeta, Owners, PodSpec,
    PodStatus, PodTemplate, Probe, Resources, ServicePort, Share, TextMap, Time, Word, Words,
};

/// What objects have in common.
#[derive(Default)]
pub struct Pool {
    now: Time,
    words: Words,
    labels: HashSet<Arc<TextMap>>,
    owners: HashSet<Owners>,
    specs: Alike<PodSpec>,
    parts: Parts,
    statuses: Alike<PodStatus>,
    service_ports: HashSet<Arc<[ServicePort]>>,
    endpoint_ports: HashSet<Arc<[EndpointPort]>>,
    endpoints: HashSet<Arc<[Endpoint]>>,
}

impl Pool {
    /// An empty pool, for what is read at a moment.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// The moment turns out to be another one.
    pub(super) fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// The moment that thresholds are measured against.
    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Texts that other objects have too.
    pub(super) fn share_words(&mut self, of: &mut impl Share) {
        of.share(&mut self.words);
    }

    pub(super) fn share_meta(&mut self, meta: &mut ObjectMeta) {
        meta.namespace.share(&mut self.words);
        self.share_map(&mut meta.annotations.0);
        self.share_map(&mut meta.labels);
        if let Some(same) = self.owners.get(&meta.owner_references) {
            meta.owner_references = Arc::clone(same);
        } else {
            Arc::make_mut(&mut meta.owner_references).share(&mut self.words);
            self.owners.insert(Arc::clone(&meta.owner_references));
        }
    }

    fn share_map(&mut self, map: &mut Labels) {
        if let Some(same) = self.labels.get(map) {
            *map = Arc::clone(same);
        } else {
            Arc::make_mut(map).share(&mut self.words);
            self.labels.insert(Arc::clone(map));
        }
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
        self.share_map(&mut template.metadata.annotations.0);
        self.share_map(&mut template.metadata.labels);
        self.share_spec(&ObjectMeta::default(), &mut template.spec);
    }

    pub(super) fn share_spec(&mut self, of: &ObjectMeta, spec: &mut Arc<PodSpec>) {
        let Self {
            words,
            specs,
            parts,
            ..
        } = self;
        specs.share(of, spec, |first| {
            first.share(words);
            parts.share(first, words);
        });
    }

    pub(super) fn share_status(&mut self, of: &ObjectMeta, status: &mut Arc<PodStatus>) {
        let Self {
            words, statuses, ..
        } = self;
        statuses.share(of, status, |first| first.share(words));
    }
}

/// Puts what is known in the place of what is equal to it.
fn share<T: Clone + Eq + Hash + Share>(
    known: &mut HashSet<Arc<T>>,
    value: &mut Arc<T>,
    words: &mut Words,
) {
    if let Some(same) = known.get(value) {
        *value = Arc::clone(same);
    } else {
        Arc::make_mut(value).share(words);
        known.insert(Arc::clone(value));
    }
}

/// The same of a list, which is new and nobody else's.
fn share_list<T: Eq + Hash + Share>(
    known: &mut HashSet<Arc<[T]>>,
    list: &mut Arc<[T]>,
    words: &mut Words,
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

/// What containers of different workloads have in common.
#[derive(Default)]
struct Parts {
    probes: HashSet<Arc<Probe>>,
    sources: HashSet<Arc<EnvSource>>,
    resources: HashSet<Arc<Resources>>,
    arguments: HashSet<Arc<[Word]>>,
    ports: HashSet<Arc<[ContainerPort]>>,
}

impl Parts {
    fn share(&mut self, spec: &mut PodSpec, words: &mut Words) {
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

/// Large values that objects of one owner have in common.
struct Alike<T> {
    all: HashSet<Arc<T>>,
    /// That of each owner's last object: to compare is cheaper than to hash.
    last: HashMap<Owners, Arc<T>>,
}

impl<T> Default for Alike<T> {
    fn default() -> Self {
        Self {
            all: HashSet::new(),
            last: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Alike<T> {
    /// The first of its kind stays, and is made as small as it can be.
    fn share(&mut self, of: &ObjectMeta, value: &mut Arc<T>, tidy: impl FnOnce(&mut T)) {
        if let Some(last) = self.last.get(&of.owner_references)
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
        let owners = Arc::clone(&of.owner_references);
        self.last.insert(owners, Arc::clone(value));
    }
}
