//! Groups findings under their root: a node, a failing dependency, or a cause that several
//! services share.

use std::collections::{BTreeMap, BTreeSet};

use super::dependency;
use super::severity::Members;
use crate::inventory::{Inventory, Service};
use crate::model::{
    CauseFlag, DependencyKind, Effect, Finding, Reason, ReasonFlag, Scope, ServiceStatus,
};

/// Groups findings, each group with its root first.
#[must_use]
pub fn group(
    inventory: &Inventory,
    roster: &[Service],
    services: &Members,
    findings: Vec<Finding>,
) -> Vec<Group> {
    let mut units = units(findings);
    under_nodes(&mut units);
    under_shared_causes(&mut units, services);
    under_dependencies(&mut units, inventory, roster, services);
    units
}

/// Findings that belong together; the root's service decides whose it is.
pub struct Group {
    /// Whose it is; of nodes and the like nobody's.
    pub service: Option<String>,
    /// The root first.
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

/// One unit for what a service shows, one for each thing that no service owns.
/// Trouble of a service that serves all the same stands alone: an expired
/// backup and a failed sync have nothing to do with each other.
fn units(findings: Vec<Finding>) -> Vec<Group> {
    let in_trouble: BTreeSet<String> = findings
        .iter()
        .filter(|f| f.is_of_health())
        .filter_map(|f| f.service.clone())
        .collect();
    let mut by_key: BTreeMap<String, Group> = BTreeMap::new();
    for finding in findings {
        let key = match &finding.service {
            Some(service) if in_trouble.contains(service) => format!("service {service}"),
            _ => format!("{} {}", finding.resource, finding.class()),
        };
        let key = if finding.reason.has(ReasonFlag::StandsAlone) {
            finding.resource.to_string()
        } else {
            key
        };
        let unit = by_key.entry(key).or_insert_with(|| Group {
            service: finding.service.clone(),
            findings: Vec::new(),
        });
        unit.findings.push(finding);
    }
    let mut units: Vec<_> = by_key.into_values().collect();
    for unit in &mut units {
        // Ties end by name, so that the root does not hang on the order of objects.
        unit.findings.sort_by(|a, b| {
            let key = |f: &Finding| (rank(f), f.since, f.reason);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.resource.cmp(&b.resource))
        });
    }
    units
}

/// What explains the others comes first: the wider scope, then the stronger effect.
fn rank(finding: &Finding) -> (Scope, u8) {
    let scope = finding.reason.row().scope;
    let effect = match finding.effect {
        _ if scope != Scope::Object => 0,
        Effect::Unavailable => 0,
        Effect::CutOff => 1,
        Effect::Degraded => 2,
        Effect::Starting => 3,
        Effect::AtRisk => 4,
        Effect::Impaired => 5,
    };
    (scope, effect)
}

/// What ran on a node that is gone is gone with it.
fn under_nodes(units: &mut Vec<Group>) {
    let lost: BTreeMap<String, usize> = units
        .iter()
        .enumerate()
        .filter(|(_, u)| u.root().reason == Reason::NodeNotReady)
        .map(|(at, u)| (u.root().resource.name.clone(), at))
        .collect();
    merge(units, |unit| {
        if unit.root().resource.kind == "Node" {
            return None;
        }
        // A pod that fails elsewhere has a trouble that no lost node explains.
        let nodes: BTreeSet<_> = unit.root().pods.iter().map(|p| p.node.as_str()).collect();
        let mut nodes = nodes
            .into_iter()
            .filter(|n| !n.is_empty())
            .map(|n| lost.get(n).copied());
        let first = nodes.next().flatten();
        first.filter(|_| nodes.all(|n| n.is_some()))
    });
}

