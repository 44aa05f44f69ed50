//! Runs that failed and backups that are overdue, with what their pods say.

use super::{Proof, Rule, RuleContext, logs};
use crate::detect;
use crate::detect::pod_status::end_text;
use crate::model::{Cause, Effect, FactKind, Reason};

/// They apply to nothing else, and nothing else explains more.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::JobFailed, |c| quoted(c, Reason::JobFailed)),
    Rule::new(Cause::BackupOverdue, |c| quoted(c, Reason::BackupOverdue)),
    Rule::new(Cause::BackupFailing, backup_failing),
];

/// A custom resource whose trouble puts data at risk is a backup, its target or its archive. One
/// attempt is a part of its schedule's trouble.
fn backup_failing(context: &RuleContext) -> Option<Proof> {
    let is_at_risk = context.finding.effect == Effect::AtRisk;
    if !is_at_risk || !context.is(&[Reason::ResourceDegraded]) {
        return None;
    }
    let schedule =
        detect::backup_schedule(&context.index.snapshot.objects, &context.finding.resource);
    Some(match schedule.filter(|s| context.has_finding(s)) {
        Some(schedule) => Proof::default().group_key(schedule.to_string()),
        None => Proof::default(),
    })
}

/// The symptom is the cause; how the containers ended and the deciding line of their log say why.
fn quoted(context: &RuleContext, reason: Reason) -> Option<Proof> {
    if !context.is(&[reason]) {
        return None;
    }
    let mut proof = Proof::default();
    let ended = context.ends().next();
    if let Some((pod, container, end)) = ended {
        let (pod, name) = (&pod.metadata.name, &container.name);
        let fact = format!("pod {pod}: container {name} {}", end_text(end));
        proof = proof.and(FactKind::Object, fact);
    }
    let Some(line) = logs::last_error(context) else {
        return Some(proof);
    };
    let message = format!("{}; its log: {line}", context.finding.message);
    Some(proof.and(FactKind::Log, line).message(message))
}
