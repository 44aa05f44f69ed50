//! Objects into lists: which kinds are kept, one object a name, and what was
//! wrong with those that do not fit.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::de::DeserializeOwned;

use super::convert::{Endpoints, NewEvent};
use super::files::tidy;
use super::head::{Head, Identity};
use super::infer_now;
use super::kinds::{self, Change, Object};
use crate::cluster::types::{EndpointSlice, Event, decode};
use crate::cluster::{Objects, Resource};
use crate::model::Time;

/// Leases of other namespaces than this one are heartbeats of nodes and
/// elections of controllers; no rule reads them.
const LEASE_NAMESPACE: &str = "kube-system";

/// The objects of a dump while it is read.
pub(super) struct Collector {
    pub(super) objects: Objects,
    /// Kinds of which an object or a list, even an empty one, was seen.
    pub(super) seen: BTreeSet<Resource>,
    /// Kinds of which something could not be read.
    pub(super) trouble: BTreeMap<Resource, Damage>,
    /// The newest past moment in any object of a kind that is read.
    pub(super) newest: Option<Time>,
    index: Index,
    endpoints: BTreeMap<(String, String), Endpoints>,
    saw_endpoints: bool,
    file: String,
    in_file: BTreeSet<Resource>,
    limit: usize,
}

/// What was wrong first, and how much more.
#[derive(Debug)]
pub(super) struct Damage {
    first: String,
    more: u32,
}

impl Damage {
    pub(super) fn message(&self) -> String {
        match self.more {
            0 => self.first.clone(),
            more => format!("{} (and {more} more like it)", self.first),
        }
    }
}

impl Collector {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            objects: Objects::default(),
            seen: BTreeSet::new(),
            trouble: BTreeMap::new(),
            newest: None,
            index: Index::default(),
            endpoints: BTreeMap::new(),
            saw_endpoints: false,
            file: String::new(),
            in_file: BTreeSet::new(),
            limit,
        }
    }

    pub(super) fn begin_file(&mut self, path: &str) {
        path.clone_into(&mut self.file);
        self.in_file.clear();
    }

    /// The bound on objects, with its unit, once it is met.
    pub(super) fn full(&self) -> Option<String> {
        let kept = self.index.0.len() + self.endpoints.len();
        (kept >= self.limit).then(|| format!("{} objects", self.limit))
    }

    /// Whether anything came of the dump: an object, or the certainty that
    /// there is none of a kind.
    pub(super) fn is_useful(&self) -> bool {
        let mut seen = self.seen.iter();
        !self.index.0.is_empty() || seen.any(|resource| !self.trouble.contains_key(resource))
    }

    /// A list of a kind was met: all of it is known, even if it is empty.
    pub(super) fn list(&mut self, api_version: &str, kind: &str) {
        match ListKind::of(api_version, kind) {
            Some(ListKind::Endpoints) => self.saw_endpoints = true,
            Some(ListKind::NewEvent) => self.saw(Resource::Events),
            Some(ListKind::Read(resource)) => self.saw(resource),
            None => {}
        }
    }

    /// An object was met.
    pub(super) fn object(&mut self, api_version: &str, kind: &str, head: &Head, raw: &str) {
        let Some(known) = ListKind::of(api_version, kind) else {
            return;
        };
        self.list(api_version, kind);
        if self.full().is_some() {
            return;
        }
        self.newest = self.newest.max(infer_now::newest(raw));
        let identity = head.identity.as_ref();
        let name = identity.and_then(|i| i.name.as_deref()).unwrap_or_default();
        let namespace = identity
            .and_then(|i| i.namespace.as_deref())
            .unwrap_or_default();
        let version = identity.and_then(Identity::version);
        let outcome = if name.is_empty() {
            Err("it has no name".to_owned())
        } else {
            match known {
                ListKind::Endpoints => self.take_endpoints(raw),
                ListKind::Read(Resource::Leases) if namespace != LEASE_NAMESPACE => Ok(()),
                ListKind::Read(Resource::Events) => self.take_event::<Event>(raw, version),
                ListKind::NewEvent => self.take_event::<NewEvent>(raw, version),
                ListKind::Read(resource) => self.take(resource, raw, version),
            }
        };
        if let Err(error) = outcome {
            let place = [namespace, name].join("/");
            let place = place.trim_matches('/');
            let message = format!(
                "{}: {kind} {place} does not fit: {}",
                self.file,
                tidy(&error)
            );
            self.damage(known.resource(), &message);
        }
    }

    /// Something of a kind could not be read.
    pub(super) fn damage(&mut self, resource: Resource, message: &str) {
        log::debug!("{message}");
        self.trouble
            .entry(resource)
            .and_modify(|trouble| trouble.more += 1)
            .or_insert_with(|| Damage {
                first: message.to_owned(),
                more: 0,
            });
    }

    /// The file broke off: what is missing may be of any kind that it held.
    /// False when it held none yet.
    pub(super) fn damage_file(&mut self, message: &str) -> bool {
        let kinds = std::mem::take(&mut self.in_file);
        for resource in &kinds {
            self.damage(*resource, message);
        }
        !kinds.is_empty()
    }

    /// A dump from before `EndpointSlices`, or of `kubectl get all`: Endpoints
    /// say the same.
    pub(super) fn settle_endpoints(&mut self) {
        if self.saw_endpoints && !self.seen.contains(&Resource::EndpointSlices) {
            self.saw(Resource::EndpointSlices);
            let slices = self.endpoints.values().flat_map(Endpoints::slices);
            let slices: Vec<EndpointSlice> = slices.collect();
            self.objects.endpoint_slices = slices;
        }
        self.endpoints.clear();
    }

    fn saw(&mut self, resource: Resource) {
        self.seen.insert(resource);
        self.in_file.insert(resource);
    }

    fn take_endpoints(&mut self, raw: &str) -> Result<(), String> {
        let (endpoints, _) = decode::<Endpoints>(raw.as_bytes()).map_err(|e| e.to_string())?;
        let key = (
            endpoints.metadata.namespace.to_string(),
            endpoints.metadata.name.to_string(),
        );
        self.endpoints.insert(key, endpoints);
        Ok(())
    }

    /// Of events only warnings are kept.
    fn take_event<E: DeserializeOwned + Into<Event>>(
        &mut self,
        raw: &str,
        version: Option<u64>,
    ) -> Result<(), String> {
        let (event, _) = decode::<E>(raw.as_bytes()).map_err(|e| e.to_string())?;
        let event: Event = event.into();
        if event.is_warning() {
            self.index
                .put(Resource::Events, version, &mut self.objects.events, event);
        }
        Ok(())
    }

    fn take(&mut self, resource: Resource, raw: &str, version: Option<u64>) -> Result<(), String> {
        let take = Insert {
            raw,
            resource,
            version,
            index: &mut self.index,
        };
        kinds::change(resource, &mut self.objects, take).unwrap_or(Ok(()))
    }
}

