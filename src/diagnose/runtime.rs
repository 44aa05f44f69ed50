//! How containers end: OOM-killed, throttled, or with an error of their own.

use super::context::container;
use super::text::listed;
use super::{Proof, Rule, RuleContext, logs, start};
use crate::cluster::types::Terminated;
use crate::detect::{running_containers, runs_on};
use crate::model::{Cause, FactKind, Reason};

/// The kernel killed the runtime while it created the container.
pub const AT_START: &[Rule] = &[Rule::new(Cause::OOMKilled, oom_killed_at_start)];

/// What the kernel and the kubelet did is certain.
pub const KILLED: &[Rule] = &[
    Rule::new(Cause::OOMKilled, out_of_memory),
    Rule::new(Cause::CpuSaturated, cpu),
    Rule::new(Cause::PostStartHookFailing, hook),
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

/// The runtime could not create the container within its memory limit.
fn oom_killed_at_start(context: &RuleContext) -> Option<Proof> {
    let is_oom = |text: &str| text.to_lowercase().contains("oom-kill");
    let waiting = context
        .waiting()
        .find(|(_, _, m)| is_oom(m))
        .map(|(_, _, m)| (FactKind::Object, m));
    let (from, text) = waiting.or_else(|| {
        let events = context.events_of(&["FailedCreatePodSandBox", "Failed"]);
        let event = events.into_iter().find(|e| is_oom(&e.message))?;
        Some((FactKind::Event, event.message.as_str()))
    })?;
    let limits = memory_limits(context);
    Some(
        Proof::of(from, text)
            .and(FactKind::Object, format!("memory limits: {limits}"))
            .message(format!(
                "OOM-killed before it could start; memory limits: {limits}"
            )),
    )
}

/// The kubelet kills a container whose postStart hook fails.
fn hook(context: &RuleContext) -> Option<Proof> {
    let events = context.events_of(&["FailedPostStartHook"]);
    let (pod, status, event) = context.failing().find_map(|(pod, c)| {
        let of_container = format!("{{{}}}", c.name);
        let event = events.iter().find(|e| {
            let path = &e.involved_object.field_path;
            let is_own = path.is_empty() || path.contains(&of_container);
            is_own && (e.involved_object.name == pod.metadata.name)
        })?;
        (!c.ready).then_some((pod, c, event))
    })?;
    // Later runs of a container whose hook succeeded end for another reason.
    let end = status.last_state.terminated.as_deref();
    let ended = end.and_then(|t| t.finished_at);
    if ended
        .zip(event.last())
        .is_some_and(|(end, last)| end - last > SOON)
    {
        return None;
    }
    let hook = container(pod, &status.name).and_then(|c| c.lifecycle.as_ref()?.post_start.as_ref());
    let command = hook.and_then(|h| h.exec.as_ref());
    let proof = Proof::event(format!("FailedPostStartHook: {}", event.message));
    let proof = match command {
        Some(exec) => proof.and(
            FactKind::Object,
            format!("postStart hook: {}", exec.command.join(" ")),
        ),
        None => proof,
    };
    Some(proof.message(format!(
        "container {} is killed after each start because its postStart hook fails (PostStartHook), {} restarts",
        status.name, status.restart_count
    )))
}

/// The kubelet kills the container this soon after its hook failed, or after its grace period.
const SOON: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// The memory limits of the containers, as text.
pub fn memory_limits(context: &RuleContext) -> String {
    let containers = context.spec().into_iter().flat_map(running_containers);
    let limits: Vec<_> = containers
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
        .find(|(_, _, t)| !matches!(t.exit_code, 137 | 143) && !start::never_ran(t))
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
    ended_well(context)
}

/// A container that should keep running exits with code 0 again and again.
fn ended_well(context: &RuleContext) -> Option<Proof> {
    if !context.is(&[
        Reason::CrashLoopBackOff,
        Reason::ContainersNotReady,
        Reason::ProgressDeadlineExceeded,
    ]) {
        return None;
    }
    let (_, status) = context.unready().find(|(pod, c)| {
        let end = c.state.terminated.as_deref();
        let waits = c.state.waiting.is_some() && c.restart_count > 0;
        let end = end.or(c.last_state.terminated.as_deref().filter(|_| waits));
        runs_on(pod, &c.name) && end.is_some_and(|t| t.exit_code == 0)
    })?;
    let name = &status.name;
    let proof = Proof::object(format!(
        "container {name} ended with exit code 0, {} restarts",
        status.restart_count
    ));
    let proof = match logs::last_error(context) {
        Some(line) => proof.and(FactKind::Log, line),
        None => proof,
    };
    Some(proof.message(format!(
        "container {name} exits with code 0 although it should keep running"
    )))
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
