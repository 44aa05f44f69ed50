//! The verdict of a report, its counts and its footer.

use super::format::count;
use super::{Incident, Llm, Report, ServicesFile};
use crate::model::text::clean;
use crate::model::{IncidentState, ServiceStatus, Severity};

/// The verdict in one line, with severity and cluster.
#[must_use]
pub fn summary(report: &Report) -> String {
    let cluster = &report.cycle.cluster;
    clean(&format!(
        "{} {cluster}: {}",
        report.severity,
        verdict(report)
    ))
}

/// The verdict in one sentence.
pub fn verdict(report: &Report) -> String {
    let mut open = report.incidents.iter().filter(|incident| incident.counts());
    let urgent = |incident: &&Incident| incident.severity != Severity::Sev4;
    if let Some(highest) = open
        .clone()
        .filter(urgent)
        .min_by_key(|incident| incident.severity)
    {
        let more = open.filter(urgent).count() - 1;
        let title = &highest.title;
        return match more {
            0 => title.clone(),
            more => format!("{title}; and {}", count(more, "more incident")),
        };
    }
    let silenced = |i: &Incident| i.state != IncidentState::Resolved && i.silenced_until.is_some();
    let status = if report.visibility.complete {
        service_count(report)
    } else if report.incidents.iter().any(silenced) {
        // A silenced problem is still a problem.
        format!("{}; {}", service_count(report), unread(report))
    } else {
        format!("no problem in what could be read; {}", unread(report))
    };
    match open.by_ref().count() {
        0 => status,
        open => format!("{status}; {}", count(open, "SEV-4 incident")),
    }
}

/// Counts of incidents, services and messages.
pub fn situation(report: &Report) -> String {
    let mut parts = Vec::new();
    let open = open_by_severity(report);
    if !open.is_empty() {
        parts.push(format!("open: {open}"));
    }
    let resolved = |incident: &&Incident| incident.state == IncidentState::Resolved;
    let silenced = report
        .incidents
        .iter()
        .filter(|incident| !resolved(incident) && incident.silenced_until.is_some());
    parts.extend(some(silenced.count(), "silenced"));
    parts.extend(some(
        report.incidents.iter().filter(resolved).count(),
        "resolved",
    ));
    if report.severity != Severity::Sev4 {
        parts.push(service_count(report));
        if !report.visibility.complete {
            parts.push(unread(report));
        }
    }
    for (messages, what) in [
        (report.delivery.failed, "failed"),
        (report.delivery.queued, "queued"),
    ] {
        if messages > 0 {
            parts.push(format!("{} {what}", count(as_usize(messages), "message")));
        }
    }
    if report.cycle.dry_run {
        parts.push("dry run: nothing was sent or stored".to_owned());
    }
    parts.join("; ")
}

/// Which services file was used and why, and how much is down that it does not name.
pub fn services_file(file: &ServicesFile) -> String {
    let name = match &file.path {
        Some(path) => format!("services file: {path}, {}", file.why),
        None => "services file: none".to_owned(),
    };
    let tier = file.unlisted_tier;
    match file.unlisted_down {
        0 => name,
        1 => format!("{name}; 1 unlisted workload ({tier}) is down"),
        down => format!("{name}; {down} unlisted workloads ({tier}) are down"),
    }
}

/// `1 SEV-1, 2 SEV-3`
fn open_by_severity(report: &Report) -> String {
    let counted = Severity::ALL.iter().filter_map(|severity| {
        let of = |incident: &&Incident| incident.counts() && incident.severity == *severity;
        some(
            report.incidents.iter().filter(of).count(),
            severity.as_str(),
        )
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// A number and a noun; `None` for 0.
fn some(number: usize, what: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {what}"))
}

fn service_count(report: &Report) -> String {
    let all = report.services.len();
    let healthy = report
        .services
        .iter()
        .filter(|service| service.status == ServiceStatus::Healthy)
        .count();
    match (healthy, all) {
        (_, 0) => "no services".to_owned(),
        (healthy, all) if healthy == all => format!("all {} healthy", count(all, "service")),
        (healthy, all) => format!("{healthy} of {} healthy", count(all, "service")),
    }
}

fn unread(report: &Report) -> String {
    let visibility = &report.visibility;
    match visibility.unread_kinds() {
        0 => "damaged objects could not be read".to_owned(),
        kinds => format!("{} could not be read", count(kinds, "kind")),
    }
}

/// Id and duration of the cycle, its messages, requests and model use.
pub fn footer(report: &Report) -> String {
    let mut parts = vec![format!(
        "cycle {}, {} ms",
        report.cycle.id, report.cycle.duration_ms
    )];
    let delivery = &report.delivery;
    parts.extend(counts(
        "messages",
        &[
            (delivery.sent, "sent"),
            (delivery.failed, "failed"),
            (delivery.queued, "queued"),
        ],
    ));
    let requests = &report.requests;
    parts.extend(counts(
        "requests",
        &[
            (requests.kubernetes, "kubernetes"),
            (requests.github, "github"),
            (requests.slack, "slack"),
            (requests.anthropic, "anthropic"),
        ],
    ));
    parts.push(model(&report.llm));
    parts.join("; ")
}

/// For example `requests: 31 kubernetes, 2 slack`, without zeros.
fn counts(label: &str, numbers: &[(u32, &str)]) -> Option<String> {
    let some = numbers
        .iter()
        .filter_map(|(number, what)| some(as_usize(*number), what));
    let some: Vec<String> = some.collect();
    (!some.is_empty()).then(|| format!("{label}: {}", some.join(", ")))
}

fn model(llm: &Llm) -> String {
    let calls = match llm.calls {
        0 => "no calls".to_owned(),
        calls => format!(
            "{}, {:.4} USD",
            count(as_usize(calls), "call"),
            llm.cost_usd
        ),
    };
    let note = llm
        .note
        .as_deref()
        .map_or_else(String::new, |note| format!(" ({note})"));
    format!("model: {calls}, {:.4} USD this month{note}", llm.month_usd)
}

fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
