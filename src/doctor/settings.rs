//! Checks of the configuration alone: proxy, heartbeat, time zone. Pure.

use ureq::http::Uri;

use crate::config::{Config, Environment};
use crate::model::Time;
use crate::model::secret::Secret;

use super::line::Check;

/// Variables that other programs use and this one does not.
const UNUSED: &[&str] = &[
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The proxies to the internet and to the API server. `cluster` is the address of the API
/// server and the proxy that the client uses.
#[must_use]
pub fn proxy(config: &Config, env: &Environment, cluster: Option<(&str, Option<&str>)>) -> Check {
    const NAME: &str = "proxy";
    let ignored: Vec<_> = UNUSED
        .iter()
        .copied()
        .filter(|name| env.get(*name).is_some_and(|value| !value.trim().is_empty()))
        .collect();
    let outside = match &config.https_proxy {
        Some(proxy) => format!(
            "HTTPS_PROXY: requests to the internet use {}",
            host_of(proxy)
        ),
        None => "HTTPS_PROXY is not set: all connections are direct".to_owned(),
    };
    let inside = match cluster {
        Some((_, Some(proxy))) => format!("; the API server is behind {proxy}"),
        Some((_, None)) if config.https_proxy.is_some() => {
            "; the connection to the API server is direct".to_owned()
        }
        _ => String::new(),
    };
    let message = outside + &inside;
    match cluster {
        Some((server, Some(_))) if is_private(server) => Check::warn(
            NAME,
            &format!("{message}, although {server} is a private address"),
            "add the API server's host to NO_PROXY, unless the proxy can reach it",
        ),
        _ if !ignored.is_empty() && config.https_proxy.is_none() => Check::warn(
            NAME,
            &format!("{message}; {} is set and not used", ignored.join(", ")),
            "set HTTPS_PROXY and NO_PROXY, in capital letters, if the monitor should use them",
        ),
        _ => Check::ok(NAME, &message),
    }
}

/// Host and port of an address that may hold a password.
fn host_of(address: &Secret) -> String {
    let text = address.expose();
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let uri: Option<Uri> = with_scheme.parse().ok();
    let host = uri.as_ref().and_then(Uri::host);
    match (host, uri.as_ref().and_then(Uri::port_u16)) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "an invalid URL".to_owned(),
    }
}

/// Whether the address is one that proxies seldom reach.
fn is_private(server: &str) -> bool {
    let uri: Option<Uri> = server.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(std::net::IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Ok(std::net::IpAddr::V6(address)) => address.is_unique_local(),
        Err(_) => [".svc", ".local", ".lan", ".internal"]
            .iter()
            .any(|suffix| bare.ends_with(suffix)),
    }
}

/// Whether something notices when the monitor no longer runs.
#[must_use]
pub fn heartbeat(config: &Config) -> Check {
    const NAME: &str = "heartbeat";
    match &config.heartbeat {
        Some(url) => Check::ok(
            NAME,
            &format!(
                "HEARTBEAT_URL is at {}; not pinged here, because a ping counts as a cycle",
                host_of(url)
            ),
        ),
        None => Check::off(
            NAME,
            "HEARTBEAT_URL is not set: nothing notices when the monitor no longer runs",
            "set it to a check at healthchecks.io or a similar service",
        ),
    }
}

/// The time zone of business hours and of incident ids.
#[must_use]
pub fn time_zone(config: &Config, env: &Environment, now: Time) -> Check {
    let hours = &config.business_hours;
    let days: Vec<_> = hours.days.iter().map(ToString::to_string).collect();
    let local = now.with_timezone(&hours.timezone).format("%a %H:%M");
    let named = env.get("TZ").is_some_and(|zone| !zone.trim().is_empty())
        || hours.timezone != chrono_tz::UTC;
    let unnamed = if named {
        ""
    } else {
        " (the default: neither TZ nor businessHours.timezone is set)"
    };
    let message = format!(
        "{}{unnamed}, now {local}; business hours {} to {} on {}",
        hours.timezone,
        hours.start,
        hours.end,
        days.join(" ")
    );
    Check::ok("time zone", &message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::line::Status::{Off, Ok as Green, Warn};

    fn load(variables: &[(&str, &str)]) -> (Config, Environment) {
        let env: Environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        (Config::load(None, &env).unwrap().config, env)
    }

    #[test]
    fn the_proxies_are_named() {
        const PROXY: (&str, &str) = ("HTTPS_PROXY", "http://user:s3cr3t@proxy:3128");
        let public = "https://k3s.example:6443";
        let private = "https://10.0.1.100:6443";
        for (variables, server, through, status, words) in [
            (&[][..], private, None, Green, "are direct"),
            (
                &[PROXY],
                private,
                None,
                Green,
                "use proxy:3128; the connection to the API server is direct",
            ),
            (
                &[PROXY],
                private,
                Some("http://proxy:3128"),
                Warn,
                "private address",
            ),
            (
                &[PROXY],
                public,
                Some("http://proxy:3128"),
                Green,
                "behind http://proxy:3128",
            ),
            (
                &[("https_proxy", "x")],
                public,
                None,
                Warn,
                "https_proxy is set and not used",
            ),
        ] {
            let (config, env) = load(variables);
            let check = proxy(&config, &env, Some((server, through)));
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.message.contains(words), "{check:?}");
            assert!(!check.message.contains("s3cr3t"), "{check:?}");
        }
    }

    #[test]
    fn a_heartbeat_shows_its_host_only() {
        assert_eq!(heartbeat(&load(&[]).0).status, Off);
        let (config, _) = load(&[("HEARTBEAT_URL", "https://hc-ping.com/a-uuid-that-is-secret")]);
        let check = heartbeat(&config);
        assert_eq!(check.status, Green);
        assert!(check.message.contains("hc-ping.com"), "{check:?}");
        assert!(!check.message.contains("uuid"), "{check:?}");
    }

    #[test]
    fn the_time_zone_is_named_with_its_business_hours() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let (config, env) = load(&[("TZ", "Europe/Berlin")]);
        let check = time_zone(&config, &env, now);
        assert!(
            check.message.starts_with("Europe/Berlin, now Fri 13:00"),
            "{check:?}"
        );
        let (config, env) = load(&[]);
        assert!(
            time_zone(&config, &env, now)
                .message
                .contains("the default")
        );
    }
}
