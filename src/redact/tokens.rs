//! Credentials with a format of their own, whatever the text around them.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::{Span, base64};

/// A format. If the pattern has a group, only the group is masked.
struct Shape {
    label: &'static str,
    pattern: &'static str,
    /// A further condition on the match.
    accept: fn(&str) -> bool,
}

const fn shape(label: &'static str, pattern: &'static str) -> Shape {
    Shape {
        label,
        pattern,
        accept: |_| true,
    }
}

const fn checked(label: &'static str, pattern: &'static str, accept: fn(&str) -> bool) -> Shape {
    Shape {
        label,
        pattern,
        accept,
    }
}

/// Patterns are ASCII and need no Unicode tables. Each is greedy, so that no part of a secret remains.
const SHAPES: &[Shape] = &[
    shape("aws-key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    // A secret access key has no format of its own, but often follows its id.
    shape(
        "aws-key",
        r#"\b(?:AKIA|ASIA)[A-Z0-9]{16}["',:;| \t]{1,4}([A-Za-z0-9/+]{40,})"#,
    ),
    shape("github-token", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    shape("github-token", r"github_pat_[A-Za-z0-9_]{20,}"),
    checked(
        "gitlab-token",
        r"\bgl(?:pat|ptt|dt|rt|soat|ft|cbt|oas)-[A-Za-z0-9_.-]{16,}",
        is_mixed,
    ),
    shape(
        "slack-token",
        r"\b(?:xox[a-z]\.)?(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}",
    ),
    shape(
        "slack-webhook",
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]+)",
    ),
    shape(
        "webhook",
        r"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/([A-Za-z0-9/_-]+)",
    ),
    shape(
        "webhook",
        r"[a-z0-9-]\.webhook\.office\.com/([A-Za-z0-9/@_-]+)",
    ),
    shape("webhook", r"\bhc-ping\.com/([A-Za-z0-9_-]{16,})"),
    shape(
        "telegram-token",
        r"\b(?:bot)?([0-9]{8,10}:AA[A-Za-z0-9_-]{32,})",
    ),
    shape("anthropic-key", r"\bsk-ant-[A-Za-z0-9_-]{16,}"),
    checked("openai-key", r"\bsk-[A-Za-z0-9_-]{20,}", is_mixed),
    shape("vault-token", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    checked(
        "vault-token",
        r"\b[sbr]\.[A-Za-z0-9]{24}(?:\.[A-Za-z0-9]{5})?\b",
        is_mixed,
    ),
    shape(
        "vault-key",
        r"(?:Unseal|Recovery) Key [0-9]+:[ \t]*([A-Za-z0-9+/=]+)",
    ),
    shape(
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*",
    ),
    // base64 of JSON, as ECR's passwords are
    shape("token", r"\beyJ[A-Za-z0-9+/_-]{100,}={0,2}"),
    // base64 of {"auths": as Docker and Kubernetes write it
    shape(
        "docker-config",
        r"\b(?:eyJhdXRocyI6|eyAiYXV0aHMi|ewoJImF1dGhzIjo|ewogICJhdXRocyI6)[A-Za-z0-9+/_=-]*",
    ),
    // base64 of a PEM private key
    shape(
        "private-key",
        r"\bLS0tLS1CRUdJTiB(?:QUklWQVRF|SU0EgUFJJVkFUR|FQyBQUklWQVRF|PUEVOU1NI|FTkNSWVBURUQg|EU0EgUFJJVkFUR|QR1AgUFJJVkFUR)[A-Za-z0-9+/=]*",
    ),
    shape("google-key", r"\bAIza[A-Za-z0-9_-]{35,}"),
    shape("google-key", r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    shape("google-token", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    checked("google-token", r"\b1//0[A-Za-z0-9_-]{30,}", is_mixed),
    shape("stripe-key", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    shape("stripe-key", r"\bwhsec_[A-Za-z0-9+/=]{16,}"),
    shape(
        "sendgrid-key",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    ),
    shape("npm-token", r"\bnpm_[A-Za-z0-9]{36,}"),
    shape("pypi-token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    shape("docker-token", r"\bdckr_[a-z]{3}_[A-Za-z0-9_-]{20,}"),
    shape("do-token", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    shape("hf-token", r"\bhf_[A-Za-z0-9]{30,}"),
    shape("grafana-token", r"\bgl(?:sa|c)_[A-Za-z0-9_+/=-]{30,}"),
    shape("tailscale-key", r"\btskey-[a-z]+-[A-Za-z0-9-]{10,}"),
    shape("shopify-token", r"\bshp[a-z]{2,3}_[A-Fa-f0-9]{32,}"),
    shape("newrelic-key", r"\bNR(?:AK|AA|II|IQ|RA)-[A-Za-z0-9_-]{27,}"),
    shape("postman-key", r"\bPMAK-[A-Fa-f0-9]{24,}-[A-Fa-f0-9]{32,}"),
    shape("postman-key", r"\bPMAT-[A-Z0-9]{26,}"),
    shape("linear-key", r"\blin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}"),
    // A service token contains the name of its configuration.
    shape(
        "doppler-token",
        r"\bdp\.(?:ct|pt|st|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{36,}",
    ),
    shape("1password-token", r"\bops_eyJ[A-Za-z0-9+/_-]{30,}={0,2}"),
    shape("age-key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{30,}"),
    shape(
        "k3s-token",
        r"\bK10[0-9a-f]{64}::(?:[A-Za-z0-9_.-]+:)?[A-Za-z0-9_.-]+",
    ),
    // Hashes of passwords as crypt(5) writes them, with `$$` in a compose file:
    // bcrypt, then scrypt, yescrypt, SHA-2, MD5, then PHC strings.
    shape(
        "password-hash",
        r"\${1,2}2[abxy]?\${1,2}[0-9]{2}\${1,2}[A-Za-z0-9./]{22,}",
    ),
    shape(
        "password-hash",
        r"\${1,2}(?:[1567y]|gy|apr1)\${1,2}(?:[A-Za-z0-9./=]{1,86}\${1,2}){1,2}[A-Za-z0-9./]{20,}",
    ),
    shape(
        "password-hash",
        r"\${1,2}(?:argon2(?:id|[di])|scrypt|pbkdf2(?:-sha[0-9]{1,3})?)\$[A-Za-z0-9./+=,$-]{20,}",
    ),
    checked(
        "token",
        r"(?i:\bbearer)[ \t]+([A-Za-z0-9._~+/=-]{12,})",
        has_digit,
    ),
    checked(
        "basic-auth",
        r"(?i:\bbasic)[ \t]+([A-Za-z0-9+/_-]{6,}={0,2})",
        base64::is_user_and_password,
    ),
    checked(
        "docker-auth",
        r#"\bauth\\*["'][ \t]*:[ \t]*\\*["']([A-Za-z0-9+/_-]{6,}={0,2})"#,
        base64::is_user_and_password,
    ),
    shape(
        "password",
        r"(?i:temporary password)[ a-z]*[A-Za-z0-9@'.%-]*:[ \t]*([!-~]+)",
    ),
    shape(
        "password",
        r"(?i:\bidentified(?: with [a-z0-9_']+)? by(?: password)?|\bpassword|\bpasswd)[ \t(]+'([ -&(-~]+)'",
    ),
    shape(
        "password",
        r"(?m:^[ \t]*)(?:requirepass|masterauth|primaryauth)[ \t]+([!-~]+)",
    ),
    shape(
        "password",
        r"(?i:<[a-z0-9_.:-]*(?:password|passwd|secret|token|apikey|api-key|api_key)>)([ -;=-~]+)(?:</)",
    ),
    // `<string name="db.password">x</string>`
    shape(
        "password",
        r#"(?i:\b(?:key|name)=\\*["'][a-z0-9_.:-]*(?:password|passwd|secret|token|apikey|api-key|api_key)\\*["']>)([ -;=-~]+)(?:</)"#,
    ),
    shape(
        "password",
        r"\bjdbc:oracle:[a-z0-9]+:[A-Za-z0-9_$#.-]+/([!-?A-~]+)@",
    ),
];

static COMPILED: LazyLock<Vec<(Regex, &'static Shape)>> = LazyLock::new(|| {
    SHAPES
        .iter()
        // `every_pattern_compiles` checks that none is dropped.
        .filter_map(|shape| Some((compile(shape.pattern)?, shape)))
        .collect()
});

pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    for (regex, shape) in COMPILED.iter() {
        for captures in regex.captures_iter(text) {
            let Some(secret) = captures.get(1).or_else(|| captures.get(0)) else {
                continue;
            };
            if (shape.accept)(secret.as_str()) && super::mask_at(&text[secret.start()..]).is_none()
            {
                spans.push(Span {
                    start: secret.start(),
                    end: secret.end(),
                    label: shape.label,
                });
            }
        }
    }
}

/// Random keys contain digits and capitals. Names of objects contain no capitals, and words no
/// digits.
fn is_mixed(text: &str) -> bool {
    has_digit(text) && text.bytes().any(|b| b.is_ascii_uppercase())
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for shape in SHAPES {
            assert!(compile(shape.pattern).is_some(), "{}", shape.pattern);
            assert!(shape.label.len() <= super::super::LABEL_MAX);
        }
    }
}
