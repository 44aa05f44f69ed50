//! Probes: asked at the wrong port, in the wrong protocol, too early, or
//! answered with no.
//!
//! Port and protocol are named only where the program is shown to be up in
//! another way: another probe of the container succeeds, its log says where it
//! listens, or it answers in the other protocol.

use serde_json::Value;

use super::case::container;
use super::text::{has_any, name_after};
use super::{Case, Proof, Rule, logs};
use crate::cluster::objects::{Container, ContainerStatus, Event, Pod, Probe};
use crate::detect::{Cause, FactKind, Reason};

/// The probe itself is wrong.
pub const MISCONFIGURED: &[Rule] = &[
    Rule {
        cause: Cause::LivenessProbeProtocol,
        proof: |c| protocol(c, Kind::Liveness),
    },
    Rule {
        cause: Cause::LivenessProbePort,
        proof: |c| port(c, Kind::Liveness),
    },
    Rule {
        cause: Cause::LivenessProbeTiming,
        proof: timing,
    },
    Rule {
        cause: Cause::ReadinessProbeProtocol,
        proof: |c| protocol(c, Kind::Readiness),
    },
    Rule {
        cause: Cause::ReadinessProbePort,
        proof: |c| port(c, Kind::Readiness),
    },
];

/// The probe is right, and the answer is no.
pub const FAILING: &[Rule] = &[
    Rule {
        cause: Cause::StartupProbeFailing,
        proof: |c| failing(c, Kind::Startup),
    },
    Rule {
        cause: Cause::LivenessProbeFailing,
        proof: |c| failing(c, Kind::Liveness),
    },
    Rule {
        cause: Cause::ReadinessProbeFailing,
        proof: |c| failing(c, Kind::Readiness),
    },
];

/// Which of a container's probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Startup,
    Liveness,
    Readiness,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_ref(),
            Self::Liveness => container.liveness_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
        }
    }
}

/// A container whose probe fails at present.
struct Failure<'a> {
    pod: &'a Pod,
    status: &'a ContainerStatus,
    container: &'a Container,
    probe: &'a Probe,
    message: &'a str,
    times: u32,
}

/// How far back a failed probe still belongs to the present trouble.
const PRESENT: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

fn is_present(case: &Case, event: &Event) -> bool {
    event.last().is_none_or(|t| case.view.now() - t <= PRESENT)
}

