//! Addresses in the environment of containers that lead nowhere: a Service that
//! does not exist, or a port that it does not have.
//!
//! Plain values only. Many images carry addresses of parts that an installation
//! leaves out, so a name that nothing here resembles is no trouble by itself:
//! it must be nearly an existing one, be meant for one by the variable's name,
//! or the container's own log must complain of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::finding::{Effect, FactKind, Finding, ObjectRef, Reason};
use super::pods;
use super::view::View;
use super::workload::Workload;
use crate::cluster::Resource;
use crate::cluster::objects::{EnvVar, PodSpec, Service, selects};

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
/// Schemes of what is reached over a network; others name things of other kinds.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "ws",
    "wss",
    "grpc",
    "tcp",
    "udp",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "nats",
    "kafka",
    "mqtt",
    "mqtts",
    "mongodb",
    "postgres",
    "postgresql",
    "mysql",
    "mysql2",
    "mariadb",
    "memcached",
    "ldap",
    "ldaps",
    "smtp",
    "smtps",
    "ftp",
    "sftp",
    "clickhouse",
    "etcd",
    "bolt",
    "neo4j",
    "elasticsearch",
];
/// What a client says of a name or address that it cannot use.
const COMPLAINTS: &[&str] = &[
    "no such host",
    "not known",
    "enotfound",
    "eai_again",
    "name resolution",
    "resolution failed",
    "unknownhost",
    "could not resolve",
    "unabletoconnect",
    "unable to connect",
    "failed to connect",
    "connection refused",
    "econnrefused",
    "lookup ",
];

/// A host and perhaps a port, out of an address or URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The host.
    pub host: &'a str,
    /// The port, where one is given.
    pub port: Option<i32>,
    /// It can be nothing but an address: it has a scheme or a port.
    pub is_plain: bool,
}

impl<'a> Address<'a> {
    /// Reads `host`, `host:port` or a URL; none where it is anything else, an
    /// IP address, or this very host.
    #[must_use]
    pub fn read(value: &'a str) -> Option<Self> {
        let value = value.trim();
        let (scheme, rest) = match value.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, value),
        };
        // `jdbc:mysql`, `mysql+pymysql`
        if scheme.is_some_and(|s| {
            !SCHEMES
                .iter()
                .any(|known| s.split([':', '+']).any(|part| part == *known))
        }) {
            return None;
        }
        let authority = rest.split(['/', '?', ',', ';', '#']).next()?;
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (authority, None),
        };
        let is_name = !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
            && host.chars().any(|c| c.is_ascii_alphabetic())
            && host.starts_with(|c: char| c.is_ascii_alphanumeric());
        let elsewhere = scheme.is_none() && rest.contains('/');
        (is_name && host != "localhost" && !elsewhere).then_some(Self {
            host,
            port,
            is_plain: scheme.is_some() || port.is_some(),
        })
    }
}

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
pub struct Directory<'a> {
    services: HashMap<&'a str, BTreeMap<&'a str, &'a Service>>,
    namespaces: HashSet<&'a str>,
}

