//! The configuration: a YAML file and the environment become one [`Config`].
//!
//! Everything has a default, the file is optional, and what is wrong is said
//! with its place and the way out. Pure: text and variables come in as
//! arguments. `docs/configuration.md` documents every key and variable; a test
//! holds it to that.

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

use crate::model::Tier;
use crate::model::secret::Secret;

pub use env::{VARIABLES, process_environment};
pub use error::ConfigError;
pub use file::{ModelBudget, Repeat};
pub use hours::{BusinessHours, TimeOfDay};
pub use silence::{MuteTimeInterval, Schedule};
pub use values::Repository;

/// The one language model. Prompts name it too; nothing overrides it.
pub const MODEL: &str = "claude-haiku-4-5-20251001";

/// The services file, where neither a flag nor a variable names another.
pub const DEFAULT_SERVICES: &str = "docs/reference/services.txt";

/// Variables by name, as the process or a test hands them in.
pub type Environment = BTreeMap<String, String>;

/// All settings, each with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Name of the cluster in messages; absent: the context's.
    pub cluster: Option<String>,
    /// Where messages go.
    pub channels: Channels,
    /// When SEV-3 may be said; its zone also dates incident ids.
    pub business_hours: BusinessHours,
    /// How often an unchanged incident is said in full again.
    pub repeat: Repeat,
    /// Tier of workloads that the services file does not know.
    pub unlisted_tier: Tier,
    /// A fresh SEV-1 or 2 is looked at once more after this; zero: never.
    pub confirm_after: Duration,
    /// The repository that Argo CD follows.
    pub github: Github,
    /// What the model may cost.
    pub model_budget: ModelBudget,
    /// Silences by the calendar.
    pub silences: Vec<MuteTimeInterval>,
    /// When a cycle gives up.
    pub deadline: Duration,
    /// The look-back between cycles.
    pub interval: Duration,
    /// Tokens. An absent one turns its part off.
    pub keys: Keys,
    /// Base URLs, without a slash at the end.
    pub endpoints: Endpoints,
    /// Where to report that the monitor itself lives.
    pub heartbeat: Option<Secret>,
    /// A Pushgateway that metrics are pushed to; secret, for it may carry a password.
    pub metrics_push: Option<Secret>,
    /// Proxy for HTTPS; secret, for it may carry a password.
    pub https_proxy: Option<Secret>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Option<String>,
    /// Log filter that replaces `-v` and `-q`.
    pub rust_log: Option<String>,
    /// `KUBECONFIG`, a list; empty: what the client finds.
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

/// Slack channels, by what is said in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channels {
    /// SEV-1.
    pub critical: String,
    /// SEV-2 and SEV-3.
    pub infrastructure: String,
}

/// The repository that Argo CD follows: where a service's commits are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Github {
    /// Absent: what the services file says.
    pub repository: Option<Repository>,
    /// The branch that Argo CD follows.
    pub branch: String,
    /// Template of a service's manifest folder; absent: the services file.
    pub manifests: Option<String>,
    /// Template of a service's Argo CD application; absent: the services file.
    pub app: Option<String>,
    /// How far before the onset commits are looked at.
    pub window: Duration,
}

/// A configuration and what is odd about it.
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
    /// At the first thing that is wrong, with its place.
    pub fn load(file: Option<(&Path, &str)>, env: &Environment) -> Result<Loaded, ConfigError> {
        let file = file.map_or_else(
            || Ok(file::File::default()),
            |(path, text)| file::File::parse(path, text),
        )?;
        env::join(file, env)
    }
}