/// Finds the failing probes of a kind. A liveness or startup probe that fails
/// gets its container killed; a readiness probe only keeps it from its users.
fn failures<'a>(case: &Case<'a>, kind: Kind) -> Vec<Failure<'a>> {
    let speaks = case.is(&[
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
    for pod in &case.pods {
        let told = case
            .view
            .pod_events(pod)
            .filter(|e| {
                e.reason == "Unhealthy" && e.message.starts_with(kind.word()) && is_present(case, e)
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
            if concerns(case, pod, container, event, kind) && suffers(status, kind) {
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
fn concerns(_case: &Case, pod: &Pod, own: &Container, event: &Event, kind: Kind) -> bool {
    if let Some(name) = name_after(&event.involved_object.field_path, "{") {
        return name == own.name;
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

fn suffers(status: &ContainerStatus, kind: Kind) -> bool {
    match kind {
        Kind::Readiness => !status.ready && status.state.running.is_some(),
        Kind::Liveness | Kind::Startup => status.restart_count > 0 || status.started == Some(false),
    }
}

/// The port that a probe asks, resolved where it is a name; none for commands.
fn target(probe: &Probe, container: &Container) -> Option<i32> {
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

fn asked(probe: &Probe) -> Option<&Value> {
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

fn in_words(probe: &Probe) -> String {
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

/// An answer in another protocol than was asked in.
fn protocol(case: &Case, kind: Kind) -> Option<Proof> {
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
    let failure = failures(case, kind).into_iter().find(|f| {
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

fn others_in_words(container: &Container, kind: Kind) -> String {
    let others = [Kind::Startup, Kind::Liveness, Kind::Readiness];
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

fn told(failure: &Failure, kind: Kind) -> Proof {
    Proof::event(format!(
        "{} probe failed ({} times): {}",
        kind.word(),
        failure.times,
        failure.message
    ))
}

/// Nobody listens where the probe asks, and the program listens elsewhere.
fn port(case: &Case, kind: Kind) -> Option<Proof> {
    failures(case, kind).into_iter().find_map(|failure| {
        let value = asked(failure.probe)?;
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
                format!("probe port \"{name}\" is none of the container's ports {declared:?}");
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
        let listens = logs_listening(case, &failure);
        if listens.contains(&port) {
            return None;
        }
        let other = other_probe_at(case, &failure, kind, port);
        let undeclared = !declared.is_empty() && !declared.contains(&port);
        let fact = match (undeclared, other, listens.first()) {
            (_, Some(other), _) => {
                format!("the other probe, on port {other}, succeeds; nothing listens on {port}")
            }
            (_, None, Some(at)) => format!("its log says that it listens on {at}, not on {port}"),
            (true, None, None) => {
                format!("the container's ports are {declared:?}, the probe asks {port}")
            }
            (false, None, None) => return None,
        };
        Some(wrong_port(&failure, kind, &port.to_string(), fact))
    })
}

fn wrong_port(failure: &Failure, kind: Kind, port: &str, fact: String) -> Proof {
    told(failure, kind)
        .and(FactKind::Object, fact)
        .saying(format!(
            "the {} probe of container {} asks port {port}, where nothing listens",
            kind.word().to_lowercase(),
            failure.container.name
        ))
}

/// A service mesh asks the container in the probe's place, at a port of its own.
fn is_rewritten(probe: &Probe) -> bool {
    probe
        .http_get
        .as_ref()
        .is_some_and(|h| h.path.starts_with("/app-health/"))
}

/// Words for a port at which nobody is.
fn is_unanswered(message: &str) -> bool {
    has_any(
        &message.to_lowercase(),
        &[
            "connection refused",
            "failed to connect",
            "connect: ",
            "i/o timeout",
            "context deadline exceeded",
            "no route to host",
        ],
    )
}

/// The port of another probe of the container that does not fail.
fn other_probe_at(case: &Case, failure: &Failure, kind: Kind, port: i32) -> Option<i32> {
    let others = [Kind::Liveness, Kind::Readiness]
        .into_iter()
        .filter(|k| *k != kind);
    others
        .filter(|k| match k {
            Kind::Readiness => failure.status.ready,
            _ => !failing_now(case, failure.pod, *k) && failure.status.state.running.is_some(),
        })
        .filter_map(|k| target(k.of(failure.container)?, failure.container))
        .find(|other| *other != port)
}

fn failing_now(case: &Case, pod: &Pod, kind: Kind) -> bool {
    case.view.pod_events(pod).any(|e| {
        e.reason == "Unhealthy" && e.message.starts_with(kind.word()) && is_present(case, e)
    })
}

/// Ports at which the container's log says that it listens.
fn logs_listening(case: &Case, failure: &Failure) -> Vec<i32> {
    let logs = case.scene.logs(failure.pod).iter();
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

/// Shorter than this from start to being killed is shorter than most programs take.
const SHORT: i64 = 20;

/// Killed before it could be up, or for answers that it gives, only later.
fn timing(case: &Case) -> Option<Proof> {
    let failure = failures(case, Kind::Liveness)
        .into_iter()
        .find(|f| is_unanswered(f.message) || f.message.contains("did not complete"))?;
    let probe = failure.probe;
    let (delay, period) = (
        probe.initial_delay_seconds.unwrap_or(0),
        probe.period_seconds.unwrap_or(10),
    );
    let (timeout, tries) = (
        probe.timeout_seconds.unwrap_or(1),
        probe.failure_threshold.unwrap_or(3),
    );
    let allowed = delay + period * (tries - 1).max(0) + timeout;
    let killed = failure.status.last_state.terminated.as_deref().or(failure
        .status
        .state
        .terminated
        .as_deref());
    let killed = killed.filter(|t| matches!(t.exit_code, 137 | 143))?;
    let lived = killed
        .finished_at?
        .signed_duration_since(killed.started_at?)
        .num_seconds();
    // From the last failed try to the end, a container may take its time to stop.
    let in_birth = failure.container.startup_probe.is_none()
        && allowed < SHORT
        && lived <= allowed + 30 + period;
    let figures = format!(
        "initialDelaySeconds {delay}, periodSeconds {period}, timeoutSeconds {timeout}, failureThreshold {tries}"
    );
    let proof =
        told(&failure, Kind::Liveness).and(FactKind::Object, format!("liveness probe: {figures}"));
    if in_birth {
        return Some(proof.and(FactKind::Object, format!("its last run was killed after {lived} s")).saying(format!(
            "the liveness probe allows container {} {allowed} s to come up, and has it killed before it does",
            failure.container.name
        )));
    }
    let slow = has_any(
        failure.message,
        &[
            "Client.Timeout",
            "context deadline exceeded",
            "did not complete",
        ],
    ) && !failure.message.contains("failed to connect");
    (slow && timeout <= 1 && failure.status.ready).then(|| {
        proof.saying(format!(
            "the liveness probe waits {timeout} s for an answer that container {} gives later",
            failure.container.name
        ))
    })
}

fn failing(case: &Case, kind: Kind) -> Option<Proof> {
    let failure = failures(case, kind).into_iter().next()?;
    // A program that ended by itself was not killed for its probe.
    let own_end = case
        .ends()
        .any(|(_, c, t)| c.name == failure.container.name && !matches!(t.exit_code, 137 | 143 | 0));
    if own_end {
        return None;
    }
    let mut proof = told(&failure, kind).and(
        FactKind::Object,
        format!(
            "{} probe: {}",
            kind.word().to_lowercase(),
            in_words(failure.probe)
        ),
    );
    if let Some(line) = logs::last_words(case) {
        proof = proof.and(FactKind::Log, line);
    }
    let effect = match kind {
        Kind::Readiness => "it gets no requests",
        Kind::Liveness => "it is killed and started again",
        Kind::Startup => "it is not counted as started",
    };
    Some(proof.saying(format!(
        "the {} probe of container {} fails, so {effect}: {}",
        kind.word().to_lowercase(),
        failure.container.name,
        super::text::clip(&super::text::one_line(failure.message))
    )))
}
