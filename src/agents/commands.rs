//! The allowlist of commands that a model may suggest. Pure.
//!
//! Operators copy commands without checking them, so the list is short: kubectl and Git commands
//! that read, a rollout restart of an object in scope, and a revert of a candidate commit. Every
//! object and commit must exist. Secrets, `exec` and shell syntax are not allowed.

use std::collections::BTreeSet;

use super::object_index::{self, Scope};
use crate::inventory::Service;
use crate::model::{ResourceInfo, ShellCommand, named_enum};

/// The names that commands may use.
pub struct AllowedNames<'a> {
    /// The objects.
    pub scope: &'a Scope<'a>,
    /// The incident's service.
    pub service: Option<&'a Service>,
    /// The full SHAs of the candidate commits. Their short ids are C1, C2 and so on.
    pub commits: Vec<&'a str>,
    /// What the incident is about: its service with its aliases, and the object at its root. Empty
    /// for an incident of the monitor itself.
    pub subjects: Vec<&'a str>,
}

impl AllowedNames<'_> {
    /// The full SHA of a commit by its short id, its SHA, or at least seven digits of it.
    #[must_use]
    pub fn commit(&self, name: &str) -> Option<&str> {
        let number = name
            .strip_prefix(['C', 'c'])
            .and_then(|number| number.parse::<usize>().ok());
        let by_number = number.and_then(|number| self.commits.get(number.checked_sub(1)?));
        by_number
            .or_else(|| {
                let is_sha = name.len() >= 7 && name.chars().all(|c| c.is_ascii_hexdigit());
                let mut known = self.commits.iter();
                known.find(|known| is_sha && known.starts_with(name))
            })
            .copied()
    }
}

named_enum! {
    /// Why a command is not shown.
    pub enum CommandRefusal {
        /// It is longer than 200 bytes.
        Length = "it is too long",
        /// It has shell syntax, quotes or an odd character.
        Syntax = "it is not one plain command",
        /// It is no command of the list, or has an option that is not on it.
        Unlisted = "it is not on the list of commands that read",
        /// It would print a Secret or a ConfigMap.
        Secret = "it reads Secrets or a kind that is not read",
        /// It has no namespace, or another one than the incident's.
        Namespace = "its namespace is not one of the incident's",
        /// It names an object that does not exist.
        Object = "its object does not exist",
        /// It names a commit or a path that is not the incident's.
        Commit = "its commit or path is not one of the incident's",
    }
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
    "--timestamps",
    "--no-headers",
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
    "--limit",
    "--types",
];
/// Values of `--output`.
const OUTPUTS: &[&str] = &["wide", "yaml", "json", "name"];

type Verdict = Result<(), CommandRefusal>;

/// The command, if it may be shown. A commit may be named by its short id.
///
/// # Errors
/// Why it may not be shown.
pub fn allowed(text: &str, names: &AllowedNames) -> Result<ShellCommand, CommandRefusal> {
    let text = with_full_shas(text, names);
    if text.len() > MAX_LENGTH {
        return Err(CommandRefusal::Length);
    }
    // No name that a model may use needs quotes.
    let command = ShellCommand::parse(&text).filter(|_| !text.contains('\''));
    let command = command.ok_or(CommandRefusal::Syntax)?;
    let [argv] = command.argvs() else {
        return Err(CommandRefusal::Syntax);
    };
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    check(&words, names)?;
    Ok(command)
}

/// `git show C1` as `git show SHA`.
fn with_full_shas(text: &str, names: &AllowedNames) -> String {
    let is_short_id = |word: &str| {
        let number = word.strip_prefix('C').unwrap_or_default();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    let words = text.trim().split(' ').map(|word| {
        let sha = names.commit(word).filter(|_| is_short_id(word));
        sha.unwrap_or(word)
    });
    words.collect::<Vec<_>>().join(" ")
}

fn check(words: &[&str], names: &AllowedNames) -> Verdict {
    match words {
        ["kubectl", rest @ ..] => kubectl(rest, names),
        ["git", "revert" | "show", sha] => {
            when(names.commit(sha).is_some(), CommandRefusal::Commit)
        }
        ["git", "log", rest @ ..] => log(rest, names),
        ["argocd", "app", "get" | "diff" | "history", name] => {
            let own = names.service.and_then(|s| s.gitops.app_name.as_deref());
            when(own == Some(*name), CommandRefusal::Object)
        }
        _ => Err(CommandRefusal::Unlisted),
    }
}

fn when(is_allowed: bool, otherwise: CommandRefusal) -> Verdict {
    is_allowed.then_some(()).ok_or(otherwise)
}

/// `git log [-p] [-N] [--oneline] -- PATH` of the service's own files.
fn log(words: &[&str], names: &AllowedNames) -> Verdict {
    let separator = words.iter().position(|word| *word == "--");
    let separator = separator.ok_or(CommandRefusal::Unlisted)?;
    let (options, paths) = (&words[..separator], &words[separator + 1..]);
    let is_number = |word: &str| {
        let digits = word.strip_prefix('-').unwrap_or_default();
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    };
    let is_option = |word: &str| matches!(word, "-p" | "--oneline" | "--stat") || is_number(word);
    when(
        options.iter().all(|word| is_option(word)),
        CommandRefusal::Unlisted,
    )?;
    let gitops = names.service.map(|s| &s.gitops);
    let own: BTreeSet<_> = gitops
        .iter()
        .flat_map(|g| [g.manifests.as_deref(), g.app_file.as_deref()])
        .flatten()
        .collect();
    let is_own = !paths.is_empty() && paths.iter().all(|path| own.contains(path));
    when(is_own, CommandRefusal::Commit)
}

/// The parts of a kubectl command.
#[derive(Default)]
struct KubectlCommand<'a> {
    namespace: &'a str,
    prints_object: bool,
    /// Whether labels or fields select the objects.
    selects: bool,
    /// `--for kind/name` of `kubectl events`.
    about: Option<&'a str>,
    words: Vec<&'a str>,
}

