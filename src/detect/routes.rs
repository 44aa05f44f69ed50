//! Hosts that lead nowhere: ingresses and routes whose backend does not exist, and routes
//! that no gateway serves.

mod backends;
mod gateways;
mod route;

pub use backends::hosts as hosts_of_rule;

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;

use super::index::ClusterIndex;
use crate::cluster::Resource;
use crate::cluster::types::{Gateway, ObjectMeta};
use crate::inventory::Service;
use crate::model::{Effect, Finding, ObjectRef, Reason, Time};

/// Gateways and Services of one sync are created within minutes of each other.
const GRACE: TimeDelta = TimeDelta::minutes(2);

/// Checks ingresses, routes and gateways.
#[must_use]
pub fn detect(index: &ClusterIndex) -> Vec<Finding> {
    let objects = &index.snapshot.objects;
    let services_are_read = index.snapshot.is_read(Resource::Services);
    let entries = backends::entries(index);
    let gateways = Gateways::new(index);
    let of_kinds = [
        ("HTTPRoute", &objects.http_routes),
        ("GRPCRoute", &objects.grpc_routes),
        ("TLSRoute", &objects.tls_routes),
    ];
    let routes = of_kinds
        .into_iter()
        .flat_map(|(kind, routes)| routes.iter().map(move |r| (kind, r)));
    let routes: Vec<_> = routes
        .map(|(kind, r)| route::Route::new(index, &gateways, kind, r))
        .collect();
    let served = Served::new(index, &entries, &routes);
    let mut findings = Vec::new();
    if services_are_read {
        findings.extend(entries.iter().filter_map(|e| e.check(index, &served)));
    }
    findings.extend(routes.iter().filter_map(|r| r.finding(index, &served)));
    findings.extend(
        objects
            .gateways
            .iter()
            .filter_map(|g| gateways::check(index, g)),
    );
    findings
}

/// The gateways by namespace and name.
struct Gateways<'a> {
    by_name: BTreeMap<(&'a str, &'a str), &'a Gateway>,
    are_read: bool,
}

impl<'a> Gateways<'a> {
    fn new(index: &ClusterIndex<'a>) -> Self {
        let gateways = index.snapshot.objects.gateways.iter();
        Self {
            by_name: gateways
                .map(|g| ((&*g.metadata.namespace, &*g.metadata.name), g))
                .collect(),
            are_read: index.snapshot.is_read(Resource::Gateways),
        }
    }
}

/// The hosts that at least one ingress or route serves, in lower case.
struct Served(HashSet<String>);

impl Served {
    fn new(index: &ClusterIndex, entries: &[backends::Entry], routes: &[route::Route]) -> Self {
        let by_entries = entries.iter().flat_map(|e| e.served(index));
        let by_routes = routes.iter().flat_map(route::Route::served);
        Self(by_entries.chain(by_routes).map(str::to_lowercase).collect())
    }

    fn contains(&self, host: &str) -> bool {
        self.0.contains(&host.to_lowercase())
    }
}

/// A finding, unless it is too recent.
fn settled_finding(
    index: &ClusterIndex,
    reason: Reason,
    kind: &str,
    meta: &ObjectMeta,
    since: Option<Time>,
) -> Option<Finding> {
    let since = since
        .or(meta.creation_timestamp)
        .unwrap_or(index.now() - GRACE);
    if index.now() - since < GRACE {
        return None;
    }
    let reference = ObjectRef::new(kind, &meta.namespace, &meta.name);
    Some(Finding::new(reason, reference, since, Effect::Impaired))
}

/// The service of a host by the services file, if the object is in its namespace: anyone may write
/// any host into an object of their own namespace. Else the service by namespace and name.
fn owner<'a, 'h>(
    index: &ClusterIndex<'a>,
    meta: &ObjectMeta,
    hosts: impl Iterator<Item = &'h str>,
) -> Option<&'a Service> {
    let by_host = hosts.flat_map(|host| index.matcher.of_host(host));
    let mut by_host = by_host.map(|&at| &index.monitored[at]);
    let own = by_host.find(|service| index.is_in_namespace_of(service, meta));
    own.or_else(|| index.service_of_object(meta))
}

/// Whether users reach a listed service by one of these hosts and by nothing else.
fn is_cut_off<'h>(
    service: Option<&Service>,
    served: &Served,
    mut hosts: impl Iterator<Item = &'h str>,
) -> bool {
    let Some(service) = service else {
        return false;
    };
    hosts.any(|host| {
        let is_own = service.ingress.iter().any(|h| h.eq_ignore_ascii_case(host));
        is_own && !served.contains(host)
    })
}
