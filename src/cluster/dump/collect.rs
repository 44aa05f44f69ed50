//! Puts the objects of a dump into the lists of their kinds: which kinds are kept, one object a
//! name, and what was wrong with objects that do not decode.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::de::DeserializeOwned;

use super::convert::{Endpoints, NewEvent};
use super::error::one_line;
use super::file_name;
use super::head::{Head, Identity};
use super::infer_now;
use crate::cluster::repair;
use crate::cluster::types::{CustomObject, EndpointSlice, Event, decode};
use crate::cluster::{DamagedItem, DamagedKind, DamagedObject, FieldDamage, ObjectList, Objects};
use crate::model::{CUSTOM_KINDS, Resource, ResourceScope, Time};

/// The objects of a dump while it is read.
pub(super) struct Collector {
    pub(super) objects: Objects,
    /// Kinds of which an object or a list, even an empty one, was read.
    pub(super) seen: BTreeSet<Resource>,
    /// Kinds of which something could not be read.
    pub(super) damage: BTreeMap<Resource, Damage>,
    /// Objects that could not be decoded as a whole, by kind, namespace and name.
    damaged: BTreeMap<(DamagedKind, String, String), FieldDamage>,
    /// Those whose kind or name could not be read.
    unidentified: Vec<DamagedObject>,
    /// The newest past moment in any object of a kind that is read.
    pub(super) newest: Option<Time>,
    index: Index,
    endpoints: BTreeMap<(String, String), Endpoints>,
    saw_endpoints: bool,
    file: String,
    in_file: BTreeSet<Resource>,
    limit: usize,
}

/// The first error of a kind, and the number of further ones.
#[derive(Debug)]
pub(super) struct Damage {
    first: String,
    more: u32,
}

impl Damage {
    pub(super) fn message(&self) -> String {
        match self.more {
            0 => self.first.clone(),
            1 => format!("{} (and 1 more error)", self.first),
            more => format!("{} (and {more} more errors)", self.first),
        }
    }
}

impl Collector {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            objects: Objects::default(),
            seen: BTreeSet::new(),
            damage: BTreeMap::new(),
            damaged: BTreeMap::new(),
            unidentified: Vec::new(),
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

    /// The limit of objects, with its unit, once it is reached.
    pub(super) fn reached_limit(&self) -> Option<String> {
        let kept = self.index.0.len() + self.endpoints.len();
        (kept >= self.limit).then(|| format!("{} objects", self.limit))
    }

    /// Whether the dump holds an object, or an empty list, of any kind that is read.
    pub(super) fn is_useful(&self) -> bool {
        let mut seen = self.seen.iter();
        !self.index.0.is_empty() || seen.any(|resource| !self.damage.contains_key(resource))
    }

    /// Notes a list of a kind. Its kind counts as read even if the list is empty.
    pub(super) fn list(&mut self, api_version: &str, kind: &str) {
        match ListKind::of(api_version, kind) {
            Some(ListKind::Endpoints) => self.saw_endpoints = true,
            Some(ListKind::NewEvent) => self.saw(Resource::Events),
            Some(ListKind::Read(resource)) => self.saw(resource),
            None => {}
        }
    }

    /// Notes a list that names no kind and has no item. `kubectl get KIND -o json` prints it
    /// where there is no object, so the name of the file says what was asked for.
    pub(super) fn empty_list(&mut self) {
        if let Some(resource) = file_name::kind(&self.file) {
            self.saw(resource);
        }
    }

    /// Adds an object.
    pub(super) fn object(&mut self, api_version: &str, kind: &str, head: &Head, raw: &str) {
        let Some(known) = ListKind::of(api_version, kind) else {
            self.add_custom(api_version, kind, head, raw);
            return;
        };
        self.list(api_version, kind);
        if self.reached_limit().is_some() {
            return;
        }
        self.newest = self.newest.max(infer_now::newest(raw));
        let identity = head.identity.as_ref();
        let name = identity.and_then(|i| i.name.as_deref()).unwrap_or_default();
        let namespace = identity
            .and_then(|i| i.namespace.as_deref())
            .unwrap_or_default();
        let version = identity.and_then(Identity::version);
        if name.is_empty() {
            self.note_unidentified(Some(known.resource()), namespace);
            return;
        }
        let outcome = match known {
            ListKind::Endpoints => self.add_endpoints(raw),
            ListKind::NewEvent => self.add_event::<NewEvent>(raw, version),
            ListKind::Read(Resource::Events) => self.add_event::<Event>(raw, version),
            ListKind::Read(resource) if is_skipped(resource, namespace) => Ok(()),
            ListKind::Read(resource) => self.add(resource, raw, version),
        };
        if let Err(error) = outcome {
            let object = [namespace, name].join("/");
            let message = format!(
                "{}: {kind} {} cannot be decoded: {}",
                self.file,
                object.trim_matches('/'),
                one_line(&error.to_string())
            );
            self.note_damage(known.resource(), &message);
        }
    }

