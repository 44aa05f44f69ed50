//! Which way a request takes: through the proxy or past it. Pure.

use ureq::Proxy;
use ureq::http::Uri;

use crate::model::secret::Secret;
use crate::net::no_proxy::is_direct;

/// The proxy of the configuration and the hosts that are reached without it.
pub struct ProxyResolver {
    proxy: Option<Result<Proxy, ureq::Error>>,
    without: String,
}

impl ProxyResolver {
    /// Reads the two variables.
    pub fn new(proxy: Option<&Secret>, without: Option<&str>) -> Self {
        Self {
            proxy: proxy.map(|address| Proxy::new(address.expose())),
            without: without.unwrap_or_default().to_owned(),
        }
    }

    /// The proxy for an address, if it takes one: `https` only, as the
    /// variable's name says, and never to this machine itself.
    pub fn proxy_for(&self, uri: &Uri) -> Result<Option<Proxy>, ureq::Error> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        if is_direct(uri, &self.without) {
            return Ok(None);
        }
        match proxy {
            Ok(proxy) => Ok(Some(proxy.clone())),
            Err(_) => Err(ureq::Error::InvalidProxyUrl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_proxied(url: &str, without: &str) -> bool {
        let proxy = Secret::new("http://user:pass@proxy:3128").unwrap();
        let route = ProxyResolver::new(Some(&proxy), Some(without));
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
            ("https://10.0.0.5/hook", "10.0.0.0/8", false),
            ("https://10.0.0.5:8443/hook", "10.0.0.5:8443", false),
        ] {
            assert_eq!(is_proxied(url, without), expected, "{url} {without}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_no_way_past_it() {
        let wrong = Secret::new("fake://proxy").unwrap();
        let route = ProxyResolver::new(Some(&wrong), None);
        let uri = "https://slack.com".parse().unwrap();
        assert!(route.proxy_for(&uri).is_err());
    }
}
