//! Which proxy is used for the API server, if any. Pure.
//!
//! The client's own rule is not used: it compares `NO_PROXY` with the proxy's address instead of the
//! server's, and fails on an empty item in the list.

use http::Uri;

use crate::net::no_proxy::is_direct;

/// The proxy variables of the environment, or of an env file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`: used for https servers only, as by curl and kubectl.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`: hosts, domain suffixes, addresses, networks or `*`.
    pub no_proxy: Option<String>,
}

impl ProxyVariables {
    /// The proxy for a server, or none.
    ///
    /// # Errors
    /// A proxy that is needed and cannot be used, without its password.
    pub(super) fn proxy_for(&self, server: &Uri) -> Result<Option<Uri>, String> {
        let Some(proxy) = &self.https_proxy else {
            return Ok(None);
        };
        if is_direct(server, self.no_proxy.as_deref().unwrap_or_default()) {
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
        .map_err(|_| "its address is not a URL like http://proxy:3128".to_owned())?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some(scheme @ ("http" | "https")) => Err(format!("{scheme}:// is not followed by a host")),
        Some(scheme) => Err(format!(
            "{scheme}:// proxies are not supported; use http or https"
        )),
        None => Err("its address is not a URL like http://proxy:3128".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_may_lack_its_scheme() {
        assert_eq!(parse(" proxy:3128 ").unwrap(), "http://proxy:3128");
        assert!(parse("socks5://proxy:1080").unwrap_err().contains("socks5"));
        let error = parse("http://user:s3cr3t@ho st:1").unwrap_err();
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}
