//! Probes that leave less time than the program takes.

use super::failure::{ProbeFailureKind, failures, told};
use super::is_unanswered;
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::FactKind;

/// Shorter than this from start to being killed is shorter than most programs take.
const SHORT: i64 = 20;

/// Killed before it could be up, or for answers that it gives, only later.
pub fn timing(context: &RuleContext) -> Option<Proof> {
    let failure = failures(context, ProbeFailureKind::Liveness)
        .into_iter()
        .find(|f| is_unanswered(f.message) || f.message.contains("did not complete"))?;
    let probe = failure.probe;
    let (delay, period) = (
        probe.initial_delay_seconds.unwrap_or(0),
        probe.period_seconds.unwrap_or(10),
    );
    let (timeout, tries) = (
        probe.timeout_seconds.unwrap_or(1),
        probe.failure_threshold.unwrap_or(3),
    );
    let allowed = delay + period * (tries - 1).max(0) + timeout;
    let killed = failure.status.last_state.terminated.as_deref().or(failure
        .status
        .state
        .terminated
        .as_deref());
    let killed = killed.filter(|t| matches!(t.exit_code, 137 | 143))?;
    let lived = killed
        .finished_at?
        .signed_duration_since(killed.started_at?)
        .num_seconds();
    // From the last failed try to the end, a container may take its time to stop.
    let in_birth = failure.container.startup_probe.is_none()
        && allowed < SHORT
        && lived <= allowed + 30 + period;
    let figures = format!(
        "initialDelaySeconds {delay}, periodSeconds {period}, timeoutSeconds {timeout}, failureThreshold {tries}"
    );
    let proof = told(&failure, ProbeFailureKind::Liveness)
        .and(FactKind::Object, format!("liveness probe: {figures}"));
    if in_birth {
        return Some(proof.and(FactKind::Object, format!("its last run was killed after {lived} s")).saying(format!(
            "the liveness probe allows container {} {allowed} s to come up, and has it killed before it does",
            failure.container.name
        )));
    }
    let slow = has_any(
        failure.message,
        &[
            "Client.Timeout",
            "context deadline exceeded",
            "did not complete",
        ],
    ) && !failure.message.contains("failed to connect");
    (slow && timeout <= 1 && failure.status.ready).then(|| {
        proof.saying(format!(
            "the liveness probe waits {timeout} s for an answer that container {} gives later",
            failure.container.name
        ))
    })
}
