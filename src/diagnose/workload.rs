//! The cause that applies when no more specific one can be proved.

use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind, Reason};

/// The last table.
pub const RULES: &[Rule] = &[Rule::new(Cause::RolloutStuck, rollout)];

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
