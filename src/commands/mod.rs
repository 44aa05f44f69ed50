//! The commands: options in, output and exit status out.
//!
//! [`run`] dispatches. Each command has its file; [`session`] is what they share: options
//! joined with environment and configuration file.

mod check;
mod doctor;
mod incidents;
mod logging;
mod run;
mod service_view;
mod services;
mod session;
mod silence;
mod snapshot;
mod state;

use std::io::{self, Write as _};

use crate::cli::{self, Command, Options};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::runtime::termination;

use session::Session;

/// Runs the command. Stdout gets the whole output or nothing.
#[must_use]
pub fn run(options: &Options) -> ExitStatus {
    match execute(options) {
        Ok((text, status)) => printed(&print(&text), status),
        Err(error) => {
            let _ = writeln!(io::stderr(), "k8s-monitor: {error}");
            error.status()
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    termination::start_printing();
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// The status after writing the output. A reader that closed the pipe is no error.
#[must_use]
pub fn printed(outcome: &io::Result<()>, status: ExitStatus) -> ExitStatus {
    match outcome {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "k8s-monitor: the output cannot be written to stdout: {cause}"
            );
            status.without_output()
        }
        _ => status,
    }
}

type CommandOutput = (String, ExitStatus);

fn execute(options: &Options) -> Result<CommandOutput, Error> {
    let session = || Session::open(options);
    match &options.command {
        Command::Completions(shell) => Ok((cli::completions(*shell), ExitStatus::Healthy)),
        Command::Man => Ok((cli::man(), ExitStatus::Healthy)),
        Command::Services(command) => session()?.services(command),
        Command::Snapshot { path } => session()?.snapshot(path),
        Command::Check { service } => session()?.check(service),
        Command::Doctor => session()?.doctor(),
        Command::Run { dry_run, exit_zero } => session()?.run(*dry_run, *exit_zero),
        Command::Incidents(command) => session()?.incidents(command),
        Command::Silence(command) => session()?.silence(command),
    }
}
