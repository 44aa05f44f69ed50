//! Probes of a port where nothing listens, while the program listens on another.

use super::failure::{ProbeFailure, ProbeKind, fails_now, failures, port_value, proof_of, target};
use super::is_unanswered;
use crate::cluster::types::Probe;
use crate::diagnose::text::has_any;
use crate::diagnose::{Proof, RuleContext};
use crate::model::FactKind;

/// Nothing listens on the probe's port, and the program listens on another.
pub fn port(context: &RuleContext, kind: ProbeKind) -> Option<Proof> {
    failures(context, kind).into_iter().find_map(|failure| {
        let value = port_value(failure.probe)?;
        if is_rewritten(failure.probe) {
            return None;
        }
        let declared: Vec<i32> = failure
            .container
            .ports
            .iter()
            .map(|p| p.container_port)
            .collect();
        let Some(port) = target(failure.probe, failure.container) else {
            let name = value.as_str()?;
            let fact =
                format!("probe port \"{name}\" is not one of the container's ports {declared:?}");
            return Some(wrong_port(&failure, kind, name, fact));
        };
        if !is_unanswered(failure.message)
            || failure
                .pod
                .spec
                .containers
                .iter()
                .filter(|c| c.name != failure.container.name)
                .any(|c| c.ports.iter().any(|p| p.container_port == port))
        {
            return None;
        }
        let listens = logs_listening(context, &failure);
        if listens.contains(&port) {
            return None;
        }
        let other = other_probe_at(context, &failure, kind, port);
        let undeclared = !declared.is_empty() && !declared.contains(&port);
        let fact = match (undeclared, other, listens.first()) {
            (_, Some(other), _) => {
                format!("the other probe, on port {other}, succeeds; nothing listens on {port}")
            }
            (_, None, Some(at)) => format!("its log says that it listens on {at}, not {port}"),
            (true, None, None) => {
                format!("the container's ports are {declared:?}, the probe's port is {port}")
            }
            (false, None, None) => return None,
        };
        Some(wrong_port(&failure, kind, &port.to_string(), fact))
    })
}

fn wrong_port(failure: &ProbeFailure, kind: ProbeKind, port: &str, fact: String) -> Proof {
    proof_of(failure, kind)
        .and(FactKind::Object, fact)
        .message(format!(
            "the {} probe of container {} uses port {port}, where nothing listens",
            kind.name().to_lowercase(),
            failure.container.name
        ))
}

/// A service mesh rewrites the probe and checks the container from a port of its own.
fn is_rewritten(probe: &Probe) -> bool {
    probe
        .http_get
        .as_ref()
        .is_some_and(|h| h.path.starts_with("/app-health/"))
}

/// The port of another probe of the container that does not fail.
fn other_probe_at(
    context: &RuleContext,
    failure: &ProbeFailure,
    kind: ProbeKind,
    port: i32,
) -> Option<i32> {
    let others = [ProbeKind::Liveness, ProbeKind::Readiness]
        .into_iter()
        .filter(|k| *k != kind);
    others
        .filter(|k| match k {
            ProbeKind::Readiness => failure.status.ready,
            _ => !fails_now(context, failure.pod, *k) && failure.status.state.running.is_some(),
        })
        .filter_map(|k| target(k.of(failure.container)?, failure.container))
        .find(|other| *other != port)
}

/// The ports that the container listens on by its log.
fn logs_listening(context: &RuleContext, failure: &ProbeFailure) -> Vec<i32> {
    let logs = context.index.logs(failure.pod).iter();
    let own = logs.filter(|l| l.container == failure.container.name || l.container.is_empty());
    own.flat_map(|l| l.text.lines())
        .filter(|line| {
            let lower = line.to_lowercase();
            has_any(
                &lower,
                &[
                    "listening",
                    "started on port",
                    "server started",
                    "running on",
                    "serving on",
                    "listen on",
                ],
            ) && !has_any(&lower, &["failed", "error", "cannot", "in use"])
        })
        .filter_map(last_port)
        .collect()
}

/// The number after the last colon or after `port`.
fn last_port(line: &str) -> Option<i32> {
    let lower = line.to_lowercase();
    let digits = |text: &str| {
        let text = text.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '\n');
        let number: String = text.chars().take_while(char::is_ascii_digit).collect();
        number
            .parse::<i32>()
            .ok()
            .filter(|n| (1..=65_535).contains(n))
    };
    let after_word = lower.rsplit_once("port").and_then(|(_, rest)| digits(rest));
    let after_on = || {
        lower
            .rsplit_once("listening on")
            .and_then(|(_, rest)| digits(rest.rsplit(':').next().unwrap_or(rest)))
    };
    after_word.or_else(after_on).or_else(|| {
        let (_, rest) = lower.rsplit_once(':')?;
        rest.starts_with(|c: char| c.is_ascii_digit())
            .then(|| digits(rest))?
    })
}
