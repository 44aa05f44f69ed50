//! Which commands of a model may be shown. Pure.
//!
//! An operator pastes them half asleep, so the list is short: kubectl that
//! reads, a rollout restart of what the incident is about, Git that reads, a
//! revert of a commit that is a suspect. Every object and commit named must
//! exist; no Secret, no `exec`, no shell.

use std::collections::BTreeSet;

use super::object_index::{self, Scope};
use crate::inventory::Service;
use crate::model::ResourceInfo;

/// What commands may name.
pub struct Names<'a> {
    /// Objects.
    pub reach: &'a Scope<'a>,
    /// The incident's service.
    pub service: Option<&'a Service>,
    /// Suspect commits, in full.
    pub commits: Vec<&'a str>,
}

/// No command is longer.
const LONGEST: usize = 200;

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
/// Options with a value that is a word or a number of no consequence.
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
/// Forms of output.
const OUTPUTS: &[&str] = &["wide", "yaml", "json", "name"];

/// Whether the command may be shown.
#[must_use]
pub fn is_allowed(command: &str, names: &Names) -> bool {
    // Words of these characters mean the same in every shell, unquoted.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./=:,@".contains(c);
    if command.len() > LONGEST || !command.chars().all(is_plain) {
        return false;
    }
    let words: Vec<&str> = command.split(' ').collect();
    match words.as_slice() {
        ["kubectl", rest @ ..] => kubectl(rest, names).is_some(),
        ["git", "revert" | "show", sha] => is_commit(sha, names),
        ["git", "log", rest @ ..] => log(rest, names),
        ["argocd", "app", "get" | "diff" | "history", name] => names
            .service
            .is_some_and(|s| s.gitops.app_name.as_deref() == Some(name)),
        _ => false,
    }
}

fn is_commit(sha: &str, names: &Names) -> bool {
    sha.len() >= 7
        && sha.chars().all(|c| c.is_ascii_hexdigit())
        && names.commits.iter().any(|known| known.starts_with(sha))
}

/// `git log [-p] [-N] [--oneline] -- PATH` of the service's own files.
fn log(words: &[&str], names: &Names) -> bool {
    let Some(place) = words.iter().position(|word| *word == "--") else {
        return false;
    };
    let (options, paths) = (&words[..place], &words[place + 1..]);
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

/// A kubectl command, taken apart.
#[derive(Default)]
struct Parsed<'a> {
    namespace: &'a str,
    output: bool,
    words: Vec<&'a str>,
}

/// `Some` when it is allowed.
fn kubectl(words: &[&str], names: &Names) -> Option<()> {
    let parsed = options(words)?;
    let within = parsed.namespace.is_empty() || names.reach.is_within(parsed.namespace);
    let (verb, rest) = parsed.words.split_first().filter(|_| within)?;
    let named = |kind: &ResourceInfo, name: &str| names.reach.holds(kind, parsed.namespace, name);
    let is_fine = match (*verb, rest) {
        ("get", ["events"]) | ("top", ["pods" | "pod"]) => !parsed.namespace.is_empty(),
        ("get" | "describe" | "logs", [one]) if one.contains('/') => reference(one, &named),
        // The values of variables may be secrets: whole objects are not printed.
        ("get", [kind]) => {
            let kind = object_index::kind(kind)?;
            !parsed.output && (!kind.is_namespaced() || !parsed.namespace.is_empty())
        }
        ("get" | "describe", [kind, name]) => named(object_index::kind(kind)?, name),
        ("logs", [pod]) => named(object_index::kind("pod")?, pod),
        ("top", ["nodes" | "node"]) => true,
        ("rollout", ["status" | "history" | "restart", one]) => reference(one, &|kind, name| {
            matches!(kind.kind, "Deployment" | "StatefulSet" | "DaemonSet") && named(kind, name)
        }),
        ("rollout", ["status" | "history" | "restart", kind, name]) => {
            let kind = object_index::kind(kind)?;
            matches!(kind.kind, "Deployment" | "StatefulSet" | "DaemonSet") && named(kind, name)
        }
        _ => false,
    };
    is_fine.then_some(())
}

/// `deployment/api`.
fn reference(text: &str, named: &dyn Fn(&ResourceInfo, &str) -> bool) -> bool {
    text.split_once('/')
        .and_then(|(kind, name)| Some(named(object_index::kind(kind)?, name)))
        .unwrap_or(false)
}

/// Sorts options from words; `None` at an option that is not allowed.
fn options<'a>(words: &[&'a str]) -> Option<Parsed<'a>> {
    let mut parsed = Parsed::default();
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
                parsed.output = form != "wide" && form != "name";
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
