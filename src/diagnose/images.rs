//! Images that cannot be pulled, by the messages of the kubelet and the registry.

use super::text::{between, has_any};
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind};

/// In the order of certainty: the response of a registry counts before no response.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::InvalidImageName, invalid_name),
    Rule::new(Cause::RegistryRateLimited, |c| message(c, RATE_LIMITED)),
    Rule::new(Cause::ImageNotFound, missing_on_mirror),
    Rule::new(Cause::ImagePullUnauthorized, unauthorized),
    Rule::new(Cause::ImageNotFound, |c| message(c, NOT_FOUND)),
    Rule::new(Cause::RegistryUnreachable, unreachable),
];

const PULLS: &[&str] = &[
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
    "SignatureValidationFailed",
];
const RATE_LIMITED: &[&str] = &["toomanyrequests", "too many requests", "rate limit"];
const UNAUTHORIZED: &[&str] = &[
    "unauthorized",
    "authentication required",
    "authorization failed",
    "failed to authorize",
    "no basic auth credentials",
    "403 forbidden",
    "401 unauthorized",
    "access denied",
    "denied: ",
    "insufficient_scope",
    "authorization token has expired",
];
const NOT_FOUND: &[&str] = &[
    "not found",
    "manifest unknown",
    "name unknown",
    "no such image",
    "not present",
    "404",
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
    "client.timeout",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway",
    "500 internal server error",
    "x509:",
    "http response to https client",
    ": eof",
];

fn invalid_name(context: &RuleContext) -> Option<Proof> {
    let (_, _, message) = context
        .waiting()
        .find(|(_, reason, _)| *reason == "InvalidImageName")?;
    Some(Proof::object(message))
}

/// The messages of the kubelet and the registry about the pull: the status first,
/// then events; as written and in lower case.
fn messages<'a>(context: &'a RuleContext) -> impl Iterator<Item = (FactKind, &'a str, String)> {
    let waits = context
        .waiting()
        .any(|(_, reason, _)| PULLS.contains(&reason));
    let waiting = context
        .waiting()
        .filter(|(_, reason, _)| PULLS.contains(reason))
        .map(|(_, _, message)| (FactKind::Object, message));
    let events = context
        .events()
        .filter(move |e| waits && (e.reason == "Failed" || e.reason == "ErrImageNeverPull"))
        .map(|e| (FactKind::Event, e.message.as_str()));
    waiting
        .chain(events)
        .map(|(kind, text)| (kind, text, text.to_lowercase()))
}

fn message(context: &RuleContext, phrases: &[&str]) -> Option<Proof> {
    let (kind, text, _) =
        messages(context).find(|(_, _, lower)| has_any(after_image(lower), phrases))?;
    Some(Proof::of(kind, text))
}

/// The text after the last image name: an image called `not-found` proves nothing.
fn after_image(text: &str) -> &str {
    text.rsplit_once("\": ").map_or(text, |(_, rest)| rest)
}

fn unauthorized(context: &RuleContext) -> Option<Proof> {
    let mut proof = message(context, UNAUTHORIZED)?;
    let no_secret = context
        .events()
        .find(|e| e.reason == "FailedToRetrieveImagePullSecret");
    if let Some(event) = no_secret {
        proof = proof.and(FactKind::Event, event.message.as_str());
    } else if context
        .spec()
        .is_some_and(|s| s.image_pull_secrets.is_empty())
    {
        proof = proof.and(FactKind::Object, "the pod names no image pull secret");
    }
    Some(proof)
}

/// The official images of Docker Hub need no login. A mirror (`?ns=docker.io`)
/// that forbids one manifest does not have it.
fn missing_on_mirror(context: &RuleContext) -> Option<Proof> {
    let (kind, text, _) = messages(context).find(|(_, _, lower)| {
        lower.contains("403 forbidden")
            && lower.contains("/manifests/")
            && lower.contains("ns=docker.io")
            && lower.contains("docker.io/library/")
    })?;
    let image = between(text, "reference \"", "\"").unwrap_or("the image");
    Some(Proof::of(kind, text).message(format!(
        "{image} needs no login, and the registry's mirror does not have it: probably there is no such tag"
    )))
}

/// Pods that cannot pull from the same registry are one incident.
fn unreachable(context: &RuleContext) -> Option<Proof> {
    let proof = message(context, UNREACHABLE)?;
    let image = context
        .waiting()
        .find_map(|(pod, _, _)| pod.spec.containers.first().map(|c| c.image.as_str()));
    Some(match image {
        Some(image) => proof.group_key(format!("registry {}", registry_of(image))),
        None => proof,
    })
}

/// The host of an image's registry; Docker Hub where the image names none.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}
