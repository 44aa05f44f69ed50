//! Probes in another protocol than the program speaks.

use super::failure::{Failure, ProbeFailureKind, failures, in_words, target, told};
use crate::cluster::types::Container;
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::FactKind;

/// An answer in another protocol than was asked in.
pub fn protocol(context: &RuleContext, kind: ProbeFailureKind) -> Option<Proof> {
    const SIGNS: &[&str] = &[
        "malformed http",
        "gave http response to https client",
        "does not look like a tls handshake",
        "error reading server preface",
        "http2: frame too large",
        "frame too large",
        "server rejected the connection with http status",
        "does not implement the grpc health protocol",
        "unexpected http status code received from server",
        "transport: received unexpected content-type",
        "tls: first record",
        "http: server gave",
    ];
    let failure = failures(context, kind).into_iter().find(|f| {
        let plain_to_tls = f.message.contains("statuscode: 400") && is_tls_port(f);
        has_any(&f.message.to_lowercase(), SIGNS) || plain_to_tls
    })?;
    let others = others_in_words(failure.container, kind);
    Some(
        told(&failure, kind)
            .and(
                FactKind::Object,
                format!(
                    "{} probe: {}{others}",
                    kind.word().to_lowercase(),
                    in_words(failure.probe)
                ),
            )
            .saying(format!(
                "the {} probe of container {} asks in another protocol than the program speaks: {}",
                kind.word().to_lowercase(),
                failure.container.name,
                in_words(failure.probe)
            )),
    )
}

/// Asked in plain HTTP at a port that by its name or number speaks TLS.
fn is_tls_port(failure: &Failure) -> bool {
    let plain = failure
        .probe
        .http_get
        .as_ref()
        .is_some_and(|h| h.scheme != "HTTPS");
    let port = target(failure.probe, failure.container);
    let named = failure
        .container
        .ports
        .iter()
        .any(|p| Some(p.container_port) == port && p.name.contains("https"));
    plain && (named || matches!(port, Some(443 | 8443 | 6443 | 9443)))
}

fn others_in_words(container: &Container, kind: ProbeFailureKind) -> String {
    let others = [
        ProbeFailureKind::Startup,
        ProbeFailureKind::Liveness,
        ProbeFailureKind::Readiness,
    ];
    let others: Vec<_> = others
        .into_iter()
        .filter(|k| *k != kind)
        .filter_map(|k| {
            Some(format!(
                "; {} probe: {}",
                k.word().to_lowercase(),
                in_words(k.of(container)?)
            ))
        })
        .collect();
    others.concat()
}
