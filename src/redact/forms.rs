//! Forms of words that are no secret: names of objects, versions, times, addresses, references.

/// Beginnings of names of algorithms, encodings and protocols, followed by a digit, hyphen or slash:
/// `the password is sha256-hashed`.
const ALGORITHMS: &[&str] = &[
    "sha", "aes", "rsa", "utf", "base", "argon", "pbkdf", "pkcs", "scram", "http",
];

/// A word with digits or symbols that is no secret.
pub(super) fn is_ordinary(word: &str) -> bool {
    is_time_or_address(word)
        || is_version(word)
        || is_algorithm(word)
        || is_constant(word)
        || is_pair(word)
        || is_object_reference(word)
}

/// `2026-11-27T10:00:00Z`, `24h0m0s`, `10.0.0.1:5432`, `0x80090308`, `db1:5432`.
pub(super) fn is_time_or_address(word: &str) -> bool {
    let parts = |b: u8| b.is_ascii_digit() || b"TZhmsdun.:-+/".contains(&b);
    let port = word.rsplit_once(':').is_some_and(|(host, port)| {
        host.split('.').all(is_dns_label) && port.bytes().all(|b| b.is_ascii_digit())
    });
    (word.starts_with(|c: char| c.is_ascii_digit()) && word.bytes().all(parts))
        || word.starts_with("0x")
        || port
}

pub(super) fn is_algorithm(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ALGORITHMS.iter().any(|name| {
        lower.strip_prefix(name).is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '/'))
        })
    })
}

/// `MYSQL_PASSWORD_2`: the name of a variable.
pub(super) fn is_constant(word: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    word.contains('_') && word.bytes().all(allowed)
}

/// `code=28P01`, but not the padding of base64.
pub(super) fn is_pair(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name && !value.trim_matches('=').is_empty()
    })
}

/// `web-credentials`, `default-token-x7k2p`: the name of an object. Unlike random keys it has
/// hyphens, and so do UUIDs.
pub(super) fn is_object_name(word: &str) -> bool {
    word.contains('-') && is_dns_label(word) && !is_uuid(word)
}

/// `8.0.36`, `v1.2.3-alpine`, `latest`: what follows the colon of an image.
pub(super) fn is_version(word: &str) -> bool {
    let digits = word.strip_prefix('v').unwrap_or(word);
    let numeric = digits.split(['.', '-', '+']).next().is_some_and(|major| {
        !major.is_empty() && major.len() <= 4 && major.bytes().all(|b| b.is_ascii_digit())
    });
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    (numeric && digits.contains('.') && digits.len() <= 64 && digits.bytes().all(allowed))
        || matches!(word, "latest" | "stable" | "main" | "nightly")
}

/// `namespace/name`, as controllers log a Secret.
pub(super) fn is_object_reference(value: &str) -> bool {
    value.split_once('/').is_some_and(|(namespace, name)| {
        is_dns_label(namespace) && name.split('.').all(is_dns_label)
    })
}

pub(super) fn is_dns_label(word: &str) -> bool {
    (1..=63).contains(&word.len())
        && !word.starts_with('-')
        && !word.ends_with('-')
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A UUID, which is the form of some tokens.
pub(super) fn is_uuid(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ';', ':', ')', '!', '?', '"', '\'', '`']);
    word.len() == 36
        && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
