//! Which proxy, if any, leads to the API server. Pure.
//!
//! The client's own rule is not used: it compares `NO_PROXY` with the proxy's
//! address instead of the server's, and fails on an empty item in the list.

use std::net::IpAddr;

use http::Uri;

/// The proxy variables of the environment, or of an env file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`: used for https servers only, as by curl and kubectl.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`: hosts, domain suffixes, addresses, networks or `*`.
    pub no_proxy: Option<String>,
}

impl ProxyVariables {
    /// Reads `HTTPS_PROXY` and `NO_PROXY`, capital letters first.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "an edge; the program itself hands them in"
    )]
    pub fn from_env() -> Self {
        let read = |upper: &str, lower: &str| {
            [upper, lower]
                .into_iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.trim().is_empty())
        };
        Self {
            https_proxy: read("HTTPS_PROXY", "https_proxy"),
            no_proxy: read("NO_PROXY", "no_proxy"),
        }
    }

    /// The proxy for a server, or none.
    ///
    /// # Errors
    /// A proxy that is needed and cannot be used, without its password.
    pub(super) fn proxy_for(&self, server: &Uri) -> Result<Option<Uri>, String> {
        let Some(proxy) = &self.https_proxy else {
            return Ok(None);
        };
        let host = host_of(server);
        let excluded = self.no_proxy.as_deref().unwrap_or_default();
        if server.scheme_str() != Some("https") || is_loopback(host) || matches(excluded, server) {
            return Ok(None);
        }
        parse(proxy).map(Some)
    }
}

/// Reads a proxy's address; without a scheme it is http, as for curl.
pub(super) fn parse(proxy: &str) -> Result<Uri, String> {
    let proxy = proxy.trim();
    let with_scheme = if proxy.contains("://") {
        proxy.to_owned()
    } else {
        format!("http://{proxy}")
    };
    // The address may hold a password: no part of it is repeated.
    let uri: Uri = with_scheme
        .parse()
        .map_err(|_| "its address is no URL such as http://proxy:3128".to_owned())?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some(scheme @ ("http" | "https")) => Err(format!("{scheme}:// is not followed by a host")),
        Some(scheme) => Err(format!(
            "{scheme}:// proxies are not supported, http and https are"
        )),
        None => Err("its address is no URL such as http://proxy:3128".to_owned()),
    }
}

fn host_of(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether a list such as `localhost,.example.com,10.0.0.0/8` covers the server.
fn matches(list: &str, server: &Uri) -> bool {
    let host = host_of(server).to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(443);
    list.split([',', ' ', '\t', '\n'])
        .map(|item| item.trim().to_ascii_lowercase())
        .filter(|item| !item.is_empty())
        .any(|item| item_matches(&item, &host, port))
}

fn item_matches(item: &str, host: &str, port: u16) -> bool {
    if item == "*" {
        return true;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        let bare = item.trim_start_matches('[').trim_end_matches(']');
        if let Some((network, bits)) = bare.split_once('/') {
            return contains(network, bits, address);
        }
        if let Ok(excluded) = bare.parse::<IpAddr>() {
            return excluded == address;
        }
    }
    let name = match item.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            if digits.parse() != Ok(port) {
                return false;
            }
            name.trim_start_matches('[').trim_end_matches(']')
        }
        _ => item,
    };
    let name = name.strip_prefix('*').unwrap_or(name);
    let name = name.strip_prefix('.').unwrap_or(name);
    host == name
        || host
            .strip_suffix(name)
            .is_some_and(|rest| !name.is_empty() && rest.ends_with('.'))
}

fn contains(network: &str, bits: &str, address: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let shift = 32 - bits;
            (network.to_bits() ^ address.to_bits())
                .checked_shr(shift)
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let shift = 128 - bits;
            (network.to_bits() ^ address.to_bits())
                .checked_shr(shift)
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(server: &str, no_proxy: &str) -> bool {
        let variables = ProxyVariables {
            https_proxy: Some("http://proxy.example:3128".into()),
            no_proxy: Some(no_proxy.into()),
        };
        let server = server.parse().unwrap();
        variables.proxy_for(&server).unwrap().is_some()
    }

    #[test]
    fn no_proxy_names_the_server() {
        let server = "https://k3s.home.example:6443";
        for list in [
            "*",
            "k3s.home.example",
            "home.example",
            ".home.example",
            "*.home.example",
            "other, K3S.HOME.EXAMPLE ,",
            "a b k3s.home.example",
            "k3s.home.example:6443",
        ] {
            assert!(!proxied(server, list), "{list}");
        }
        for list in [
            "",
            ",",
            "s.home.example",
            "k3s",
            "k3s.home.example:443",
            "proxy.example",
        ] {
            assert!(proxied(server, list), "{list}");
        }
    }

    #[test]
    fn no_proxy_names_addresses_and_networks() {
        let server = "https://10.0.1.100:6443";
        for list in [
            "10.0.1.100",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "10.0.1.100/32",
            "10.0.1.100:6443",
        ] {
            assert!(!proxied(server, list), "{list}");
        }
        for list in [
            "10.0.1.10",
            "10.0.2.0/24",
            "10.0.0.0/99",
            "10.0.0.0/x",
            "fd00::/8",
        ] {
            assert!(proxied(server, list), "{list}");
        }
        assert!(!proxied("https://[fd00::1]:6443", "fd00::/8"));
        assert!(!proxied("https://[fd00::1]:6443", "[fd00::1]"));
        assert!(proxied("https://[fd00::1]:6443", "fd01::/16"));
    }

    #[test]
    fn loopback_and_plain_http_are_never_proxied() {
        for server in [
            "https://127.0.0.1:6443",
            "https://localhost",
            "https://[::1]",
            "http://k",
        ] {
            assert!(!proxied(server, ""), "{server}");
        }
    }

    #[test]
    fn a_proxy_may_lack_its_scheme() {
        assert_eq!(parse(" proxy:3128 ").unwrap(), "http://proxy:3128");
        assert!(parse("socks5://proxy:1080").unwrap_err().contains("socks5"));
        let error = parse("http://user:s3cr3t@ho st:1").unwrap_err();
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}
