//! Passwords in URLs and data source names, and e-mail addresses.

use std::sync::LazyLock;

use regex::Regex;

use super::{Span, allowlist, values};

/// The maximum length of an authority.
const AUTHORITY_MAX: usize = 2048;

/// Last labels of what is not an e-mail address: names of clusters and networks, and of systemd
/// units.
const NOT_MAIL: &[&str] = &[
    "local",
    "svc",
    "cluster",
    "internal",
    "lan",
    "home",
    "localdomain",
    "localhost",
    "service",
    "socket",
    "slice",
    "mount",
    "timer",
    "target",
    "scope",
    "device",
    "path",
    "swap",
];

static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+([A-Za-z]{2,24})").ok());

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    if !text.contains('@') {
        return;
    }
    for (at, _) in text.match_indices("://") {
        spans.extend(url_credential(text, at + 3));
    }
    for protocol in ["@tcp(", "@tcp4(", "@tcp6(", "@unix("] {
        for (at, _) in text.match_indices(protocol) {
            spans.extend(dsn_password(text, at));
        }
    }
    mail(text, spans);
}

/// The password of `scheme://user:password@host`, or a token before the `@`. Passwords may contain `@`
/// and `/`, although they should be encoded.
fn url_credential(text: &str, start: usize) -> Option<Span> {
    let authority = authority(&text[start..]);
    let slash = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let colon = authority.find(':').filter(|&c| c < slash);
    let at = match (authority[..slash].rfind('@'), colon) {
        (Some(at), _) => at,
        // `http://host:8080/path@x` is a port, `user:pass/word@host` is not.
        (None, Some(colon))
            if !(is_port(&authority[colon + 1..slash]) && is_web(&text[..start])) =>
        {
            authority.find('@')?
        }
        _ => return None,
    };
    // `docker-pullable://image:tag@sha256:...`
    if authority[at + 1..].starts_with("sha") && authority[at + 1..].contains(':') {
        return None;
    }
    let (from, secret) = match colon.filter(|&c| c < at) {
        Some(colon) => (colon + 1, &authority[colon + 1..at]),
        None => (0, Some(&authority[..at]).filter(|user| is_token(user))?),
    };
    (!secret.is_empty() && !allowlist::is_allowed("password", secret)).then(|| Span {
        start: start + from,
        end: start + from + secret.len(),
        label: "url-password",
    })
}

/// The rest of a URL, from its authority on.
fn authority(text: &str) -> &str {
    let ends = |b: u8| b.is_ascii_whitespace() || values::is_quote(b) || b"<>\\".contains(&b);
    let length = text.bytes().take(AUTHORITY_MAX).position(ends);
    let mut length = length.unwrap_or(text.len().min(AUTHORITY_MAX));
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    &text[..length]
}

/// Whether the path of a URL with this scheme may contain an `@`.
fn is_web(before: &str) -> bool {
    let scheme = before.trim_end_matches("://");
    [
        "http",
        "https",
        "ws",
        "wss",
        "oci",
        "docker",
        "docker-pullable",
    ]
    .iter()
    .any(|web| scheme.ends_with(web))
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A token in place of a user name: long, with digits.
fn is_token(user: &str) -> bool {
    user.len() >= 16 && user.bytes().any(|b| b.is_ascii_digit())
}

/// The password of Go's `user:password@tcp(host:3306)/db`.
fn dsn_password(text: &str, at: usize) -> Option<Span> {
    let ends = |b: &u8| b.is_ascii_whitespace() || values::is_quote(*b);
    let before = &text.as_bytes()[..at];
    let length = before.iter().rev().take(256).position(ends);
    let length = length.unwrap_or(before.len().min(256));
    let colon = before[at - length..].iter().position(|b| *b == b':')?;
    let start = at - length + colon + 1;
    (start < at && !allowlist::is_allowed("password", text.get(start..at)?)).then_some(Span {
        start,
        end: at,
        label: "url-password",
    })
}

fn mail(text: &str, spans: &mut Vec<Span>) {
    let Some(regex) = MAIL.as_ref() else { return };
    for captures in regex.captures_iter(text) {
        let (Some(address), Some(domain)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let user = address.as_str().split('@').next().unwrap_or_default();
        let in_url = text[..address.start()].ends_with("://");
        let behind = text.as_bytes().get(address.end());
        // `git@github.com:owner/repository` is an address of a repository.
        let is_login = user == "git"
            || (behind == Some(&b':') && text[address.end()..].contains('/') && user.len() < 5);
        let known = NOT_MAIL.contains(&domain.as_str().to_ascii_lowercase().as_str());
        if !(in_url || is_login || known || is_host(&text[address.end()..])) {
            spans.push(Span {
                start: address.start(),
                end: address.end(),
                label: "email",
            });
        }
    }
}

/// Whether the address is the beginning of a host name: more of the name or a port follows.
fn is_host(behind: &str) -> bool {
    let mut behind = behind.bytes();
    match behind.next() {
        Some(b'-' | b'_' | b'0'..=b'9') => true,
        Some(b':') => behind.next().is_some_and(|b| b.is_ascii_digit()),
        _ => false,
    }
}
