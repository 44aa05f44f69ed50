//! How containers end: OOM-killed, throttled, or with an error of their own.

use super::context::container;
use super::text::listed;
use super::{Proof, Rule, RuleContext, logs};
use crate::cluster::types::Terminated;
use crate::model::{Cause, FactKind, Reason};

/// What the kernel did is certain.
pub const KILLED: &[Rule] = &[
    Rule::new(Cause::OOMKilled, out_of_memory),
    Rule::new(Cause::CpuSaturated, cpu),
];

/// The container ended by itself, without a more specific cause.
pub const ENDED: &[Rule] = &[Rule::new(Cause::AppCrash, crashed)];

/// The last run counts, not an OOM kill long before it.
fn out_of_memory(context: &RuleContext) -> Option<Proof> {
    if context.is(&[Reason::MemoryNearLimit]) {
        return None;
    }
    let (pod, status, end) = context.ends().find(|(_, _, t)| t.reason == "OOMKilled")?;
    let limit = container(pod, &status.name).and_then(|c| c.resources.limits.get("memory"));
    let bound = match limit {
        Some(limit) => format!("at its memory limit of {}", limit.0),
        None => "for lack of memory on the node; it has no limit".to_owned(),
    };
    Some(
        Proof::object(format!(
            "container {}: OOMKilled, exit code {}, {} restarts; memory limit {}",
            status.name,
            end.exit_code,
            status.restart_count,
            limit.map_or("none", |l| l.0.as_str())
        ))
        .message(format!(
            "container {} was OOM-killed (exit code {}) {bound}",
            status.name, end.exit_code
        )),
    )
}

/// The memory limits of the containers, as text.
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

/// The container ended with an error of its own. After SIGTERM (143) or SIGKILL
/// (137) it is not known to have crashed.
fn crashed(context: &RuleContext) -> Option<Proof> {
    if let Some((_, status, end)) = context
        .ends()
        .find(|(_, _, t)| !matches!(t.exit_code, 137 | 143))
    {
        let ended = match status.restart_count {
            0 => format!("container {} {}", status.name, exit_text(end)),
            count => format!(
                "container {} restarted {count} times, last {}",
                status.name,
                exit_text(end)
            ),
        };
        let proof = Proof::object(ended.clone());
        return Some(match logs::last_error(context) {
            Some(line) => proof
                .and(FactKind::Log, line.clone())
                .message(format!("{ended}: {line}")),
            None => proof.message(ended),
        });
    }
    // A container that should keep running exits with code 0 again and again.
    let (_, status) = context.unready().find(|(_, c)| {
        let end = c.last_state.terminated.as_deref();
        c.restart_count > 0 && end.is_some_and(|t| t.exit_code == 0) && c.state.waiting.is_some()
    })?;
    context.is(&[Reason::CrashLoopBackOff]).then(|| {
        Proof::object(format!(
            "container {} ended with exit code 0, {} restarts",
            status.name, status.restart_count
        ))
        .message(format!(
            "container {} exits with code 0 although it should keep running",
            status.name
        ))
    })
}

/// The exit of a container as text, with the meaning of its code.
#[must_use]
pub fn exit_text(end: &Terminated) -> String {
    let meaning = match end.exit_code {
        1 => "application error",
        2 => "application error or wrong usage",
        126 => "command not executable",
        127 => "command not found",
        128 => "could not be started",
        132 => "SIGILL: illegal instruction",
        134 => "SIGABRT: aborted",
        135 => "SIGBUS: bus error",
        136 => "SIGFPE: arithmetic error",
        137 => "SIGKILL: killed",
        139 => "SIGSEGV: segmentation fault",
        143 => "SIGTERM: terminated",
        255 => "application error, or its node went down",
        _ => "",
    };
    match meaning {
        "" => format!("ended with exit code {}", end.exit_code),
        meaning => format!("ended with exit code {} ({meaning})", end.exit_code),
    }
}
