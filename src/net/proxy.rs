//! Whether a request goes through the proxy. Pure.

use ureq::Proxy;
use ureq::http::Uri;

use crate::model::secret::Secret;
use crate::net::no_proxy::is_direct;

/// The proxy of the configuration, and the hosts that are connected to without it.
pub struct ProxyResolver {
    proxy: Option<Result<Proxy, ureq::Error>>,
    no_proxy: String,
}

impl ProxyResolver {
    /// From the values of `HTTPS_PROXY` and `NO_PROXY`.
    pub fn new(proxy: Option<&Secret>, no_proxy: Option<&str>) -> Self {
        Self {
            proxy: proxy.map(|address| Proxy::new(address.expose())),
            no_proxy: no_proxy.unwrap_or_default().to_owned(),
        }
    }

    /// The proxy for a URL, or nothing for a direct connection.
    pub fn proxy_for(&self, uri: &Uri) -> Result<Option<Proxy>, ureq::Error> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        if is_direct(uri, &self.no_proxy) {
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

    fn is_proxied(url: &str, no_proxy: &str) -> bool {
        let proxy = Secret::new("http://user:pass@proxy:3128").unwrap();
        let proxies = ProxyResolver::new(Some(&proxy), Some(no_proxy));
        proxies.proxy_for(&url.parse().unwrap()).unwrap().is_some()
    }

    #[test]
    fn https_goes_through_the_proxy_unless_the_host_is_excluded() {
        for (url, no_proxy, expected) in [
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
            assert_eq!(is_proxied(url, no_proxy), expected, "{url} {no_proxy}");
        }
    }

    #[test]
    fn an_unusable_proxy_is_an_error_and_not_bypassed() {
        let wrong = Secret::new("fake://proxy").unwrap();
        let proxies = ProxyResolver::new(Some(&wrong), None);
        let uri = "https://slack.com".parse().unwrap();
        assert!(proxies.proxy_for(&uri).is_err());
    }
}
