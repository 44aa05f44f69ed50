//! The same with real shells: stubs in place of the programs print the words that they get.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use k8s_monitor::model::{Program, ShellCommand};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use super::hostile_cluster::{NAMES, incidents};
use super::{HOSTILE, intended, name};

/// Prints its name and its arguments between lines that no argument is.
const STUB: &str = "#!/bin/sh\nprintf '%s\\n' '<<' \"${0##*/}\" \"$@\" '>>'\n";

/// Shells with the options under which they read no settings of the user, and under which most
/// characters have a meaning.
const SHELLS: &[(&str, &[&str])] = &[
    ("sh", &[]),
    ("dash", &[]),
    (
        "bash",
        &["--norc", "--noprofile", "-O", "extglob", "-O", "nullglob"],
    ),
    (
        "zsh",
        &[
            "-f",
            "-o",
            "extendedglob",
            "-o",
            "magicequalsubst",
            "-o",
            "nullglob",
        ],
    ),
    ("ksh", &[]),
    ("fish", &["--no-config"]),
];

/// Commands with every hostile text in every kind of word, and those of hostile clusters.
fn corpus() -> Vec<ShellCommand> {
    let mut runner = TestRunner::deterministic();
    let mut drawn = || name().new_tree(&mut runner).unwrap().current();
    let names: Vec<String> = (0..8 * NAMES).map(|_| drawn()).collect();
    let texts = HOSTILE
        .iter()
        .map(|text| (*text).to_owned())
        .chain(names.iter().cloned());
    let of_words = texts.flat_map(|text| {
        let words = |program: Program| program.command().words("log -p");
        [
            words(Program::Git).paths(&[&text]).build(),
            words(Program::Git).branch(&text).build(),
            words(Program::Git).commit(&text).build(),
            words(Program::Kubectl)
                .kind(&text)
                .name(&text)
                .namespace(&text)
                .build(),
            words(Program::Kubectl).object("Deployment", &text).build(),
            words(Program::Kubectl).label("app", &text).build(),
            words(Program::Ssh).node(&text).build(),
            words(Program::ArgoCd).application(&text).build(),
            words(Program::Monitor).location(&text).build(),
        ]
    });
    let of_clusters = names.chunks(NAMES).flat_map(|names| {
        let incidents = incidents(names);
        intended(&incidents)
            .into_iter()
            .cloned()
            .collect::<Vec<_>>()
    });
    let mut corpus: Vec<_> = of_words.filter_map(Result::ok).chain(of_clusters).collect();
    corpus.sort_by(|a, b| a.as_str().cmp(b));
    corpus.dedup();
    corpus
}

#[test]
fn real_shells_read_the_words_that_were_meant() {
    let corpus = corpus();
    assert!(corpus.len() > 100, "{}", corpus.len());
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    let work = folder.path().join("work");
    fs::create_dir(&bin).unwrap();
    fs::create_dir(&work).unwrap();
    for program in Program::ALL {
        let stub = bin.join(program.as_str());
        fs::write(&stub, STUB).unwrap();
        fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // What a glob would find.
    for file in ["a", "b", "k3s"] {
        fs::write(work.join(file), "").unwrap();
    }
    let expected: String = corpus
        .iter()
        .flat_map(ShellCommand::argvs)
        .map(|argv| printed(argv))
        .collect();
    let lines: Vec<&str> = corpus.iter().map(ShellCommand::as_str).collect();
    let script = folder.path().join("script");
    fs::write(&script, lines.join("\n") + "\n").unwrap();
    let mut tried = 0;
    for (shell, options) in SHELLS {
        let Some(output) = run(shell, options, &script, &bin, &work) else {
            continue;
        };
        tried += 1;
        assert_same(shell, &output, &expected);
    }
    assert!(tried > 0, "there is no shell");
    let left: Vec<_> = fs::read_dir(&work).unwrap().collect();
    assert_eq!(left.len(), 3, "a command wrote a file: {left:?}");
}

fn printed(argv: &[String]) -> String {
    format!("<<\n{}\n>>\n", argv.join("\n"))
}

/// The standard output of the script; `None` if there is no such shell.
fn run(shell: &str, options: &[&str], script: &Path, bin: &Path, work: &Path) -> Option<String> {
    let paths = std::env::var_os("PATH")?;
    let shell = std::env::split_paths(&paths)
        .map(|path| path.join(shell))
        .find(|p| p.exists())?;
    let output = Command::new(shell)
        .args(options)
        .arg(script)
        // Nothing but the stubs can be run.
        .env("PATH", bin)
        .env("HOME", bin)
        .current_dir(work)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "",
        "{}",
        script.display()
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn assert_same(shell: &str, output: &str, expected: &str) {
    for (number, (read, meant)) in output.lines().zip(expected.lines()).enumerate() {
        assert_eq!(read, meant, "{shell}, line {number}");
    }
    assert_eq!(output.len(), expected.len(), "{shell}");
}
