//! Vault, which must be unsealed by its operator after each restart.

use chrono::TimeDelta;

use super::{Proof, Rule, RuleContext};
use crate::cluster::types::{Pod, condition};
use crate::inventory::KnownIssueKind;
use crate::model::{Cause, FactKind, Reason, Time};

/// Sealed, as Vault reports or as the services file says.
pub const RULES: &[Rule] = &[Rule::new(Cause::VaultSealed, sealed)];

/// Vault reports that it is sealed by a label, its probe or its log; or it runs
/// without an error, has not been ready since a recent start of its container, and the
/// services file says that it must be unsealed after each restart.
fn sealed(context: &RuleContext) -> Option<Proof> {
    let is_unready = matches!(
        context.finding.reason,
        Reason::ContainersNotReady | Reason::Unhealthy | Reason::MinimumReplicasUnavailable
    );
    let runs = context.pods.iter().any(|p| runs(p));
    if !is_unready || !runs {
        return None;
    }
    let issue = context
        .service
        .and_then(|s| s.known_issue(|k| matches!(k, KnownIssueKind::ManualUnseal)));
    let mut proof = match reported_sealed(context) {
        Some(proof) => proof,
        None if issue.is_some() && !has_other_failure(context) => {
            let since = restarted(context)?;
            Proof::object(format!(
                "the container has been running without an error since {} and was never ready",
                since.format("%F %H:%M UTC")
            ))
        }
        None => return None,
    };
    if let Some(issue) = issue {
        proof.known_issue = Some(issue.text.clone());
        proof.facts.push(crate::model::Fact {
            kind: FactKind::Inventory,
            text: format!("known issue: {}", issue.text),
        });
    }
    proof.message =
        Some("vault is running but sealed: it provides no secrets until it is unsealed".to_owned());
    Some(proof)
}

/// Nobody forgets to unseal it for longer.
const RECENT_START: TimeDelta = TimeDelta::days(7);

/// The recent start of a container that has not been ready since.
fn restarted(context: &RuleContext) -> Option<Time> {
    let now = context.index.now();
    context.pods.iter().find_map(|pod| {
        let statuses = &pod.status.container_statuses;
        let starts = statuses.iter().filter(|c| !c.ready);
        let began = starts
            .filter_map(|c| c.state.running.as_ref()?.started_at)
            .max()?;
        let ready = condition(&pod.status.conditions, "Ready").filter(|c| !c.is_true());
        let unready = ready.and_then(|c| c.last_transition_time);
        // The kubelet reports a restart within seconds.
        let never_ready = unready.is_none_or(|t| t - began < TimeDelta::seconds(30));
        (never_ready && now - began <= RECENT_START).then_some(began)
    })
}

fn runs(pod: &Pod) -> bool {
    pod.status.phase == "Running"
        && pod
            .status
            .container_statuses
            .iter()
            .any(|c| c.state.running.is_some())
}

fn reported_sealed(context: &RuleContext) -> Option<Proof> {
    let label = context
        .pods
        .iter()
        .find(|p| p.metadata.label("vault-sealed") == Some("true"));
    if label.is_some() {
        return Some(Proof::of(
            FactKind::Object,
            "label vault-sealed=true on the pod",
        ));
    }
    let event = context.events().find(|e| is_seal_status(&e.message));
    if let Some(event) = event {
        return Some(Proof::of(
            FactKind::Event,
            format!("{}: {}", event.reason, event.message),
        ));
    }
    let line = context
        .pods
        .iter()
        .flat_map(|p| context.index.logs(p))
        .filter(|log| !log.previous)
        .flat_map(|log| log.text.lines())
        .find(|line| line.contains("vault is sealed") || line.contains("Vault is sealed"))?;
    Some(Proof::of(FactKind::Log, line))
}

/// `vault status` prints a table with a line `Sealed  true`.
fn is_seal_status(message: &str) -> bool {
    message.lines().any(|line| {
        let mut fields = line.split_whitespace().rev();
        fields.next() == Some("true") && fields.next() == Some("Sealed")
    }) || message.to_lowercase().contains("vault is sealed")
}

/// The probe reports another failure.
fn has_other_failure(context: &RuleContext) -> bool {
    context.events().any(|e| {
        e.reason == "Unhealthy"
            && [
                "connection refused",
                "timeout",
                "timed out",
                "deadline exceeded",
                "deadlineexceeded",
                "no such file",
            ]
            .iter()
            .any(|w| e.message.to_lowercase().contains(w))
    })
}
