//! What the cluster shows of deployments: syncs of Argo CD, new ReplicaSets, and new pods of
//! StatefulSets and DaemonSets.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::score::SyncOutcome;
use crate::cluster::Snapshot;
use crate::cluster::types::{Application, ObjectMeta, Pod};
use crate::inventory::Service;
use crate::model::{Finding, ObjectRef, Time};

/// A rollout that begins later than this after a commit is not caused by it.
const MAX_ROLLOUT_DELAY: TimeDelta = TimeDelta::hours(1);

/// A successful sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// When it finished.
    pub at: Time,
    /// The revision of the repository.
    pub revision: String,
}

/// A failed sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSync {
    /// When it finished or started.
    pub at: Time,
    /// Argo CD's message.
    pub message: String,
}

/// A new ReplicaSet, or the first pod of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// The creation time.
    pub at: Time,
    /// A description: `a new ReplicaSet (api-6d4f)`.
    pub what: String,
    /// The object that shows it.
    pub source: String,
}

/// The deployments of one service.
#[derive(Debug, Clone, Default)]
pub struct DeployHistory {
    /// The name of the Application.
    pub app: Option<String>,
    /// Oldest first.
    pub syncs: Vec<Sync>,
    /// The last sync, if it failed.
    pub failed: Option<FailedSync>,
    /// Whether the Application is out of sync.
    pub is_out_of_sync: bool,
    /// Oldest first.
    pub rollouts: Vec<Rollout>,
}

