//! Ports of Services compared with the ports that containers listen on.

use serde_json::Value;

use crate::cluster::types::{ContainerPort, PodSpec, ServicePort};

/// Whether no container listens on the target of a Service's port. That is
/// certain for a name that no container has, and for a number that differs from
/// every declared one. Containers may listen on ports that they do not declare,
/// so a port that a probe uses counts as well.
#[must_use]
pub fn has_no_listener(port: &ServicePort, spec: &PodSpec) -> bool {
    let declared = || spec.containers.iter().flat_map(|c| c.ports.iter());
    match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => declared().all(|p| p.name != *name),
        other => {
            let number = number(other).unwrap_or(port.port);
            declared().next().is_some()
                && declared().all(|p| p.container_port != number)
                && !probed(spec, number)
        }
    }
}

/// A protocol; TCP where none is given.
#[must_use]
pub fn protocol(text: &str) -> &str {
    if text.is_empty() { "TCP" } else { text }
}

/// The protocol that containers declare for the port, where it differs from the
/// Service's.
#[must_use]
pub fn other_protocol<'a>(port: &ServicePort, spec: &'a PodSpec) -> Option<&'a str> {
    let expected = protocol(&port.protocol);
    let is_target = |p: &&ContainerPort| match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => p.name == *name,
        other => p.container_port == number(other).unwrap_or(port.port),
    };
    let declared = || {
        let ports = spec.containers.iter().flat_map(|c| c.ports.iter());
        ports.filter(is_target).map(|p| protocol(&p.protocol))
    };
    let first = declared().next()?;
    declared().all(|p| p != expected).then_some(first)
}

fn probed(spec: &PodSpec, number: i32) -> bool {
    spec.containers
        .iter()
        .flat_map(|c| [&c.readiness_probe, &c.liveness_probe, &c.startup_probe])
        .flatten()
        .flat_map(|p| {
            let http = p.http_get.as_ref().map(|h| &h.port);
            let tcp = p.tcp_socket.as_ref().map(|t| &t.port);
            let grpc = p.grpc.as_ref().map(|g| &g.port);
            [http, tcp, grpc].into_iter().flatten()
        })
        .any(|p| self::number(p) == Some(number))
}

fn number(value: &Value) -> Option<i32> {
    match value {
        Value::Number(n) => n
            .as_i64()
            .and_then(|n| i32::try_from(n).ok())
            .filter(|n| *n != 0),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The target of a Service's port, as written.
#[must_use]
pub fn target(port: &ServicePort) -> String {
    match &port.target_port {
        Value::String(name) => format!("\"{name}\""),
        other => number(other).unwrap_or(port.port).to_string(),
    }
}

/// The ports that the containers of a pod declare.
#[must_use]
pub fn declared_ports(spec: &PodSpec) -> String {
    let ports: Vec<_> = spec
        .containers
        .iter()
        .flat_map(|c| c.ports.iter())
        .map(|p| {
            if p.name.is_empty() {
                p.container_port.to_string()
            } else {
                format!("{} ({})", p.container_port, p.name)
            }
        })
        .collect();
    if ports.is_empty() {
        "no declared port".to_owned()
    } else {
        ports.join(", ")
    }
}
