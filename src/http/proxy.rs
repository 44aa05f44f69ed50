//! Which way a request takes: through the proxy or past it. Pure.

use std::net::IpAddr;

use ureq::Proxy;
use ureq::http::Uri;

use crate::secret::Secret;

/// The proxy of the configuration and the hosts that are reached without it.
pub struct Route {
    proxy: Option<Result<Proxy, ureq::Error>>,
    without: Vec<String>,
}

impl Route {
    /// Reads the two variables.
    pub fn new(proxy: Option<&Secret>, without: Option<&str>) -> Self {
        Self {
            proxy: proxy.map(|address| Proxy::new(address.expose())),
            without: without
                .unwrap_or_default()
                .split([',', ' ', '\t', '\n'])
                .map(|item| item.trim().to_ascii_lowercase())
                .filter(|item| !item.is_empty())
                .collect(),
        }
    }

    /// The proxy for an address, if it takes one: `https` only, as the
    /// variable's name says, and never to this machine itself.
    pub fn proxy_for(&self, uri: &Uri) -> Result<Option<Proxy>, ureq::Error> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if uri.scheme_str() != Some("https") || is_this_machine(host) || self.is_excluded(host) {
            return Ok(None);
        }
        match proxy {
            Ok(proxy) => Ok(Some(proxy.clone())),
            Err(_) => Err(ureq::Error::InvalidProxyUrl),
        }
    }

    /// `*`, a host, or a domain with all below it, as curl reads the list.
    fn is_excluded(&self, host: &str) -> bool {
        self.without.iter().any(|item| {
            let name = item.strip_prefix('*').unwrap_or(item);
            let name = name.strip_prefix('.').unwrap_or(name);
            item == "*"
                || host == name
                || host
                    .strip_suffix(name)
                    .is_some_and(|rest| !name.is_empty() && rest.ends_with('.'))
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|a: IpAddr| a.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_proxied(url: &str, without: &str) -> bool {
        let proxy = Secret::new("http://user:pass@proxy:3128").unwrap();
        let route = Route::new(Some(&proxy), Some(without));
        route.proxy_for(&url.parse().unwrap()).unwrap().is_some()
    }

    #[test]
    fn what_goes_through_the_proxy() {
        for (url, without, expected) in [
            ("https://slack.com/api", "", true),
            ("http://slack.internal/api", "", false),
            ("https://127.0.0.1:8443", "", false),
            ("https://[::1]:8443", "", false),
            ("https://localhost", "", false),
            ("https://slack.com", "slack.com", false),
            ("https://api.slack.com", "slack.com", false),
            ("https://api.slack.com", ".slack.com, x", false),
            ("https://api.slack.com", "*.slack.com", false),
            ("https://notslack.com", "slack.com", true),
            ("https://slack.com", "*", false),
            ("https://slack.com", " , ", true),
        ] {
            assert_eq!(is_proxied(url, without), expected, "{url} {without}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_no_way_past_it() {
        let wrong = Secret::new("fake://proxy").unwrap();
        let route = Route::new(Some(&wrong), None);
        let uri = "https://slack.com".parse().unwrap();
        assert!(route.proxy_for(&uri).is_err());
    }
}
