//! Credentials that a protocol places: after the scheme of an Authorization header, in the commands
//! of mail, chat, FTP and Redis, in forms.

use std::sync::LazyLock;

use super::shapes::{self, Compiled, Shape, checked, shape};
use super::{Span, allowlist, base64, forms, strength};

const SHAPES: &[Shape] = &[
    checked(
        "token",
        r"(?i:\bbearer)[ \t]+([A-Za-z0-9._~+/=-]{12,})",
        strength::has_digit,
    ),
    checked(
        "basic-auth",
        r"(?i:\bbasic)[ \t]+([A-Za-z0-9+/_-]{6,}={0,2})",
        base64::is_user_and_password,
    ),
    checked(
        "token",
        r"(?i:\b(?:apikey|api-key|geniekey|klaviyo-api-key|negotiate|ntlm|kerberos|privatetoken|ssws|token))[ \t]+(?:(?:token|key)=)?\\*[\x22']?([A-Za-z0-9+/_.~-]{16,}={0,2})",
        |secret| strength::is_generated(secret) || forms::is_uuid(secret),
    ),
    // The parts of a header that prove who sent it.
    checked(
        "token",
        r#"(?i:\b(?:signature|response|mac|oauth_token|oauth_signature|nonce|cnonce|sig))=\\*["']?([A-Za-z0-9+/%_-]{20,}={0,2})"#,
        is_generated,
    ),
    shape(
        "token",
        r"\bbase64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]{8,})",
    ),
    shape(
        "token",
        r"(?i:\boauth2?|\bbearer)(?:_token)?[ \t]*\[([A-Za-z0-9._~+/=-]{16,})\]",
    ),
    checked(
        "docker-auth",
        r#"\bauth\\*["'][ \t]*:[ \t]*\\*["']([A-Za-z0-9+/_-]{6,}={0,2})"#,
        base64::is_user_and_password,
    ),
    // SMTP, IMAP, POP3 and SASL.
    checked(
        "password",
        r"(?i:\b(?:auth|authenticate|sasl)[ \t]+(?:plain|login|cram-md5|digest-md5|xoauth2|oauthbearer|external|gssapi|ntlm|scram-sha-[0-9]{1,3}))(?:[ \t]+|[ \t]*\r?\n[>C: \t]*)([A-Za-z0-9+/]{8,}={0,2})",
        |secret| base64::is_base64(secret) && !allowlist::is_plain_word(secret),
    ),
    shape(
        "password",
        r#"\b[A-Za-z]{0,4}[0-9]{1,6}[ \t]+LOGIN[ \t]+(?:"(?u-i:[^"\n]){1,100}"|[!-~]{1,100})[ \t]+(?:"((?u-i:[^"\n])+)"|([!-~]+))"#,
    ),
    // FTP, POP3, IRC.
    checked(
        "password",
        r"(?:^|[\n>:\x22' ])[ \t]*PASS[ \t]+:?([!-~]{4,})",
        is_password,
    ),
    checked(
        "password",
        r"(?i:\bidentify)[ \t]+(?:[!-~]{1,40}[ \t]+)?([!-~]{6,})",
        strength::is_generated,
    ),
    // Redis.
    checked(
        "password",
        r"\bAUTH[ \t]+(?:[a-z][a-z0-9_.-]{0,40}[ \t]+)?([!-~]{6,})",
        is_password,
    ),
    checked(
        "password",
        r"\[auth: [!-~]{1,60} ([!-~]{6,})\]",
        is_password,
    ),
    checked(
        "password",
        r"(?i:\bcommunity)(?:[ \t]+string)?(?:[ \t]+is)?[ \t]+['\x22]?([!-~]{8,}[A-Za-z0-9])",
        strength::is_generated,
    ),
    // A field of a form with parts.
    shape(
        "password",
        r#"(?i:name=\\*"[a-z0-9_-]*(?:password|passwd|secret|token|api_?key)\\*")(?:\\r\\n\\r\\n|\r?\n\r?\n)([!-~]+)"#,
    ),
    shape(
        "token",
        r"\bwordpress_(?:logged_in|sec)_[A-Za-z0-9]+=([!-:<-~]{8,})",
    ),
    // The assertion of a SAML response, the code of OAuth.
    shape(
        "token",
        r"\b(?:SAMLResponse|SAMLRequest|client_assertion|code_verifier|device_code)=([A-Za-z0-9+/%_.-]{16,}={0,2})",
    ),
    checked(
        "card-number",
        r#"(?i:\b(?:pan|card(?:[ _-]?(?:number|no|num))?|cc(?:[ _-]?num(?:ber)?)?|credit[ _-]?card))\\*["']?[ \t]*[:=][ \t]*\\*["']?([0-9](?:[ -]?[0-9]){12,18})\b"#,
        strength::is_card,
    ),
];

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| shapes::compile_all(SHAPES));

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    shapes::find(&COMPILED, text, spans);
}

/// A word with a digit or a symbol that continues no sentence.
fn is_password(word: &str) -> bool {
    !allowlist::is_prose(word)
        && !allowlist::is_allowed("password", word)
        && allowlist::is_random(word)
        && !forms::is_object_name(word)
}

/// Percent-encoded, too.
fn is_generated(word: &str) -> bool {
    strength::is_generated(word.split('%').next().unwrap_or_default())
        || strength::is_generated(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        shapes::assert_compiles(SHAPES);
    }
}
