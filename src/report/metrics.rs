//! The report as metrics: text that is both OpenMetrics 1.0 and what node
//! exporter's textfile collector and the Pushgateway read (Prometheus text
//! 0.0.4).
//!
//! Where the two differ, what both accept is written: gauges only (each run is
//! a process of its own, nothing counts up from one to the next), no
//! timestamps, and units and the end as the comments that they are in 0.0.4.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use chrono::{DateTime, Utc};

use super::{Incident, Report, Service};
use crate::model::text::clean;
use crate::model::{IncidentState, ServiceStatus, Severity, Tier};

/// Renders the report as metrics of a run that ended at that moment by the clock
/// of this machine, which the report need not go by.
#[must_use]
pub fn metrics(report: &Report, ended: DateTime<Utc>) -> String {
    let mut page = MetricsText {
        out: String::new(),
        cluster: clean(&report.cycle.cluster),
    };
    cycle(&mut page, report, ended);
    incidents(&mut page, &report.incidents);
    services(&mut page, &report.services);
    edges(&mut page, report);
    page.out.push_str("# EOF\n");
    page.out
}

fn cycle(page: &mut MetricsText, report: &Report, ended: DateTime<Utc>) {
    page.family("build_info", "The program's version, always 1.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.family(
        "severity",
        "The highest open severity, 1 the worst; 4: healthy, or only things to log.",
    )
    .sample(&[], number(report.severity));
    page.family("last_run_timestamp_seconds", "When the last run ended.")
        .sample(&[], ended.timestamp());
    // Exact: a cycle's milliseconds are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let duration = report.cycle.duration_ms as f64 / 1000.0;
    page.family("cycle_duration_seconds", "How long the last run took.")
        .sample(&[], duration);
    page.family(
        "visibility_complete",
        "1: everything that was wanted could be read.",
    )
    .sample(&[], u8::from(report.visibility.complete));
    page.family("unread_kinds", "Kinds that could not be read.")
        .sample(&[], report.visibility.unread.len());
}

fn incidents(page: &mut MetricsText, incidents: &[Incident]) {
    let mut family = page.family(
        "incidents",
        "Open incidents that count for the verdict; tier none: no service suffers.",
    );
    let tiers = Tier::ALL.into_iter().map(Some).chain([None]);
    for tier in tiers {
        for severity in Severity::ALL {
            let alike = incidents
                .iter()
                .filter(|i| i.counts() && i.tier == tier && i.severity == severity)
                .count();
            family.sample(
                &[
                    ("tier", tier.map_or("none", Tier::as_str)),
                    ("severity", severity.as_str()),
                ],
                alike,
            );
        }
    }
    let silenced = incidents
        .iter()
        .filter(|i| i.state != IncidentState::Resolved && i.silenced_until.is_some());
    page.family(
        "incidents_silenced",
        "Open incidents that a silence hides from the verdict.",
    )
    .sample(&[], silenced.count());
}

fn services(page: &mut MetricsText, services: &[Service]) {
    let mut up = page.family(
        "service_up",
        "0: unavailable, 1: serving, if degraded or starting; absent while unknown.",
    );
    for service in services {
        if service.status != ServiceStatus::Unknown {
            up.service(service, service.status != ServiceStatus::Unavailable);
        }
    }
    let mut down = page.family(
        "service_downtime_seconds",
        "How long the service has been unavailable.",
    );
    for service in services {
        down.service(service, service.downtime_seconds);
    }
    let mut ready = page.family("service_ready_replicas", "Replicas that serve.");
    for service in services {
        ready.service_if(service, service.ready);
    }
    let mut desired = page.family("service_desired_replicas", "Replicas that should serve.");
    for service in services {
        desired.service_if(service, service.desired);
    }
}

/// What the run did outside the cluster.
fn edges(page: &mut MetricsText, report: &Report) {
    let mut messages = page.family(
        "messages",
        "Messages of the last run: sent, failed (refused), queued (waiting).",
    );
    for (result, count) in [
        ("sent", report.delivery.sent),
        ("failed", report.delivery.failed),
        ("queued", report.delivery.queued),
    ] {
        messages.sample(&[("result", result)], count);
    }
    let mut requests = page.family("requests", "Requests of the last run, retries included.");
    for (peer, count) in [
        ("kubernetes", report.requests.kubernetes),
        ("github", report.requests.github),
        ("slack", report.requests.slack),
        ("anthropic", report.requests.anthropic),
    ] {
        requests.sample(&[("peer", peer)], count);
    }
    let llm = &report.llm;
    page.family("model_calls", "Answers of the model that were paid for.")
        .sample(&[], llm.calls);
    let mut tokens = page.family("model_tokens", "Tokens of the last run.");
    tokens.sample(&[("direction", "in")], llm.input_tokens);
    tokens.sample(&[("direction", "out")], llm.output_tokens);
    page.family("model_cost_usd", "What the model cost in the last run.")
        .sample(&[], llm.cost_usd);
    page.family(
        "model_month_cost_usd",
        "What the model has cost in this calendar month.",
    )
    .sample(&[], llm.month_usd);
}

/// The text as it grows.
struct MetricsText {
    out: String,
    cluster: String,
}

impl MetricsText {
    /// Begins a family. Its unit, where it has one, is the end of its name.
    fn family(&mut self, name: &str, help: &str) -> Family<'_> {
        let name = format!("k8s_monitor_{name}");
        self.line(format_args!("# TYPE {name} gauge"));
        for unit in ["seconds", "usd"] {
            if name.ends_with(&format!("_{unit}")) {
                self.line(format_args!("# UNIT {name} {unit}"));
            }
        }
        self.line(format_args!("# HELP {name} {help}"));
        Family {
            page: self,
            name,
            written: BTreeSet::new(),
        }
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{line}");
    }
}

/// A family that samples are added to, before the next one begins.
struct Family<'a> {
    page: &'a mut MetricsText,
    name: String,
    /// Readers refuse a file that says the same twice.
    written: BTreeSet<String>,
}

impl Family<'_> {
    /// One sample, with the cluster before its own labels.
    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let mut line = format!("{}{{cluster=\"{}\"", self.name, escape(&self.page.cluster));
        for (label, text) in labels {
            let _ = write!(line, ",{label}=\"{}\"", escape(&clean(text)));
        }
        if self.written.insert(line.clone()) {
            self.page.line(format_args!("{line}}} {value}"));
        }
    }

    fn service(&mut self, service: &Service, value: impl Into<u64>) {
        let namespace = service.namespace.as_deref().unwrap_or_default();
        let labels = [
            ("service", service.name.as_str()),
            ("namespace", namespace),
            ("tier", service.tier.as_str()),
        ];
        self.sample(&labels, value.into());
    }

    fn service_if(&mut self, service: &Service, value: Option<u32>) {
        if let Some(value) = value {
            self.service(service, value);
        }
    }
}

const fn number(severity: Severity) -> u8 {
    match severity {
        Severity::Sev1 => 1,
        Severity::Sev2 => 2,
        Severity::Sev3 => 3,
        Severity::Sev4 => 4,
    }
}

/// A label's value as both formats write it.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
