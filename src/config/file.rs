//! The YAML file: its keys and their defaults.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_yaml::Error as YamlError;

use super::error::{ConfigError, closest};
use super::hours::Hours;
use super::silence::MuteTimeIntervalSpec;
use super::values::{self, Repository};
use crate::model::{GroupKind, Tier};

/// The file with defaults.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct File {
    pub cluster: Option<String>,
    pub channels: Channels,
    pub business_hours: Hours,
    pub repeat: Repeat,
    #[serde(deserialize_with = "values::optional")]
    pub unlisted_tier: Option<Tier>,
    #[serde(deserialize_with = "values::duration")]
    pub confirm_after: Duration,
    pub resources: Vec<GroupKind>,
    pub github: Github,
    pub model_budget: ModelBudget,
    pub silences: Vec<MuteTimeIntervalSpec>,
    #[serde(deserialize_with = "values::positive_duration")]
    pub deadline: Duration,
}

impl Default for File {
    fn default() -> Self {
        Self {
            cluster: None,
            channels: Channels::default(),
            business_hours: Hours::default(),
            repeat: Repeat::default(),
            unlisted_tier: None,
            confirm_after: Duration::from_secs(20),
            resources: Vec::new(),
            github: Github::default(),
            model_budget: ModelBudget::default(),
            silences: Vec::new(),
            deadline: Duration::from_secs(120),
        }
    }
}

/// `channels`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Channels {
    #[serde(deserialize_with = "values::channel")]
    pub critical: Option<String>,
    #[serde(deserialize_with = "values::channel")]
    pub infrastructure: Option<String>,
}

/// The repeat interval for notifications of an unchanged incident. SEV-3 is repeated at the start of
/// each business day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Repeat {
    /// For SEV-1.
    #[serde(deserialize_with = "values::positive_duration")]
    pub sev1: Duration,
    /// For SEV-2.
    #[serde(deserialize_with = "values::positive_duration")]
    pub sev2: Duration,
}

impl Default for Repeat {
    fn default() -> Self {
        Self {
            sev1: Duration::from_secs(3 * 3600),
            sev2: Duration::from_secs(12 * 3600),
        }
    }
}

/// `github`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Github {
    #[serde(deserialize_with = "values::optional")]
    pub repository: Option<Repository>,
    pub branch: String,
    #[serde(deserialize_with = "values::template")]
    pub manifests: Option<String>,
    #[serde(deserialize_with = "values::template")]
    pub app: Option<String>,
    #[serde(deserialize_with = "values::window_hours")]
    pub window_hours: u32,
}

impl Default for Github {
    fn default() -> Self {
        Self {
            repository: None,
            branch: "main".to_owned(),
            manifests: None,
            app: None,
            window_hours: 24,
        }
    }
}

/// The budget of the model in US dollars. Zero turns the model off.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ModelBudget {
    /// Per calendar month.
    #[serde(deserialize_with = "values::dollars")]
    pub month_usd: f64,
    /// Per cycle.
    #[serde(deserialize_with = "values::dollars")]
    pub cycle_usd: f64,
}

impl Default for ModelBudget {
    fn default() -> Self {
        Self {
            month_usd: 0.125,
            cycle_usd: 0.03,
        }
    }
}

impl File {
    /// Parses the text. An empty text gives the defaults.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        match serde_yaml::from_str::<Option<Self>>(text) {
            Ok(file) => Ok(file.unwrap_or_default()),
            Err(error) => Err(explain(path, text, error.without_snippet())),
        }
    }
}

/// Converts a YAML error.
fn explain(path: &Path, text: &str, error: &YamlError) -> ConfigError {
    let message = message_of(error);
    let Some(location) = error.location() else {
        return ConfigError::file(path, message);
    };
    let position = (index(location.line()), index(location.column()));
    let line = text.lines().nth(position.0.saturating_sub(1)).unwrap_or("");
    let shown = match error {
        // The value of an unknown key may be a token, so only the key is shown.
        YamlError::SerdeUnknownField { field, .. } => {
            let start: String = line.chars().take(position.1.saturating_sub(1)).collect();
            format!("{start}{field}: ...")
        }
        _ => line.trim_end().to_owned(),
    };
    ConfigError::at(path, position, shown, message)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn message_of(error: &YamlError) -> String {
    match error {
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            let meant = closest(field, expected.iter().copied())
                .map_or_else(String::new, |key| format!(", did you mean `{key}`?"));
            let known = expected.join(", ");
            format!("unknown key `{field}`{meant} Known keys: {known}.")
                .replace("` Known", "`. Known")
        }
        YamlError::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` is listed twice: remove one")
        }
        YamlError::NullIntoString { .. } => {
            "no value: leave the key out, or quote a value that begins with `#`".to_owned()
        }
        YamlError::Message { msg, .. } => msg.clone(),
        YamlError::AliasError { error, .. } => message_of(error),
        other => other.render_with_formatter(&serde_yaml::UserMessageFormatter),
    }
}
