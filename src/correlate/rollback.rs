//! The way back through Git: what is reverted in Git stays reverted, what is
//! undone in the cluster is put back by Argo CD within minutes.

use super::candidate::Candidate;
use super::deploy_history::DeployHistory;
use super::investigation::Investigation;
use super::score::{Applied, LIKELY};
use super::timeline::short;
use crate::inventory::Service;
use crate::model::duration::human;
use crate::model::{Cause, Confidence};
use crate::redact::redact;
use crate::report::Action;

/// The steps; none unless a commit is suspect enough.
#[must_use]
pub fn rollback(case: &Investigation) -> Vec<Action> {
    let Some(suspect) = case.candidates.first() else {
        return Vec::new();
    };
    let subject = &case.subjects[suspect.subject];
    let applied = subject
        .trail
        .applied(&suspect.shas(), suspect.arrived(), case.onset());
    let is_of_sync = case
        .incident
        .findings
        .iter()
        .any(|f| f.cause == Some(Cause::ArgoSyncFailed));
    let confidence = suspect
        .score
        .as_ref()
        .map_or(Confidence::None, |s| s.confidence);
    match applied {
        // A revert mends a sync that fails over the commit itself.
        Applied::Failed if !is_of_sync => failed(suspect, &subject.trail),
        Applied::NotYet if suspect.points() >= LIKELY => waiting(suspect, &subject.trail),
        _ if confidence > Confidence::Medium => Vec::new(),
        _ => {
            let mut steps = vec![revert(suspect, &subject.place.branch), sync(&subject.trail)];
            steps.extend(watch(case, subject.service));
            steps.extend(emergency(case));
            steps
        }
    }
}

fn step(title: String, command: Option<String>) -> Action {
    Action { title, command }
}

fn revert(suspect: &Candidate, branch: &str) -> Action {
    let sha = &suspect.listed.sha;
    let (what, mainline) = if suspect.listed.is_merge {
        ("Take the merge back in Git", "-m 1 ")
    } else {
        ("Take the commit back in Git", "")
    };
    let title = format!("{what}, on an up-to-date {branch}: Argo CD would undo anything else");
    step(
        title,
        Some(format!(
            "git revert {mainline}{sha} && git push origin {branch}"
        )),
    )
}

fn sync(trail: &DeployHistory) -> Action {
    let title = "Argo CD applies it 3 to 5 minutes after the push".to_owned();
    match app(trail) {
        Some(app) => step(
            format!("{title}; at once with this"),
            Some(format!("argocd app sync {app}")),
        ),
        None => step(title, None),
    }
}

/// The Application's name, if it can stand in a command.
fn app(trail: &DeployHistory) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let app = trail.app.as_deref()?;
    (!app.is_empty() && !app.starts_with('-') && app.chars().all(is_plain)).then_some(app)
}

/// The failing workload: kind in small letters, name, namespace.
fn workload<'a>(case: &'a Investigation) -> Option<(String, &'a str, &'a str)> {
    let is_workload = |kind: &str| matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet");
    let root = case.incident.root();
    let own = case
        .incident
        .findings
        .iter()
        .filter(|f| f.service == root.service);
    let resource = own.map(|f| &f.resource).find(|r| is_workload(&r.kind))?;
    Some((
        resource.kind.to_lowercase(),
        &resource.name,
        &resource.namespace,
    ))
}

fn watch(case: &Investigation, service: &Service) -> Option<Action> {
    let (kind, name, namespace) = workload(case)?;
    let failing = case.subjects.first().map_or(service, |own| own.service);
    let title = match failing.startup_grace {
        Some(grace) => format!(
            "Watch it come back; {} takes up to {} to be ready, so wait that long",
            failing.name,
            human(grace)
        ),
        None => "Watch it come back".to_owned(),
    };
    Some(step(
        title,
        Some(format!(
            "kubectl rollout status {kind}/{name} -n {namespace}"
        )),
    ))
}

fn emergency(case: &Investigation) -> Option<Action> {
    let (kind, name, namespace) = workload(case)?;
    let title = "Only if it cannot wait for Git. Warning: with automatic sync Argo CD puts the \
        faulty version back within minutes; revert as well"
        .to_owned();
    Some(step(
        title,
        Some(format!("kubectl rollout undo {kind}/{name} -n {namespace}")),
    ))
}

fn failed(suspect: &Candidate, trail: &DeployHistory) -> Vec<Action> {
    let sha = short(&suspect.listed.sha);
    let said = trail
        .failed
        .as_ref()
        .map(|f| redact(&f.message))
        .unwrap_or_default();
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: String = said.chars().take(160).collect();
    let colon = if said.is_empty() { "" } else { ": " };
    let title = format!(
        "Mend the sync first, before that no revert reaches the cluster: Argo CD failed to apply {sha}{colon}{said}"
    );
    vec![step(
        title,
        app(trail).map(|app| format!("argocd app get {app}")),
    )]
}

fn waiting(suspect: &Candidate, trail: &DeployHistory) -> Vec<Action> {
    let sha = short(&suspect.listed.sha);
    let title = format!(
        "Nothing to revert yet: Argo CD has not applied {sha}, the cluster runs what was before. See what it would change"
    );
    vec![step(
        title,
        app(trail).map(|app| format!("argocd app diff {app}")),
    )]
}
