//! Values that are not secret although their name is.

use super::values::is_name_byte;
use super::{forms, names, strength};

/// Beginnings of paths. Such a value is the location of a secret.
#[rustfmt::skip]
const FILE_ROOTS: &[&str] = &[
    "/var/", "/run/", "/etc/", "/tmp/", "/home/", "/opt/", "/mnt/", "/usr/", "/app/", "/data/",
    "/vault/", "/secrets/", "/root/", "/config/", "/certs/", "file:", "./", "../", "~/",
];

/// Values that are a flag or a description.
#[rustfmt::skip]
const FACTS: &[&str] = &[
    "true", "false", "null", "none", "nil", "undefined", "yes", "no", "on", "off", "unset",
    "enabled", "disabled", "present", "empty", "optional", "required", "redacted", "masked",
    "hidden", "n/a", "string", "bytes",
];

/// Words that continue a sentence: `token: not found`, `--password or --token`.
#[rustfmt::skip]
const PROSE: &[&str] = &[
    "a", "access", "already", "an", "and", "are", "at", "auth", "authentication",
    "authorization", "be", "by", "can", "cannot", "can't", "configmap", "connection", "context",
    "could", "couldn't", "credentials", "denied", "does", "doesn't", "dial", "error",
    "expected", "expired", "expires", "failed", "failure", "fetch", "field", "find", "for",
    "forbidden", "from", "get", "has", "have", "if", "in", "incorrect", "invalid", "is",
    "isn't", "it", "key", "lookup", "malformed", "mismatch", "missing", "must", "name",
    "neither", "not", "of", "open", "or", "permission", "please", "post", "put", "read",
    "references", "rejected", "requested", "rpc", "secret", "secrets", "should", "signature",
    "stat", "system", "that", "the", "timed", "timeout", "to", "token", "try", "unable",
    "unauthorized", "unexpected", "unknown", "unsupported", "user", "using", "volume", "was",
    "when", "which", "will", "with", "wrong", "x509", "you", "your",
];

/// Words in other languages that continue a sentence: wrong, missing, expired.
#[rustfmt::skip]
const FOREIGN_PROSE: &[&str] = &[
    "abgelaufen", "chybné", "erforderlich", "errata", "errato", "expirada", "expiré", "falsch",
    "fehlt", "feil", "fel", "forkert", "hibás", "incorrecta", "incorrecte", "incorreta", "inconnu",
    "invalide", "inválida", "manquant", "nieprawidłowe", "obligatoire", "ogiltigt", "ongeldig",
    "onjuist", "requerida", "requis", "scaduta", "ungültig", "verlopen", "väärä", "wygasło",
    "yanlış", "неверный", "истёк", "错误", "無効",
];

/// Whether a value with a secret name is not secret.
pub(super) fn is_allowed(name: &str, value: &str) -> bool {
    let value = value.trim();
    is_empty_or_masked(value)
        || FACTS.iter().any(|fact| value.eq_ignore_ascii_case(fact))
        || is_reference(value)
        || is_size(value)
        || is_path(value)
        // PWD and OLDPWD of a shell
        || (value.starts_with('/') && name.to_ascii_lowercase().ends_with("pwd"))
        || (names::is_plural(name) && value.bytes().all(|b| b.is_ascii_digit()))
        || (name.eq_ignore_ascii_case("secret") && forms::is_object_reference(value))
        || (name.eq_ignore_ascii_case("pass") && is_count(value))
}

/// The path of a file that contains the secret.
fn is_path(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b);
    FILE_ROOTS.iter().any(|root| value.starts_with(root)) && value.bytes().all(allowed)
}

/// `<redacted>`, `<set to the key 'password' in secret 'mysql'>`. It may be truncated at a blank.
fn is_placeholder(value: &str) -> bool {
    let Some(inside) = value.strip_prefix('<') else {
        return false;
    };
    let (inside, behind) = inside.split_once('>').unwrap_or((inside, ""));
    if !(behind.is_empty() || behind.starts_with(' ')) {
        return false;
    }
    !strength::is_generated(inside)
        && inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && inside
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b" _-'\"./".contains(&b))
}

