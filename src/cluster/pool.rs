//! What objects have in common, kept once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::objects::{
    EnvSource, Labels, ObjectMeta, Owners, PodSpec, PodStatus, PodTemplate, Probe, Resources,
    TextMap, Time,
};

/// What objects have in common.
#[derive(Default)]
pub struct Pool {
    now: Time,
    names: HashSet<Arc<str>>,
    labels: HashSet<Labels>,
    owners: HashSet<Owners>,
    specs: Alike<PodSpec>,
    parts: Parts,
    statuses: Alike<PodStatus>,
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

    pub(super) fn share_name(&mut self, name: &mut Arc<str>) {
        share(&mut self.names, name);
    }

    pub(super) fn share_texts(&mut self, map: &mut TextMap) {
        for (key, value) in map.entries_mut() {
            share(&mut self.names, key);
            share(&mut self.names, value);
        }
    }

    pub(super) fn share_meta(&mut self, meta: &mut ObjectMeta) {
        share(&mut self.names, &mut meta.namespace.0);
        self.share_texts(&mut meta.annotations.0);
        if let Some(same) = self.labels.get(&meta.labels) {
            meta.labels = Arc::clone(same);
        } else {
            self.share_texts(Arc::make_mut(&mut meta.labels));
            self.labels.insert(Arc::clone(&meta.labels));
        }
        share(&mut self.owners, &mut meta.owner_references);
    }

    pub(super) fn share_template(&mut self, template: &mut PodTemplate) {
        self.share_meta(&mut template.metadata);
        self.share_spec(&template.metadata, &mut template.spec);
    }

    pub(super) fn share_spec(&mut self, of: &ObjectMeta, spec: &mut Arc<PodSpec>) {
        let Self { specs, parts, .. } = self;
        specs.share(of, spec, |first| {
            first.shrink_to_fit();
            parts.share(first);
        });
    }

    pub(super) fn share_status(&mut self, of: &ObjectMeta, status: &mut Arc<PodStatus>) {
        self.statuses.share(of, status, PodStatus::shrink_to_fit);
    }
}

/// Puts what is known in the place of what is equal to it.
fn share<T: Eq + Hash + ?Sized>(known: &mut HashSet<Arc<T>>, value: &mut Arc<T>) {
    match known.get(value) {
        Some(same) => *value = Arc::clone(same),
        None => {
            known.insert(Arc::clone(value));
        }
    }
}

/// What containers of different workloads have in common.
#[derive(Default)]
struct Parts {
    probes: HashSet<Arc<Probe>>,
    sources: HashSet<Arc<EnvSource>>,
    resources: HashSet<Arc<Resources>>,
}

impl Parts {
    fn share(&mut self, spec: &mut PodSpec) {
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            share(&mut self.resources, &mut container.resources);
            let probes = [
                &mut container.startup_probe,
                &mut container.readiness_probe,
                &mut container.liveness_probe,
            ];
            for probe in probes.into_iter().flatten() {
                share(&mut self.probes, probe);
            }
            for variable in &mut container.env {
                if let Some(source) = &mut variable.value_from {
                    share(&mut self.sources, source);
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
