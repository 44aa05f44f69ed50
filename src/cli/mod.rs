//! The command line: raw arguments (`args`) become one validated [`Options`]
//! before anything else happens.
//!
//! Nothing here reads the environment: variables may also come from
//! `--env-file`, so they meet the flags later, in [`Options::services_file`] and
//! its siblings. What is decided here is only what the flags say.

mod args;
mod examples;
mod generate;
mod options;
mod values;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

pub use clap_complete::Shell;
pub use generate::{completions, man};
pub use options::{
    ColorChoice, Command, IncidentsCommand, MetricsOptions, Options, ServicesCommand,
    SilenceCommand, SilenceTarget, SnapshotSource, Verbosity,
};
pub use values::StateLocation;

pub use crate::render::Format;

use crate::exit::ExitStatus;

/// Reads the arguments, the program's own name first.
///
/// # Errors
/// With what clap wants printed: help and version (status 0, stdout) or a
/// usage error (status 64, stderr). `error.print()` picks the stream;
/// [`status_of`] the status.
pub fn parse<I, T>(arguments: I) -> Result<Options, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let matches = args::Args::command().try_get_matches_from(arguments)?;
    let raw = args::Args::from_arg_matches(&matches)?;
    validate(raw).map_err(|message| {
        // The same looks as clap's own errors, with the usage of the whole.
        args::Args::command().error(ErrorKind::ArgumentConflict, message)
    })
}

/// The exit status of what [`parse`] refused. clap's own is 2, which would
/// read as SEV-2.
#[must_use]
pub fn status_of(error: &clap::Error) -> ExitStatus {
    if error.use_stderr() {
        ExitStatus::Usage
    } else {
        ExitStatus::Healthy
    }
}

/// The rules between flags. By hand, because clap checks a subcommand before it
/// hands global flags down, and would miss half of the ways to write them.
fn validate(raw: args::Args) -> Result<Options, String> {
    let common = raw.common;
    let snapshot = match (common.snapshot, common.now, common.send) {
        (Some(path), now, send) => Some(SnapshotSource { path, now, send }),
        (None, Some(_), _) => {
            return Err(
                "--now only works with --snapshot: a live cluster is read as it is \
                        now; add --snapshot PATH or leave --now out"
                    .to_owned(),
            );
        }
        (None, None, true) => {
            return Err(
                "--send only works with --snapshot: `run` on a live cluster sends \
                        anyway; add --snapshot PATH for a drill or leave --send out"
                    .to_owned(),
            );
        }
        (None, None, false) => None,
    };
    if common.verbose > 0 && common.quiet > 0 {
        return Err("-v and -q ask for opposites: keep one of them".to_owned());
    }
    let metrics = raw.command.metrics();
    let command = raw.command.into_command();
    refuse_dry_drill(&command, snapshot.as_ref())?;
    Ok(Options {
        command,
        services: common.services,
        config: common.config,
        env_file: common.env_file,
        kubeconfig: common.kubeconfig,
        context: common.context,
        snapshot,
        state: common.state,
        output: common.output,
        llm: !common.no_llm,
        deadline: common.deadline,
        color: common.color,
        metrics,
        verbosity: Verbosity(signed(common.verbose) - signed(common.quiet)),
    })
}

/// Refuses a dry drill: `--dry-run` promises that nothing is sent.
fn refuse_dry_drill(command: &Command, snapshot: Option<&SnapshotSource>) -> Result<(), String> {
    match (command, snapshot) {
        (Command::Run { dry_run: true, .. }, Some(SnapshotSource { send: true, .. })) => Err(
            "--dry-run and --send ask for opposites: keep --dry-run to see the messages, \
             --send to send them"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn signed(count: u8) -> i8 {
    i8::try_from(count.min(9)).unwrap_or(9)
}

#[cfg(test)]
mod tests;