/// `12 bytes`: the output of `kubectl describe secret`.
fn is_size(value: &str) -> bool {
    let count = value.strip_suffix("bytes").map(str::trim_end);
    count.is_some_and(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
}

/// A command substitution, truncated at its first blank: `$(cat /x)`.
fn is_command(value: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_./-".contains(&b);
    value
        .strip_prefix("$(")
        .is_some_and(|command| command.bytes().all(word))
}

/// `pass: 12 fail: 3` is the result of a test.
fn is_count(value: &str) -> bool {
    let first = value.split_whitespace().next().unwrap_or_default();
    first.len() <= 5 && first.bytes().all(|b| b.is_ascii_digit())
}

/// Empty, or a mask.
pub(super) fn is_empty_or_masked(value: &str) -> bool {
    super::mask_at(value).is_some()
        || is_placeholder(value)
        || value.bytes().all(|b| b"*xX.-#_".contains(&b))
        || value
            .to_ascii_lowercase()
            .trim_matches(['[', ']', '(', ')'])
            == "redacted"
}

/// A word that continues a sentence.
pub(super) fn is_prose(word: &str) -> bool {
    let word = word.trim_matches([',', '.', ';', ':', ')', '(', '!', '?']);
    if word.len() > 32 {
        return false;
    }
    let word = word.to_lowercase();
    PROSE.contains(&word.as_str()) || FOREIGN_PROSE.contains(&word.as_str())
}

/// A word of lower-case letters, perhaps capitalized.
pub(super) fn is_plain_word(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ';', ':', ')', '!', '?']);
    let mut letters = word.chars();
    letters.next().is_none_or(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_lowercase())
}

/// The name of a variable, a key or a code: `API_KEY`, `tls.key`, `invalid_grant`. A secret name, or
/// letters.
pub(super) fn is_name(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ';', ':', ')', '!', '?']);
    let is_joined = word.contains(['_', '.', '-']);
    let letters = |b: u8| b.is_ascii_lowercase() || b == b'_';
    is_joined
        && word.bytes().all(|b| is_name_byte(b) || b == b'/')
        && !strength::is_generated(word)
        && (word.bytes().all(letters) && !word.contains('-')
            || forms::is_constant(word)
                && (names::is_secret_name(word) || !strength::has_digit(word))
            || !strength::has_digit(word) && names::is_secret_name(word))
}

/// A word of at most 12 letters.
pub(super) fn is_letters(word: &str) -> bool {
    word.len() <= 12 && word.bytes().all(|b| b.is_ascii_alphabetic())
}

/// A word with two of letters, digits and symbols, unless it is an address, a time, a version, an
/// algorithm, a variable, a path or a pair.
pub(super) fn is_random(word: &str) -> bool {
    // With a colon it is the source of an error: `ORA-01017:`, `db1:5432:`
    if word.ends_with(':') || word.contains("://") || word.contains(' ') {
        return false;
    }
    let word = word.trim_end_matches([',', '.', ';', ')', '!', '?', '*', '"', '\'']);
    let has = |is: fn(u8) -> bool| word.bytes().any(is);
    let kinds = [
        has(|b| b.is_ascii_alphabetic() || !b.is_ascii()),
        has(|b| b.is_ascii_digit()),
        has(|b| b"!#$%^&*+=~?|".contains(&b)),
    ];
    word.len() >= 6
        && kinds.iter().filter(|kind| **kind).count() >= 2
        && !word.starts_with(['(', '[', '{', '<', '/', '\\', '.'])
        && !forms::is_ordinary(word)
}

/// At least six digits.
pub(super) fn is_number(word: &str) -> bool {
    word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit())
}

/// `$(VAR)`, `${VAR}`, `$VAR`, `{{ template }}`, `%s`.
fn is_reference(value: &str) -> bool {
    let name = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    let inside = |open, close| value.strip_prefix(open).and_then(|v| v.strip_suffix(close));
    is_command(value)
        || inside("$(", ")")
            .or_else(|| inside("${", "}"))
            .is_some_and(name)
        || value.strip_prefix('$').is_some_and(|v| {
            name(v)
                && !v.bytes().any(|b| b.is_ascii_lowercase())
                && !v.starts_with(|c: char| c.is_ascii_digit())
        })
        || (value.starts_with("{{") && value.ends_with("}}"))
        || matches!(value, "%s" | "%v" | "%q" | "%d" | "%r" | "?")
}
