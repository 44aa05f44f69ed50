//! Checks addresses against the Kubernetes Services that exist.

use std::collections::BTreeSet;

use super::Address;
use crate::cluster::Resource;
use crate::cluster::types::{EnvVar, PodSpec, Service};
use crate::detect::ClusterIndex;

/// Endings of variables that hold an address.
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
    /// There is no such Service; the likely one, if any has a similar name.
    NoSuchService(Option<String>),
}

/// A variable with an address that does not exist.
#[derive(Debug, Clone)]
pub struct WrongAddress<'a> {
    /// The variable.
    pub variable: &'a EnvVar,
    /// Its address.
    pub address: Address<'a>,
    /// The namespace of the Service.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// What is wrong.
    pub fault: Fault,
}

/// Checks addresses against the Kubernetes Services that exist.
pub struct ServiceRegistry<'i, 'a> {
    index: &'i ClusterIndex<'a>,
}

impl<'i, 'a> ServiceRegistry<'i, 'a> {
    /// The Services of the snapshot; none where they were not read.
    #[must_use]
    pub fn new(index: &'i ClusterIndex<'a>) -> Option<Self> {
        let is_read = index.snapshot.is_read(Resource::Services);
        is_read.then_some(Self { index })
    }

    /// The addresses in a pod's environment that do not exist.
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
            address.port = port_variable(&name, all);
        }
        let own = namespace;
        let (namespace, service) = self.local(address.host, own)?;
        // A namespace without any Service may be one that was not read.
        if namespace != own
            && self.index.kubernetes_services_in(namespace).is_empty()
            && self.index.namespaces().contains(namespace)
        {
            return None;
        }
        let fault = match self.index.kubernetes_service(namespace, service) {
            Some(found) if self.index.unjudged.is("Service", &found.metadata) => return None,
            Some(found) => Fault::NoSuchPort(other_ports(found, address.port?)?),
            None => Fault::NoSuchService(self.likely_service(service, namespace, &name)),
        };
        Some(WrongAddress {
            variable,
            address,
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            fault,
        })
    }

    /// Namespace and name of a Service of this cluster; none for external hosts.
    fn local<'h>(&self, host: &'h str, own: &'h str) -> Option<(&'h str, &'h str)> {
        let host = host.strip_suffix(".cluster.local").unwrap_or(host);
        let in_cluster = host.strip_suffix(".svc");
        let labels: Vec<_> = in_cluster.unwrap_or(host).split('.').collect();
        match labels[..] {
            [name] if in_cluster.is_none() => Some((own, name)),
            [name, namespace]
                if in_cluster.is_some() || self.index.namespaces().contains(namespace) =>
            {
                Some((namespace, name))
            }
            _ => None,
        }
    }

    /// The existing Service that was probably intended.
    fn likely_service(&self, name: &str, namespace: &str, variable: &str) -> Option<String> {
        let here: BTreeSet<&str> = self
            .index
            .kubernetes_services_in(namespace)
            .iter()
            .map(|s| s.metadata.name.as_str())
            .collect();
        if here.is_empty() {
            return None;
        }
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
            let mut others = self.index.namespaces().iter();
            let other = others.find(|ns| self.index.kubernetes_service(ns, name).is_some())?;
            Some(format!("{name}.{other}"))
        };
        let like = here
            .iter()
            .filter(|known| is_like(known))
            .min_by_key(|known| strsim::damerau_levenshtein(name, known));
        like.or_else(|| here.iter().find(|known| is_named(known)))
            .map(|known| (*known).to_owned())
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

/// The port of `DB_PORT` for `DB_HOST`.
fn port_variable(name: &str, all: &[EnvVar]) -> Option<i32> {
    let stem = ["_HOSTNAME", "_HOST", "_ADDR", "_SERVER"]
        .iter()
        .find_map(|e| name.strip_suffix(e))?;
    let port = all
        .iter()
        .find(|v| v.name.eq_ignore_ascii_case(&format!("{stem}_PORT")))?;
    port.value.parse().ok()
}

/// The ports of a Service that does not have this port. A headless Service
/// resolves to its pods, whose ports it need not list.
fn other_ports(service: &Service, port: i32) -> Option<Vec<i32>> {
    let spec = &service.spec;
    let ports: Vec<_> = spec.ports.iter().map(|p| p.port).collect();
    let lists_all = spec.cluster_ip != "None" && spec.kind != "ExternalName";
    (lists_all && !ports.is_empty() && !ports.contains(&port)).then_some(ports)
}

impl WrongAddress<'_> {
    /// What is wrong, and what exists instead.
    #[must_use]
    pub fn description(&self) -> String {
        let name = &self.service;
        match &self.fault {
            Fault::NoSuchPort(ports) => {
                let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                let port = self.address.port.unwrap_or_default();
                format!(
                    "Service {name} has no port {port}, only {}",
                    ports.join(", ")
                )
            }
            Fault::NoSuchService(Some(likely)) => format!(
                "there is no Service {name} in {}; there is {likely}",
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
    fn the_stem_of_a_variable_is_its_service_without_the_ending() {
        assert_eq!(stem("CART_SERVICE_ADDR"), "cartservice");
        assert_eq!(stem("DB_HOST"), "db");
    }
}
