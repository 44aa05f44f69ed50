//! Probes with another protocol than the program's.

use super::failure::{ProbeFailure, ProbeKind, failures, proof_of, target, target_text};
use crate::cluster::types::Container;
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::FactKind;

/// The program answers in another protocol than the probe's.
pub fn protocol(context: &RuleContext, kind: ProbeKind) -> Option<Proof> {
    const ERRORS: &[&str] = &[
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
        has_any(&f.message.to_lowercase(), ERRORS) || plain_to_tls
    })?;
    let others = other_probes(failure.container, kind);
    Some(
        proof_of(&failure, kind)
            .and(
                FactKind::Object,
                format!(
                    "{} probe: {}{others}",
                    kind.name().to_lowercase(),
                    target_text(failure.probe)
                ),
            )
            .message(format!(
                "the {} probe of container {} uses another protocol than the program: {}",
                kind.name().to_lowercase(),
                failure.container.name,
                target_text(failure.probe)
            )),
    )
}

/// Whether the probe uses plain HTTP on a port that is TLS by its name or number.
fn is_tls_port(failure: &ProbeFailure) -> bool {
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

fn other_probes(container: &Container, kind: ProbeKind) -> String {
    let others = [
        ProbeKind::Startup,
        ProbeKind::Liveness,
        ProbeKind::Readiness,
    ];
    let others: Vec<_> = others
        .into_iter()
        .filter(|k| *k != kind)
        .filter_map(|k| {
            Some(format!(
                "; {} probe: {}",
                k.name().to_lowercase(),
                target_text(k.of(container)?)
            ))
        })
        .collect();
    others.concat()
}
