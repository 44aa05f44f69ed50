//! The rollback through Git. Argo CD undoes changes that are made only in the cluster.

use super::candidate::Candidate;
use super::deploy_history::DeployHistory;
use super::investigation::Investigation;
use super::score::{MEDIUM_POINTS, SyncOutcome};
use super::timeline::short;
use crate::inventory::Service;
use crate::model::duration::human;
use crate::model::{Cause, Confidence};
use crate::redact::redact;
use crate::report::Action;

/// Characters of Argo CD's message that are shown.
const MAX_MESSAGE_LENGTH: usize = 160;

/// The steps; empty unless a commit is likely the cause.
#[must_use]
pub fn rollback(investigation: &Investigation) -> Vec<Action> {
    let Some(candidate) = investigation.candidates.first() else {
        return Vec::new();
    };
    let service = &investigation.services[candidate.service];
    let history = &service.history;
    let onset = investigation.onset();
    let sync = history.sync(&candidate.shas(), candidate.arrived_at(), onset);
    let findings = &investigation.incident.findings;
    let is_sync_incident = findings
        .iter()
        .any(|f| f.cause == Some(Cause::ArgoSyncFailed));
    match sync {
        // If the failed sync is the incident, the revert repairs it.
        SyncOutcome::Failed if !is_sync_incident => vec![repair_sync(candidate, history)],
        SyncOutcome::Pending if candidate.points() >= MEDIUM_POINTS => {
            vec![show_pending(candidate, history)]
        }
        SyncOutcome::Unknown
        | SyncOutcome::Synced
        | SyncOutcome::SyncedRevision
        | SyncOutcome::Pending
        | SyncOutcome::Failed => {
            if candidate.confidence() > Confidence::Medium {
                return Vec::new();
            }
            let mut steps = vec![revert(candidate, &service.source.branch), sync_now(history)];
            steps.extend(watch_rollout(investigation, service.service));
            steps.extend(undo_rollout(investigation));
            steps
        }
    }
}

fn action(title: impl Into<String>, command: Option<String>) -> Action {
    Action {
        title: title.into(),
        command,
    }
}

fn revert(candidate: &Candidate, branch: &str) -> Action {
    let sha = &candidate.commit.sha;
    let (what, mainline) = if candidate.commit.is_merge {
        ("merge", "-m 1 ")
    } else {
        ("commit", "")
    };
    action(
        format!(
            "Revert the {what} in Git, on an up-to-date {branch}: Argo CD undoes changes made only in the cluster"
        ),
        Some(format!(
            "git revert {mainline}{sha} && git push origin {branch}"
        )),
    )
}

fn sync_now(history: &DeployHistory) -> Action {
    let wait = "Argo CD syncs 3 to 5 minutes after the push";
    match application(history) {
        Some(name) => action(
            format!("{wait}; to sync immediately"),
            Some(format!("argocd app sync {name}")),
        ),
        None => action(wait, None),
    }
}

/// The Application's name, if it is safe in a command.
fn application(history: &DeployHistory) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let name = history.app.as_deref()?;
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)).then_some(name)
}

/// Lower-case kind, name and namespace of the failing workload.
fn workload<'a>(investigation: &'a Investigation) -> Option<(String, &'a str, &'a str)> {
    let incident = investigation.incident;
    let service = &incident.root().service;
    let own = incident.findings.iter().filter(|f| f.service == *service);
    let resource = own.map(|f| &f.resource).find(|resource| {
        matches!(
            resource.kind.as_str(),
            "Deployment" | "StatefulSet" | "DaemonSet"
        )
    })?;
    Some((
        resource.kind.to_lowercase(),
        &resource.name,
        &resource.namespace,
    ))
}

fn watch_rollout(investigation: &Investigation, changed: &Service) -> Option<Action> {
    let (kind, name, namespace) = workload(investigation)?;
    let failing = investigation.services.first();
    let failing = failing.map_or(changed, |service| service.service);
    let title = match failing.startup_grace {
        Some(grace) => format!(
            "Watch the rollout; {} may need up to {} to become ready",
            failing.name,
            human(grace)
        ),
        None => "Watch the rollout".to_owned(),
    };
    let command = format!("kubectl rollout status {kind}/{name} -n {namespace}");
    Some(action(title, Some(command)))
}

fn undo_rollout(investigation: &Investigation) -> Option<Action> {
    let (kind, name, namespace) = workload(investigation)?;
    let title = "Only if Git is too slow. Warning: with automatic sync Argo CD restores the faulty \
        version within minutes; revert in Git as well";
    let command = format!("kubectl rollout undo {kind}/{name} -n {namespace}");
    Some(action(title, Some(command)))
}

fn repair_sync(candidate: &Candidate, history: &DeployHistory) -> Action {
    let sha = short(&candidate.commit.sha);
    let message = history.failed.as_ref().map(|f| redact(&f.message));
    let message = message.unwrap_or_default();
    let message: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(MAX_MESSAGE_LENGTH).collect();
    let colon = if message.is_empty() { "" } else { ": " };
    action(
        format!(
            "Repair the sync first; until then no revert reaches the cluster. Argo CD failed to sync {sha}{colon}{message}"
        ),
        application(history).map(|name| format!("argocd app get {name}")),
    )
}

fn show_pending(candidate: &Candidate, history: &DeployHistory) -> Action {
    let sha = short(&candidate.commit.sha);
    action(
        format!(
            "Nothing to revert yet: Argo CD has not synced {sha}, so the cluster runs the version before it. Show what the sync would change"
        ),
        application(history).map(|name| format!("argocd app diff {name}")),
    )
}
