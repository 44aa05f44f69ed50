//! The probes that fail now, and their targets.

use chrono::TimeDelta;
use serde_json::Value;

use crate::cluster::types::{Container, ContainerStatus, Event, Pod, Probe, Terminated};
use crate::detect::running_containers;
use crate::diagnose::context::container;
use crate::diagnose::text::name_after;
use crate::diagnose::{Proof, RuleContext};
use crate::model::{FactKind, Reason, duration};

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
    /// How long ago it failed last, where the event is older than the last kills.
    pub stale: Option<TimeDelta>,
}

/// A probe that failed this recently counts as failing.
const RECENT: TimeDelta = TimeDelta::minutes(10);
/// Events are kept for an hour.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// The longest back-off before a container is started again, and a run after it.
const NEXT_KILL: TimeDelta = TimeDelta::minutes(15);

fn is_recent(context: &RuleContext, event: &Event) -> bool {
    event
        .last()
        .is_none_or(|t| context.index.now() - t <= RECENT)
}

/// Whether an older event still tells why a container is killed: clients stop to send events
/// in a crash loop, while the kubelet goes on killing the container.
fn tells_of_kills(context: &RuleContext, status: &ContainerStatus, event: &Event) -> bool {
    let now = context.index.now();
    let is_kept = event.last().is_some_and(|t| now - t <= KEPT);
    let goes_on = last_kill(status)
        .and_then(|t| t.finished_at)
        .is_some_and(|at| now - at <= NEXT_KILL);
    is_kept && goes_on && status.restart_count > 1
}

/// The last end of a container, if it was killed.
pub fn last_kill(status: &ContainerStatus) -> Option<&Terminated> {
    let last = status.last_state.terminated.as_deref();
    let end = status.state.terminated.as_deref().or(last);
    end.filter(|t| is_kill(t))
}

/// Whether a run ended by a signal from outside, as after a failed probe.
fn is_kill(end: &Terminated) -> bool {
    matches!(end.exit_code, 137 | 143) && end.reason != "OOMKilled"
}

/// The failing probes of a kind. A failing liveness or startup probe gets its
/// container killed; a failing readiness probe removes it from the endpoints.
pub fn failures<'a>(context: &RuleContext<'a>, kind: ProbeKind) -> Vec<ProbeFailure<'a>> {
    if !may_be_probe(context) {
        return Vec::new();
    }
    let containers = context.pods.iter().flat_map(|pod| {
        let probed = pod.all_statuses().filter_map(move |status| {
            let container = container(pod, &status.name)?;
            Some((*pod, status, container, kind.of(container)?))
        });
        probed.filter(|(_, status, ..)| is_affected(status, kind))
    });
    containers
        .filter_map(|(pod, status, container, probe)| {
            let event = context
                .index
                .pod_events(pod)
                .filter(|e| e.reason == "Unhealthy" && e.message.starts_with(kind.name()))
                .filter(|e| concerns(pod, container, e, kind))
                .filter(|e| {
                    let is_readiness = kind == ProbeKind::Readiness;
                    is_recent(context, e) || !is_readiness && tells_of_kills(context, status, e)
                })
                .max_by_key(|e| e.last())?;
            let message = event
                .message
                .split_once(": ")
                .map_or(event.message.as_str(), |(_, output)| output);
            Some(ProbeFailure {
                pod,
                status,
                container,
                probe,
                message,
                times: event.times(),
                stale: (!is_recent(context, event))
                    .then(|| event.last().map(|t| context.index.now() - t))
                    .flatten(),
            })
        })
        .collect()
}

/// Whether the symptom may come from a probe.
pub fn may_be_probe(context: &RuleContext) -> bool {
    context.is(&[
        Reason::Unhealthy,
        Reason::BackOff,
        Reason::ContainersNotReady,
        Reason::PodInitializing,
        Reason::CrashLoopBackOff,
        Reason::Error,
        Reason::ProgressDeadlineExceeded,
    ])
}

