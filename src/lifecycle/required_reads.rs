//! The kinds that must be read before an incident can count as resolved.

use std::collections::BTreeSet;

use crate::model::{Finding, KINDS, Resource};

/// Names of the kinds that the findings rest on, each once.
pub fn rests_on(findings: &[Finding]) -> Vec<String> {
    let kinds: BTreeSet<Resource> = findings.iter().flat_map(required).collect();
    kinds.into_iter().map(Resource::name).collect()
}

/// Whether all objects of a kind in a namespace were read.
pub type IsRead<'r> = dyn Fn(Resource, &str) -> bool + 'r;

/// Whether any of the kinds is unread in a namespace. Names that this version does not know are
/// ignored.
pub fn any_unread(rests_on: &[String], namespace: &str, is_read: &IsRead) -> bool {
    let kinds = KINDS.iter().map(|row| row.resource);
    let mut required = kinds.filter(|kind| rests_on.contains(&kind.name()));
    required.any(|kind| !is_read(kind, namespace))
}

/// Whether every kind was read that the findings rest on. Findings that are no longer there
/// are then resolved.
pub fn all_read(findings: &[Finding], is_read: &IsRead) -> bool {
    let is_read = |finding: &Finding| {
        let namespace = &finding.resource.namespace;
        required(finding).all(|kind| is_read(kind, namespace))
    };
    findings.iter().all(is_read)
}

/// The kinds that the reason rests on, and the kind of the object.
fn required(finding: &Finding) -> impl Iterator<Item = Resource> {
    let own = KINDS
        .iter()
        .find(|row| row.kind == finding.resource.kind && row.resource != Resource::PodLogs)
        .map(|row| row.resource);
    let of_reason = finding.reason.row().rests_on.iter().copied();
    of_reason.chain(own)
}
