//! Finds objects of a snapshot by the kind names that kubectl accepts. Pure: no request is sent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::assess::Incident;
use crate::cluster::Objects;
use crate::cluster::dump::scrub;
use crate::inventory::Service;
use crate::model::{KINDS, Resource, ResourceInfo};
use crate::report;

/// The kind with this name: its kind, plural or short name. Secrets are not read, so no name
/// finds them.
#[must_use]
pub fn kind(name: &str) -> Option<&'static ResourceInfo> {
    let name = name.to_ascii_lowercase();
    KINDS
        .iter()
        .filter(|info| is_describable(info.resource))
        .find(|info| {
            info.kind.eq_ignore_ascii_case(&name)
                || info.plural == name
                || info.short_names.contains(&name.as_str())
        })
}

/// Whether objects of the kind can be described. Events have their own look-up, leases and usage
/// are left out, and logs are not objects.
fn is_describable(resource: Resource) -> bool {
    !matches!(
        resource,
        Resource::Events
            | Resource::Leases
            | Resource::PodMetrics
            | Resource::NodeMetrics
            | Resource::PodLogs
    )
}

/// An object as JSON.
fn find(objects: &Objects, info: &ResourceInfo, namespace: &str, name: &str) -> Option<Value> {
    let list = objects.list(info.resource)?;
    let index = (0..list.len()).find(|index| {
        let found = list.name(*index);
        found.1 == name && (!info.is_namespaced() || found.0 == namespace)
    })?;
    list.to_json(index).ok()
}

/// The objects that may be read for an incident: those in its namespaces, and
/// the cluster-scoped ones that its findings name.
pub struct Scope<'a> {
    objects: &'a Objects,
    namespaces: BTreeSet<&'a str>,
    named: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Scope<'a> {
    /// The scope of an incident and its service.
    #[must_use]
    pub fn new(objects: &'a Objects, incident: &'a Incident, service: Option<&'a Service>) -> Self {
        let resources = incident.findings.iter().map(|f| &f.resource);
        let pods = incident.findings.iter().flat_map(|f| &f.pods);
        let mut namespaces: BTreeSet<_> = resources.clone().map(|r| r.namespace.as_str()).collect();
        namespaces.extend(pods.clone().map(|p| p.namespace.as_str()));
        namespaces.extend(service.and_then(|s| s.namespace.as_deref()));
        namespaces.remove("");
        let mut named: BTreeSet<_> = resources
            .map(|r| (r.kind.as_str(), r.name.as_str()))
            .collect();
        named.extend(pods.map(|p| ("Node", p.node.as_str())));
        Self {
            objects,
            namespaces,
            named,
        }
    }

    /// The scope of these findings.
    #[must_use]
    pub fn of_findings(objects: &'a Objects, findings: &'a [report::Finding]) -> Self {
        let resources = findings.iter().map(|f| &f.resource);
        let namespaces = resources.clone().filter_map(|r| r.namespace.as_deref());
        Self {
            objects,
            namespaces: namespaces.collect(),
            named: resources
                .map(|r| (r.kind.as_str(), r.name.as_str()))
                .collect(),
        }
    }

    /// Whether the namespace is one of the incident's.
    #[must_use]
    pub fn is_within(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Whether any object of the cluster has this name.
    #[must_use]
    pub fn exists(&self, name: &str) -> bool {
        KINDS
            .iter()
            .filter_map(|info| self.objects.list(info.resource))
            .any(|list| (0..list.len()).any(|index| list.name(index).1 == name))
    }

    /// Whether the object exists and is in the scope.
    #[must_use]
    pub fn holds(&self, info: &ResourceInfo, namespace: &str, name: &str) -> bool {
        self.object(info, namespace, name).is_some()
    }

    /// The object with its secrets masked, if it exists and is in the scope.
    #[must_use]
    pub fn object(&self, info: &ResourceInfo, namespace: &str, name: &str) -> Option<Value> {
        let is_allowed = if info.resource == Resource::Namespaces {
            self.is_within(name)
        } else if info.is_namespaced() {
            self.is_within(namespace)
        } else {
            self.named.contains(&(info.kind, name))
        };
        let mut object = is_allowed.then(|| find(self.objects, info, namespace, name))??;
        scrub(&mut object);
        Some(object)
    }
}
