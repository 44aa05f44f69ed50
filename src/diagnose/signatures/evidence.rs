//! The evidence for causes that programs name in their logs.

use super::table::tells;
use crate::diagnose::{Proof, RuleContext, logs, runtime};
use crate::model::{Cause, FactKind, Reason};

/// Programs that run or fall over; others have said nothing yet.
pub fn runs_or_crashes(context: &RuleContext) -> bool {
    context.is(&[
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::ContainersNotReady,
        Reason::BackOff,
        Reason::Unhealthy,
        Reason::ProgressDeadlineExceeded,
        Reason::RunContainerError,
    ])
}

/// The newest line that tells the cause.
#[must_use]
pub fn line(context: &RuleContext, cause: Cause) -> Option<String> {
    if !runs_or_crashes(context) {
        return None;
    }
    logs::find(context, |lower| tells(cause, lower))
}

/// How the container ended belongs beside what it said.
pub fn with_end(context: &RuleContext, proof: Proof) -> Proof {
    let Some((_, status, end)) = context.ends().next() else {
        return proof;
    };
    let how = runtime::translated(end);
    proof.and(
        FactKind::Object,
        format!(
            "container {} {how}, {} restarts",
            status.name, status.restart_count
        ),
    )
}
