//! The report as metrics, in text that is valid both as OpenMetrics 1.0 and as Prometheus text
//! 0.0.4, which node exporter's textfile collector and the Pushgateway read.
//!
//! Where the formats differ, the text uses what both accept: gauges only (each run is a
//! process of its own, so there are no counters), no timestamps, and `# UNIT` and `# EOF`,
//! which are comments in 0.0.4.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use chrono::{DateTime, Utc};

use super::{Dropped, Incident, Report, Service};
use crate::model::text::clean;
use crate::model::{IncidentState, ServiceStatus, Severity, Tier};

/// Renders the report as metrics. `ended` is the end of the run by the clock of this machine;
/// the report uses the clock of the API server.
#[must_use]
pub fn metrics(report: &Report, ended: DateTime<Utc>) -> String {
    let mut page = MetricsText {
        out: String::new(),
        cluster: clean(&report.cycle.cluster),
    };
    cycle(&mut page, report, ended);
    incidents(&mut page, &report.incidents);
    services(&mut page, &report.services);
    usage(&mut page, report);
    page.out.push_str("# EOF\n");
    page.out
}

fn cycle(page: &mut MetricsText, report: &Report, ended: DateTime<Utc>) {
    page.family("build_info", "The program's version, always 1.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.family(
        "severity",
        "The highest open severity; 1 is the highest, 4 means healthy or only SEV-4.",
    )
    .sample(&[], number(report.severity));
    page.family("last_run_timestamp_seconds", "When the last run ended.")
        .sample(&[], ended.timestamp());
    // Exact: a cycle's milliseconds are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let duration = report.cycle.duration_ms as f64 / 1000.0;
    page.family("cycle_duration_seconds", "How long the last run took.")
        .sample(&[], duration);
    page.family("visibility_complete", "1: everything could be read.")
        .sample(&[], u8::from(report.visibility.complete));
    page.family("unread_kinds", "Kinds that could not be read.")
        .sample(&[], report.visibility.unread_kinds());
}

fn incidents(page: &mut MetricsText, incidents: &[Incident]) {
    let mut family = page.family(
        "incidents",
        "Open incidents that are not silenced; tier none: no service is affected.",
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
    page.family("incidents_silenced", "Open incidents that are silenced.")
        .sample(&[], silenced.count());
}

fn services(page: &mut MetricsText, services: &[Service]) {
    let mut up = page.family(
        "service_up",
        "0: unavailable, 1: available, degraded or starting; absent while unknown.",
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
    let mut ready = page.family("service_ready_replicas", "Ready replicas.");
    for service in services {
        ready.service_if(service, service.ready);
    }
    let mut desired = page.family("service_desired_replicas", "Desired replicas.");
    for service in services {
        desired.service_if(service, service.desired);
    }
}

/// Messages, requests and use of the model.
fn usage(page: &mut MetricsText, report: &Report) {
    let mut messages = page.family(
        "messages",
        "Messages of the last run: sent, failed or queued.",
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
    page.family("model_calls", "Paid calls of the model in the last run.")
        .sample(&[], llm.calls);
    let mut tokens = page.family("model_tokens", "Tokens of the model in the last run.");
    tokens.sample(&[("direction", "in")], llm.input_tokens);
    tokens.sample(&[("direction", "out")], llm.output_tokens);
    page.family(
        "model_incidents",
        "Incidents about which the model was asked in the last run.",
    )
    .sample(&[], llm.incidents);
    let mut dropped = page.family(
        "model_dropped",
        "Parts of the model's answers that were dropped in the last run.",
    );
    for Dropped { reason, count } in &llm.dropped {
        dropped.sample(&[("reason", reason)], *count);
    }
    page.family("model_cost_usd", "Cost of the model in the last run.")
        .sample(&[], llm.cost_usd);
    page.family(
        "model_month_cost_usd",
        "Cost of the model in this calendar month.",
    )
    .sample(&[], llm.month_usd);
    page.family(
        "model_month_calls",
        "Paid calls of the model in this calendar month.",
    )
    .sample(&[], llm.month_calls);
    page.family(
        "model_month_incidents",
        "Incidents of this calendar month about which the model was asked.",
    )
    .sample(&[], llm.month_incidents);
}

/// Builds the text.
struct MetricsText {
    out: String,
    cluster: String,
}

impl MetricsText {
    /// Starts a family. Its unit, if any, is the end of its name.
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

/// A family of metrics.
struct Family<'a> {
    page: &'a mut MetricsText,
    name: String,
    /// Samples so far. Parsers reject duplicates.
    written: BTreeSet<String>,
}

impl Family<'_> {
    /// Adds a sample. The cluster is its first label.
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

/// Escapes the value of a label.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
