//! Images that cannot be pulled, by the messages of the kubelet and the registry.

use super::pulls::{Pull, pulls};
use super::text::{between, has_any};
use super::{Proof, Rule, RuleContext};
use crate::model::{Cause, FactKind};

/// In the order of certainty: the response of a registry counts before no response.
pub const RULES: &[Rule] = &[
    Rule::new(Cause::InvalidImageName, invalid_name),
    Rule::new(Cause::RegistryRateLimited, |c| message(c, RATE_LIMITED)),
    Rule::new(Cause::ImagePlatformMismatch, platform),
    Rule::new(Cause::ImageNotFound, missing_on_mirror),
    Rule::new(Cause::ImagePullUnauthorized, unauthorized),
    Rule::new(Cause::ImageNotFound, |c| message(c, NOT_FOUND)),
    Rule::new(Cause::RegistryUnreachable, unreachable),
];

/// Words of containerd, Docker and CRI-O about an image that has no build for the node.
const PLATFORM: &[&str] = &[
    "no match for platform",
    "no match for current platform",
    "no matching manifest for",
    "no image found in manifest list for architecture",
    "no image found in image index for architecture",
    "cannot be used on this platform",
    "does not provide the specified platform",
    "does not match the specified platform",
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
/// A status is only a status with its words: a port or a digest may have the same digits.
const NOT_FOUND: &[&str] = &[
    "not found",
    "manifest unknown",
    "name unknown",
    "no such image",
    "not present",
    "status code 404",
    "status: 404",
    "status 404",
    "code: 404",
    "http 404",
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

fn message(context: &RuleContext, phrases: &[&str]) -> Option<Proof> {
    let pull = pulls(context).find(|pull| has_any(&pull.words, phrases))?;
    Some(proof(&pull))
}

/// The sandbox image is the node's and not the pod's: the message has to name it.
fn proof(pull: &Pull) -> Proof {
    let proof = Proof::of(pull.kind, pull.text);
    match pull.image {
        Some(image) if pull.is_of_sandbox => {
            proof.message(format!("the node cannot pull its sandbox image {image}"))
        }
        _ => proof,
    }
}

/// The registry has the image, but no build of it for the platform of the node.
fn platform(context: &RuleContext) -> Option<Proof> {
    let pull = pulls(context).find(|pull| has_any(&pull.text.to_lowercase(), PLATFORM))?;
    let mut nodes = context.pods.iter().map(|p| p.node());
    let node = nodes.find(|n| !n.is_empty());
    let architecture = node
        .and_then(|n| context.index.node(n)?.metadata.label("kubernetes.io/arch"))
        .map_or_else(String::new, |a| format!(" ({a})"));
    let image = pull.image.unwrap_or("the image");
    Some(Proof::of(pull.kind, pull.text).message(format!(
        "{image} exists but has no build for the platform of node {}{architecture}",
        node.unwrap_or("unknown")
    )))
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
    let pull = pulls(context).find(|pull| {
        let lower = pull.text.to_lowercase();
        lower.contains("403 forbidden")
            && lower.contains("/manifests/")
            && lower.contains("ns=docker.io")
            && lower.contains("docker.io/library/")
    })?;
    let image = between(pull.text, "reference \"", "\"").unwrap_or("the image");
    Some(Proof::of(pull.kind, pull.text).message(format!(
        "{image} needs no login, and the registry's mirror does not have it: probably there is no such tag"
    )))
}

/// Pods that cannot pull from the same registry are one incident.
fn unreachable(context: &RuleContext) -> Option<Proof> {
    let pull = pulls(context).find(|pull| has_any(&pull.words, UNREACHABLE))?;
    let proof = proof(&pull);
    Some(match pull.image {
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
