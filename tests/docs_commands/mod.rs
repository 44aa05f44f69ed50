//! Every command in the documentation is run here, or names what it needs.
//! Those that need a cluster are run by `tests/cluster/deploy.rs`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use crate::support::commands;
use commands::{Documented, Sandbox};

/// What a command may need. Another text is an error, because its command would not be tested.
const NEEDS: &[&str] = &[
    "a cluster",
    "that archive",
    "a live cluster",
    "a container engine",
    "a container engine and a registry",
    "some minutes",
    "the files of the line before",
    "cosign",
    "cosign and a registry",
    "cargo-audit and its database",
    "a mistake in the file",
    "zsh",
    "fish",
    "man",
];

#[test]
fn every_command_runs_or_names_its_requirement() {
    let mut run = 0;
    for page in commands::pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let sandbox = Sandbox::new(None, None);
        for command in commands::of(&text) {
            let place = format!("{}: {}", page.display(), command.line);
            if let Some(needs) = &command.needs {
                assert!(NEEDS.contains(&needs.as_str()), "{place}: needs {needs}?");
            } else {
                sandbox
                    .run(&command)
                    .unwrap_or_else(|e| panic!("{place}\n{e}"));
                run += 1;
            }
        }
    }
    assert!(run >= 10, "only {run} commands were found");
}

/// Blocks in other languages are not checked.
#[test]
fn shell_commands_stand_in_console_blocks() {
    const PROGRAMS: [&str; 7] = [
        "k8s-monitor ",
        "kubectl ",
        "make ",
        "cargo ",
        "docker ",
        "git ",
        "argocd ",
    ];
    for page in commands::pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for language in ["```sh", "```bash", "```shell", "```\n$"] {
            assert!(!text.contains(language), "{}: {language}", page.display());
        }
        let mut is_block = false;
        for line in text.lines() {
            is_block ^= line.trim_start().starts_with("```");
            let code = line.strip_prefix("    ").map(str::trim_start);
            let is_command = code.is_some_and(|code| PROGRAMS.iter().any(|p| code.starts_with(p)));
            assert!(is_block || !is_command, "{}: {line}", page.display());
        }
    }
}

#[test]
fn commands_are_read_as_printed() {
    let page = "```console\n$ a --b   # needs a cluster: to see\noutput\n$ c  # why\n```\n$ no\n```text\n$ no\n```\n";
    let expected = [("a --b", Some("a cluster"), "output\n"), ("c", None, "")];
    let expected = expected.map(|(line, needs, output)| Documented {
        line: line.to_owned(),
        needs: needs.map(str::to_owned),
        output: output.to_owned(),
    });
    assert_eq!(commands::of(page), expected);
}

#[test]
fn a_failing_command_is_detected() {
    let sandbox = Sandbox::new(None, None);
    for line in [
        "k8s-monitor services lint --services nowhere",
        "make nothing-of-this-name",
        "false | true",
        "echo something",
    ] {
        let command = Documented {
            line: line.to_owned(),
            needs: None,
            output: "something else\n".to_owned(),
        };
        assert!(sandbox.run(&command).is_err(), "{line}");
    }
}
