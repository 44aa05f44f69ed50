//! The custom kinds that the cluster has: which are read, and which are not granted. Pure.

use std::collections::BTreeMap;

use crate::cluster::{Read, Snapshot, Unread, UnreadReason};
use crate::model::{CUSTOM_KINDS, CustomKind, Program, Refusal, ShellCommand};

use super::line::{Check, listed};

/// What was found of the kinds of one group.
#[derive(Default)]
struct Group<'s> {
    read: Vec<String>,
    forbidden: Vec<&'s CustomKind>,
    failed: Vec<(&'s CustomKind, &'s Unread)>,
}

/// One check for each group that the cluster serves, and one for the kinds beyond the limit.
#[must_use]
pub fn checks(snapshot: &Snapshot) -> Vec<Check> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    let mut left_out = Vec::new();
    for (kind, read) in &snapshot.custom_reads {
        let group = groups.entry(&kind.group);
        match read {
            Read::Complete => group.or_default().read.push(kind.plural.clone()),
            Read::Absent => {}
            Read::Unread(why) => match why.reason {
                UnreadReason::Limit => left_out.push(kind.name()),
                UnreadReason::Forbidden => group.or_default().forbidden.push(kind),
                UnreadReason::Timeout
                | UnreadReason::Unavailable
                | UnreadReason::Malformed
                | UnreadReason::NotInSnapshot => group.or_default().failed.push((kind, why)),
            },
        }
    }
    let groups = groups.iter().map(|(name, group)| group.check(name));
    groups.chain(beyond_the_limit(&left_out)).collect()
}

impl Group<'_> {
    fn check(&self, group: &str) -> Check {
        let name = format!("kinds {group}");
        let read = if self.read.is_empty() {
            String::new()
        } else {
            format!("; read: {}", listed(&self.read))
        };
        if !self.forbidden.is_empty() {
            let plurals: Vec<_> = self.forbidden.iter().map(|k| k.plural.clone()).collect();
            let message = format!("not granted: {}{read}", listed(&plurals));
            return Check::warn(name, &message, &remedy(group, &self.forbidden));
        }
        if let Some((_, why)) = self.failed.first() {
            let plurals: Vec<_> = self.failed.iter().map(|(k, _)| k.plural.clone()).collect();
            let message = format!("not read: {} ({}){read}", listed(&plurals), why.message);
            let remedy = "check the server of that API: kubectl get apiservices";
            return Check::warn(name, &message, remedy);
        }
        Check::ok(name, read.trim_start_matches("; "))
    }
}

/// The rights of the kinds of the table are deployed. Those of others come from a `ClusterRole` that
/// is aggregated.
fn remedy(group: &str, forbidden: &[&CustomKind]) -> String {
    let is_in_table = |kind: &&CustomKind| {
        let mut rows = CUSTOM_KINDS.iter();
        rows.any(|row| row.group == kind.group && row.plural == kind.plural)
    };
    if forbidden.iter().all(is_in_table) {
        return "kubectl apply --server-side -f deploy/rights/rbac.yaml".to_owned();
    }
    let command = create(group, forbidden).and_then(|create| create.and(label(group)?));
    command.map_or_else(
        |refusal| format!("see docs/security.md (no command: {refusal})"),
        |command| command.to_string(),
    )
}

fn role(group: &str) -> String {
    format!("k8s-monitor-{group}")
}

fn create(group: &str, kinds: &[&CustomKind]) -> Result<ShellCommand, Refusal> {
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    let command = Program::Kubectl.command().words("create clusterrole");
    let command = command.name(&role(group)).words("--verb=get,list");
    command.resources(&names).build()
}

fn label(group: &str) -> Result<ShellCommand, Refusal> {
    let command = Program::Kubectl.command().words("label clusterrole");
    let command = command.name(&role(group));
    command.words("k8s-monitor/aggregate=true").build()
}

fn beyond_the_limit(left_out: &[String]) -> Option<Check> {
    let count = left_out.len();
    (count > 0).then(|| {
        let message = format!("{count} are not read: {}", listed(left_out));
        let remedy = "name those with important objects under resources in the configuration, or \
                      under Custom Resources in the services file: they are read first";
        Check::warn("kinds beyond the limit", &message, remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{self, Ok as Green, Warn};

    fn kind(group: &str, plural: &str) -> CustomKind {
        CustomKind {
            group: group.to_owned(),
            version: "v1".to_owned(),
            plural: plural.to_owned(),
            kind: String::new(),
        }
    }

    fn unread(reason: UnreadReason) -> Read {
        Read::Unread(Unread {
            reason,
            message: "why".to_owned(),
        })
    }

    #[test]
    fn each_group_that_the_cluster_has_is_one_check() {
        use UnreadReason::{Forbidden, Limit, Timeout};
        let snapshot = Snapshot {
            custom_reads: BTreeMap::from([
                (kind("longhorn.io", "nodes"), Read::Complete),
                (kind("longhorn.io", "volumes"), unread(Forbidden)),
                (kind("velero.io", "backups"), Read::Complete),
                (kind("velero.io", "schedules"), unread(Timeout)),
                (kind("keda.sh", "scaledjobs"), Read::Complete),
                (kind("gone.io", "things"), Read::Absent),
                (kind("s3.aws.upbound.io", "buckets"), unread(Forbidden)),
                (kind("ec2.aws.upbound.io", "vpcs"), unread(Limit)),
            ]),
            ..Snapshot::default()
        };
        let found = checks(&snapshot);
        let expected: [(&str, Status, &str, &str); 5] = [
            ("kinds keda.sh", Green, "read: scaledjobs", ""),
            (
                "kinds longhorn.io",
                Warn,
                "not granted: volumes; read: nodes",
                "deploy/rights/rbac.yaml",
            ),
            (
                "kinds s3.aws.upbound.io",
                Warn,
                "not granted: buckets",
                "kubectl create clusterrole k8s-monitor-s3.aws.upbound.io --verb=get,list \
                 --resource=buckets.s3.aws.upbound.io && kubectl label clusterrole \
                 k8s-monitor-s3.aws.upbound.io k8s-monitor/aggregate=true",
            ),
            (
                "kinds velero.io",
                Warn,
                "not read: schedules (why); read: backups",
                "kubectl get apiservices",
            ),
            (
                "kinds beyond the limit",
                Warn,
                "1 are not read: vpcs.ec2.aws.upbound.io",
                "read first",
            ),
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (check, (name, status, message, remedy)) in found.iter().zip(expected) {
            assert_eq!((&*check.name, check.status), (name, status), "{check:?}");
            assert_eq!(check.message, message);
            let found = check.remedy.clone().unwrap_or_default();
            assert!(found.contains(remedy), "{found}");
        }
    }
}
