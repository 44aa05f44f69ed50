//! Names of variables, keys, fields and headers with secret values.

/// Words that make a name secret at any position.
#[rustfmt::skip]
const SECRET_WORDS: &[&str] = &[
    "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pass", "secret",
    "secrets", "token", "tokens", "credential", "credentials", "cred", "creds", "dsn", "apikey",
    "apikeys", "authorization", "cookie", "bearer", "jwt", "otp", "totp", "salt", "requirepass",
    "masterauth", "dockerconfigjson", "dockercfg", "connstr", "connectionstring", "privatekey",
    "secretkey", "accesskey", "authkey", "mnemonic", "pw", "psk", "bindpw", "rootpw", "userpw",
];

/// Endings of compound words: `dbpassword`, `clientsecret`.
#[rustfmt::skip]
const SECRET_ENDINGS: &[&str] = &[
    "password", "passwd", "passphrase", "secret", "token", "apikey", "dbpass", "userpass",
    "rootpass", "mysqlpass", "sqlpass", "adminpass", "smtppass",
];

/// Words that make a key secret: `API_KEY`, but not `PRIMARY_KEY`.
#[rustfmt::skip]
const KEY_OWNERS: &[&str] = &[
    "api", "app", "application", "access", "private", "encryption", "encrypt", "signing",
    "sign", "master", "account", "shared", "auth", "license", "licence", "ssh", "client",
    "webhook", "tls", "ssl", "ca", "server", "service", "session", "hmac", "crypto", "cipher",
    "aes", "rsa", "gpg", "pgp", "deploy", "storage", "datadog", "dd", "openai", "anthropic",
    "stripe", "github", "google", "aws", "azure", "csrf", "root", "unseal", "recovery", "sas",
    "preshared",
];

/// Words that make `auth` secret: `REDIS_AUTH`, but not `auth: enabled`.
#[rustfmt::skip]
const AUTH_OWNERS: &[&str] = &[
    "redis", "basic", "http", "proxy", "smtp", "registry", "docker", "npm", "rediscli",
];

/// A name with one of these last words is about a secret and not a secret itself: `secretName`,
/// `TOKEN_FILE`, `password-policy`, `token-service`.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "name", "names", "ref", "refs", "reference", "file", "files", "filename", "path", "paths",
    "dir", "directory", "url", "uri", "host", "hostname", "port", "endpoint", "addr", "address",
    "type", "kind", "policy", "policies", "length", "size", "len", "ttl", "expiry", "expires",
    "expiration", "expire", "seconds", "minutes", "hours", "days", "time", "timestamp",
    "timeout", "count", "total", "enabled", "disabled", "enable", "disable", "namespace",
    "version", "algorithm", "alg", "issuer", "audience", "audiences", "provider", "providers",
    "class", "store", "stores", "manager", "rotation", "rotator", "service", "svc",
    "controller", "operator", "webhook", "reviewer", "required", "status", "state", "usage",
    "limit", "limits", "max", "min", "prefix", "suffix", "header", "field", "column", "label",
    "annotation", "error", "errors", "id", "ids", "mode", "format", "method", "mount", "mounts",
    "volume", "cache", "driver", "syncer", "generator", "reset", "changed", "domain", "domains",
    "samesite", "found", "exists", "created", "updated", "review", "reviews", "requests",
    "request", "stdin",
];

/// Identifiers that are secret or belong to a secret: the secret id of a Vault role,
/// Vault's root token in development.
const SECRET_IDS: &[&str] = &["access key", "secret", "root token"];

/// Plurals after these words are lists of names, or counts.
#[rustfmt::skip]
const LISTED: &[&str] = &[
    "external", "sealed", "image", "pull", "mountable", "input", "output", "prompt",
    "completion", "max", "min", "total", "cached", "num",
];

/// Whether the value of a variable, key, field, flag or header with this name is secret:
/// `MYSQL_ROOT_PASSWORD`, `apiKey`, `--auth-token`, `X-Vault-Token`, but not `secretName` or
/// `TOKEN_FILE`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    if last == "id" {
        let before = before.join(" ");
        return SECRET_IDS.iter().any(|owner| before.ends_with(owner));
    }
    if ABOUT.contains(&last.as_str()) {
        return false;
    }
    if last.ends_with('s') && before.iter().any(|w| LISTED.contains(&w.as_str())) {
        return false;
    }
    words.iter().any(|word| is_secret_word(word))
        || is_key(before, last)
        || is_auth(name, before, last)
}

/// Whether it is the name of a password. Passwords are also masked where a word after `token` or
/// `secret` would be prose.
pub(super) fn is_password(name: &str) -> bool {
    let stem = |w: &String| w.contains("pass") || w == "pwd";
    words(name).iter().any(stem)
}

/// The label of the mask for a value with this name.
pub(super) fn label(name: &str) -> &'static str {
    let words = words(name);
    let any = |stem: &str| words.iter().any(|w| w.contains(stem));
    if any("pass") || any("pwd") {
        "password"
    } else if any("token") || any("authorization") || any("jwt") || any("bearer") {
        "token"
    } else if any("key") {
        "key"
    } else if any("secret") {
        "secret"
    } else {
        "credential"
    }
}

/// A plural that may be a list of names or a count: `secrets: 3`, `Tokens: default-token`.
pub(super) fn is_plural(name: &str) -> bool {
    words(name).last().is_some_and(|w| {
        matches!(
            w.as_str(),
            "secrets" | "tokens" | "keys" | "creds" | "credentials"
        )
    })
}

fn is_secret_word(word: &str) -> bool {
    SECRET_WORDS.contains(&word) || SECRET_ENDINGS.iter().any(|ending| word.ends_with(ending))
}

fn is_key(before: &[String], last: &str) -> bool {
    let owner = before.last().map(String::as_str).unwrap_or_default();
    match last {
        "key" | "keys" => {
            let is_owned = before.iter().any(|w| KEY_OWNERS.contains(&w.as_str()));
            is_owned && !before.iter().any(|w| w == "public")
        }
        // `client-key-data` of a kubeconfig, `keys_base64` of `vault operator init`
        "data" => owner == "key",
        "base" => owner == "keys",
        "string" => owner == "connection",
        _ => false,
    }
}

fn is_auth(name: &str, before: &[String], last: &str) -> bool {
    last == "auth"
        && (name.starts_with("_auth")
            || before
                .last()
                .is_some_and(|w| AUTH_OWNERS.contains(&w.as_str())))
}

/// Splits a name into lower-case words, also in camel case. Trailing digits of a word are dropped.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let bytes = part.as_bytes();
        let mut start = 0;
        for i in 1..bytes.len() {
            let upper = bytes[i].is_ascii_uppercase();
            let after_small = !bytes[i - 1].is_ascii_uppercase();
            let before_small = bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
            if upper && (after_small || before_small) {
                push(&mut words, &part[start..i]);
                start = i;
            }
        }
        push(&mut words, &part[start..]);
    }
    words
}

fn push(words: &mut Vec<String>, word: &str) {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !word.is_empty() {
        words.push(word.to_ascii_lowercase());
    }
}
