//! The Services of the cluster, to look addresses up in.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Address;
use crate::cluster::Resource;
use crate::cluster::types::{EnvVar, PodSpec, Service};
use crate::detect::ClusterIndex;

/// Endings by which a variable says that it holds an address.
const ADDRESS_ENDINGS: &[&str] = &[
    "_ADDR",
    "_ADDRESS",
    "_HOST",
    "_HOSTNAME",
    "_SERVER",
    "_ENDPOINT",
    "_URL",
    "_URI",
    "_SERVICE",
];

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The Service has other ports.
    NoSuchPort(Vec<i32>),
    /// There is no such Service; the one that is meant, if any is like it.
    NoSuchService(Option<String>),
}

/// A variable whose address leads nowhere.
#[derive(Debug, Clone)]
pub struct WrongAddress<'a> {
    /// The variable.
    pub variable: &'a EnvVar,
    /// Its address.
    pub address: Address<'a>,
    /// The namespace in which the Service would be.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// What is wrong.
    pub fault: Fault,
}

/// Services by namespace and name, to look addresses up in.
pub struct ServiceRegistry<'a> {
    services: HashMap<&'a str, BTreeMap<&'a str, &'a Service>>,
    namespaces: HashSet<&'a str>,
}

impl<'a> ServiceRegistry<'a> {
    /// The Services of the snapshot; none where they were not read.
    #[must_use]
    pub fn new(view: &ClusterIndex<'a>) -> Option<Self> {
        if !view.snapshot.is_read(Resource::Services) {
            return None;
        }
        let objects = &view.snapshot.objects;
        let mut services: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for service in &objects.services {
            let meta = &service.metadata;
            services
                .entry(meta.namespace.as_str())
                .or_default()
                .insert(meta.name.as_str(), service);
        }
        let namespaces = objects.namespaces.iter().map(|n| n.metadata.name.as_str());
        Some(Self {
            namespaces: namespaces.chain(services.keys().copied()).collect(),
            services,
        })
    }

    fn get(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.services.get(namespace)?.get(name).copied()
    }

    /// The addresses of a pod's environment that lead nowhere.
    #[must_use]
    pub fn wrong<'s>(&self, spec: &'s PodSpec, namespace: &str) -> Vec<WrongAddress<'s>> {
        spec.containers
            .iter()
            .flat_map(|c| c.env.iter().map(move |v| (v, &c.env)))
            .filter_map(|(v, all)| self.check(v, all, namespace))
            .collect()
    }

    fn check<'s>(
        &self,
        variable: &'s EnvVar,
        all: &[EnvVar],
        namespace: &str,
    ) -> Option<WrongAddress<'s>> {
        let mut address = Address::read(&variable.value)?;
        let name = variable.name.to_uppercase();
        if !address.is_plain && !ADDRESS_ENDINGS.iter().any(|e| name.ends_with(e)) {
            return None;
        }
        if address.port.is_none() {
            address.port = port_beside(&name, all);
        }
        let own = namespace;
        let (namespace, service) = self.local(address.host, own)?;
        // A namespace without any Service may just not have been read.
        if namespace != own
            && !self.services.contains_key(namespace)
            && self.namespaces.contains(namespace)
        {
            return None;
        }
        let fault = match self.get(namespace, service) {
            Some(found) => Fault::NoSuchPort(other_ports(found, address.port?)?),
            None => Fault::NoSuchService(self.meant(service, namespace, &name)),
        };
        Some(WrongAddress {
            variable,
            address,
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            fault,
        })
    }

    /// Namespace and name of a Service of this cluster; none for the world outside.
    fn local<'h>(&self, host: &'h str, own: &'h str) -> Option<(&'h str, &'h str)> {
        let host = host.strip_suffix(".cluster.local").unwrap_or(host);
        let in_cluster = host.strip_suffix(".svc");
        let labels: Vec<_> = in_cluster.unwrap_or(host).split('.').collect();
        match labels[..] {
            [name] if in_cluster.is_none() => Some((own, name)),
            [name, namespace] if in_cluster.is_some() || self.namespaces.contains(namespace) => {
                Some((namespace, name))
            }
            _ => None,
        }
    }

    /// The existing Service that a wrong name stands for.
    fn meant(&self, name: &str, namespace: &str, variable: &str) -> Option<String> {
        let here = self.services.get(namespace)?;
        let stem = stem(variable);
        let flat = |text: &str| text.replace(['-', '_'], "").to_lowercase();
        let is_like = |known: &str| {
            let long = known.len() >= 4 && name.len() >= 4;
            let extends = name.starts_with(known) || known.starts_with(name);
            long && (extends || strsim::damerau_levenshtein(name, known) <= 2)
        };
        let is_named = |known: &str| {
            let known = flat(known);
            stem.len() >= 4 && (known == stem || known.starts_with(&stem))
        };
        let elsewhere = || {
            let mut others = self.services.iter().filter(|(_, s)| s.contains_key(name));
            others.next().map(|(other, _)| format!("{name}.{other}"))
        };
        let like = here
            .keys()
            .filter(|k| is_like(k))
            .min_by_key(|k| strsim::damerau_levenshtein(name, k));
        like.or_else(|| here.keys().find(|k| is_named(k)))
            .map(|k| (*k).to_owned())
            .or_else(elsewhere)
    }
}

/// `CART_SERVICE_ADDR` is about `cartservice`.
fn stem(variable: &str) -> String {
    let mut endings = ADDRESS_ENDINGS.iter().filter(|e| **e != "_SERVICE");
    let cut = endings
        .find_map(|e| variable.strip_suffix(e))
        .unwrap_or(variable);
    cut.replace('_', "").to_lowercase()
}

/// The port in `DB_PORT` beside `DB_HOST`.
fn port_beside(name: &str, all: &[EnvVar]) -> Option<i32> {
    let stem = ["_HOSTNAME", "_HOST", "_ADDR", "_SERVER"]
        .iter()
        .find_map(|e| name.strip_suffix(e))?;
    let beside = all
        .iter()
        .find(|v| v.name.eq_ignore_ascii_case(&format!("{stem}_PORT")))?;
    beside.value.parse().ok()
}

/// The Service's ports, where the one asked for is not among them. Headless
/// Services lead straight to the pods, whatever they list.
fn other_ports(service: &Service, port: i32) -> Option<Vec<i32>> {
    let spec = &service.spec;
    let ports: Vec<_> = spec.ports.iter().map(|p| p.port).collect();
    let lists_all = spec.cluster_ip != "None" && spec.kind != "ExternalName";
    (lists_all && !ports.is_empty() && !ports.contains(&port)).then_some(ports)
}

impl WrongAddress<'_> {
    /// What is wrong, with what is there instead.
    #[must_use]
    pub fn in_words(&self) -> String {
        let name = &self.service;
        match &self.fault {
            Fault::NoSuchPort(ports) => {
                let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                let asked = self.address.port.unwrap_or_default();
                format!(
                    "Service {name} has no port {asked}, only {}",
                    ports.join(", ")
                )
            }
            Fault::NoSuchService(Some(meant)) => format!(
                "there is no Service {name} in {}, but {meant}",
                self.namespace
            ),
            Fault::NoSuchService(None) => {
                format!("there is no Service {name} in {}", self.namespace)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn a_variable_says_what_it_is_about() {
        assert_eq!(stem("CART_SERVICE_ADDR"), "cartservice");
        assert_eq!(stem("DB_HOST"), "db");
    }
}
