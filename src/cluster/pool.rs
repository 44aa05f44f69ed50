//! What objects have in common, kept once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::objects::{Labels, ObjectMeta, Owners, PodSpec, PodStatus, PodTemplate, Time};

/// What objects have in common.
#[derive(Default)]
pub struct Pool {
    now: Time,
    names: HashSet<Arc<str>>,
    labels: HashSet<Labels>,
    owners: HashSet<Owners>,
    specs: Alike<PodSpec>,
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

    /// The moment that thresholds are measured against.
    pub(super) fn now(&self) -> Time {
        self.now
    }

    pub(super) fn share_name(&mut self, name: &mut Arc<str>) {
        share(&mut self.names, name);
    }

    pub(super) fn share_meta(&mut self, meta: &mut ObjectMeta) {
        share(&mut self.labels, &mut meta.labels);
        share(&mut self.owners, &mut meta.owner_references);
    }

    pub(super) fn share_template(&mut self, template: &mut PodTemplate) {
        self.share_meta(&mut template.metadata);
        self.specs.share(&template.metadata, &mut template.spec);
    }

    pub(super) fn share_spec(&mut self, of: &ObjectMeta, spec: &mut Arc<PodSpec>) {
        self.specs.share(of, spec);
    }

    pub(super) fn share_status(&mut self, of: &ObjectMeta, status: &mut Arc<PodStatus>) {
        self.statuses.share(of, status);
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

impl<T: Eq + Hash> Alike<T> {
    fn share(&mut self, of: &ObjectMeta, value: &mut Arc<T>) {
        match self.last.get(&of.owner_references) {
            Some(last) if last == value => *value = Arc::clone(last),
            _ => {
                share(&mut self.all, value);
                let owners = Arc::clone(&of.owner_references);
                self.last.insert(owners, Arc::clone(value));
            }
        }
    }
}
