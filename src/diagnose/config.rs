//! Containers that cannot be created or started: their configuration names
//! objects that do not exist, their volumes cannot be mounted, or their command
//! cannot be run.

use super::text::{between, has_any};
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind, Reason};

/// Missing objects count before failures.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::SecretMissing, |c| missing(c, "secret")),
    Rule::new(Cause::ConfigMapMissing, |c| missing(c, "configmap")),
    Rule::new(Cause::OOMKilled, oom_killed_at_start),
    Rule::new(Cause::VolumePermissionDenied, mount_denied),
    Rule::new(Cause::VolumeMountFailed, mount_failed),
    Rule::new(Cause::ContainerCommandInvalid, command),
];

/// The Secret or ConfigMap that the kubelet reports as missing: for environments
/// in the waiting message, for volumes in an event.
fn missing(context: &RuleContext, kind: &str) -> Option<Proof> {
    let waiting = context
        .waiting()
        .filter(|(_, reason, _)| *reason == "CreateContainerConfigError")
        .map(|(_, _, message)| (FactKind::Object, message));
    let mounts = context
        .waiting()
        .any(|(_, reason, _)| is_being_created(reason))
        || context.is(&[Reason::ContainerCreating, Reason::FailedMount]);
    let events = context
        .events_of(&["FailedMount", "Failed"])
        .into_iter()
        .filter(|_| mounts)
        .map(|e| (FactKind::Event, e.message.as_str()));
    let (from, text, name) = waiting
        .chain(events)
        .find_map(|(from, text)| Some((from, text, missing_name(text, kind)?)))?;
    let object = if kind == "secret" {
        "Secret"
    } else {
        "ConfigMap"
    };
    let what = match between(text, "find key ", " in ") {
        Some(key) => format!("key {key} of {object} {name} does not exist"),
        None => format!(
            "{object} {name} does not exist in namespace {}",
            context.namespace()
        ),
    };
    let effect = if context.is(&[Reason::FailedMount]) {
        "the next start will fail"
    } else {
        "no container can start"
    };
    let proof = Proof::of(from, text).message(format!("{effect}: {what}"));
    Some(match kind {
        "secret" => super::secrets::group_with_external_secret(context, &name, proof),
        _ => proof,
    })
}

fn is_being_created(reason: &str) -> bool {
    matches!(
        reason,
        "ContainerCreating" | "PodInitializing" | "CreateContainerConfigError"
    )
}

/// The name in `secret "x" not found`, `references non-existent secret key`
/// or `couldn't find key k in Secret ns/x`.
fn missing_name(text: &str, kind: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let mark = format!("{kind} \"");
    if let Some((_, rest)) = lower.split_once(&mark)
        && rest.contains("not found")
    {
        return rest.split('"').next().map(ToOwned::to_owned);
    }
    let in_kind = format!(" in {kind} ");
    if lower.contains("find key") && lower.contains(&in_kind) {
        let (_, rest) = lower.split_once(&in_kind)?;
        let name = rest.split([' ', ',', '"']).next()?;
        return Some(name.rsplit('/').next().unwrap_or(name).to_owned());
    }
    let keyless = lower.contains("references non-existent") && lower.contains(kind);
    keyless.then(|| {
        between(text, "volume \"", "\"")
            .unwrap_or("of a volume")
            .to_owned()
    })
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
    let limits = super::runtime::memory_limits(context);
    Some(
        Proof::of(from, text)
            .and(FactKind::Object, format!("memory limits: {limits}"))
            .message(format!(
                "OOM-killed before it could start; memory limits: {limits}"
            )),
    )
}

fn mount_events<'a>(context: &RuleContext<'a>) -> Vec<&'a str> {
    if !context.is(&[
        Reason::ContainerCreating,
        Reason::CreateContainerError,
        Reason::RunContainerError,
    ]) {
        return Vec::new();
    }
    // A few sync failures are normal while a pod is scheduled.
    let events = context.events_of(&["FailedMount", "FailedAttachVolume", "FailedMapVolume"]);
    events
        .into_iter()
        .filter(|e| !e.message.contains("failed to sync") || e.times() > 3)
        .map(|e| e.message.as_str())
        .collect()
}

fn mount_denied(context: &RuleContext) -> Option<Proof> {
    let denied = |m: &&str| {
        has_any(
            &m.to_lowercase(),
            &[
                "permission denied",
                "access denied",
                "operation not permitted",
            ],
        )
    };
    let text = mount_events(context).into_iter().find(denied)?;
    Some(Proof::event(text).message(format!(
        "volume {} cannot be mounted: permission denied",
        between(text, "volume \"", "\"").unwrap_or("of the pod")
    )))
}

fn mount_failed(context: &RuleContext) -> Option<Proof> {
    if context.is(&[Reason::ClaimLost]) {
        return Some(Proof::object(context.finding.message.clone()));
    }
    if context.is(&[Reason::FailedScheduling]) {
        let text = &context.finding.message;
        let claim = between(text, "persistentvolumeclaim \"", "\" not found")?;
        return Some(
            Proof::object(format!(
                "claim {claim} does not exist in namespace {}",
                context.namespace()
            ))
            .message(format!("cannot be scheduled: claim {claim} does not exist")),
        );
    }
    let text = mount_events(context).into_iter().next()?;
    let volume = between(text, "volume \"", "\"").unwrap_or("of the pod");
    let elsewhere = text.contains("Multi-Attach error");
    let how = if elsewhere {
        "it is still attached to another node"
    } else {
        "it cannot be mounted"
    };
    Some(Proof::event(text).message(format!("waits for volume {volume}: {how}")))
}

/// Words of the runtime about a command that is not there or no program.
const NO_COMMAND: &[&str] = &[
    "executable file not found",
    "no such file or directory",
    "exec format error",
    "permission denied",
    "is a directory",
    "no command specified",
    "not a directory",
];

fn command(context: &RuleContext) -> Option<Proof> {
    let of_start = |reason: &str| {
        matches!(
            reason,
            "RunContainerError" | "CreateContainerError" | "StartError"
        )
    };
    let waiting = context
        .waiting()
        .filter(|(_, r, _)| of_start(r))
        .map(|(_, _, m)| m);
    let ended = context
        .ends()
        .filter(|(_, _, t)| {
            of_start(&t.reason) || t.reason == "ContainerCannotRun" || t.reason == "StartError"
        })
        .map(|(_, _, t)| t.message.as_str());
    let text = waiting
        .chain(ended)
        .find(|m| has_any(&m.to_lowercase(), NO_COMMAND) && !m.contains("failed to mount"));
    if let Some(text) = text {
        let name = between(text, "exec: \"", "\"").map_or_else(String::new, |c| format!(" {c}"));
        return Some(
            Proof::object(text).message(format!("the container's command{name} cannot be run")),
        );
    }
    let (_, status, end) = context
        .ends()
        .find(|(_, _, t)| matches!(t.exit_code, 126 | 127))?;
    let what = if end.exit_code == 127 {
        "does not exist in the image"
    } else {
        "is no program that may be run"
    };
    let mut proof = Proof::object(format!(
        "container {} ended with exit code {}",
        status.name, end.exit_code
    ));
    if let Some(line) = super::logs::last_error(context) {
        proof = proof.and(FactKind::Log, line);
    }
    Some(proof.message(format!(
        "the command of container {} {what} (exit code {})",
        status.name, end.exit_code
    )))
}
