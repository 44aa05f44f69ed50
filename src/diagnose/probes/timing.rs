//! Liveness probes that allow less time than the program needs.

use super::failure::{Allowance, ProbeFailure, ProbeKind, failures, last_kill, lived, proof_of};
use super::is_unanswered;
use crate::cluster::types::{Terminated, condition};
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
    let allowance = Allowance::of(failure.probe);
    let end = last_kill(failure.status)?;
    let lived = lived(end)?;
    // A run that was ready, or lived longer, came up and failed later.
    let never_up = failure.container.startup_probe.is_none()
        && lived <= allowance.killed_by(failure.pod, end)
        && !was_ready(&failure, end);
    let proof = proof_of(&failure, ProbeKind::Liveness).and(
        FactKind::Object,
        format!("liveness probe: {}", allowance.figures()),
    );
    let timeout = allowance.timeout;
    let slow = has_any(
        failure.message,
        &[
            "Client.Timeout",
            "context deadline exceeded",
            "did not complete",
        ],
    ) && !failure.message.contains("failed to connect");
    if slow && timeout <= 1 && (never_up || failure.status.ready) {
        return Some(proof.message(format!(
            "the liveness probe times out after {timeout} s (timeoutSeconds), before container {} answers",
            failure.container.name
        )));
    }
    (never_up && allowance.seconds() < SHORT).then(|| {
        proof
            .and(
                FactKind::Object,
                format!("its last run was killed after {lived} s"),
            )
            .message(format!(
                "the liveness probe allows container {} {} s to start and kills it before it has started",
                failure.container.name,
                allowance.seconds()
            ))
    })
}

/// Whether the run before the last kill was ready by a readiness probe: the pod stopped to
/// be ready after that run began.
fn was_ready(failure: &ProbeFailure, end: &Terminated) -> bool {
    if failure.container.readiness_probe.is_none() {
        return false;
    }
    let ready = condition(&failure.pod.status.conditions, "Ready");
    let unready = ready.filter(|c| !c.is_true());
    let stopped = unready.and_then(|c| c.last_transition_time);
    stopped
        .zip(end.started_at)
        .is_some_and(|(t, began)| t > began)
}