fn kubectl(words: &[&str], names: &AllowedNames) -> Verdict {
    let parsed = options(words).ok_or(CommandRefusal::Unlisted)?;
    let has_namespace = !parsed.namespace.is_empty();
    when(
        !has_namespace || names.scope.is_within(parsed.namespace),
        CommandRefusal::Namespace,
    )?;
    let in_namespace = || when(has_namespace, CommandRefusal::Namespace);
    let named = |kind: &str, name: &str| named(kind, parsed.namespace, name, names);
    let (verb, rest) = parsed.words.split_first().ok_or(CommandRefusal::Unlisted)?;
    match (*verb, rest) {
        ("events", []) => {
            in_namespace()?;
            parsed
                .about
                .map_or(Ok(()), |about| reference(about, &named))
        }
        ("get", ["events" | "event" | "ev" | "endpoints" | "ep"])
        | ("top", ["pods" | "pod" | "po"]) => in_namespace(),
        ("get" | "describe", ["endpoints" | "ep", name]) => named("service", name),
        ("get" | "describe" | "logs", [one]) if one.contains('/') => reference(one, &named),
        // Values of environment variables may be secrets, so lists are not printed in full.
        ("get", [kinds]) => {
            when(!parsed.prints_object, CommandRefusal::Unlisted)?;
            listed(kinds, has_namespace)
        }
        ("describe", [kind]) if parsed.selects => listed(kind, has_namespace),
        ("logs", []) if parsed.selects => in_namespace(),
        ("get" | "describe", [kind, name]) => named(kind, name),
        ("logs", [pod]) | ("top", ["pods" | "pod" | "po", pod]) => named("pod", pod),
        ("top", ["nodes" | "node" | "no"]) => Ok(()),
        ("top", ["nodes" | "node" | "no", node]) => named("node", node),
        ("rollout", ["status" | "history" | "restart", one]) => reference(one, &|kind, name| {
            workload(kind).and_then(|()| named(kind, name))
        }),
        ("rollout", ["status" | "history" | "restart", kind, name]) => {
            workload(kind)?;
            named(kind, name)
        }
        _ => Err(CommandRefusal::Unlisted),
    }
}

fn find_kind(name: &str) -> Result<&'static ResourceInfo, CommandRefusal> {
    object_index::kind(name).ok_or(CommandRefusal::Secret)
}

/// The kinds of a list, separated by commas.
fn listed(kinds: &str, has_namespace: bool) -> Verdict {
    kinds.split(',').try_for_each(|kind| {
        let is_namespaced = find_kind(kind)?.is_namespaced();
        when(!is_namespaced || has_namespace, CommandRefusal::Namespace)
    })
}

fn named(kind: &str, namespace: &str, name: &str, names: &AllowedNames) -> Verdict {
    let kind = find_kind(kind)?;
    when(
        !kind.is_namespaced() || !namespace.is_empty(),
        CommandRefusal::Namespace,
    )?;
    when(
        names.scope.holds(kind, namespace, name),
        CommandRefusal::Object,
    )
}

fn workload(kind: &str) -> Verdict {
    let is_workload = matches!(
        find_kind(kind)?.kind,
        "Deployment" | "StatefulSet" | "DaemonSet"
    );
    when(is_workload, CommandRefusal::Unlisted)
}

/// `deployment/api`.
fn reference(text: &str, named: &dyn Fn(&str, &str) -> Verdict) -> Verdict {
    let (kind, name) = text.split_once('/').ok_or(CommandRefusal::Unlisted)?;
    named(kind, name)
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
        let mut value = || {
            let value = value.or_else(|| words.next())?;
            (!value.is_empty() && !value.starts_with('-')).then_some(value)
        };
        match key {
            "-n" | "--namespace" => parsed.namespace = value()?,
            "-o" | "--output" => {
                let form = value()?;
                parsed.prints_object = form != "wide" && form != "name";
                OUTPUTS.contains(&form).then_some(())?;
            }
            "-l" | "--selector" | "--field-selector" => {
                value()?;
                parsed.selects = true;
            }
            "--for" => parsed.about = Some(value()?),
            _ if SWITCHES.contains(&word) => {}
            _ if VALUED.contains(&key) => {
                value()?;
            }
            _ if key.starts_with('-') || word.is_empty() => return None,
            _ => parsed.words.push(word),
        }
    }
    Some(parsed)
}
