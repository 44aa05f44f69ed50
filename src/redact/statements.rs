//! Secrets in statements of SQL, and in lines of configuration files that have no sign between a name
//! and its value: `requirepass x`, `login bob password x`.

use std::sync::LazyLock;

use super::shapes::{self, Compiled, Shape, checked, shape};
use super::{Span, allowlist, names, strength};

const SHAPES: &[Shape] = &[
    shape(
        "password",
        r"(?i:temporary password)[ a-z]*[A-Za-z0-9@'.%-]*:[ \t]*([!-~]+)",
    ),
    shape(
        "password",
        r"(?i:\bidentified(?: with [a-z0-9_']+)? (?:by|as)(?: password)?|\bpassword|\bpasswd|\bmd5|\bsha[12]|\bpgp_sym_(?:en|de)crypt|\bencrypted by password)[ \t(=]+N?'([ -&(-~]+)'",
    ),
    shape(
        "password",
        r#"(?i:\bidentified(?: with [a-z0-9_']+)? by[ \t]+)\\*"((?u-i:[^"\n\\])+)"#,
    ),
    shape(
        "password",
        r"(?i:\bset password for [!-~]{1,80} ?= ?)'((?u-i:[^'\n])+)'",
    ),
    shape(
        "password",
        r"(?i:\bpgp_sym_(?:en|de)crypt)\((?u-i:[^'\n()]){0,40}'(?u-i:[^'\n]){0,200}', ?'((?u-i:[^'\n])+)'",
    ),
    shape("secret", r"(?i:\bsecret )'((?u-i:[^'\n]){16,})'"),
    shape(
        "password",
        r#"\bdb\.auth\(\\*["'](?u-i:[^"'\n\\]){1,60}\\*["'], ?\\*["']((?u-i:[^"'\n\\])+)"#,
    ),
    // Columns of a table, or members of a list, by position.
    shape(
        "password",
        r#"(?i:\(name, ?password\) values ?\()\\*['"](?u-i:[^'"\n]){1,80}['"], ?['"]((?u-i:[^'"\n])+)"#,
    ),
    // A line of its own.
    checked(
        "password",
        r"(?m:^[ \t]*)(?:requirepass|masterauth|primaryauth|auth_pass|rootpw|bindpw|pre-shared-key|insecure-password|bindcredentials)[ \t]+([!-~]+)",
        is_value,
    ),
    checked(
        "password",
        r"(?i:\bconfig set (?:requirepass|masterauth))[ \t]+([!-~]+)",
        is_value,
    ),
    checked(
        "password",
        r"(?m:^[ \t]*user [!-~]+ on) (?u-i:[^\n]){0,100}?>([!-~]{4,})",
        is_value,
    ),
    checked(
        "password",
        r"\buser[ \t]+[!-~]{1,40}[ \t]+(?:insecure-password|password)[ \t]+([!-~]+)",
        is_value,
    ),
    checked(
        "password",
        r"\bstats[ \t]+auth[ \t]+[!-~]{1,40}?:([!-~]+)",
        is_value,
    ),
    checked(
        "password",
        r"\benable[ \t]+(?:secret|password)[ \t]+(?:[0-9][ \t]+)?([!-~]{6,})",
        is_value,
    ),
    checked(
        "password",
        r"\bpassword[ \t]+[0-9][ \t]+([0-9A-Fa-f]{8,})\b",
        is_value,
    ),
    checked(
        "password",
        r"\bsnmp-server[ \t]+community[ \t]+([!-~]+)",
        is_value,
    ),
    // .netrc, in one line or several.
    checked(
        "password",
        r"\blogin[ \t\r\n]+[!-~]{1,80}[ \t\r\n]+password[ \t\r\n]+([!-~]+)",
        is_value,
    ),
    // .pgpass: host:port:database:user:password
    checked(
        "password",
        r"(?m:^[ \t]*)(?:\*|[A-Za-z0-9.-]{1,80}):(?:\*|[0-9]{2,5}):(?u-i:[^: \t\r\n]){1,60}:(?u-i:[^: \t\r\n]){1,60}:([!-~]{6,})",
        is_value,
    ),
    // CSV with a column `password` after one other, or two.
    shape(
        "password",
        r"(?mi:^[a-z_]{1,20}[,;\t](?:password|passwd|secret|token|api_key))(?u-i:[^\n]){0,80}\r?\n(?u-i:[^,;\t\n]){1,80}[,;\t]((?u-i:[^,;\t\n]){4,80})",
    ),
    shape(
        "password",
        r"(?mi:^[a-z_]{1,20}[,;\t][a-z_]{1,20}[,;\t](?:password|passwd|secret|token|api_key))(?u-i:[^\n]){0,80}\r?\n(?u-i:[^,;\t\n]){1,80}[,;\t](?u-i:[^,;\t\n]){1,80}[,;\t]((?u-i:[^,;\t\n]){4,80})",
    ),
];

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| shapes::compile_all(SHAPES));

/// A variable that a file sets without a sign: `ENV NAME value`, `SetEnv NAME value`.
const VARIABLE: &str = r"\b(?:ENV|SetEnv|setx|set -x|set -gx|setenv|fastcgi_param|proxy_set_header|env\.put|export)[ \t]+([A-Za-z_][A-Za-z0-9_-]{2,80})[ \t]+([!-~]+)";

static COMPILED_VARIABLE: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| shapes::compile(VARIABLE));

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    shapes::find(&COMPILED, text, spans);
    variables(text, spans);
}

fn variables(text: &str, spans: &mut Vec<Span>) {
    let Some(regex) = COMPILED_VARIABLE.as_ref() else {
        return;
    };
    for captures in regex.captures_iter(text) {
        let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else {
            continue;
        };
        let secret = value.as_str().trim_matches(['"', '\'', ';', '=']);
        if names::is_secret_name(name.as_str()) && is_value(secret) && strength::has_digit(secret) {
            let start = value.start() + value.as_str().find(secret).unwrap_or(0);
            spans.push(Span {
                start,
                end: start + secret.len(),
                label: names::label(name.as_str()),
            });
        }
    }
}

fn is_value(word: &str) -> bool {
    !allowlist::is_allowed("password", word) && !allowlist::is_prose(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        shapes::assert_compiles(SHAPES);
        assert!(shapes::compile(VARIABLE).is_some());
    }
}
