//! The forms of commands that this program shows, for those that it reads from elsewhere.
//!
//! Quotes alone are not enough there: what was once a name may stand in the text as words, so
//! that `--server=https://...` reads as an option.

use super::Program;
use super::word::{WordKind, is_showable};

/// Options without harm: they select, sort and format.
#[rustfmt::skip]
const OF_KUBECTL: &[&str] = &[
    "-A", "-c", "-it", "-l", "-n", "-o", "-p", "-w", "--all-containers", "--container",
    "--containers", "--field-selector", "--for", "--limit", "--namespace", "--no-headers", "--output", "--previous",
    "--selector", "--show-labels", "--since", "--sort-by", "--tail", "--timeout", "--timestamps", "--types", "--watch",
];
const OF_GIT: &[&str] = &["-m", "-p", "--oneline", "--stat"];
const K3S_LOG: &str = "-u k3s* -n 50 --no-pager";
const OF_MONITOR: &[&str] = &["--for", "--incident", "--reason", "--service", "--state"];

/// Whether these words are a command that this program shows.
pub fn is_known(argv: &[String]) -> bool {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let Some((program, words)) = words.split_first() else {
        return false;
    };
    let program = Program::ALL.into_iter().find(|p| p.as_str() == *program);
    program.is_some_and(|program| takes(program, words))
        && argv.iter().all(|word| word.chars().all(is_showable))
}

fn takes(program: Program, words: &[&str]) -> bool {
    let is = |kind: WordKind, text: &str| kind.problem(text).is_none();
    match (program, words) {
        (Program::Kubectl, ["-n", namespace, rest @ ..]) => {
            is(WordKind::Name, namespace) && kubectl(rest)
        }
        (Program::Kubectl, rest) => kubectl(rest),
        (Program::Git, ["log", rest @ ..]) => {
            let separator = rest.iter().position(|word| *word == "--");
            separator.is_some_and(|at| {
                let (options, paths) = (&rest[..at], &rest[at + 1..]);
                has_only(OF_GIT, options)
                    && !paths.is_empty()
                    && paths.iter().all(|path| is(WordKind::Text, path))
            })
        }
        (Program::Git, ["revert" | "show", rest @ ..]) => has_only(OF_GIT, rest),
        (Program::Git, ["push"]) => true,
        (Program::Git, ["push", "origin", branch]) => is(WordKind::Branch, branch),
        (Program::ArgoCd, ["app", "get" | "diff" | "history" | "sync", name]) => {
            is(WordKind::Name, name)
        }
        // The shell of the node reads the words a second time.
        (Program::Ssh, [node, "sudo", "journalctl", rest @ ..]) => {
            is(WordKind::Name, node) && rest.join(" ") == K3S_LOG
        }
        (Program::Monitor, ["doctor" | "services" | "incidents" | "silence", rest @ ..]) => {
            has_only(OF_MONITOR, rest)
        }
        (Program::Git | Program::ArgoCd | Program::Ssh | Program::Monitor, _) => false,
    }
}

fn kubectl(words: &[&str]) -> bool {
    let (["exec", rest @ .., "--", "vault", "operator", "unseal"]
    | [
        "describe" | "events" | "get" | "logs" | "rollout" | "top",
        rest @ ..,
    ]) = words
    else {
        return false;
    };
    has_only(OF_KUBECTL, rest)
}

/// Whether every word that reads as an option is one of these, or a number of commits or lines.
fn has_only(options: &[&str], words: &[&str]) -> bool {
    words
        .iter()
        .filter_map(|word| Some((*word, word.strip_prefix('-')?)))
        .all(|(word, rest)| {
            let name = word.split('=').next().unwrap_or_default();
            let is_number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
            options.contains(&name) || is_number
        })
}
