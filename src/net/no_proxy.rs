//! Which servers are connected to without a proxy. Pure.

use std::net::IpAddr;

use ::http::Uri;

/// Whether a server is connected to without the proxy: it is this machine, or `NO_PROXY` covers it
/// as curl and Go read that variable (`localhost,.example.com,10.0.0.0/8`). Plain http is never
/// proxied, because the proxy is the one of `HTTPS_PROXY`.
#[must_use]
pub fn is_direct(server: &Uri, no_proxy: &str) -> bool {
    server.scheme_str() != Some("https")
        || is_loopback(host_of(server))
        || matches(no_proxy, server)
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

/// Whether the list covers the server.
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

    fn is_proxied(server: &str, no_proxy: &str) -> bool {
        !is_direct(&server.parse().unwrap(), no_proxy)
    }

    #[test]
    fn a_name_covers_the_host_and_its_subdomains() {
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
            assert!(!is_proxied(server, list), "{list}");
        }
        for list in [
            "",
            ",",
            "s.home.example",
            "k3s",
            "k3s.home.example:443",
            "proxy.example",
        ] {
            assert!(is_proxied(server, list), "{list}");
        }
    }

    #[test]
    fn addresses_and_networks_cover_addresses() {
        let server = "https://10.0.1.100:6443";
        for list in [
            "10.0.1.100",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "10.0.1.100/32",
            "10.0.1.100:6443",
        ] {
            assert!(!is_proxied(server, list), "{list}");
        }
        for list in [
            "10.0.1.10",
            "10.0.2.0/24",
            "10.0.0.0/99",
            "10.0.0.0/x",
            "fd00::/8",
        ] {
            assert!(is_proxied(server, list), "{list}");
        }
        assert!(!is_proxied("https://[fd00::1]:6443", "fd00::/8"));
        assert!(!is_proxied("https://[fd00::1]:6443", "[fd00::1]"));
        assert!(is_proxied("https://[fd00::1]:6443", "fd01::/16"));
    }

    #[test]
    fn loopback_and_plain_http_are_never_proxied() {
        for server in [
            "https://127.0.0.1:6443",
            "https://localhost",
            "https://[::1]",
            "http://k",
        ] {
            assert!(!is_proxied(server, ""), "{server}");
        }
    }
}
