//! The configuration: a YAML file and the environment become one [`Config`].
//!
//! Everything has a default and the file is optional. Errors name their location and the remedy.
//! Pure, except for `process_environment`: text and variables are arguments. A test checks that
//! `docs/configuration.md` documents every key and variable.

mod env;
pub mod env_file;
mod error;
mod file;
mod hours;
mod silence;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::secret::Secret;
use crate::model::{GroupKind, Tier};

pub use env::{VARIABLES, process_environment};
pub use error::ConfigError;
pub use file::{ModelBudget, Repeat};
pub use hours::{BusinessHours, TimeOfDay};
pub use silence::{MuteTimeInterval, Schedule};
pub use values::Repository;

/// The language model. It cannot be configured.
pub const MODEL: &str = "claude-haiku-4-5-20251001";

/// Environment variables by name.
pub type Environment = BTreeMap<String, String>;

/// All settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Name of the cluster in messages. By default that of the context.
    pub cluster: Option<String>,
    /// The Slack channels.
    pub channels: Channels,
    /// When SEV-3 is notified. Its time zone also gives the date of incident ids.
    pub business_hours: BusinessHours,
    /// The repeat interval of notifications.
    pub repeat: Repeat,
    /// Tier of workloads that the services file does not list. `None`: P3, but P1 while no listed
    /// service matches anything that runs.
    pub unlisted_tier: Option<Tier>,
    /// A new SEV-1 or SEV-2 is checked again after this time. Zero for never.
    pub confirm_after: Duration,
    /// Kinds to read besides those of the tables.
    pub resources: Vec<GroupKind>,
    /// The repository that Argo CD follows.
    pub github: Github,
    /// The budget of the model.
    pub model_budget: ModelBudget,
    /// Scheduled silences.
    pub silences: Vec<MuteTimeInterval>,
    /// The time limit of a cycle.
    pub deadline: Duration,
    /// The interval between cycles.
    pub interval: Duration,
    /// Tokens. Without one its feature is off.
    pub keys: Keys,
    /// Base URLs, without a slash at the end.
    pub endpoints: Endpoints,
    /// The URL of the heartbeat.
    pub heartbeat: Option<Secret>,
    /// The URL of a Pushgateway. Secret, because it may contain a password.
    pub metrics_push: Option<Secret>,
    /// The proxy for HTTPS. Secret, because it may contain a password.
    pub https_proxy: Option<Secret>,
    /// Hosts that are connected to without the proxy.
    pub no_proxy: Option<String>,
    /// Log filter that replaces `-v` and `-q`.
    pub rust_log: Option<String>,
    /// The paths of `KUBECONFIG`. When empty, the default path or the pod's service account is used.
    pub kubeconfig: Vec<PathBuf>,
    /// `K3S_CONTEXT`.
    pub context: Option<String>,
    /// `SERVICES_FILE`.
    pub services: Option<PathBuf>,
}

/// The tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// `ANTHROPIC_API_KEY`
    pub anthropic: Option<Secret>,
    /// `GITHUB_TOKEN`
    pub github: Option<Secret>,
    /// `SLACK_BOT_TOKEN`
    pub slack: Option<Secret>,
}

/// Base URLs of the services that are not Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `ANTHROPIC_BASE_URL`
    pub anthropic: String,
    /// `GITHUB_API_URL`
    pub github: String,
    /// `SLACK_API_URL`
    pub slack: String,
}

impl Endpoints {
    /// Anthropic's own API.
    pub const ANTHROPIC: &'static str = "https://api.anthropic.com";
    /// GitHub's own API.
    pub const GITHUB: &'static str = "https://api.github.com";
}

/// Slack channels by severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channels {
    /// SEV-1.
    pub critical: String,
    /// SEV-2 and SEV-3.
    pub infrastructure: String,
}

/// The repository that Argo CD deploys from, in which commits are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Github {
    /// By default the repository of the services file.
    pub repository: Option<Repository>,
    /// The branch that Argo CD follows.
    pub branch: String,
    /// Template of a service's manifest directory. By default from the services file.
    pub manifests: Option<String>,
    /// Template of a service's Argo CD application. By default from the services file.
    pub app: Option<String>,
    /// How long before the onset of an incident commits are searched.
    pub window: Duration,
}

/// A configuration and its warnings.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// One line each, for the log.
    pub warnings: Vec<String>,
}

impl Config {
    /// Joins the file, given as its path and text, with the environment.
    ///
    /// # Errors
    /// The first error, with its location.
    pub fn load(file: Option<(&Path, &str)>, env: &Environment) -> Result<Loaded, ConfigError> {
        let file = file.map_or_else(
            || Ok(file::File::default()),
            |(path, text)| file::File::parse(path, text),
        )?;
        env::join(file, env)
    }
}