impl DeployHistory {
    /// The history of a service. `findings` name workloads that are not named like the service.
    #[must_use]
    pub fn new(
        service: &Service,
        application: Option<&Application>,
        findings: &[Finding],
        snapshot: &Snapshot,
    ) -> Self {
        let mut history = application.map(Self::of_application).unwrap_or_default();
        history.app = history.app.or_else(|| service.gitops.app_name.clone());
        let own_findings = findings
            .iter()
            .filter(|f| f.service.as_deref() == Some(&service.name));
        let named: Vec<&ObjectRef> = own_findings.map(|f| &f.resource).collect();
        let is_own = |kind: &str, namespace: &str, name: &str| {
            named
                .iter()
                .any(|r| r.kind == kind && r.namespace == namespace && r.name == name)
                || service.namespace.as_deref() == Some(namespace) && service.is_called(name)
        };
        let own_namespace = service.namespace.as_deref();
        let is_owned = |meta: &&ObjectMeta| {
            let namespace = meta.namespace.as_str();
            // Skips most objects of a large cluster early.
            if own_namespace != Some(namespace) && !named.iter().any(|r| r.namespace == namespace) {
                return false;
            }
            let owner = meta.owner_references.iter().find(|o| o.controller);
            owner.is_some_and(|owner| is_own(&owner.kind, &meta.namespace, &owner.name))
        };
        let sets = snapshot
            .objects
            .replica_sets
            .iter()
            .map(|set| &set.metadata);
        history.rollouts = sets.filter(is_owned).filter_map(replica_set).collect();
        history.rollouts.extend(pods(snapshot, &is_owned));
        history
            .rollouts
            .sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
        history
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
    pub fn rollout(&self, arrived_at: Time, onset: Time) -> Option<&Rollout> {
        let end = onset.min(arrived_at + MAX_ROLLOUT_DELAY);
        self.rollouts
            .iter()
            .find(|r| r.at >= arrived_at && r.at <= end)
    }

    /// What Argo CD did with a commit that arrived under one of these revisions.
    #[must_use]
    pub fn sync(&self, shas: &[&str], arrived_at: Time, onset: Time) -> SyncOutcome {
        let is_between = |sync: &&Sync| sync.at >= arrived_at && sync.at <= onset;
        let is_revision = |sync: &Sync| shas.contains(&sync.revision.as_str());
        let mut between = self.syncs.iter().filter(is_between);
        let is_synced = self.syncs.iter().any(|sync| sync.at >= arrived_at);
        let failed = self.failed.as_ref().filter(|f| f.at >= arrived_at);
        if between.clone().any(is_revision) {
            SyncOutcome::SyncedRevision
        } else if failed.is_some() && !is_synced {
            SyncOutcome::Failed
        } else if between.next().is_some() {
            SyncOutcome::Synced
        } else if self.is_out_of_sync
            && !is_synced
            && !self.syncs.is_empty()
            && self.rollout(arrived_at, onset).is_none()
        {
            SyncOutcome::Pending
        } else {
            SyncOutcome::Unknown
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

/// The first pod of each revision of a `StatefulSet` or `DaemonSet`. `ControllerRevision`s are not
/// read.
fn pods(snapshot: &Snapshot, is_owned: &impl Fn(&&ObjectMeta) -> bool) -> Vec<Rollout> {
    let mut first: BTreeMap<(&str, &str), &Pod> = BTreeMap::new();
    let pods = snapshot.objects.pods.iter();
    for pod in pods.filter(|pod| is_owned(&&pod.metadata)) {
        let Some(revision) = pod.metadata.label("controller-revision-hash") else {
            continue;
        };
        let key = (pod.metadata.namespace.as_str(), revision);
        let earliest = first.entry(key).or_insert(pod);
        if pod.metadata.creation_timestamp < earliest.metadata.creation_timestamp {
            *earliest = pod;
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

    fn history(json: serde_json::Value) -> DeployHistory {
        DeployHistory::of_application(&serde_json::from_value(json).unwrap())
    }

    fn time(minute: i64) -> String {
        at(minute).to_rfc3339()
    }

    #[test]
    fn the_outcome_of_a_sync_is_read_from_the_application() {
        use serde_json::json;
        let history = json!([{ "revision": "old", "deployedAt": time(0) }, { "revision": "new", "deployedAt": time(14) }]);
        let old = json!([{ "revision": "old", "deployedAt": time(0) }]);
        let failed = json!({ "phase": "Failed", "finishedAt": time(13), "message": "no" });
        for (status, sha, expected) in [
            (
                json!({ "history": history }),
                "new",
                SyncOutcome::SyncedRevision,
            ),
            (json!({ "history": history }), "other", SyncOutcome::Synced),
            (
                json!({ "history": old, "sync": { "status": "Synced" } }),
                "new",
                SyncOutcome::Unknown,
            ),
            (
                json!({ "history": old, "sync": { "status": "OutOfSync" } }),
                "new",
                SyncOutcome::Pending,
            ),
            (
                json!({ "history": [], "sync": { "status": "OutOfSync" } }),
                "new",
                SyncOutcome::Unknown,
            ),
            (
                json!({ "history": old, "operationState": failed }),
                "new",
                SyncOutcome::Failed,
            ),
            (
                json!({ "history": history, "operationState": failed }),
                "new",
                SyncOutcome::SyncedRevision,
            ),
            (
                json!({ "operationState": { "phase": "Succeeded", "finishedAt": time(14), "syncResult": { "revision": "new" } } }),
                "new",
                SyncOutcome::SyncedRevision,
            ),
            (json!({}), "new", SyncOutcome::Unknown),
        ] {
            let deployments = self::history(json!({ "status": status }));
            assert_eq!(
                deployments.sync(&[sha], at(10), at(20)),
                expected,
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
        let history = DeployHistory {
            rollouts: vec![rollout(5), rollout(14), rollout(25)],
            ..DeployHistory::default()
        };
        assert_eq!(history.rollout(at(10), at(20)), Some(&rollout(14)));
        assert_eq!(history.rollout(at(15), at(20)), None);
        assert_eq!(history.rollout(at(15), at(100)), Some(&rollout(25)));
        let late = DeployHistory {
            rollouts: vec![rollout(80)],
            ..DeployHistory::default()
        };
        assert_eq!(late.rollout(at(10), at(100)), None);
    }
}