/// Whether an event is about this container's probe: by its field path, else by
/// the port in the message, else because no other container has this probe.
fn concerns(pod: &Pod, own: &Container, event: &Event, kind: ProbeKind) -> bool {
    if let Some(name) = name_after(&event.involved_object.field_path, "{") {
        return own.name == name;
    }
    let others =
        running_containers(&pod.spec).filter(|c| c.name != own.name && kind.of(c).is_some());
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
    let proof = Proof::event(format!(
        "{} probe failed ({} times): {}",
        kind.name(),
        failure.times,
        failure.message
    ));
    let Some(age) = failure.stale.and_then(|age| age.to_std().ok()) else {
        return proof;
    };
    let age = duration::age(age);
    proof.and(
        FactKind::Object,
        format!(
            "the probe was last reported {age} ago; container {} has been killed in the same way since, \
             and repeated events are dropped",
            failure.container.name
        ),
    )
}

/// Whether a probe of the pod has failed recently.
pub fn fails_now(context: &RuleContext, pod: &Pod, kind: ProbeKind) -> bool {
    context.index.pod_events(pod).any(|e| {
        e.reason == "Unhealthy" && e.message.starts_with(kind.name()) && is_recent(context, e)
    })
}

/// How long a run lasted, in seconds.
pub fn lived(end: &Terminated) -> Option<i64> {
    Some((end.finished_at? - end.started_at?).num_seconds())
}

/// The time that a probe allows from the start of a container until it is killed.
pub struct Allowance {
    delay: i64,
    period: i64,
    tries: i64,
    pub timeout: i64,
}

impl Allowance {
    /// The figures of a probe, with the defaults of Kubernetes.
    pub fn of(probe: &Probe) -> Self {
        Self {
            delay: probe.initial_delay_seconds.unwrap_or(0),
            period: probe.period_seconds.unwrap_or(10),
            tries: probe.failure_threshold.unwrap_or(3),
            timeout: probe.timeout_seconds.unwrap_or(1),
        }
    }

    /// The figures as in the specification.
    pub fn figures(&self) -> String {
        let Self {
            delay,
            period,
            tries,
            timeout,
        } = self;
        format!(
            "initialDelaySeconds {delay}, periodSeconds {period}, timeoutSeconds {timeout}, failureThreshold {tries}"
        )
    }

    /// Seconds until the last failure that is needed.
    pub fn seconds(&self) -> i64 {
        let periods = self.period.saturating_mul((self.tries - 1).max(0));
        self.delay
            .saturating_add(periods)
            .saturating_add(self.timeout)
    }

    /// Seconds after which a container is gone that never answered. One that does not stop
    /// when asked to (exit code 137) lives on for its grace period, others for some seconds.
    pub fn killed_by(&self, pod: &Pod, end: &Terminated) -> i64 {
        const SLACK: i64 = 5;
        const ORDERLY: i64 = 10;
        let grace = pod.spec.termination_grace_period_seconds.unwrap_or(30);
        let longest = if end.exit_code == 137 { 3600 } else { ORDERLY };
        self.seconds()
            .saturating_add(self.period)
            .saturating_add(grace.clamp(0, longest))
            .saturating_add(SLACK)
    }
}

/// A container that its probe kills by all that is left to see: the events are no longer
/// kept, and each run ends by a signal when the probe allows no more.
pub fn inferred<'a>(
    context: &RuleContext<'a>,
    kind: ProbeKind,
) -> Option<(&'a ContainerStatus, &'a Probe, i64)> {
    const OFTEN: u32 = 5;
    let now = context.index.now();
    if !may_be_probe(context) || kind == ProbeKind::Readiness {
        return None;
    }
    let old = context
        .pods
        .iter()
        .filter(|p| p.started().is_some_and(|t| now - t > KEPT));
    old.flat_map(|pod| pod.all_statuses().map(move |c| (*pod, c)))
        .filter(|(_, c)| !c.ready && c.restart_count >= OFTEN)
        .find_map(|(pod, status)| {
            let container = container(pod, &status.name)?;
            let probe = kind.of(container)?;
            if kind == ProbeKind::Liveness && container.startup_probe.is_some() {
                return None;
            }
            let end = last_kill(status)?;
            let allowance = Allowance::of(probe);
            let lived = lived(end)?;
            let least = allowance.seconds() - allowance.period - allowance.timeout;
            let fits = (least..=allowance.killed_by(pod, end)).contains(&lived);
            (fits && lived > 0).then_some((status, probe, lived))
        })
}
