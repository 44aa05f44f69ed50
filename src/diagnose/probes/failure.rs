//! Which probe of which container fails at present, and what it asks.

use serde_json::Value;

use crate::cluster::types::{Container, ContainerStatus, Event, Pod, Probe};
use crate::diagnose::context::container;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::Reason;

/// Which of a container's probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeFailureKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeFailureKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    pub fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_deref(),
            Self::Liveness => container.liveness_probe.as_deref(),
            Self::Readiness => container.readiness_probe.as_deref(),
        }
    }
}

/// A container whose probe fails at present.
pub struct Failure<'a> {
    pub pod: &'a Pod,
    pub status: &'a ContainerStatus,
    pub container: &'a Container,
    pub probe: &'a Probe,
    pub message: &'a str,
    pub times: u32,
}

/// How far back a failed probe still belongs to the present trouble.
pub const PRESENT: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

pub fn is_present(context: &RuleContext, event: &Event) -> bool {
    event
        .last()
        .is_none_or(|t| context.index.now() - t <= PRESENT)
}

/// Finds the failing probes of a kind. A liveness or startup probe that fails
/// gets its container killed; a readiness probe only keeps it from its users.
pub fn failures<'a>(context: &RuleContext<'a>, kind: ProbeFailureKind) -> Vec<Failure<'a>> {
    let speaks = context.is(&[
        Reason::Unhealthy,
        Reason::BackOff,
        Reason::ContainersNotReady,
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::ProgressDeadlineExceeded,
    ]);
    if !speaks {
        return Vec::new();
    }
    let mut found = Vec::new();
    for pod in &context.pods {
        let told = context
            .index
            .pod_events(pod)
            .filter(|e| {
                e.reason == "Unhealthy"
                    && e.message.starts_with(kind.word())
                    && is_present(context, e)
            })
            .max_by_key(|e| e.last());
        let Some(event) = told else {
            continue;
        };
        for status in &pod.status.container_statuses {
            let Some(container) = container(pod, &status.name) else {
                continue;
            };
            let Some(probe) = kind.of(container) else {
                continue;
            };
            let message = event
                .message
                .split_once(": ")
                .map_or(event.message.as_str(), |(_, said)| said);
            if concerns(context, pod, container, event, kind) && suffers(status, kind) {
                found.push(Failure {
                    pod,
                    status,
                    container,
                    probe,
                    message,
                    times: event.times(),
                });
            }
        }
    }
    found
}

/// Whether an event is about this container's probe: by its field path, else by
/// the port in the message, else because no other container has such a probe.
pub fn concerns(
    _case: &RuleContext,
    pod: &Pod,
    own: &Container,
    event: &Event,
    kind: ProbeFailureKind,
) -> bool {
    if let Some(name) = name_after(&event.involved_object.field_path, "{") {
        return own.name == name;
    }
    let others = pod
        .spec
        .containers
        .iter()
        .filter(|c| c.name != own.name && kind.of(c).is_some());
    let mentions = |c: &Container| {
        kind.of(c)
            .and_then(|p| target(p, c))
            .is_some_and(|port| event.message.contains(&format!(":{port}")))
    };
    let others: Vec<_> = others.collect();
    others.is_empty() || mentions(own) || !others.iter().any(|c| mentions(c))
}

pub fn suffers(status: &ContainerStatus, kind: ProbeFailureKind) -> bool {
    match kind {
        ProbeFailureKind::Readiness => !status.ready && status.state.running.is_some(),
        ProbeFailureKind::Liveness | ProbeFailureKind::Startup => {
            status.restart_count > 0 || status.started == Some(false)
        }
    }
}

/// The port that a probe asks, resolved where it is a name; none for commands.
pub fn target(probe: &Probe, container: &Container) -> Option<i32> {
    let value = asked(probe)?;
    number(value).or_else(|| {
        let name = value.as_str()?;
        container
            .ports
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.container_port)
    })
}

pub fn asked(probe: &Probe) -> Option<&Value> {
    let http = probe.http_get.as_ref().map(|h| &h.port);
    let tcp = probe.tcp_socket.as_ref().map(|t| &t.port);
    let grpc = probe.grpc.as_ref().map(|g| &g.port);
    http.or(tcp).or(grpc)
}

pub fn number(value: &Value) -> Option<i32> {
    match value {
        Value::Number(n) => n.as_i64().and_then(|n| i32::try_from(n).ok()),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

pub fn in_words(probe: &Probe) -> String {
    let port = asked(probe).map_or_else(String::new, |v| v.to_string().replace('"', ""));
    match probe {
        Probe {
            http_get: Some(h), ..
        } => {
            let scheme = if h.scheme.is_empty() {
                "HTTP"
            } else {
                &h.scheme
            };
            format!("{scheme} {} on port {port}", h.path)
        }
        Probe {
            tcp_socket: Some(_),
            ..
        } => format!("TCP on port {port}"),
        Probe { grpc: Some(_), .. } => format!("gRPC on port {port}"),
        Probe { exec: Some(e), .. } => format!("command {}", e.command.join(" ")),
        _ => "nothing".to_owned(),
    }
}

pub fn told(failure: &Failure, kind: ProbeFailureKind) -> Proof {
    Proof::event(format!(
        "{} probe failed ({} times): {}",
        kind.word(),
        failure.times,
        failure.message
    ))
}

pub fn failing_now(context: &RuleContext, pod: &Pod, kind: ProbeFailureKind) -> bool {
    context.index.pod_events(pod).any(|e| {
        e.reason == "Unhealthy" && e.message.starts_with(kind.word()) && is_present(context, e)
    })
}
