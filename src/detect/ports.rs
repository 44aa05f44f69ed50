//! Ports of Services compared with the ports that containers listen on.

use serde_json::Value;

use super::running::running_containers;
use crate::cluster::ContainerLog;
use crate::cluster::types::{ContainerPort, PodSpec, ServicePort, SharedStr};
use crate::model::{Fact, FactKind};

/// Whether no container declares the target of a Service's port. A name that no container
/// has cannot be resolved. A number is only a hint: containers may listen on ports that
/// they do not declare, so a port that a probe uses counts as well.
#[must_use]
pub fn is_undeclared(port: &ServicePort, spec: &PodSpec) -> bool {
    match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => {
            declared(spec).all(|p| p.name != *name)
        }
        other => {
            let number = number(other).unwrap_or(port.port);
            declared(spec).next().is_some()
                && declared(spec).all(|p| p.container_port != number)
                && !probed(spec, number)
        }
    }
}

/// The ports that the containers of a pod declare which run for its life.
fn declared(spec: &PodSpec) -> impl Iterator<Item = &ContainerPort> {
    running_containers(spec).flat_map(|c| c.ports.iter())
}

/// What shows that the program listens on a declared port and not on the target of a
/// Service's port: its command, its arguments, its environment or a line of its log. One of
/// them that names the target shows the opposite.
#[must_use]
pub fn says_otherwise(port: &ServicePort, spec: &PodSpec, logs: &[&ContainerLog]) -> Option<Fact> {
    let target = match (&port.target_port, number(&port.target_port)) {
        (_, Some(number)) => number,
        // A name either resolves or leaves the Service without an endpoint.
        (Value::String(_), None) => return None,
        (_, None) => port.port,
    };
    let configured = running_containers(spec).flat_map(|c| {
        let words = with_flags(c.command.iter().chain(c.args.iter()));
        let words = words.into_iter().map(|w| (FactKind::Object, w));
        let env = c.env.iter().filter(|v| v.value.len() <= LONGEST_VALUE);
        words.chain(env.map(|v| (FactKind::Object, format!("{}={}", v.name, v.value))))
    });
    let lines = logs.iter().flat_map(|l| l.text.lines());
    let lines = lines
        .filter(|line| line.to_lowercase().contains("listen"))
        .map(|line| (FactKind::Log, line.to_owned()));
    let mut found = None;
    for (kind, text) in configured.chain(lines) {
        if names(&text, target) {
            return None;
        }
        let is_main = |p: &&ContainerPort| !is_beside(&p.name) && !is_beside(&text);
        let mut named = declared(spec).filter(is_main);
        let named = named.find(|p| names(&text, p.container_port));
        if let (None, Some(named)) = (&found, named) {
            let text = format!(
                "the program is told port {}, not {target}: {}",
                named.container_port,
                text.trim()
            );
            found = Some(Fact { kind, text });
        }
    }
    found
}

/// The words of a command line. The value of a flag comes with its flag: `--listen :8080`.
fn with_flags<'a>(words: impl Iterator<Item = &'a SharedStr>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut flag: Option<&str> = None;
    for word in words {
        let is_flag = word.starts_with('-');
        match flag.filter(|_| !is_flag) {
            Some(flag) => found.push(format!("{flag} {word}")),
            None => found.push(word.to_string()),
        }
        flag = (is_flag && !word.contains('=')).then_some(word);
    }
    found
}

/// Words for ports that a program has beside the one that its clients use.
const BESIDE: &[&str] = &[
    "metric",
    "prometheus",
    "telemetry",
    "admin",
    "health",
    "probe",
    "debug",
    "pprof",
    "webhook",
    "monitor",
];

/// Whether a name, an argument or a line is about such a port.
fn is_beside(text: &str) -> bool {
    let text = text.to_lowercase();
    BESIDE.iter().any(|word| text.contains(word))
}

/// Longer values of variables are no addresses.
const LONGEST_VALUE: usize = 1024;

/// Whether a text has a number as a word of its own.
fn names(text: &str, number: i32) -> bool {
    let number = number.to_string();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(&number).any(|(at, _)| {
        !is_digit(text[..at].chars().next_back())
            && !is_digit(text[at + number.len()..].chars().next())
    })
}

/// Whether a probe reaches the target of a Service's UDP port over TCP.
#[must_use]
pub fn answers_tcp(port: &ServicePort, spec: &PodSpec) -> bool {
    let target = match &port.target_port {
        Value::String(name) if name.parse::<i32>().is_err() => {
            let named = declared(spec).find(|p| p.name == *name);
            named.map(|p| p.container_port)
        }
        other => number(other),
    };
    protocol(&port.protocol) == "UDP" && probed(spec, target.unwrap_or(port.port))
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
    let protocols = || {
        declared(spec)
            .filter(is_target)
            .map(|p| protocol(&p.protocol))
    };
    let first = protocols().next()?;
    protocols().all(|p| p != expected).then_some(first)
}

/// Whether a probe uses a port, by its number or by the name that its container gives it.
fn probed(spec: &PodSpec, wanted: i32) -> bool {
    running_containers(spec).any(|container| {
        let probes = [
            &container.readiness_probe,
            &container.liveness_probe,
            &container.startup_probe,
        ];
        let ports = probes.into_iter().flatten().flat_map(|p| {
            let http = p.http_get.as_ref().map(|h| &h.port);
            let tcp = p.tcp_socket.as_ref().map(|t| &t.port);
            let grpc = p.grpc.as_ref().map(|g| &g.port);
            [http, tcp, grpc].into_iter().flatten()
        });
        let mut numbers = ports.filter_map(|port| {
            let named = || {
                container
                    .ports
                    .iter()
                    .find(|p| Some(&*p.name) == port.as_str())
            };
            number(port).or_else(|| named().map(|p| p.container_port))
        });
        numbers.any(|number| number == wanted)
    })
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
    let ports: Vec<_> = declared(spec)
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