impl<'a> Directory<'a> {
    /// The Services of the snapshot; none where they were not read.
    #[must_use]
    pub fn new(view: &View<'a>) -> Option<Self> {
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

/// Checks the environment of every workload that runs.
#[must_use]
pub fn detect(view: &View) -> Vec<Finding> {
    let Some(directory) = Directory::new(view) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut gaps: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for workload in view
        .workloads
        .iter()
        .filter(|w| w.pods.iter().any(|p| pods::is_ready(p)))
    {
        let Some(spec) = workload.pod_spec() else {
            continue;
        };
        let mut wrong = directory.wrong(spec, &workload.meta.namespace);
        wrong.retain(|w| {
            let is_gap = matches!(w.fault, Fault::NoSuchService(_))
                && keeper(view, &w.namespace, &w.service).is_some();
            if is_gap {
                let callers = gaps
                    .entry((w.namespace.clone(), w.service.clone()))
                    .or_default();
                callers.push(format!(
                    "{} ({}={})",
                    workload.name, w.variable.name, w.variable.value
                ));
            }
            !is_gap && is_certain(view, workload, w)
        });
        findings.extend(misaddressed(view, workload, &wrong));
    }
    findings.extend(
        gaps.iter()
            .filter_map(|((namespace, name), callers)| gap(view, namespace, name, callers)),
    );
    findings
}

/// A running workload of that name, which only lacks its Service.
fn keeper<'v, 'a>(view: &'v View<'a>, namespace: &str, name: &str) -> Option<&'v Workload<'a>> {
    let workload = view.workloads.iter().find(|w| {
        w.meta.namespace == namespace
            && (w.name == name || view.service_of(w).is_some_and(|s| s.is_called(name)))
            && w.pods.iter().any(|p| pods::is_ready(p))
    })?;
    let labels = &workload.pods.first()?.metadata.labels;
    let mut services = view.snapshot.objects.services.iter();
    let selected = services.any(|s| {
        s.metadata.namespace == namespace
            && !s.spec.selector.is_empty()
            && selects(&s.spec.selector, labels)
    });
    (!selected).then_some(workload)
}

fn is_certain(view: &View, workload: &Workload, wrong: &WrongAddress) -> bool {
    match &wrong.fault {
        Fault::NoSuchPort(_) | Fault::NoSuchService(Some(_)) => true,
        Fault::NoSuchService(None) => complaint(view, workload, wrong.address.host).is_some(),
    }
}

/// A line of the workload's log that complains of the host.
fn complaint<'a>(view: &View<'a>, workload: &Workload, host: &str) -> Option<&'a str> {
    let is_own = |namespace: &str, pod: &str| {
        let metas = workload.pods.iter().map(|p| &p.metadata);
        metas
            .into_iter()
            .any(|m| m.name == pod && m.namespace == namespace)
    };
    let logs = view
        .snapshot
        .logs
        .iter()
        .filter(|l| is_own(&l.namespace, &l.pod));
    logs.flat_map(|l| l.text.lines().rev().take(200))
        .find(|line| {
            line.contains(host) && {
                let lower = line.to_lowercase();
                COMPLAINTS.iter().any(|c| lower.contains(c))
            }
        })
}

fn misaddressed(view: &View, workload: &Workload, wrong: &[WrongAddress]) -> Option<Finding> {
    let first = wrong.first()?;
    let since = workload
        .pods
        .iter()
        .filter_map(|p| p.metadata.creation_timestamp)
        .min();
    let since = since.filter(|t| view.now() - *t >= pods::SETTLING)?;
    let mut finding = Finding::new(
        Reason::ServiceNotFound,
        workload.reference(),
        since,
        Effect::Impaired,
    );
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message = format!(
        "{} leads nowhere: {}",
        first.variable.name,
        first.in_words()
    );
    for w in wrong {
        finding.fact(
            FactKind::Object,
            format!("{}={}: {}", w.variable.name, w.variable.value, w.in_words()),
        );
        if let Some(line) = complaint(view, workload, w.address.host) {
            let line: String = line.chars().take(200).collect();
            finding.fact(FactKind::Log, line.trim());
        }
    }
    Some(finding)
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

/// A workload that others ask for by the name of a Service that is not there.
fn gap(view: &View, namespace: &str, name: &str, callers: &[String]) -> Option<Finding> {
    let workload = keeper(view, namespace, name)?;
    let since = workload
        .pods
        .iter()
        .filter_map(|p| p.metadata.creation_timestamp)
        .min();
    let since = since.filter(|t| view.now() - *t >= pods::SETTLING)?;
    let resource = ObjectRef::new("Service", namespace, name);
    let mut finding = Finding::new(Reason::ServiceNotFound, resource, since, Effect::CutOff);
    finding.service = view.service_of(workload).map(|s| s.name.clone());
    finding.message = format!(
        "{} runs, and the Service {name} that leads to it does not exist",
        workload.reference()
    );
    finding.fact(
        FactKind::Object,
        format!("no Service selects the pods of {}", workload.reference()),
    );
    finding.fact(
        FactKind::Object,
        format!("asked for by {}", callers.join(", ")),
    );
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_values() {
        let read = |text| Address::read(text).map(|a| (a.host, a.port));
        assert_eq!(read("redis:6379"), Some(("redis", Some(6379))));
        assert_eq!(
            read("postgres://u:p@db.prod:5432/app"),
            Some(("db.prod", Some(5432)))
        );
        assert_eq!(read("jdbc:mysql://db/app?x=y"), Some(("db", None)));
        assert_eq!(read("mysql"), Some(("mysql", None)));
        for other in [
            "",
            "10.0.0.1:80",
            "localhost:80",
            "/var/lib",
            "a/b",
            "12:30:00",
            "true value",
            "8080",
            "kubernetes://apis/apps/v1",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(stem("CART_SERVICE_ADDR"), "cartservice");
    }
}
