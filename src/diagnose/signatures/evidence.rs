//! The evidence for causes that programs name in their logs.

use super::table::matches;
use crate::diagnose::{Proof, RuleContext, logs, runtime};
use crate::model::{Cause, FactKind, Reason};

/// Whether the containers run or crash; others have not logged anything yet.
pub fn runs_or_crashes(context: &RuleContext) -> bool {
    context.is(&[
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::PodInitializing,
        Reason::ContainersNotReady,
        Reason::BackOff,
        Reason::Unhealthy,
        Reason::ProgressDeadlineExceeded,
        Reason::RunContainerError,
    ])
}

/// The newest log line that names the cause.
#[must_use]
pub fn line(context: &RuleContext, cause: Cause) -> Option<String> {
    if !runs_or_crashes(context) {
        return None;
    }
    logs::find(context, |lower| matches(cause, lower))
}

/// Adds how the container ended to what it logged.
pub fn with_end(context: &RuleContext, proof: Proof) -> Proof {
    let Some((_, status, end)) = context.ends().next() else {
        return proof;
    };
    let how = runtime::exit_text(end);
    proof.and(
        FactKind::Object,
        format!(
            "container {} {how}, {} restarts",
            status.name, status.restart_count
        ),
    )
}