/// Reads an object into the list of its kind.
struct Insert<'a> {
    raw: &'a str,
    resource: Resource,
    version: Option<u64>,
    index: &'a mut Index,
}

impl Change for Insert<'_> {
    type Out = Result<(), String>;

    fn change<T: Object>(self, list: &mut Vec<T>) -> Self::Out {
        let (object, _) = decode::<T>(self.raw.as_bytes()).map_err(|e| e.to_string())?;
        self.index.put(self.resource, self.version, list, object);
        Ok(())
    }
}

/// Where each object stands in its list, and its version.
#[derive(Default)]
struct Index(HashMap<(Resource, String, String), (usize, u64)>);

impl Index {
    /// Of objects with one name the newest version stays; without versions, the
    /// last.
    fn put<T: Object>(
        &mut self,
        resource: Resource,
        version: Option<u64>,
        list: &mut Vec<T>,
        object: T,
    ) {
        let (namespace, name) = object.name();
        match self
            .0
            .entry((resource, namespace.to_owned(), name.to_owned()))
        {
            Entry::Vacant(entry) => {
                entry.insert((list.len(), version.unwrap_or(0)));
                list.push(object);
            }
            Entry::Occupied(mut entry) => {
                let (at, held) = *entry.get();
                if version.is_none_or(|version| version >= held) {
                    entry.insert((at, version.unwrap_or(held)));
                    list[at] = object;
                }
            }
        }
    }
}

/// The kinds of objects that a dump is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListKind {
    Read(Resource),
    /// `events.k8s.io/v1`: the same events in other words.
    NewEvent,
    /// `v1`: what `EndpointSlices` replaced.
    Endpoints,
}

impl ListKind {
    fn of(api_version: &str, kind: &str) -> Option<Self> {
        match (api_version, kind) {
            ("v1", "Endpoints") => Some(Self::Endpoints),
            (version, "Event") if version.starts_with("events.k8s.io/") => Some(Self::NewEvent),
            _ => Resource::of_object(api_version, kind).map(Self::Read),
        }
    }

    fn resource(self) -> Resource {
        match self {
            Self::Read(resource) => resource,
            Self::NewEvent => Resource::Events,
            Self::Endpoints => Resource::EndpointSlices,
        }
    }
}