    /// Notes an object whose kind or name cannot be read.
    pub(super) fn note_unidentified(&mut self, resource: Option<Resource>, namespace: &str) {
        let mut item = DamagedItem::new(namespace, "");
        item.damage.is_identity_only = true;
        let kind = resource.map_or(DamagedKind::Unknown, DamagedKind::Read);
        self.unidentified.push(DamagedObject { kind, item });
    }

    /// The objects that could not be decoded as a whole.
    pub(super) fn damaged(&mut self) -> Vec<DamagedObject> {
        let named = std::mem::take(&mut self.damaged).into_iter();
        let named = named.map(|((kind, namespace, name), damage)| DamagedObject {
            kind,
            item: DamagedItem {
                namespace,
                name,
                damage,
            },
        });
        named
            .chain(std::mem::take(&mut self.unidentified))
            .collect()
    }

    /// Notes that something of a kind could not be read.
    pub(super) fn note_damage(&mut self, resource: Resource, message: &str) {
        log::debug!("{message}");
        self.damage
            .entry(resource)
            .and_modify(|damage| damage.more += 1)
            .or_insert_with(|| Damage {
                first: message.to_owned(),
                more: 0,
            });
    }

    /// Notes that a file broke off. What is missing may be of any kind that the file held. False
    /// when it held none so far.
    pub(super) fn note_damaged_file(&mut self, message: &str) -> bool {
        let kinds = std::mem::take(&mut self.in_file);
        for resource in &kinds {
            self.note_damage(*resource, message);
        }
        !kinds.is_empty()
    }

