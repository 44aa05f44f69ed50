//! What the command line asked for, as the rest of the program sees it.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap_complete::Shell;

use super::StateLocation;
use crate::config::{Config, DEFAULT_SERVICES, Environment};
use crate::model::secret::Secret;
use crate::render::Format;

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
    pub output: Format,
    /// Whether the model may be asked; `--no-llm` says no.
    pub llm: bool,
    /// `--deadline`; absent: the configuration's.
    pub deadline: Option<Duration>,
    /// `--color`.
    pub color: ColorChoice,
    /// `--metrics` and `--metrics-push`.
    pub metrics: MetricsOptions,
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

    /// The Pushgateway: the flag, else the variable; may be none.
    #[must_use]
    pub fn metrics_push<'a>(&'a self, config: &'a Config) -> Option<&'a Secret> {
        self.metrics.push.as_ref().or(config.metrics_push.as_ref())
    }
}

/// Where the metrics of a cycle go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsOptions {
    /// `--metrics`; absent: to no file.
    pub file: Option<PathBuf>,
    /// `--metrics-push`; absent: `METRICS_PUSH_URL`, else nowhere.
    pub push: Option<Secret>,
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
pub struct Verbosity(pub(super) i8);

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
