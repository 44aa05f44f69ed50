//! Which common options mean something for which command. The others are not shown in its help.
//! They are refused where none means anything; elsewhere scripts share one list of options.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory as _};

use super::args::Args;

/// Options of commands that read the services file.
const OF_SERVICES: &[&str] = &["services", "config", "env_file", "output", "color"];
/// Options of commands that read the state.
const OF_STATE: &[&str] = &[
    "services",
    "config",
    "env_file",
    "kubeconfig",
    "context",
    "state",
    "output",
    "color",
    "deadline",
];
/// Options of commands that read the cluster or a dump of it.
const OF_CLUSTER: &[&str] = &[
    "services",
    "config",
    "env_file",
    "kubeconfig",
    "context",
    "snapshot",
    "now",
    "output",
    "deadline",
];
/// How much is logged may always be said.
const ALWAYS: &[&str] = &["verbose", "quiet"];

/// The common options of a command, given by its name below the program's. `None`: all of them.
fn meaningful(path: &[&str]) -> Option<Vec<&'static str>> {
    Some(match path {
        ["completions" | "man"] => Vec::new(),
        ["services", "init"] => [OF_CLUSTER, &["color"]].concat(),
        ["services", ..] => OF_SERVICES.to_vec(),
        ["snapshot"] => OF_CLUSTER.to_vec(),
        ["incidents" | "silence", ..] => OF_STATE.to_vec(),
        ["doctor"] => [OF_STATE, &["no_llm"]].concat(),
        _ => return None,
    })
}

/// The command line, built, without the options that mean nothing.
pub fn command() -> Command {
    let mut program = Args::command();
    program.build();
    let commands: Vec<_> = program
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in commands {
        program = program.mut_subcommand(&name, |sub| without_meaningless(sub, &[&name]));
    }
    program
}

fn without_meaningless(mut command: Command, path: &[&str]) -> Command {
    let subcommands: Vec<_> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .filter(|name| name != "help")
        .collect();
    for name in &subcommands {
        let path = [path, &[name.as_str()]].concat();
        command = command.mut_subcommand(name, |sub| without_meaningless(sub, &path));
    }
    let is_silent = path
        .first()
        .is_some_and(|name| matches!(*name, "completions" | "man"));
    let Some(shown) = meaningful(path).filter(|_| subcommands.is_empty() || path != ["services"])
    else {
        return command;
    };
    command.mut_args(|arg| {
        let id = arg.get_id().as_str();
        let is_shown = shown.contains(&id) || !is_silent && ALWAYS.contains(&id);
        let is_common = arg.is_global_set();
        arg.hide(is_common && !is_shown)
    })
}

/// Refuses options where none means anything.
pub fn check(matches: &ArgMatches) -> Result<(), clap::Error> {
    let mut path = Vec::new();
    let mut inner = matches;
    while let Some((name, sub)) = inner.subcommand() {
        path.push(name);
        inner = sub;
    }
    if meaningful(&path).is_none_or(|options| !options.is_empty()) {
        return Ok(());
    }
    let program = Args::command();
    let mut common = program.get_arguments().filter(|arg| arg.is_global_set());
    let refused = common.find(|arg| {
        let id = arg.get_id().as_str();
        matches.value_source(id) == Some(ValueSource::CommandLine) && !ALWAYS.contains(&id)
    });
    let Some(arg) = refused else {
        return Ok(());
    };
    let option = arg.get_long().unwrap_or_default();
    let name = path.join(" ");
    let message = format!(
        "--{option} means nothing for `{name}`: leave it out; `k8s-monitor {name} --help` shows the \
         options"
    );
    Err(Args::command().error(ErrorKind::ArgumentConflict, message))
}
