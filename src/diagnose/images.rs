//! Images that cannot be had, by the words of the kubelet and the registry.

use super::{Case, Proof, Rule};
use crate::detect::{Cause, FactKind, Reason};

/// In the order of certainty: a registry that answers outranks one that does not.
pub const RULES: &[Rule] = &[
    Rule {
        cause: Cause::InvalidImageName,
        proof: invalid_name,
    },
    Rule {
        cause: Cause::RegistryRateLimited,
        proof: |c| said(c, RATE_LIMITED),
    },
    Rule {
        cause: Cause::ImagePullUnauthorized,
        proof: |c| said(c, UNAUTHORIZED),
    },
    Rule {
        cause: Cause::ImageNotFound,
        proof: |c| said(c, NOT_FOUND),
    },
    Rule {
        cause: Cause::RegistryUnreachable,
        proof: unreachable,
    },
];

const RATE_LIMITED: &[&str] = &["toomanyrequests", "too many requests", "rate limit"];
const UNAUTHORIZED: &[&str] = &[
    "unauthorized",
    "authentication required",
    "authorization failed",
    "no basic auth credentials",
    "403 forbidden",
    "401 unauthorized",
    "access denied",
    "insufficient_scope",
    "authorization token has expired",
];
const NOT_FOUND: &[&str] = &[
    "not found",
    "manifest unknown",
    "name unknown",
    "no such image",
    "not present",
];
const UNREACHABLE: &[&str] = &[
    "no such host",
    "i/o timeout",
    "connection refused",
    "network is unreachable",
    "no route to host",
    "tls handshake timeout",
    "connection reset",
    "server misbehaving",
    "temporary failure in name resolution",
    "context deadline exceeded",
    "502 bad gateway",
    "503 service unavailable",
    "x509:",
];

fn is_pull(case: &Case) -> bool {
    matches!(
        case.finding.reason,
        Reason::ImagePullBackOff
            | Reason::ErrImagePull
            | Reason::ErrImageNeverPull
            | Reason::InvalidImageName
    )
}

fn invalid_name(case: &Case) -> Option<Proof> {
    let (_, _, message) = case
        .waiting()
        .find(|(_, reason, _)| *reason == "InvalidImageName")?;
    Some(Proof::of(FactKind::Object, message))
}

/// The kubelet's and the registry's words about the pull: the state first, then events.
fn words<'a>(case: &'a Case) -> impl Iterator<Item = (FactKind, &'a str)> {
    let waiting = case
        .waiting()
        .map(|(_, _, message)| (FactKind::Object, message));
    let events = case
        .events()
        .filter(|e| e.reason == "Failed" || e.reason == "ErrImageNeverPull")
        .map(|e| (FactKind::Event, e.message.as_str()));
    waiting.chain(events)
}

fn said(case: &Case, signs: &[&str]) -> Option<Proof> {
    if !is_pull(case) {
        return None;
    }
    let (kind, text) = words(case).find(|(_, text)| {
        let text = text.to_lowercase();
        signs.iter().any(|sign| text.contains(sign))
    })?;
    Some(Proof::of(kind, text))
}

/// One registry that nobody reaches is one trouble, however many pods wait for it.
fn unreachable(case: &Case) -> Option<Proof> {
    let mut proof = said(case, UNREACHABLE)?;
    let registry = case
        .unready()
        .next()
        .map(|(_, c)| registry_of(&c.image).to_owned());
    proof.shared = registry.map(|r| format!("registry {r}"));
    Some(proof)
}

/// The host of an image's registry; Docker Hub where the image names none.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}
