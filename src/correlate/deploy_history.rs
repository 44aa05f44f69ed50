//! What the cluster shows of deployments: synchronisations of Argo CD, new
//! ReplicaSets, new pods of stateful and daemon sets.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::score::Applied;
use crate::cluster::Snapshot;
use crate::cluster::types::{Application, ObjectMeta, Pod};
use crate::inventory::Service;
use crate::model::{Finding, ObjectRef, Time};

/// A rollout that begins later than this after a commit is not its own.
const ROLLOUT: TimeDelta = TimeDelta::hours(1);

/// One finished synchronisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// When.
    pub at: Time,
    /// The revision of the repository.
    pub revision: String,
}

/// One that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSync {
    /// When.
    pub at: Time,
    /// Argo CD's words.
    pub message: String,
}

/// Pods of a new template, or pods made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// When the first object of it was made.
    pub at: Time,
    /// In words: `a new ReplicaSet (api-6d4f)`.
    pub what: String,
    /// The object that shows it.
    pub source: String,
}

/// All that the cluster shows of one service.
#[derive(Debug, Clone, Default)]
pub struct DeployHistory {
    /// Name of the Application.
    pub app: Option<String>,
    /// Oldest first.
    pub syncs: Vec<Sync>,
    /// The last operation, if it failed.
    pub failed: Option<FailedSync>,
    /// Argo CD sees differences between repository and cluster.
    pub is_out_of_sync: bool,
    /// Oldest first.
    pub rollouts: Vec<Rollout>,
}

impl DeployHistory {
    /// Reads what is known of a service. `findings` name workloads that its
    /// name does not.
    #[must_use]
    pub fn of(
        service: &Service,
        application: Option<&Application>,
        findings: &[Finding],
        snapshot: &Snapshot,
    ) -> Self {
        let mut trail = application.map(Self::of_application).unwrap_or_default();
        trail.app = trail.app.or_else(|| service.gitops.app_name.clone());
        let theirs = findings
            .iter()
            .filter(|f| f.service.as_deref() == Some(&service.name));
        let named: Vec<&ObjectRef> = theirs.map(|f| &f.resource).collect();
        let keeps = |kind: &str, namespace: &str, name: &str| {
            named
                .iter()
                .any(|r| r.kind == kind && r.namespace == namespace && r.name == name)
                || service.namespace.as_deref() == Some(namespace) && service.is_called(name)
        };
        let own = service.namespace.as_deref();
        let is_kept = |meta: &&ObjectMeta| {
            let namespace = meta.namespace.as_str();
            // Most objects of a large cluster are elsewhere.
            if own != Some(namespace) && !named.iter().any(|r| r.namespace == namespace) {
                return false;
            }
            let owner = meta.owner_references.iter().find(|o| o.controller);
            owner.is_some_and(|owner| keeps(&owner.kind, &meta.namespace, &owner.name))
        };
        let sets = snapshot
            .objects
            .replica_sets
            .iter()
            .map(|set| &set.metadata);
        trail.rollouts = sets.filter(is_kept).filter_map(replica_set).collect();
        trail.rollouts.extend(pods(snapshot, &is_kept));
        trail
            .rollouts
            .sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
        trail
    }

    fn of_application(application: &Application) -> Self {
        let status = &application.status;
        let history = status.history.iter().filter_map(|entry| {
            let at = entry.deployed_at?;
            Some(Sync {
                at,
                revision: entry.revision.to_string(),
            })
        });
        let mut syncs: Vec<Sync> = history.collect();
        let mut failed = None;
        if let Some(operation) = &status.operation_state {
            let at = operation.finished_at.or(operation.started_at);
            let revision = operation
                .sync_result
                .as_ref()
                .map(|r| r.revision.to_string());
            match (operation.phase.as_str(), at) {
                ("Succeeded", Some(at)) => {
                    let revision = revision.unwrap_or_default();
                    if !syncs
                        .iter()
                        .any(|s| (s.at - at).abs() < TimeDelta::minutes(1))
                    {
                        syncs.push(Sync { at, revision });
                    }
                }
                ("Failed" | "Error", Some(at)) => {
                    let message = operation.message.to_string();
                    failed = Some(FailedSync { at, message });
                }
                _ => {}
            }
        }
        syncs.sort_by_key(|sync| sync.at);
        Self {
            app: Some(application.metadata.name.to_string()),
            syncs,
            failed,
            is_out_of_sync: status.sync.status == "OutOfSync",
            rollouts: Vec::new(),
        }
    }

    /// The first rollout between a commit's arrival and the onset.
    #[must_use]
    pub fn rollout(&self, arrived: Time, onset: Time) -> Option<&Rollout> {
        let end = onset.min(arrived + ROLLOUT);
        self.rollouts
            .iter()
            .find(|r| r.at >= arrived && r.at <= end)
    }

