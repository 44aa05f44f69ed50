//! The kinds that must be read before an incident can count as resolved.

use std::collections::BTreeSet;

use crate::model::{Finding, KINDS, KindRef, Resource};

/// Names of the kinds that the findings rest on, each once.
pub fn rests_on(findings: &[Finding]) -> Vec<String> {
    let kinds: BTreeSet<KindRef> = findings.iter().flat_map(required).collect();
    kinds.into_iter().map(KindRef::name).collect()
}

/// Whether all objects of a kind in a namespace were read.
pub type IsRead<'r> = dyn Fn(KindRef, &str) -> bool + 'r;

/// Whether any of the kinds is unread in a namespace. Names that this version does not know are
/// ignored.
pub fn any_unread(rests_on: &[String], namespace: &str, is_read: &IsRead) -> bool {
    let mut required = rests_on.iter().filter_map(|name| KindRef::parse(name));
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
fn required(finding: &Finding) -> impl Iterator<Item = KindRef<'_>> {
    let object = &finding.resource;
    let listed = || {
        let mut rows = KINDS.iter();
        let row = rows.find(|row| object.is(row.kind) && row.resource != Resource::PodLogs)?;
        Some(KindRef::Listed(row.resource))
    };
    let own = match object.group.as_str() {
        "" => listed(),
        group => Some(KindRef::Custom {
            group,
            kind: &object.kind,
        }),
    };
    let of_reason = finding.reason.row().rests_on.iter();
    of_reason.copied().map(KindRef::Listed).chain(own)
}
