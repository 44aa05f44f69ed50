//! The cause that applies when no more specific one can be proved.

use super::text::between;
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::condition;
use crate::model::{Cause, FactKind, Reason};

/// The last table.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::ReadinessGateFailing, readiness_gate),
    Rule::new(Cause::RolloutStuck, rollout),
];

/// The containers are ready, and a controller has not set the condition of a readiness gate.
fn readiness_gate(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::ContainersNotReady, Reason::ProgressDeadlineExceeded]) {
        return None;
    }
    let ready = context.pods.iter().find_map(|pod| {
        let ready = condition(&pod.status.conditions, "Ready")?;
        (!ready.is_true() && ready.reason == "ReadinessGatesNotReady").then_some(ready)
    })?;
    let gate = between(&ready.message, "readiness gate \"", "\"").unwrap_or("?");
    Some(
        Proof::object(format!("{}: {}", ready.reason, ready.message)).message(format!(
            "its containers are ready, but nothing has set the condition of its readiness gate {gate}"
        )),
    )
}

fn rollout(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[Reason::ProgressDeadlineExceeded]) {
        return None;
    }
    let workload = context.workload?;
    let (have, want) = (workload.updated.unwrap_or(0), workload.desired.unwrap_or(0));
    Some(Proof::of(
        FactKind::Object,
        format!("{have} of {want} pods have the newest template, past its progress deadline"),
    ))
}
