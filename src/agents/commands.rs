//! The allowlist of commands that a model may suggest. Pure.
//!
//! Operators copy commands without checking them, so the list is short: kubectl and Git commands
//! that read, a rollout restart of an object in scope, and a revert of a candidate commit. Every
//! object and commit must exist. Secrets, `exec` and shell syntax are not allowed.

use std::collections::BTreeSet;

use super::object_index::{self, Scope};
use crate::inventory::Service;
use crate::model::{ResourceInfo, ShellCommand};

/// The names that commands may use.
pub struct AllowedNames<'a> {
    /// The objects.
    pub scope: &'a Scope<'a>,
    /// The incident's service.
    pub service: Option<&'a Service>,
    /// The full SHAs of the candidate commits.
    pub commits: Vec<&'a str>,
}

/// The length of a command, in bytes.
const MAX_LENGTH: usize = 200;

/// Options without a value.
const SWITCHES: &[&str] = &[
    "--previous",
    "-p",
    "--all-containers",
    "--show-labels",
    "--containers",
    "-w",
    "--watch",
];
/// Options with a value.
const VALUED: &[&str] = &[
    "--tail",
    "--since",
    "--timeout",
    "--sort-by",
    "-c",
    "--container",
    "-l",
    "--selector",
];
/// Values of `--output`.
const OUTPUTS: &[&str] = &["wide", "yaml", "json", "name"];

/// The command, if it may be shown.
#[must_use]
pub fn allowed(text: &str, names: &AllowedNames) -> Option<ShellCommand> {
    // No name that a model may use needs quotes.
    if text.len() > MAX_LENGTH || text.contains('\'') {
        return None;
    }
    let command = ShellCommand::parse(text)?;
    let [argv] = command.argvs() else {
        return None;
    };
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    is_allowed(&words, names).then_some(command)
}

fn is_allowed(words: &[&str], names: &AllowedNames) -> bool {
    match words {
        ["kubectl", rest @ ..] => kubectl(rest, names).is_some(),
        ["git", "revert" | "show", sha] => is_commit(sha, names),
        ["git", "log", rest @ ..] => log(rest, names),
        ["argocd", "app", "get" | "diff" | "history", name] => names
            .service
            .is_some_and(|s| s.gitops.app_name.as_deref() == Some(name)),
        _ => false,
    }
}

fn is_commit(sha: &str, names: &AllowedNames) -> bool {
    sha.len() >= 7
        && sha.chars().all(|c| c.is_ascii_hexdigit())
        && names.commits.iter().any(|known| known.starts_with(sha))
}

/// `git log [-p] [-N] [--oneline] -- PATH` of the service's own files.
fn log(words: &[&str], names: &AllowedNames) -> bool {
    let Some(separator) = words.iter().position(|word| *word == "--") else {
        return false;
    };
    let (options, paths) = (&words[..separator], &words[separator + 1..]);
    let is_number = |word: &str| {
        let digits = word.strip_prefix('-').unwrap_or_default();
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    };
    let gitops = names.service.map(|s| &s.gitops);
    let own: BTreeSet<_> = gitops
        .iter()
        .flat_map(|g| [g.manifests.as_deref(), g.app_file.as_deref()])
        .flatten()
        .collect();
    options
        .iter()
        .all(|word| matches!(*word, "-p" | "--oneline") || is_number(word))
        && !paths.is_empty()
        && paths.iter().all(|path| own.contains(path))
}

/// The parts of a kubectl command.
#[derive(Default)]
struct KubectlCommand<'a> {
    namespace: &'a str,
    prints_object: bool,
    words: Vec<&'a str>,
}

/// `Some` when it is allowed.
fn kubectl(words: &[&str], names: &AllowedNames) -> Option<()> {
    let parsed = options(words)?;
    let is_in_scope = parsed.namespace.is_empty() || names.scope.is_within(parsed.namespace);
    let (verb, rest) = parsed.words.split_first().filter(|_| is_in_scope)?;
    let named = |kind: &ResourceInfo, name: &str| names.scope.holds(kind, parsed.namespace, name);
    let is_allowed = match (*verb, rest) {
        ("get", ["events"]) | ("top", ["pods" | "pod"]) => !parsed.namespace.is_empty(),
        ("get" | "describe" | "logs", [one]) if one.contains('/') => reference(one, &named),
        // Values of environment variables may be secrets, so lists are not printed in full.
        ("get", [kind]) => {
            let kind = object_index::kind(kind)?;
            !parsed.prints_object && (!kind.is_namespaced() || !parsed.namespace.is_empty())
        }
        ("get" | "describe", [kind, name]) => named(object_index::kind(kind)?, name),
        ("logs", [pod]) => named(object_index::kind("pod")?, pod),
        ("top", ["nodes" | "node"]) => true,
        ("rollout", ["status" | "history" | "restart", one]) => {
            reference(one, &|kind, name| is_workload(kind) && named(kind, name))
        }
        ("rollout", ["status" | "history" | "restart", kind, name]) => {
            let kind = object_index::kind(kind)?;
            is_workload(kind) && named(kind, name)
        }
        _ => false,
    };
    is_allowed.then_some(())
}

fn is_workload(kind: &ResourceInfo) -> bool {
    matches!(kind.kind, "Deployment" | "StatefulSet" | "DaemonSet")
}

/// `deployment/api`.
fn reference(text: &str, named: &dyn Fn(&ResourceInfo, &str) -> bool) -> bool {
    text.split_once('/')
        .and_then(|(kind, name)| Some(named(object_index::kind(kind)?, name)))
        .unwrap_or(false)
}

/// Splits options from arguments; `None` if an option is not allowed.
fn options<'a>(words: &[&'a str]) -> Option<KubectlCommand<'a>> {
    let mut parsed = KubectlCommand::default();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) if key.starts_with('-') => (key, Some(value)),
            _ => (word, None),
        };
        match key {
            "-n" | "--namespace" => parsed.namespace = value.or_else(|| words.next())?,
            "-o" | "--output" => {
                let form = value.or_else(|| words.next())?;
                parsed.prints_object = form != "wide" && form != "name";
                OUTPUTS.contains(&form).then_some(())?;
            }
            _ if SWITCHES.contains(&key) && value.is_none() => {}
            _ if VALUED.contains(&key) => {
                let value = value.or_else(|| words.next())?;
                (!value.is_empty() && !value.starts_with('-')).then_some(())?;
            }
            _ if key.starts_with('-') || word.is_empty() => return None,
            _ => parsed.words.push(word),
        }
    }
    Some(parsed)
}