/// One quota, one registry, one scheduler. A key that is an object's name stands
/// for the unit that is about the object.
fn under_shared_causes(units: &mut Vec<Group>, services: &Members) {
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        for finding in &unit.findings {
            roots.entry(finding.resource.to_string()).or_insert(at);
        }
    }
    let about: BTreeSet<String> = units
        .iter()
        .filter_map(|u| u.root().group_key.clone())
        .collect();
    roots.retain(|key, _| about.contains(key));
    // Of those that merely share a cause the one that matters most stands first.
    let tier = |unit: &Group| Some(services.get(unit.service.as_deref()?)?.tier);
    let mut by_tier: Vec<_> = (0..units.len()).collect();
    by_tier.sort_by_key(|&at| tier(&units[at]).map_or((1, None), |t| (0, Some(t))));
    for at in by_tier {
        if let Some(key) = &units[at].root().group_key {
            roots.entry(key.clone()).or_insert(at);
        }
    }
    let positions: Vec<Option<usize>> = units
        .iter()
        .enumerate()
        .map(|(at, unit)| {
            let root = roots.get(unit.root().group_key.as_ref()?).copied()?;
            (root != at).then_some(root)
        })
        .collect();
    merge_by(units, &positions);
}

/// A service that suffers because another one, which it depends on, is down.
fn under_dependencies(
    units: &mut Vec<Group>,
    inventory: &Inventory,
    roster: &[Service],
    services: &Members,
) {
    let down: BTreeMap<&str, usize> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| {
            let state = services.get(unit.service.as_deref()?)?;
            let cause = unit.root().cause;
            let refuses = cause.is_some_and(|cause| cause.has(CauseFlag::RefusesClients));
            let is_down = state.status == ServiceStatus::Unavailable && unit.root().is_of_health();
            (is_down || refuses).then_some((state.name.as_str(), at))
        })
        .collect();
    let positions: Vec<Option<usize>> = units
        .iter()
        .enumerate()
        .map(|(at, unit)| {
            let shown = unit.root().depends_on.as_deref();
            let shown = shown.and_then(|name| down.get(name).copied());
            if let Some(root) = shown.filter(|root| *root != at) {
                return Some(root);
            }
            needs(unit, inventory, roster)
                .into_iter()
                .filter_map(|(name, need)| Some((*down.get(name)?, need)))
                .find(|&(root, need)| root != at && dependency::explains(need, unit.root()))
                .map(|(root, _)| root)
        })
        .collect();
    merge_by(units, &positions);
}

/// What a unit's service depends on, nearest first.
fn needs<'a>(
    unit: &Group,
    inventory: &'a Inventory,
    roster: &'a [Service],
) -> Vec<(&'a str, DependencyKind)> {
    let mut needs = Vec::new();
    if let Some(service) = &unit.service {
        let own = inventory.get(service);
        for dependency in inventory.dependencies_of(service) {
            let note = own.and_then(|s| {
                let listed = s
                    .dependencies
                    .iter()
                    .find(|d| d.service.as_ref() == Some(&dependency.name));
                listed.and_then(|d| d.note.as_deref())
            });
            needs.push((dependency.name.as_str(), dependency::kind(dependency, note)));
        }
    }
    let dns = roster.iter().find(|s| s.is_cluster_dns());
    needs.extend(dns.map(|s| (s.name.as_str(), DependencyKind::Runtime)));
    needs
}

fn merge(units: &mut Vec<Group>, root_of: impl Fn(&Group) -> Option<usize>) {
    let positions: Vec<_> = units.iter().map(root_of).collect();
    merge_by(units, &positions);
}

/// Moves each unit under its root, and under its root's root; a circle stays
/// as it is where it closes.
fn merge_by(units: &mut Vec<Group>, roots: &[Option<usize>]) {
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
    let mut slots: Vec<Option<Group>> = std::mem::take(units).into_iter().map(Some).collect();
    for at in 0..slots.len() {
        let root = top(at);
        // In a circle the first unit is taken as the root.
        if root == at || top(root) != root && root > at {
            continue;
        }
        if let Some(unit) = slots[at].take() {
            match &mut slots[root] {
                Some(root) => root.absorb(unit),
                None => slots[at] = Some(unit),
            }
        }
    }
    units.extend(slots.into_iter().flatten());
}
