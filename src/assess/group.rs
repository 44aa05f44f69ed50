//! Groups findings under their root: a node, a failing dependency, or a cause that several
//! services share.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::dependency;
use super::severity::Members;
use crate::inventory::{Inventory, Service};
use crate::model::{
    CauseFlag, DependencyKind, Effect, FaultClass, Finding, Reason, ReasonFlag, Scope,
    ServiceStatus, Time,
};

/// The pods of a node that goes down may fail this long before the node is known
/// to be down.
const ONSET: TimeDelta = TimeDelta::minutes(2);

/// Groups findings, each group with its root first.
#[must_use]
pub fn group(
    inventory: &Inventory,
    monitored: &[Service],
    services: &Members,
    findings: Vec<Finding>,
) -> Vec<Group> {
    let mut groups = by_service_or_object(findings);
    under_what_argo_reports(&mut groups);
    under_nodes(&mut groups);
    under_shared_causes(&mut groups, services);
    under_dependencies(&mut groups, inventory, monitored, services);
    groups
}

/// Findings that belong together.
pub struct Group {
    /// The service of the root. None for nodes and other objects that belong to no service.
    pub service: Option<String>,
    /// The findings, the root first.
    pub findings: Vec<Finding>,
}

impl Group {
    fn root(&self) -> &Finding {
        &self.findings[0]
    }

    fn absorb(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }
}

/// One group for the findings about the health of a service. Other findings are grouped by
/// object and class: an overdue backup and a failed sync of a healthy service are separate.
fn by_service_or_object(findings: Vec<Finding>) -> Vec<Group> {
    let unhealthy: BTreeSet<String> = findings
        .iter()
        .filter(|f| f.is_of_health())
        .filter_map(|f| f.service.clone())
        .collect();
    let mut by_key: BTreeMap<String, Group> = BTreeMap::new();
    for finding in findings {
        let key = match &finding.service {
            Some(service) if unhealthy.contains(service) => format!("service {service}"),
            _ => format!("{} {}", finding.resource, finding.class()),
        };
        let key = if finding.reason.has(ReasonFlag::StandsAlone) {
            finding.resource.to_string()
        } else {
            key
        };
        let group = by_key.entry(key).or_insert_with(|| Group {
            service: finding.service.clone(),
            findings: Vec::new(),
        });
        group.findings.push(finding);
    }
    let mut groups: Vec<_> = by_key.into_values().collect();
    for group in &mut groups {
        // Equal ranks are ordered by name, so that the root does not depend on the order of
        // objects.
        group.findings.sort_by(|a, b| {
            let key = |f: &Finding| (rank(f), f.since, f.reason);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.resource.cmp(&b.resource))
        });
    }
    groups
}

/// The root explains the others: it has the widest scope and, on single objects, the strongest
/// effect.
fn rank(finding: &Finding) -> (Scope, u8) {
    let scope = finding.reason.row().scope;
    if scope != Scope::Object {
        return (scope, 0);
    }
    let effect = match finding.effect {
        Effect::Unavailable => 0,
        Effect::CutOff => 1,
        Effect::Degraded => 2,
        Effect::Starting => 3,
        Effect::AtRisk => 4,
        Effect::Impaired => 5,
    };
    (scope, effect)
}

/// Argo CD calls an application degraded because of one of its objects. The finding about
/// that object explains it: of several, the one that began at about the same time.
fn under_what_argo_reports(groups: &mut Vec<Group>) {
    let explains = |group: &Group| {
        let root = group.root();
        root.reason != Reason::ArgoDegraded && is_judged_by_argo(root.class())
    };
    let candidates: Vec<_> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| explains(group))
        .filter_map(|(at, group)| Some((at, group.service.clone()?, group.root().since)))
        .collect();
    merge(groups, |group| {
        let root = group.root();
        let own = root.service.as_ref()?;
        let is_argo = root.reason == Reason::ArgoDegraded;
        let of_service = candidates.iter().filter(|(_, service, _)| service == own);
        let nearest = of_service.min_by_key(|(at, _, since)| ((*since - root.since).abs(), *at));
        nearest.filter(|_| is_argo).map(|(at, ..)| *at)
    });
}

/// Whether a fault of this class shows in the health that Argo CD computes of an object.
fn is_judged_by_argo(class: FaultClass) -> bool {
    match class {
        FaultClass::Run
        | FaultClass::Image
        | FaultClass::Start
        | FaultClass::Scheduling
        | FaultClass::Storage
        | FaultClass::Admission
        | FaultClass::Network
        | FaultClass::Presence
        | FaultClass::Rollout
        | FaultClass::Job
        | FaultClass::Scaling
        | FaultClass::Certificate
        | FaultClass::Secrets
        | FaultClass::Resource => true,
        FaultClass::Node
        | FaultClass::Backup
        | FaultClass::Memory
        | FaultClass::Cpu
        | FaultClass::Sync
        | FaultClass::Argo
        | FaultClass::Blind
        | FaultClass::Inventory => false,
    }
}

