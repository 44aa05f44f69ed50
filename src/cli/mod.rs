//! The command line: the arguments (`args`) become validated [`Options`].
//!
//! Nothing here reads the environment. Variables may also come from `--env-file`, so they are
//! joined with the flags later, in [`Options::services_file`] and similar methods.

mod args;
mod examples;
mod generate;
mod meaning;
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

/// Parses the arguments. The first one is the name of the program.
///
/// # Errors
/// Help and version (status 0, stdout) or a usage error (status 64, stderr).
/// `error.print()` chooses the stream, [`status_of`] the status.
pub fn parse<I, T>(arguments: I) -> Result<Options, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let matches = meaning::command().try_get_matches_from(arguments)?;
    meaning::check(&matches)?;
    let raw = args::Args::from_arg_matches(&matches)?;
    validate(raw).map_err(|message| {
        // Formatted like clap's own errors, with the usage of the program.
        args::Args::command().error(ErrorKind::ArgumentConflict, message)
    })
}

/// The exit status of an error of [`parse`]. clap's own is 2, which means SEV-2 here.
#[must_use]
pub fn status_of(error: &clap::Error) -> ExitStatus {
    if error.use_stderr() {
        ExitStatus::Usage
    } else {
        ExitStatus::Healthy
    }
}

/// Checks the rules between flags. clap checks a subcommand before it propagates global flags,
/// and would miss some of them.
fn validate(raw: args::Args) -> Result<Options, String> {
    let common = raw.common;
    let snapshot = match (common.snapshot, common.now, common.send) {
        (Some(path), now, send) => Some(SnapshotSource { path, now, send }),
        (None, Some(_), _) => {
            return Err(
                "--now needs --snapshot: a live cluster has only the current state; add \
                        --snapshot PATH or remove --now"
                    .to_owned(),
            );
        }
        (None, None, true) => {
            return Err(
                "--send needs --snapshot: `run` on a live cluster always sends; add \
                        --snapshot PATH for a drill or remove --send"
                    .to_owned(),
            );
        }
        (None, None, false) => None,
    };
    if common.verbose > 0 && common.quiet > 0 {
        return Err("-v and -q contradict each other: use one of them".to_owned());
    }
    if raw.command.lacks_name() {
        return Err("a service is needed: `k8s-monitor check NAME`, or --service NAME".to_owned());
    }
    let metrics = raw.command.metrics();
    let command = raw.command.into_command();
    let output = match &command {
        // Its `-o` is a path.
        Command::Snapshot { .. } => Format::Text,
        _ => values::format_of(&common.output),
    };
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
        output,
        llm: !common.no_llm,
        deadline: common.deadline,
        color: common.color,
        metrics,
        verbosity: Verbosity(signed(common.verbose) - signed(common.quiet)),
    })
}

/// Rejects `--dry-run` with `--send`: a dry run sends nothing.
fn refuse_dry_drill(command: &Command, snapshot: Option<&SnapshotSource>) -> Result<(), String> {
    match (command, snapshot) {
        (Command::Run { dry_run: true, .. }, Some(SnapshotSource { send: true, .. })) => Err(
            "--dry-run and --send contradict each other: use --dry-run to print the messages, \
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
