//! Probes: asked at the wrong port, in the wrong protocol, too early, or
//! answered with no.
//!
//! Port and protocol are named only where the program is shown to be up in
//! another way: another probe of the container succeeds, its log says where it
//! listens, or it answers in the other protocol.

mod failure;
mod port;
mod protocol;
mod timing;

use failure::{ProbeFailureKind, failures, in_words, told};
use port::port;
use protocol::protocol;
use timing::timing;

use super::text::{clip, has_any, one_line};
use super::{Proof, Rule, RuleContext, logs};
use crate::model::{Cause, FactKind};

/// The probe itself is wrong.
pub const MISCONFIGURED: &[Rule] = &[
    Rule {
        cause: Cause::LivenessProbeProtocol,
        proof: |c| protocol(c, ProbeFailureKind::Liveness),
    },
    Rule {
        cause: Cause::LivenessProbePort,
        proof: |c| port(c, ProbeFailureKind::Liveness),
    },
    Rule {
        cause: Cause::LivenessProbeTiming,
        proof: timing,
    },
    Rule {
        cause: Cause::ReadinessProbeProtocol,
        proof: |c| protocol(c, ProbeFailureKind::Readiness),
    },
    Rule {
        cause: Cause::ReadinessProbePort,
        proof: |c| port(c, ProbeFailureKind::Readiness),
    },
];

/// The probe is right, and the answer is no.
pub const FAILING: &[Rule] = &[
    Rule {
        cause: Cause::StartupProbeFailing,
        proof: |c| failing(c, ProbeFailureKind::Startup),
    },
    Rule {
        cause: Cause::LivenessProbeFailing,
        proof: |c| failing(c, ProbeFailureKind::Liveness),
    },
    Rule {
        cause: Cause::ReadinessProbeFailing,
        proof: |c| failing(c, ProbeFailureKind::Readiness),
    },
];

/// Words for a port at which nobody is.
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

fn failing(context: &RuleContext, kind: ProbeFailureKind) -> Option<Proof> {
    let failure = failures(context, kind).into_iter().next()?;
    // A program that ended by itself was not killed for its probe.
    let own_end = context
        .ends()
        .any(|(_, c, t)| c.name == failure.container.name && !matches!(t.exit_code, 137 | 143 | 0));
    if own_end {
        return None;
    }
    let mut proof = told(&failure, kind).and(
        FactKind::Object,
        format!(
            "{} probe: {}",
            kind.word().to_lowercase(),
            in_words(failure.probe)
        ),
    );
    if let Some(line) = logs::last_words(context) {
        proof = proof.and(FactKind::Log, line);
    }
    let effect = match kind {
        ProbeFailureKind::Readiness => "it gets no requests",
        ProbeFailureKind::Liveness => "it is killed and started again",
        ProbeFailureKind::Startup => "it is not counted as started",
    };
    Some(proof.saying(format!(
        "the {} probe of container {} fails, so {effect}: {}",
        kind.word().to_lowercase(),
        failure.container.name,
        clip(&one_line(failure.message))
    )))
}
