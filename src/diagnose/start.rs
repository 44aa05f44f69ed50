//! What the container runtime says when it cannot create or start a container: a volume
//! that does not fit, a security profile that the node lacks, or a command that cannot
//! be run. Each has its own words; "no such file or directory" alone is none of them.

use super::text::{between, has_any};
use super::{Proof, Rule, RuleContext};
use crate::cluster::types::Terminated;
use crate::model::{Cause, FactKind};

/// Missing volumes count before the command.
pub const RULES: &[Rule] = &[Rule::new(Cause::ContainerCommandInvalid, command)];

/// What a container could not be created or started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A volume, a folder of the node or a path in a volume.
    Mount,
    /// `AppArmor`, seccomp or `SELinux`.
    Security,
    /// The command, its folder, or the format of its file.
    Command,
    /// Something else.
    Other,
}

/// A message of the runtime.
pub struct StartFailure<'a> {
    /// What it is about.
    pub kind: Failure,
    /// The message.
    pub text: &'a str,
}

const SECURITY: &[&str] = &["apparmor", "seccomp", "selinux"];
/// Words of containerd, CRI-O, Docker, runc, crun and the kubelet about mounts.
const MOUNT: &[&str] = &[
    "subpath",
    "error mounting",
    "failed to mount",
    "to rootfs",
    "failed to stat \"",
    "failed to mkdir \"",
    "failed to resolve symlink \"",
    "creating mount source path",
    "bind source path does not exist",
    "invalid mount config",
    "mounting a directory onto a file",
    "mount a directory onto a file",
    "stale file handle",
    "stale nfs file handle",
    "transport endpoint is not connected",
    "failed to create directory for volume",
    "host path",
];
/// Words that only stand where a command is run.
const COMMAND_WORDS: &[&str] = &[
    "executable file",
    "exec format error",
    "no command specified",
    "exec: \"",
    "exec user process caused",
    "open executable",
    "chdir to cwd",
    "mkdir to set cwd",
    "executable not found",
];

impl Failure {
    fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        if has_any(&lower, SECURITY) {
            Self::Security
        } else if has_any(&lower, COMMAND_WORDS) || is_exec_of_path(&lower) {
            Self::Command
        } else if has_any(&lower, MOUNT) {
            Self::Mount
        } else {
            Self::Other
        }
    }
}

/// `exec /app/server: no such file or directory`, as runc and crun write it.
fn is_exec_of_path(lower: &str) -> bool {
    lower
        .split_once("exec /")
        .is_some_and(|(_, rest)| rest.contains(": "))
}

/// Whether a container ended before its command ran, so that the runtime's message and not
/// the program says why.
pub fn never_ran(end: &Terminated) -> bool {
    matches!(
        end.reason.as_str(),
        "StartError" | "ContainerCannotRun" | "RunContainerError" | "CreateContainerError"
    )
}

/// The messages of the runtime about containers that it could not create or start.
pub fn failures<'a>(context: &RuleContext<'a>) -> Vec<StartFailure<'a>> {
    let of_start = |reason: &str| {
        matches!(
            reason,
            "RunContainerError"
                | "CreateContainerError"
                | "CreateContainerConfigError"
                | "StartError"
        )
    };
    let waiting = context
        .waiting()
        .filter(|(_, reason, _)| of_start(reason))
        .map(|(_, _, message)| message);
    let ended = context
        .ends()
        .filter(|(_, _, end)| never_ran(end))
        .map(|(_, _, end)| end.message.as_str());
    waiting
        .chain(ended)
        .filter(|text| !text.is_empty())
        .map(|text| StartFailure {
            kind: Failure::of(text),
            text,
        })
        .collect()
}

fn command(context: &RuleContext) -> Option<Proof> {
    let failures = failures(context);
    if let Some(failure) = failures.iter().find(|f| f.kind == Failure::Command) {
        let text = failure.text;
        let name = between(text, "exec: \"", "\"").map_or_else(String::new, |c| format!(" {c}"));
        return Some(
            Proof::object(text).message(format!("the container's command{name} cannot be run")),
        );
    }
    let (_, status, end) = context
        .ends()
        .find(|(_, _, t)| matches!(t.exit_code, 126 | 127) && !never_ran(t))?;
    let what = if end.exit_code == 127 {
        "does not exist in the image"
    } else {
        "is not an executable program"
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
