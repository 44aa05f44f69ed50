//! Environment variables, and how they are merged with the file.

use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use ureq::http::Uri;

use super::error::ConfigError;
use super::file::{self, File};
use super::hours::BusinessHours;
use super::silence::MuteTimeInterval;
use super::{Channels, Config, Endpoints, Environment, Github, Keys, Loaded, MODEL, values};
use crate::model::secret::Secret;

/// All variables that are read.
pub const VARIABLES: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "GITHUB_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_CHANNEL",
    "SLACK_CRITICAL_CHANNEL",
    "KUBECONFIG",
    "K3S_CONTEXT",
    "SERVICES_FILE",
    "MONITORING_INTERVAL_HOURS",
    "HEARTBEAT_URL",
    "METRICS_PUSH_URL",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ANTHROPIC_BASE_URL",
    "GITHUB_API_URL",
    "SLACK_API_URL",
    "RUST_LOG",
    "TZ",
    "ORCHESTRATOR_MODEL",
    "K8S_ANALYZER_MODEL",
    "ESCALATION_MANAGER_MODEL",
    "SLACK_NOTIFIER_MODEL",
    "GITHUB_REVIEWER_MODEL",
];

/// Variables of the predecessor that chose models. They are read only to warn that they are ignored.
const MODEL_VARIABLES: &[&str] = &[
    "ORCHESTRATOR_MODEL",
    "K8S_ANALYZER_MODEL",
    "ESCALATION_MANAGER_MODEL",
    "SLACK_NOTIFIER_MODEL",
    "GITHUB_REVIEWER_MODEL",
];

/// More than a year is a mistake.
const MAX_INTERVAL_HOURS: f64 = 24.0 * 366.0;

/// The environment of the process. The only impure function of this module.
pub fn process_environment() -> Result<Environment, ConfigError> {
    let mut env = Environment::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => _ = env.insert(name, value),
            // A variable that is not read may have any value.
            Err(_) if VARIABLES.contains(&&*name) || name == "XDG_STATE_HOME" => {
                return Err(ConfigError::variable(
                    &name,
                    "the value is not UTF-8; correct it or unset the variable",
                ));
            }
            Err(_) => {}
        }
    }
    Ok(env)
}

/// Merges the file with the environment, which takes precedence.
pub fn join(file: File, env: &Environment) -> Result<Loaded, ConfigError> {
    let mut reader = Reader {
        env,
        warnings: Vec::new(),
    };
    reader.check_models();
    let zone = reader.zone();
    let config = Config {
        cluster: file.cluster.filter(|name| !name.trim().is_empty()),
        channels: reader.channels(file.channels),
        business_hours: BusinessHours::new(file.business_hours, zone),
        repeat: file.repeat,
        unlisted_tier: file.unlisted_tier,
        confirm_after: file.confirm_after,
        resources: file.resources,
        github: github(file.github),
        model_budget: file.model_budget,
        silences: file
            .silences
            .into_iter()
            .map(|silence| MuteTimeInterval::new(silence, zone))
            .collect(),
        deadline: file.deadline,
        interval: reader.interval()?,
        keys: Keys {
            anthropic: reader.secret("ANTHROPIC_API_KEY"),
            github: reader.secret("GITHUB_TOKEN"),
            slack: reader.secret("SLACK_BOT_TOKEN"),
        },
        endpoints: Endpoints {
            anthropic: reader.endpoint("ANTHROPIC_BASE_URL", Endpoints::ANTHROPIC)?,
            github: reader.endpoint("GITHUB_API_URL", Endpoints::GITHUB)?,
            slack: reader.endpoint("SLACK_API_URL", "https://slack.com/api")?,
        },
        heartbeat: reader.secret_url("HEARTBEAT_URL")?,
        metrics_push: reader.secret_url("METRICS_PUSH_URL")?,
        https_proxy: reader.secret("HTTPS_PROXY"),
        no_proxy: reader.owned("NO_PROXY"),
        rust_log: reader.owned("RUST_LOG"),
        kubeconfig: reader.paths("KUBECONFIG"),
        context: reader.owned("K3S_CONTEXT"),
        services: reader.get("SERVICES_FILE").map(PathBuf::from),
    };
    Ok(Loaded {
        config,
        warnings: reader.warnings,
    })
}

fn github(file: file::Github) -> Github {
    Github {
        repository: file.repository,
        branch: file.branch,
        manifests: file.manifests,
        app: file.app,
        window: Duration::from_secs(u64::from(file.window_hours) * 3600),
    }
}

