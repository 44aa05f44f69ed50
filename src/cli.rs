//! The command line: raw arguments ([`args`]) become one validated [`Options`]
//! before anything else happens.
//!
//! Nothing here reads the environment: variables may also come from
//! `--env-file`, so they meet the flags later, in [`Options::services_file`] and
//! its siblings. What is decided here is only what the flags say.

mod args;
mod generate;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

pub use clap_complete::Shell;
pub use generate::{completions, man};
pub use values::StateLocation;

use crate::config::{Config, DEFAULT_SERVICES, Environment};
use crate::exit::ExitStatus;

/// Everything that the command line asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What to do.
    pub command: Command,
    /// `--services`; absent: `SERVICES_FILE`, else [`DEFAULT_SERVICES`].
    pub services: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// `--kubeconfig`; absent: `KUBECONFIG`, else what the client finds.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; absent: `K3S_CONTEXT`, else the kubeconfig's current one.
    pub context: Option<String>,
    /// What stands in for the live cluster, if anything.
    pub snapshot: Option<SnapshotSource>,
    /// `--state`; absent: the caller's default.
    pub state: Option<StateLocation>,
    /// `--output`.
    pub output: OutputFormat,
    /// Whether the model may be asked; `--no-llm` says no.
    pub llm: bool,
    /// `--deadline`; absent: the configuration's.
    pub deadline: Option<Duration>,
    /// `--color`.
    pub color: ColorChoice,
    /// `-v` and `-q`.
    pub verbosity: Verbosity,
}

impl Options {
    /// The services file: the flag, else the variable, else the default.
    #[must_use]
    pub fn services_file(&self, config: &Config) -> PathBuf {
        let chosen = self.services.as_ref().or(config.services.as_ref());
        chosen.map_or_else(|| DEFAULT_SERVICES.into(), Clone::clone)
    }

    /// The kubeconfig files: the flag's one, else the variable's; may be none.
    #[must_use]
    pub fn kubeconfig_files(&self, config: &Config) -> Vec<PathBuf> {
        match &self.kubeconfig {
            Some(path) => vec![path.clone()],
            None => config.kubeconfig.clone(),
        }
    }

    /// The context: the flag, else the variable, else the kubeconfig's own.
    #[must_use]
    pub fn context<'a>(&'a self, config: &'a Config) -> Option<&'a str> {
        self.context.as_deref().or(config.context.as_deref())
    }

    /// The deadline: the flag, else the configuration's.
    #[must_use]
    pub fn deadline(&self, config: &Config) -> Duration {
        self.deadline.unwrap_or(config.deadline)
    }
}

/// A dump that is read in place of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSource {
    /// The directory or archive.
    pub path: PathBuf,
    /// `--now`; absent: inferred from the dump.
    pub now: Option<DateTime<Utc>>,
    /// `--send`: a drill, messages go out and state is written all the same.
    pub send: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// One full cycle.
    Run {
        /// Neither send nor write; print what would have been.
        dry_run: bool,
        /// Map the verdicts 1-3 to 0.
        exit_zero: bool,
    },
    /// Triage of one service.
    Check {
        /// Name or alias.
        service: String,
    },
    /// The services file.
    Services(ServicesCommand),
    /// Capture what a cycle reads.
    Snapshot {
        /// A directory, or an archive when it ends in `.tar.gz` or `.tgz`.
        path: PathBuf,
    },
    /// What is open, was sent, was resolved.
    Incidents(IncidentsCommand),
    /// Silences.
    Silence(SilenceCommand),
    /// Check every dependency.
    Doctor,
    /// Print a completion script.
    Completions(Shell),
    /// Print the manual page.
    Man,
}

/// `services ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServicesCommand {
    /// Diagnostics with line and column.
    Lint,
    /// One line a service.
    List,
    /// Everything known of one service.
    Show {
        /// Name or alias.
        name: String,
    },
}

/// `incidents ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncidentsCommand {
    /// One line an incident.
    List,
    /// One incident.
    Show {
        /// `INC-YYYY-MM-DD-NNN`.
        id: String,
    },
}

/// `silence ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SilenceCommand {
    /// Begin one now.
    Add {
        /// What falls silent.
        target: SilenceTarget,
        /// For how long.
        duration: Duration,
        /// Why, for whoever finds it.
        reason: String,
    },
    /// Those in force and to come.
    List,
    /// End one.
    Remove {
        /// As `silence list` shows it.
        id: String,
    },
}

/// What a silence hides: exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SilenceTarget {
    /// Incidents of a service.
    Service(String),
    /// Findings with this reason.
    ReasonCode(String),
    /// One incident.
    Incident(String),
}

/// `--output`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For a person at a terminal
    #[default]
    Text,
    /// One document, schema k8s-monitor/report/v1
    Json,
    /// The same document as YAML
    Yaml,
    /// For an issue, a wiki or a chat
    Markdown,
}

/// `--color`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal only, and not with `NO_COLOR`
    #[default]
    Auto,
    /// Also into a file or a pipe
    Always,
    /// Not at all
    Never,
}

impl ColorChoice {
    /// Whether to colour a stream that is a terminal or not. `NO_COLOR` and a
    /// dumb terminal are heeded unless the flag insists.
    #[must_use]
    pub fn enabled(self, is_terminal: bool, env: &Environment) -> bool {
        let set = |name: &str| env.get(name).map_or("", String::as_str);
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && set("NO_COLOR").is_empty() && set("TERM") != "dumb",
        }
    }
}

/// How much is logged: `-q` counts down, `-v` up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verbosity(i8);

impl Verbosity {
    /// The log level that this amounts to, where `RUST_LOG` says nothing.
    #[must_use]
    pub const fn level(self) -> log::LevelFilter {
        match self.0 {
            i8::MIN..=-2 => log::LevelFilter::Off,
            -1 => log::LevelFilter::Error,
            0 => log::LevelFilter::Warn,
            1 => log::LevelFilter::Info,
            2 => log::LevelFilter::Debug,
            3.. => log::LevelFilter::Trace,
        }
    }

    /// Whether progress may be shown.
    #[must_use]
    pub const fn is_quiet(self) -> bool {
        self.0 < 0
    }
}

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