/// Pods on a node that is not ready are down because of the node.
fn under_nodes(groups: &mut Vec<Group>) {
    let not_ready: BTreeMap<String, (usize, Time)> = groups
        .iter()
        .enumerate()
        .filter(|(_, g)| g.root().reason == Reason::NodeNotReady)
        .map(|(at, g)| (g.root().resource.name.clone(), (at, g.root().since)))
        .collect();
    merge(groups, |group| {
        if group.root().resource.is("Node") {
            return None;
        }
        // A node explains the group only if all its pods are on nodes that are not ready.
        let nodes: BTreeSet<_> = group.root().pods.iter().map(|p| p.node.as_str()).collect();
        let mut nodes = nodes
            .into_iter()
            .filter(|n| !n.is_empty())
            .map(|n| not_ready.get(n).copied());
        let (first, since) = nodes.next().flatten()?;
        let are_all_lost = nodes.all(|n| n.is_some());
        (are_all_lost && !failed_before(group.root(), since)).then_some(first)
    });
}

/// Whether a finding has a cause of its own that is older than the trouble of its
/// node: it will still be there when the node is back.
fn failed_before(finding: &Finding, node_since: Time) -> bool {
    let is_own = finding.cause.is_some() || !finding.reason.has(ReasonFlag::Vague);
    is_own && finding.class() != FaultClass::Node && node_since - finding.since > ONSET
}

/// Groups that share a cause become one: a quota, a registry, a scheduler. If the key names an
/// object, the group of that object is the root.
fn under_shared_causes(groups: &mut Vec<Group>, services: &Members) {
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        for finding in &group.findings {
            roots.entry(finding.resource.to_string()).or_insert(at);
        }
    }
    let about: BTreeSet<String> = groups
        .iter()
        .filter_map(|g| g.root().group_key.clone())
        .collect();
    roots.retain(|key, _| about.contains(key));
    // If no group is about the key itself, the one of the most critical tier is the root.
    let tier = |group: &Group| Some(services.get(group.service.as_deref()?)?.tier);
    let mut by_tier: Vec<_> = (0..groups.len()).collect();
    by_tier.sort_by_key(|&at| tier(&groups[at]).map_or((1, None), |t| (0, Some(t))));
    for at in by_tier {
        if let Some(key) = &groups[at].root().group_key {
            roots.entry(key.clone()).or_insert(at);
        }
    }
    let positions: Vec<Option<usize>> = groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
            let root = roots.get(group.root().group_key.as_ref()?).copied()?;
            (root != at).then_some(root)
        })
        .collect();
    merge_by(groups, &positions);
}

/// A service whose findings the outage of a dependency explains goes under that dependency.
fn under_dependencies(
    groups: &mut Vec<Group>,
    inventory: &Inventory,
    monitored: &[Service],
    services: &Members,
) {
    let down: BTreeMap<&str, usize> = groups
        .iter()
        .enumerate()
        .filter_map(|(at, group)| {
            let state = services.get(group.service.as_deref()?)?;
            let cause = group.root().cause;
            let refuses = cause.is_some_and(|cause| cause.has(CauseFlag::RefusesClients));
            let is_down = state.status == ServiceStatus::Unavailable && group.root().is_of_health();
            (is_down || refuses).then_some((state.name.as_str(), at))
        })
        .collect();
    let positions: Vec<Option<usize>> = groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
            let proven = group.root().depends_on.as_deref();
            let proven = proven.and_then(|name| down.get(name).copied());
            if let Some(root) = proven.filter(|root| *root != at) {
                return Some(root);
            }
            dependencies(group, inventory, monitored)
                .into_iter()
                .filter_map(|(name, kind)| Some((*down.get(name)?, kind)))
                .find(|&(root, kind)| root != at && dependency::explains(kind, group.root()))
                .map(|(root, _)| root)
        })
        .collect();
    merge_by(groups, &positions);
}

/// What the service of a group depends on, direct dependencies first.
fn dependencies<'a>(
    group: &Group,
    inventory: &'a Inventory,
    monitored: &'a [Service],
) -> Vec<(&'a str, DependencyKind)> {
    let mut found = Vec::new();
    if let Some(service) = &group.service {
        let own = inventory.get(service);
        for dependency in inventory.dependencies_of(service) {
            let note = own.and_then(|s| {
                let listed = s
                    .dependencies
                    .iter()
                    .find(|d| d.service.as_ref() == Some(&dependency.name));
                listed.and_then(|d| d.note.as_deref())
            });
            found.push((dependency.name.as_str(), dependency::kind(dependency, note)));
        }
    }
    let dns = monitored.iter().find(|s| s.is_cluster_dns());
    found.extend(dns.map(|s| (s.name.as_str(), DependencyKind::Runtime)));
    found
}

fn merge(groups: &mut Vec<Group>, root_of: impl Fn(&Group) -> Option<usize>) {
    let positions: Vec<_> = groups.iter().map(root_of).collect();
    merge_by(groups, &positions);
}

/// Moves each group under its root, and under the root of that root. In a cycle the first
/// group becomes the root.
fn merge_by(groups: &mut Vec<Group>, roots: &[Option<usize>]) {
    let top = |mut at: usize| {
        let start = at;
        for _ in 0..roots.len() {
            match roots[at] {
                Some(next) if next != start => at = next,
                _ => break,
            }
        }
        at
    };
    let mut slots: Vec<Option<Group>> = std::mem::take(groups).into_iter().map(Some).collect();
    for at in 0..slots.len() {
        let root = top(at);
        if root == at || top(root) != root && root > at {
            continue;
        }
        if let Some(group) = slots[at].take() {
            match &mut slots[root] {
                Some(root) => root.absorb(group),
                None => slots[at] = Some(group),
            }
        }
    }
    groups.extend(slots.into_iter().flatten());
}
