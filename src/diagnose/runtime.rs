//! How containers end: killed for memory, starved of CPU, or by their own hand.

use super::context::container;
use super::text::listed;
use super::{Proof, Rule, RuleContext, logs};
use crate::cluster::types::Terminated;
use crate::model::{Cause, FactKind, Reason};

/// What the kernel did leaves nothing to interpretation.
pub const KILLED: &[Rule] = &[
    Rule {
        cause: Cause::OOMKilled,
        proof: out_of_memory,
    },
    Rule {
        cause: Cause::CpuSaturated,
        proof: cpu,
    },
];

/// The container ended by itself, and nothing said why it had to.
pub const ENDED: &[Rule] = &[Rule {
    cause: Cause::AppCrash,
    proof: crashed,
}];

/// The last run counts, not an OOM kill long before it.
fn out_of_memory(context: &RuleContext) -> Option<Proof> {
    if context.is(&[Reason::MemoryNearLimit]) {
        return None;
    }
    let (pod, status, end) = context.ends().find(|(_, _, t)| t.reason == "OOMKilled")?;
    let limit = container(pod, &status.name).and_then(|c| c.resources.limits.get("memory"));
    let bound = match limit {
        Some(limit) => format!("its limit of {}", limit.0),
        None => "the node's memory: it has no limit of its own".to_owned(),
    };
    Some(
        Proof::object(format!(
            "container {}: OOMKilled, exit code {}, {} restarts; memory limit {}",
            status.name,
            end.exit_code,
            status.restart_count,
            limit.map_or("none", |l| l.0.as_str())
        ))
        .saying(format!(
            "container {} was killed for memory (OOMKilled, exit code {}) at {bound}",
            status.name, end.exit_code
        )),
    )
}

/// Memory limits of the containers, in words.
pub fn memory_limits(context: &RuleContext) -> String {
    let containers = context.spec().map_or(&[][..], |s| &s.containers);
    let limits: Vec<_> = containers
        .iter()
        .map(|c| {
            format!(
                "{} {}",
                c.name,
                c.resources
                    .limits
                    .get("memory")
                    .map_or("none", |l| l.0.as_str())
            )
        })
        .collect();
    listed(&limits)
}

fn cpu(context: &RuleContext) -> Option<Proof> {
    context
        .is(&[Reason::CpuNearLimit])
        .then(|| Proof::of(FactKind::Metric, context.finding.message.clone()))
}

/// Ended with an error of its own. A container that was told to stop (143) or
/// was shot (137) without a word of who did it is not known to have crashed.
fn crashed(context: &RuleContext) -> Option<Proof> {
    if let Some((_, status, end)) = context
        .ends()
        .find(|(_, _, t)| !matches!(t.exit_code, 137 | 143))
    {
        let ended = match status.restart_count {
            0 => format!("container {} {}", status.name, translated(end)),
            count => format!(
                "container {} restarted {count} times, last {}",
                status.name,
                translated(end)
            ),
        };
        let proof = Proof::object(ended.clone());
        return Some(match logs::last_words(context) {
            Some(line) => proof
                .and(FactKind::Log, line.clone())
                .saying(format!("{ended}: {line}")),
            None => proof.saying(ended),
        });
    }
    // Ends with success, over and over, where something should stay.
    let (_, status) = context.unready().find(|(_, c)| {
        let end = c.last_state.terminated.as_deref();
        c.restart_count > 0 && end.is_some_and(|t| t.exit_code == 0) && c.state.waiting.is_some()
    })?;
    context.is(&[Reason::CrashLoopBackOff]).then(|| {
        Proof::object(format!(
            "container {} ended with exit code 0, {} restarts",
            status.name, status.restart_count
        ))
        .saying(format!(
            "container {} does its work and ends, where a process should stay",
            status.name
        ))
    })
}

/// An exit code in words.
#[must_use]
pub fn translated(end: &Terminated) -> String {
    let meaning = match end.exit_code {
        1 => "an error of the program",
        2 => "wrong use, or an error of the program",
        126 => "the command may not be run",
        127 => "the command does not exist",
        128 => "it could not be started",
        132 => "an instruction that this processor lacks",
        134 => "it gave up (SIGABRT)",
        135 => "a bus error",
        136 => "an arithmetic error",
        137 => "it was killed",
        139 => "a segmentation fault",
        143 => "it was told to stop",
        255 => "an error of the program, or its node went down",
        _ => "",
    };
    match meaning {
        "" => format!("ended with exit code {}", end.exit_code),
        meaning => format!("ended with exit code {} ({meaning})", end.exit_code),
    }
}