/// Reads variables and collects warnings.
struct Reader<'a> {
    env: &'a Environment,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    /// The value of a variable, unless it is blank.
    fn get(&self, name: &str) -> Option<&'a str> {
        debug_assert!(VARIABLES.contains(&name), "{name} is not in VARIABLES");
        let value = self.env.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).and_then(Secret::new)
    }

    fn paths(&self, name: &str) -> Vec<PathBuf> {
        let list = self.get(name).unwrap_or_default();
        std::env::split_paths(list)
            .filter(|path| !path.as_os_str().is_empty())
            .collect()
    }

    fn check_models(&mut self) {
        for &name in MODEL_VARIABLES {
            if self.get(name).is_some_and(|value| value != MODEL) {
                self.warnings.push(format!(
                    "{name} is ignored: every agent uses {MODEL}; remove the variable"
                ));
            }
        }
    }

    /// The default time zone: `TZ`, else UTC.
    fn zone(&mut self) -> Tz {
        let Some(name) = self.get("TZ") else {
            return Tz::UTC;
        };
        // POSIX allows a colon before a name from the zone database.
        values::parse_zone(name.trim_start_matches(':')).unwrap_or_else(|message| {
            self.warnings.push(format!("TZ: {message}; using UTC"));
            Tz::UTC
        })
    }

    fn channels(&mut self, file: file::Channels) -> Channels {
        let common = self.get("SLACK_CHANNEL");
        let critical = self.get("SLACK_CRITICAL_CHANNEL").or(common);
        for (key, written, winner, remedy) in [
            (
                "critical",
                &file.critical,
                critical,
                "set SLACK_CRITICAL_CHANNEL",
            ),
            (
                "infrastructure",
                &file.infrastructure,
                common,
                "change SLACK_CHANNEL",
            ),
        ] {
            if let (Some(written), Some(winner)) = (written, winner)
                && written != winner
            {
                self.warnings.push(format!(
                    "channels.{key} is {written}, but {winner} of the environment takes precedence: \
                     {remedy} or remove the key"
                ));
            }
        }
        let or = |env: Option<&str>, file: Option<String>, default: &str| {
            env.map(str::to_owned)
                .or(file)
                .unwrap_or_else(|| default.to_owned())
        };
        Channels {
            critical: or(critical, file.critical, "#critical-alerts"),
            infrastructure: or(common, file.infrastructure, "#infrastructure-alerts"),
        }
    }

    fn interval(&self) -> Result<Duration, ConfigError> {
        let name = "MONITORING_INTERVAL_HOURS";
        let Some(text) = self.get(name) else {
            return Ok(Duration::from_secs(3600));
        };
        match text.parse::<f64>() {
            Ok(hours) if hours > 0.0 && hours <= MAX_INTERVAL_HOURS => {
                Ok(Duration::from_secs_f64(hours * 3600.0))
            }
            _ => Err(ConfigError::variable(
                name,
                format!("`{text}` is not a number of hours greater than 0, like 1 or 0.5"),
            )),
        }
    }

    /// A base URL without a trailing slash.
    fn endpoint(&mut self, name: &str, default: &str) -> Result<String, ConfigError> {
        let Some(text) = self.get(name) else {
            return Ok(default.to_owned());
        };
        let url = http_url(name, text)?;
        if url.scheme_str() == Some("http") && !is_local(url.host().unwrap_or_default()) {
            self.warnings.push(format!(
                "{name} is plain http, so tokens are sent unencrypted; use https"
            ));
        }
        Ok(text.trim_end_matches('/').to_owned())
    }

    fn secret_url(&self, name: &str) -> Result<Option<Secret>, ConfigError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        http_url(name, text)?;
        Ok(Secret::new(text))
    }
}

/// Checks a URL. Errors do not show it, because it may contain a password.
fn http_url(name: &str, text: &str) -> Result<Uri, ConfigError> {
    let web = |uri: &Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    };
    text.parse::<Uri>().ok().filter(web).ok_or_else(|| {
        ConfigError::variable(
            name,
            "not an http or https URL; write it like https://host/path",
        )
    })
}

/// Whether a host is this machine or in the cluster.
fn is_local(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host.starts_with("127.")
        || [".svc", ".cluster.local"]
            .iter()
            .any(|suffix| host.ends_with(suffix))
}
