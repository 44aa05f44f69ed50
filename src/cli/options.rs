//! The options of the command line.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap_complete::Shell;

use super::StateLocation;
use crate::config::{Config, Environment};
use crate::inventory::{Origin, ServicesFile};
use crate::model::secret::Secret;
use crate::render::Format;

/// All options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The command.
    pub command: Command,
    /// `--services`; absent: `SERVICES_FILE`, else the first of the usual places that exists.
    pub services: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// `--kubeconfig`; absent: `KUBECONFIG`, else the client's default.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; absent: `K3S_CONTEXT`, else the kubeconfig's current one.
    pub context: Option<String>,
    /// `--snapshot`: a dump instead of the live cluster.
    pub snapshot: Option<SnapshotSource>,
    /// `--state`; absent: depends on the cluster.
    pub state: Option<StateLocation>,
    /// `--output`.
    pub output: Format,
    /// Whether the model may be used; false with `--no-llm`.
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
    /// The services file: the flag, else the variable; may be none.
    #[must_use]
    pub fn services_file(&self, config: &Config) -> Option<ServicesFile> {
        let by_option = self.services.as_ref().map(|path| (path, Origin::Option));
        let by_variable = config
            .services
            .as_ref()
            .map(|path| (path, Origin::Variable));
        let (path, origin) = by_option.or(by_variable)?;
        Some(ServicesFile {
            path: Some(path.clone()),
            origin,
        })
    }

    /// The kubeconfig files: the flag's one, else the variable's; may be empty.
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

/// A dump that is read instead of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSource {
    /// The directory or archive.
    pub path: PathBuf,
    /// `--now`; absent: inferred from the dump.
    pub now: Option<DateTime<Utc>>,
    /// `--send`: a drill, which sends messages and saves the state.
    pub send: bool,
}

/// The command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// One full cycle.
    Run {
        /// Send and save nothing; print what would have been.
        dry_run: bool,
        /// Map the statuses 1-3 to 0.
        exit_zero: bool,
    },
    /// Everything about one service.
    Check {
        /// Name or alias.
        service: String,
    },
    /// The services file.
    Services(ServicesCommand),
    /// Save what a cycle reads.
    Snapshot {
        /// A directory, or an archive when it ends in `.tar.gz` or `.tgz`.
        path: PathBuf,
    },
    /// Incidents of the state.
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
    /// A draft from the cluster or a dump; with a file, the differences.
    Init {
        /// `--diff`
        diff: Option<PathBuf>,
    },
    /// Diagnostics with line and column.
    Lint,
    /// One line a service.
    List,
    /// All settings of one service.
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
    /// Add one that starts now.
    Add {
        /// What is silenced.
        target: SilenceTarget,
        /// Its duration.
        duration: Duration,
        /// The reason.
        reason: String,
    },
    /// List active and scheduled ones.
    List,
    /// Remove one.
    Remove {
        /// The id that `silence list` shows.
        id: String,
    },
}

/// What is silenced: exactly one of these.
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
    /// Whether to use colour. `auto` needs a terminal, and respects `NO_COLOR` and a dumb
    /// terminal.
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
    /// The log level, where `RUST_LOG` sets none.
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
