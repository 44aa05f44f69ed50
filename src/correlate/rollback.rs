//! The rollback through Git. Argo CD undoes changes that are made only in the cluster.

use super::candidate::Candidate;
use super::deploy_history::DeployHistory;
use super::investigation::Investigation;
use super::score::{MEDIUM_POINTS, SyncOutcome};
use super::timeline::short;
use crate::inventory::Service;
use crate::model::duration::human;
use crate::model::{Action, Cause, Confidence, ObjectRef, Program, Refusal, ShellCommand};
use crate::redact::redact;

/// Characters of Argo CD's message that are shown.
const MAX_MESSAGE_LENGTH: usize = 160;

/// The steps for one commit; empty unless it is likely the cause.
#[must_use]
pub fn rollback(investigation: &Investigation, candidate: &Candidate) -> Vec<Action> {
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

fn revert(candidate: &Candidate, branch: &str) -> Action {
    let (what, mainline) = if candidate.commit.is_merge {
        ("merge", "revert -m 1")
    } else {
        ("commit", "revert")
    };
    let git = || Program::Git.command();
    let revert = git().words(mainline).commit(&candidate.commit.sha).build();
    let push = git().words("push origin").branch(branch).build();
    Action::new(
        format!(
            "Revert the {what} in Git, on an up-to-date {branch}: Argo CD undoes changes made only in the cluster"
        ),
        revert.and_then(|revert| revert.and(push?)),
    )
}

fn sync_now(history: &DeployHistory) -> Action {
    let wait = "Argo CD syncs 3 to 5 minutes after the push";
    match history.app.as_deref() {
        Some(_) => on_application(format!("{wait}; to sync immediately"), "app sync", history),
        None => Action::without_command(wait),
    }
}

/// A step with a command on the Application, if there is one.
fn on_application(title: String, words: &'static str, history: &DeployHistory) -> Action {
    match history.app.as_deref() {
        Some(name) => {
            let command = Program::ArgoCd.command().words(words).application(name);
            Action::new(title, command.build())
        }
        None => Action::without_command(title),
    }
}

/// The failing workload.
fn workload<'a>(investigation: &'a Investigation) -> Option<&'a ObjectRef> {
    let incident = investigation.incident;
    let service = &incident.root().service;
    let own = incident.findings.iter().filter(|f| f.service == *service);
    own.map(|f| &f.resource).find(|resource| {
        matches!(
            resource.kind.as_str(),
            "Deployment" | "StatefulSet" | "DaemonSet"
        )
    })
}

fn rollout(words: &'static str, workload: &ObjectRef) -> Result<ShellCommand, Refusal> {
    let command = Program::Kubectl.command().words(words);
    let command = command.object(&workload.kind, &workload.name);
    command.namespace(&workload.namespace).build()
}

fn watch_rollout(investigation: &Investigation, changed: &Service) -> Option<Action> {
    let workload = workload(investigation)?;
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
    Some(Action::new(title, rollout("rollout status", workload)))
}

fn undo_rollout(investigation: &Investigation) -> Option<Action> {
    let workload = workload(investigation)?;
    let title = "Only if Git is too slow. Warning: with automatic sync Argo CD restores the faulty \
        version within minutes; revert in Git as well";
    Some(Action::new(title, rollout("rollout undo", workload)))
}

fn repair_sync(candidate: &Candidate, history: &DeployHistory) -> Action {
    let sha = short(&candidate.commit.sha);
    let message = history.failed.as_ref().map(|f| redact(&f.message));
    let message = message.unwrap_or_default();
    let message: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(MAX_MESSAGE_LENGTH).collect();
    let colon = if message.is_empty() { "" } else { ": " };
    let title = format!(
        "Repair the sync first; until then no revert reaches the cluster. Argo CD failed to sync {sha}{colon}{message}"
    );
    on_application(title, "app get", history)
}

fn show_pending(candidate: &Candidate, history: &DeployHistory) -> Action {
    let sha = short(&candidate.commit.sha);
    let title = format!(
        "Nothing to revert yet: Argo CD has not synced {sha}, so the cluster runs the version before it. Show what the sync would change"
    );
    on_application(title, "app diff", history)
}
