//! Passwords in URLs and data source names, and e-mail addresses.

use std::sync::LazyLock;

use regex::Regex;

use super::shapes::{self, Compiled, Shape, checked, shape};
use super::{Span, allowlist, forms, strength, values};

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

/// Addresses without a scheme, secrets in paths, values in braces.
const SHAPES: &[Shape] = &[
    // `user:password@host:port`
    checked(
        "url-password",
        r"(?:^|[ \t\r\n=\x22'(])[A-Za-z0-9._-]{1,40}:((?u-i:[^ \t\r\n:/@\x22'<>]){6,80})@[A-Za-z0-9.-]+:[0-9]{2,5}\b",
        is_password,
    ),
    // Oracle: `user/password@//host:port/service`, `user/password@host:port:sid`
    checked(
        "url-password",
        r"(?:^|[ \t\r\n=\x22'(:])[A-Za-z][A-Za-z0-9_$#.-]{0,40}/((?u-i:[^ \t\r\n/@\x22'<>]){4,80})@(?://|\(DESCRIPTION|[A-Za-z0-9.-]+:[0-9]{2,5}[:/])",
        is_password,
    ),
    shape(
        "url-password",
        r"\bjdbc:oracle:[a-z0-9]+:[A-Za-z0-9_$#.-]+/([!-?A-~]+)@",
    ),
    shape(
        "password",
        r"(?i:\b(?:pwd|password))[ \t]?=[ \t]?\{((?u-i:[^{}\n])+)\}",
    ),
    // Who knows the address may use it.
    shape(
        "webhook",
        r"\bmaker\.ifttt\.com/trigger/[A-Za-z0-9_-]+/(?:json/)?with/key/([A-Za-z0-9_-]+)",
    ),
    shape(
        "webhook",
        r"\bhooks\.zapier\.com/hooks/catch/[0-9]+/([A-Za-z0-9]+)",
    ),
    shape(
        "webhook",
        r"\bbetter(?:stack|uptime)\.com/api/v[0-9]/heartbeat/([A-Za-z0-9]+)",
    ),
    shape(
        "webhook",
        r"\bevents\.(?:eu\.)?pagerduty\.com/(?:integration|x-ere)/([A-Za-z0-9]+)",
    ),
    shape(
        "webhook",
        r"\b(?:open\.feishu\.cn|open\.larksuite\.com)/open-apis/bot/v2/hook/([A-Za-z0-9-]+)",
    ),
    checked(
        "token",
        r"/(?:reset|reset-password|password-reset|invite|invitation|verify|confirm|magic|magic-link|activate|unsubscribe|accept|heartbeat|webhook|webhooks|hook|hooks)/([A-Za-z0-9_-]{16,})",
        strength::is_generated,
    ),
    checked(
        "token",
        r"/(?:webhook|hooks?|heartbeat)/([0-9a-f-]{36})\b",
        forms::is_uuid,
    ),
];

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| shapes::compile_all(SHAPES));

fn is_password(word: &str) -> bool {
    allowlist::is_random(word)
        && !forms::is_version(word)
        && !forms::is_object_name(word)
        && !allowlist::is_allowed("password", word)
}

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    shapes::find(&COMPILED, text, spans);
    if !text.contains('@') {
        return;
    }
    let first = spans.len();
    for (at, _) in text.match_indices("://") {
        spans.extend(url_credential(text, at + 3));
    }
    for protocol in ["@tcp(", "@tcp4(", "@tcp6(", "@unix("] {
        for (at, _) in text.match_indices(protocol) {
            spans.extend(dsn_password(text, at));
        }
    }
    let mut passwords = spans[first..].to_vec();
    passwords.sort_by_key(|span| span.start);
    mail(text, &passwords, spans);
}

/// The password of `scheme://user:password@host`, or a token before the `@`. Passwords may contain `@`,
/// `/`, `#` and `?`, although they should be encoded: it ends at the `@` before a host.
fn url_credential(text: &str, start: usize) -> Option<Span> {
    let authority = authority(&text[start..]);
    let slash = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let colon = authority.find(':').filter(|&c| c < slash);
    let before_slash = authority[..slash].rfind('@');
    let at = match (before_slash, colon) {
        (Some(at), _) if is_host(&authority[at + 1..]) => at,
        // `http://host:8080/path@x` is a port, `user:pass/word@host` is not.
        (None, Some(colon)) if is_port(&authority[colon + 1..slash]) && is_web(&text[..start]) => {
            return None;
        }
        (None, None) => return None,
        _ => {
            let mut signs = authority.match_indices('@').map(|(at, _)| at);
            let last = signs.clone().rfind(|at| is_host(&authority[at + 1..]));
            last.or_else(|| signs.next())?
        }
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

/// Whether a host begins the text, or several: its name, perhaps a port, and a path or nothing behind.
fn is_host(text: &str) -> bool {
    let end = text
        .find(['/', '?', '#', ',', ';', ')', '@'])
        .unwrap_or(text.len());
    let (host, behind) = text.split_at(end);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.starts_with('[') || name.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-[]:%$(){}*".contains(&b);
    !name.is_empty()
        && name.bytes().all(is_name)
        && port
            .bytes()
            .all(|b| b.is_ascii_digit() || b"$(){}_".contains(&b) || b.is_ascii_uppercase())
        && !behind.starts_with('@')
}

/// The rest of a URL, from its authority on.
fn authority(text: &str) -> &str {
    let ends = |b: u8| b.is_ascii_whitespace() || values::is_quote(b) || b"<>\\".contains(&b);
    let length = text.bytes().take(AUTHORITY_MAX).position(ends);
    let mut length = length.unwrap_or(text.len().min(AUTHORITY_MAX));
    // The next URL.
    if let Some(next) = text.as_bytes()[..length]
        .windows(3)
        .position(|w| w == b"://")
    {
        length = next;
    }
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

/// Addresses of people, but not the end of a password and its host.
fn mail(text: &str, passwords: &[Span], spans: &mut Vec<Span>) {
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
        let before = passwords.partition_point(|span| span.start < address.end());
        let in_url = in_url || before > 0 && passwords[before - 1].end > address.start();
        if !(in_url || is_login || known || is_longer(&text[address.end()..])) {
            spans.push(Span {
                start: address.start(),
                end: address.end(),
                label: "email",
            });
        }
    }
}

/// Whether the address is the beginning of a host name: more of the name or a port follows.
fn is_longer(behind: &str) -> bool {
    let mut behind = behind.bytes();
    match behind.next() {
        Some(b'-' | b'_' | b'0'..=b'9') => true,
        Some(b':') => behind.next().is_some_and(|b| b.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        shapes::assert_compiles(SHAPES);
    }
}
