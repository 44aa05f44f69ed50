//! The probes that fail now, and their targets.

use serde_json::Value;

use crate::cluster::types::{Container, ContainerStatus, Event, Pod, Probe};
use crate::diagnose::context::container;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::Reason;

/// One of a container's probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeKind {
    /// Its name as events write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    /// The probe of a container.
    pub fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_deref(),
            Self::Liveness => container.liveness_probe.as_deref(),
            Self::Readiness => container.readiness_probe.as_deref(),
        }
    }
}

/// A container with a failing probe.
pub struct ProbeFailure<'a> {
    pub pod: &'a Pod,
    pub status: &'a ContainerStatus,
    pub container: &'a Container,
    pub probe: &'a Probe,
    pub message: &'a str,
    pub times: u32,
}

/// A probe that failed this recently counts as failing.
const RECENT: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

fn is_recent(context: &RuleContext, event: &Event) -> bool {
    event
        .last()
        .is_none_or(|t| context.index.now() - t <= RECENT)
}

/// The failing probes of a kind. A failing liveness or startup probe gets its
/// container killed; a failing readiness probe removes it from the endpoints.
pub fn failures<'a>(context: &RuleContext<'a>, kind: ProbeKind) -> Vec<ProbeFailure<'a>> {
    let may_be_probe = context.is(&[
        Reason::Unhealthy,
        Reason::BackOff,
        Reason::ContainersNotReady,
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::ProgressDeadlineExceeded,
    ]);
    if !may_be_probe {
        return Vec::new();
    }
    let mut found = Vec::new();
    for pod in &context.pods {
        let event = context
            .index
            .pod_events(pod)
            .filter(|e| {
                e.reason == "Unhealthy"
                    && e.message.starts_with(kind.name())
                    && is_recent(context, e)
            })
            .max_by_key(|e| e.last());
        let Some(event) = event else {
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
                .map_or(event.message.as_str(), |(_, output)| output);
            if concerns(pod, container, event, kind) && is_affected(status, kind) {
                found.push(ProbeFailure {
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
/// the port in the message, else because no other container has this probe.
fn concerns(pod: &Pod, own: &Container, event: &Event, kind: ProbeKind) -> bool {
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

/// Whether the failing probe has had its effect on the container.
fn is_affected(status: &ContainerStatus, kind: ProbeKind) -> bool {
    match kind {
        ProbeKind::Readiness => !status.ready && status.state.running.is_some(),
        ProbeKind::Liveness | ProbeKind::Startup => {
            status.restart_count > 0 || status.started == Some(false)
        }
    }
}

/// The port of a probe, resolved where it is a name; none for commands.
pub fn target(probe: &Probe, container: &Container) -> Option<i32> {
    let value = port_value(probe)?;
    number(value).or_else(|| {
        let name = value.as_str()?;
        container
            .ports
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.container_port)
    })
}

/// The port of a probe as written.
pub fn port_value(probe: &Probe) -> Option<&Value> {
    let http = probe.http_get.as_ref().map(|h| &h.port);
    let tcp = probe.tcp_socket.as_ref().map(|t| &t.port);
    let grpc = probe.grpc.as_ref().map(|g| &g.port);
    http.or(tcp).or(grpc)
}

fn number(value: &Value) -> Option<i32> {
    match value {
        Value::Number(n) => n.as_i64().and_then(|n| i32::try_from(n).ok()),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The target of a probe, as text.
pub fn target_text(probe: &Probe) -> String {
    let port = port_value(probe).map_or_else(String::new, |v| v.to_string().replace('"', ""));
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

/// A proof by the event of a failing probe.
pub fn proof_of(failure: &ProbeFailure, kind: ProbeKind) -> Proof {
    Proof::event(format!(
        "{} probe failed ({} times): {}",
        kind.name(),
        failure.times,
        failure.message
    ))
}

/// Whether a probe of the pod has failed recently.
pub fn fails_now(context: &RuleContext, pod: &Pod, kind: ProbeKind) -> bool {
    context.index.pod_events(pod).any(|e| {
        e.reason == "Unhealthy" && e.message.starts_with(kind.name()) && is_recent(context, e)
    })
}
