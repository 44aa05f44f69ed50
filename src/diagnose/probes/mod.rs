//! Probes with the wrong port, the wrong protocol or too little time, and probes
//! that fail.
//!
//! Port and protocol are named only where the program is known to be running:
//! another probe of the container succeeds, its log says where it listens, or it
//! answers in the other protocol.

mod failure;
mod port;
mod protocol;
mod timing;

use failure::{Allowance, ProbeKind, failures, inferred, proof_of, target_text};
use port::port;
use protocol::protocol;
use timing::timing;

use super::text::{clip, has_any, one_line};
use super::{Proof, Rule, RuleContext, logs};
use crate::model::{Cause, FactKind};

/// The probe itself is wrong.
pub const MISCONFIGURED: &[Rule] = &[
    Rule::new(Cause::LivenessProbeProtocol, |c| {
        protocol(c, ProbeKind::Liveness)
    }),
    Rule::new(Cause::LivenessProbePort, |c| port(c, ProbeKind::Liveness)),
    Rule::new(Cause::LivenessProbeTiming, timing),
    Rule::new(Cause::ReadinessProbeProtocol, |c| {
        protocol(c, ProbeKind::Readiness)
    }),
    Rule::new(Cause::ReadinessProbePort, |c| port(c, ProbeKind::Readiness)),
];

/// The probe is right and fails.
pub const FAILING: &[Rule] = &[
    Rule::new(Cause::StartupProbeFailing, |c| {
        failing(c, ProbeKind::Startup)
    }),
    Rule::new(Cause::LivenessProbeFailing, |c| {
        failing(c, ProbeKind::Liveness)
    }),
    Rule::new(Cause::ReadinessProbeFailing, |c| {
        failing(c, ProbeKind::Readiness)
    }),
];

/// Whether a probe got no answer, as from a port where nothing listens.
fn is_unanswered(message: &str) -> bool {
    has_any(
        &message.to_lowercase(),
        &[
            "connection refused",
            "failed to connect",
            "connect: ",
            "i/o timeout",
            "context deadline exceeded",
            "no route to host",
        ],
    )
}

fn failing(context: &RuleContext, kind: ProbeKind) -> Option<Proof> {
    let Some(failure) = failures(context, kind).into_iter().next() else {
        return by_exits(context, kind);
    };
    // A program that ended by itself was not killed because of its probe.
    let own_end = context
        .ends()
        .any(|(_, c, t)| c.name == failure.container.name && !matches!(t.exit_code, 137 | 143 | 0));
    if own_end {
        return None;
    }
    let mut proof = proof_of(&failure, kind).and(
        FactKind::Object,
        format!(
            "{} probe: {}",
            kind.name().to_lowercase(),
            target_text(failure.probe)
        ),
    );
    if let Some(line) = logs::last_error(context) {
        proof = proof.and(FactKind::Log, line);
    }
    let effect = match kind {
        ProbeKind::Readiness => "it gets no traffic",
        ProbeKind::Liveness => "it is killed and restarted",
        ProbeKind::Startup => "it does not count as started",
    };
    let timeout = Allowance::of(failure.probe).timeout;
    if is_timeout(failure.message) {
        proof = proof.and(FactKind::Object, format!("timeoutSeconds {timeout}"));
    }
    Some(proof.message(format!(
        "the {} probe of container {} fails, so {effect}: {}",
        kind.name().to_lowercase(),
        failure.container.name,
        clip(&one_line(failure.message))
    )))
}

/// Whether the probe gave up waiting for an answer.
fn is_timeout(message: &str) -> bool {
    has_any(
        message,
        &["Client.Timeout", "context deadline exceeded", "timed out"],
    )
}

/// The probe by the spec and the exits of the container, where its events are gone.
fn by_exits(context: &RuleContext, kind: ProbeKind) -> Option<Proof> {
    let (status, probe, lived) = inferred(context, kind)?;
    let name = kind.name().to_lowercase();
    let figures = Allowance::of(probe).figures();
    let proof = Proof::object(format!("{name} probe: {}, {figures}", target_text(probe))).and(
        FactKind::Object,
        format!(
            "container {} was killed after {lived} s, {} restarts; events of its probe are no longer kept",
            status.name, status.restart_count
        ),
    );
    let proof = match logs::last_error(context) {
        Some(line) => proof.and(FactKind::Log, line),
        None => proof,
    };
    Some(proof.message(format!(
        "container {} is killed after {lived} s each time, which is when its {name} probe ({}) allows no more failures",
        status.name,
        target_text(probe)
    )))
}