    /// Converts Endpoints to `EndpointSlices` where the dump has no slices: it is older than they
    /// are, or made by `kubectl get all`.
    pub(super) fn convert_endpoints(&mut self) {
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

    fn add_endpoints(&mut self, raw: &str) -> serde_json::Result<()> {
        let (endpoints, damage) = decoded::<Endpoints>(raw)?;
        let key = (
            endpoints.metadata.namespace.to_string(),
            endpoints.metadata.name.to_string(),
        );
        // Its name after it is converted.
        let name = format!("{}-0", key.1);
        self.note_fields(
            DamagedKind::Read(Resource::EndpointSlices),
            &key.0,
            &name,
            damage,
        );
        self.endpoints.insert(key, endpoints);
        Ok(())
    }

    /// Notes what could not be decoded of the object that is kept under this name.
    fn note_fields(
        &mut self,
        kind: DamagedKind,
        namespace: &str,
        name: &str,
        damage: Option<FieldDamage>,
    ) {
        let key = (kind, namespace.to_owned(), name.to_owned());
        match damage {
            Some(damage) => drop(self.damaged.insert(key, damage)),
            None => drop(self.damaged.remove(&key)),
        }
    }

    /// Of events only warnings are kept, and what tells of pulls that do not end and of removed nodes.
    fn add_event<E: DeserializeOwned + Default + Into<Event>>(
        &mut self,
        raw: &str,
        version: Option<u64>,
    ) -> serde_json::Result<()> {
        let (event, damage) = decoded::<E>(raw)?;
        let event: Event = event.into();
        if event.is_warning() || event.is_about_pull() || event.is_about_removed_node() {
            let meta = &event.metadata;
            let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
            let events = &mut self.objects.events;
            events.push(event);
            let slot = Slot::Read(Resource::Events);
            if self.index.place_last(slot, version, events) {
                let kind = DamagedKind::Read(Resource::Events);
                self.note_fields(kind, &namespace, &name, damage);
            }
        }
        Ok(())
    }

    /// Of kinds without a list of their own, objects with a status are kept.
    fn add_custom(&mut self, api_version: &str, kind: &str, head: &Head, raw: &str) {
        if self.reached_limit().is_some() {
            return;
        }
        let (mut object, damage) = match decoded::<CustomObject>(raw) {
            Ok(decoded) => decoded,
            Err(error) => {
                log::warn!("{}: a {kind} cannot be decoded: {error}", self.file);
                return;
            }
        };
        object.api_version = api_version.into();
        object.kind = kind.into();
        let is_listed = CUSTOM_KINDS
            .iter()
            .any(|row| object.is(row.group, row.kind));
        if object.metadata.name.is_empty() || object.status.is_empty() && !is_listed {
            return;
        }
        self.newest = self.newest.max(infer_now::newest(raw));
        let version = head.identity.as_ref().and_then(Identity::version);
        let slot = Slot::Custom(format!("{kind}.{}", object.group()));
        let meta = &object.metadata;
        let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
        let list = &mut self.objects.custom;
        list.push(object);
        if self.index.place_last(slot, version, list) {
            let kind = DamagedKind::Custom(kind.to_owned());
            self.note_fields(kind, &namespace, &name, damage);
        }
    }

    fn add(
        &mut self,
        resource: Resource,
        raw: &str,
        version: Option<u64>,
    ) -> serde_json::Result<()> {
        let Some(list) = self.objects.list_mut(resource) else {
            return Ok(());
        };
        let before = list.len();
        let (_, item) = repair::push(list, raw.as_bytes())?;
        if list.len() == before {
            let namespace = item.map(|item| item.namespace).unwrap_or_default();
            self.note_unidentified(Some(resource), &namespace);
            return Ok(());
        }
        let (namespace, name) = list.name(before);
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        if self.index.place_last(Slot::Read(resource), version, list) {
            let damage = item.map(|item| item.damage);
            self.note_fields(DamagedKind::Read(resource), &namespace, &name, damage);
        }
        Ok(())
    }
}

/// An object that is in no list yet, and what could not be decoded of it.
fn decoded<T: DeserializeOwned + Default>(
    raw: &str,
) -> serde_json::Result<(T, Option<FieldDamage>)> {
    let mut object = T::default();
    let (_, damage) = repair::decode(raw.as_bytes(), &mut |text| {
        let length;
        (object, length) = decode(text)?;
        Ok(length)
    })?;
    Ok((object, damage))
}

/// Whether the kind is read from another namespace only. The leases of nodes may
/// be in a dump.
fn is_skipped(resource: Resource, namespace: &str) -> bool {
    match resource.info().scope {
        ResourceScope::Cluster | ResourceScope::Namespaced => false,
        ResourceScope::Namespace(only) => namespace != only && namespace != "kube-node-lease",
    }
}

/// Where each object is in its list, and its version.
#[derive(Default)]
struct Index(HashMap<(Slot, String, String), (usize, u64)>);

/// A list of objects.
#[derive(PartialEq, Eq, Hash)]
enum Slot {
    /// The list of a kind.
    Read(Resource),
    /// Those of this kind and group, in the list of custom objects.
    Custom(String),
}

impl Index {
    /// Of objects with one name the newest version stays; without versions, the last. The object
    /// in question is the last of its list. Returns whether it stays.
    fn place_last(
        &mut self,
        slot: Slot,
        version: Option<u64>,
        list: &mut (impl ObjectList + ?Sized),
    ) -> bool {
        let last = list.len() - 1;
        let (namespace, name) = list.name(last);
        let key = (slot, namespace.to_owned(), name.to_owned());
        match self.0.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert((last, version.unwrap_or(0)));
                true
            }
            Entry::Occupied(mut entry) => {
                let (at, known) = *entry.get();
                let is_newer = version.is_none_or(|version| version >= known);
                if is_newer {
                    entry.insert((at, version.unwrap_or(known)));
                    list.replace_with_last(at);
                } else {
                    list.truncate(last);
                }
                is_newer
            }
        }
    }
}

/// The kinds of objects that a dump is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListKind {
    Read(Resource),
    /// Events of `events.k8s.io/v1`, with other field names.
    NewEvent,
    /// `v1` Endpoints, which `EndpointSlices` replaced.
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
