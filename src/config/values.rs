//! Values of YAML keys. Errors show how to write them.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::error::closest;
use crate::model::duration::parse_duration;

/// `owner/name` on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// User or organisation.
    pub owner: String,
    /// Name of the repository.
    pub name: String,
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match text.split_once('/') {
            Some((owner, name)) if allowed(owner) && allowed(name) => Ok(Self {
                owner: owner.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(format!(
                "`{text}` is not a repository: write owner/name, like arigsela/kubernetes"
            )),
        }
    }
}

impl Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// Any type with `FromStr`.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(Error::custom)
}

/// Any type with `FromStr`, or no value.
pub fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    match Option::<String>::deserialize(deserializer)? {
        Some(text) => text.parse().map(Some).map_err(Error::custom),
        None => Ok(None),
    }
}

/// A duration, zero allowed.
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map_err(Error::custom)
}

/// A duration above zero.
pub fn positive_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match duration(deserializer)? {
        Duration::ZERO => Err(Error::custom("must be longer than 0, like 90s or 2h")),
        duration => Ok(duration),
    }
}

/// A channel. An unquoted `#` starts a comment in YAML, so an empty value is an error. Otherwise
/// messages would silently go elsewhere.
pub fn channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(deserializer)?
        .as_deref()
        .map(str::trim)
    {
        None | Some("") => Err(Error::custom(
            "no channel: leave the key out, or quote the name, like \"#critical-alerts\"",
        )),
        Some(name) => Ok(Some(name.to_owned())),
    }
}

/// A path in the repository with `{app}` for the name of the service.
pub fn template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    if text.replace("{app}", "").contains(['{', '}']) {
        return Err(Error::custom(format!(
            "`{text}`: the only placeholder is {{app}}"
        )));
    }
    if text.starts_with('/') || text.split('/').any(|part| part == "..") {
        return Err(Error::custom(format!(
            "`{text}`: write a path from the repository's root, like base-apps/{{app}}/"
        )));
    }
    Ok(Some(text))
}

/// Hours to search for commits, up to thirty days.
pub fn window_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse() {
        Ok(hours @ 1..=720) => Ok(hours),
        _ => Err(Error::custom(format!(
            "`{text}` is not a number of hours from 1 to 720"
        ))),
    }
}

/// An amount of money, zero allowed.
pub fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err(Error::custom(format!(
            "`{text}` is not an amount in US dollars, 0 or more, like 0.125"
        ))),
    }
}

/// A time zone by its name.
pub fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    parse_zone(&text).map(Some).map_err(Error::custom)
}

/// Parses the name of a time zone. The error suggests a similar name.
pub fn parse_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let hint = closest(text, names).map_or_else(
            || "write one like Europe/Berlin or UTC".to_owned(),
            |name| format!("did you mean {name}?"),
        );
        format!("`{text}` is not a time zone: {hint}")
    })
}
