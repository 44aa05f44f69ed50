//! Liveness probes that allow less time than the program needs.

use super::failure::{ProbeKind, failures, proof_of};
use super::is_unanswered;
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::FactKind;

/// Seconds from the start to being killed; most programs need longer to start.
const SHORT: i64 = 20;

/// The container is killed before it has started, or because it answers too late.
pub fn timing(context: &RuleContext) -> Option<Proof> {
    let failure = failures(context, ProbeKind::Liveness)
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
    // After the last failed probe, a container may take a while to stop.
    let during_startup = failure.container.startup_probe.is_none()
        && allowed < SHORT
        && lived <= allowed + 30 + period;
    let figures = format!(
        "initialDelaySeconds {delay}, periodSeconds {period}, timeoutSeconds {timeout}, failureThreshold {tries}"
    );
    let proof = proof_of(&failure, ProbeKind::Liveness)
        .and(FactKind::Object, format!("liveness probe: {figures}"));
    if during_startup {
        return Some(proof.and(FactKind::Object, format!("its last run was killed after {lived} s")).message(format!(
            "the liveness probe allows container {} {allowed} s to start and kills it before it has started",
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
        proof.message(format!(
            "the liveness probe times out after {timeout} s, before container {} answers",
            failure.container.name
        ))
    })
}
