//! Parsers for the values of flags. Errors show the syntax.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::ValueEnum as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ureq::http::Uri;

use crate::model::duration::parse_duration;
use crate::model::secret::Secret;
use crate::render::Format;

/// `--state configmap:NS/NAME | dir:PATH | none`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateLocation {
    /// A `ConfigMap` in the monitored cluster.
    ConfigMap {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A directory on this machine.
    Directory(PathBuf),
    /// No state.
    None,
}

impl FromStr for StateLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        match text.split_once(':') {
            Some(("dir", "")) => Err("dir: needs a path, for example dir:/var/lib/k8s-monitor".into()),
            Some(("dir", path)) => Ok(Self::Directory(path.into())),
            Some(("configmap", location)) => match location.split_once('/') {
                Some((namespace, name)) if is_label(namespace) && is_subdomain(name) => {
                    Ok(Self::ConfigMap {
                        namespace: namespace.to_owned(),
                        name: name.to_owned(),
                    })
                }
                _ => Err(
                    "configmap: needs NAMESPACE/NAME as valid Kubernetes names (lower case, digits, \
                     `-`), for example configmap:monitoring/k8s-monitor-state"
                        .into(),
                ),
            },
            _ => Err("must be configmap:NAMESPACE/NAME, dir:PATH or none".into()),
        }
    }
}

impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConfigMap { namespace, name } => write!(f, "configmap:{namespace}/{name}"),
            Self::Directory(path) => write!(f, "dir:{}", path.display()),
            Self::None => f.write_str("none"),
        }
    }
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_subdomain(text)
}

fn is_subdomain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=253).contains(&text.len())
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(inner)
                && !part.starts_with('-')
                && !part.ends_with('-')
        })
}

/// The URL of a Pushgateway. It must not contain a password, because every user of the machine
/// can see arguments.
pub fn push_url(text: &str) -> Result<Secret, String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/') && text.parse::<Uri>().is_ok())
        .ok_or("must be a URL, for example http://pushgateway:9091")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "must not contain a password, which other users can see: set METRICS_PUSH_URL instead"
                .into(),
        );
    }
    Secret::new(text).ok_or_else(|| "must not be empty".into())
}

/// The name of an output format. It is kept as written: see `output` in `args`.
pub fn format_name() -> impl TypedValueParser<Value = OsString> {
    let formats = Format::value_variants().iter();
    PossibleValuesParser::new(formats.filter_map(Format::to_possible_value)).map(OsString::from)
}

/// The output format with this name.
pub fn format_of(name: &OsStr) -> Format {
    let name = name.to_str().unwrap_or_default();
    Format::from_str(name, true).unwrap_or_default()
}

/// A duration above zero.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than 0, for example 90s or 2h".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// A time in RFC 3339.
pub fn timestamp(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|timestamp| timestamp.to_utc())
        .map_err(|_| "must be a time in RFC 3339, for example 2026-11-02T03:04:05Z".into())
}

/// The id of an incident, in any case.
pub fn incident_id(text: &str) -> Result<String, String> {
    let id = text.to_ascii_uppercase();
    let parts: Vec<&str> = id.split('-').collect();
    let digits = |part: &str, at_least: usize| {
        part.len() >= at_least && part.chars().all(|c| c.is_ascii_digit())
    };
    match parts.as_slice() {
        ["INC", year, month, day, number]
            if digits(year, 4) && digits(month, 2) && digits(day, 2) && digits(number, 3) =>
        {
            Ok(id)
        }
        _ => Err("must be an id like INC-2026-11-02-001; see `k8s-monitor incidents`".into()),
    }
}

/// Text that is not blank.
pub fn not_blank(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("must not be empty".into());
    }
    Ok(text.to_owned())
}