    /// What became of a commit that arrived then under one of these names.
    #[must_use]
    pub fn applied(&self, shas: &[&str], arrived: Time, onset: Time) -> Applied {
        let before = |sync: &&Sync| sync.at >= arrived && sync.at <= onset;
        let is_it = |sync: &Sync| shas.contains(&sync.revision.as_str());
        let mut between = self.syncs.iter().filter(before);
        let since = self.syncs.iter().any(|sync| sync.at >= arrived);
        let failed = self.failed.as_ref().filter(|f| f.at >= arrived);
        if between.clone().any(is_it) {
            Applied::Exactly
        } else if failed.is_some() && !since {
            Applied::Failed
        } else if between.next().is_some() {
            Applied::Synced
        } else if self.is_out_of_sync
            && !since
            && !self.syncs.is_empty()
            && self.rollout(arrived, onset).is_none()
        {
            Applied::NotYet
        } else {
            Applied::Unknown
        }
    }
}

fn replica_set(meta: &ObjectMeta) -> Option<Rollout> {
    Some(Rollout {
        at: meta.creation_timestamp?,
        what: format!("a new ReplicaSet ({})", meta.name),
        source: format!("ReplicaSet {}/{}", meta.namespace, meta.name),
    })
}

/// Pods of stateful and daemon sets, the first of each revision: their
/// `ControllerRevisions` are not read.
fn pods(snapshot: &Snapshot, is_kept: &impl Fn(&&ObjectMeta) -> bool) -> Vec<Rollout> {
    let mut first: BTreeMap<(&str, &str), &Pod> = BTreeMap::new();
    let kept = snapshot.objects.pods.iter();
    for pod in kept.filter(|pod| is_kept(&&pod.metadata)) {
        let Some(revision) = pod.metadata.label("controller-revision-hash") else {
            continue;
        };
        let key = (pod.metadata.namespace.as_str(), revision);
        let known = first.entry(key).or_insert(pod);
        if pod.metadata.creation_timestamp < known.metadata.creation_timestamp {
            *known = pod;
        }
    }
    let rollout = |pod: &Pod| {
        let meta = &pod.metadata;
        Some(Rollout {
            at: meta.creation_timestamp?,
            what: format!("a new pod ({})", meta.name),
            source: format!("Pod {}/{}", meta.namespace, meta.name),
        })
    };
    first.into_values().filter_map(rollout).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn trail(json: serde_json::Value) -> DeployHistory {
        DeployHistory::of_application(&serde_json::from_value(json).unwrap())
    }

    fn time(minute: i64) -> String {
        at(minute).to_rfc3339()
    }

    #[test]
    fn what_became_of_a_commit() {
        use serde_json::json;
        let history = json!([{ "revision": "old", "deployedAt": time(0) }, { "revision": "new", "deployedAt": time(14) }]);
        let old = json!([{ "revision": "old", "deployedAt": time(0) }]);
        let failed = json!({ "phase": "Failed", "finishedAt": time(13), "message": "no" });
        for (status, sha, wanted) in [
            (json!({ "history": history }), "new", Applied::Exactly),
            (json!({ "history": history }), "other", Applied::Synced),
            (
                json!({ "history": old, "sync": { "status": "Synced" } }),
                "new",
                Applied::Unknown,
            ),
            (
                json!({ "history": old, "sync": { "status": "OutOfSync" } }),
                "new",
                Applied::NotYet,
            ),
            (
                json!({ "history": [], "sync": { "status": "OutOfSync" } }),
                "new",
                Applied::Unknown,
            ),
            (
                json!({ "history": old, "operationState": failed }),
                "new",
                Applied::Failed,
            ),
            (
                json!({ "history": history, "operationState": failed }),
                "new",
                Applied::Exactly,
            ),
            (
                json!({ "operationState": { "phase": "Succeeded", "finishedAt": time(14), "syncResult": { "revision": "new" } } }),
                "new",
                Applied::Exactly,
            ),
            (json!({}), "new", Applied::Unknown),
        ] {
            let trail = trail(json!({ "status": status }));
            assert_eq!(
                trail.applied(&[sha], at(10), at(20)),
                wanted,
                "{status} {sha}"
            );
        }
    }

    #[test]
    fn a_rollout_counts_between_commit_and_onset_only() {
        let rollout = |minute| Rollout {
            at: at(minute),
            what: String::new(),
            source: String::new(),
        };
        let trail = DeployHistory {
            rollouts: vec![rollout(5), rollout(14), rollout(25)],
            ..DeployHistory::default()
        };
        assert_eq!(trail.rollout(at(10), at(20)), Some(&rollout(14)));
        assert_eq!(trail.rollout(at(15), at(20)), None);
        assert_eq!(trail.rollout(at(15), at(100)), Some(&rollout(25)));
        let late = DeployHistory {
            rollouts: vec![rollout(80)],
            ..DeployHistory::default()
        };
        assert_eq!(late.rollout(at(10), at(100)), None);
    }
}
