//! What a report says as a whole: the verdict, what must not be overlooked
//! beside it, and what the cycle cost.

use super::format::count;
use super::{Incident, Llm, Report};
use crate::model::text::clean;
use crate::model::{IncidentState, ServiceStatus, Severity};

/// The whole report in one line, for whoever only wants to know that it is there.
#[must_use]
pub fn summary(report: &Report) -> String {
    let cluster = clean(&report.cycle.cluster);
    format!("{} {cluster}: {}", report.severity, verdict(report))
}

/// The verdict in one sentence.
pub fn verdict(report: &Report) -> String {
    let mut open = report.incidents.iter().filter(|incident| incident.counts());
    let urgent = |incident: &&Incident| incident.severity != Severity::Sev4;
    if let Some(worst) = open
        .clone()
        .filter(urgent)
        .min_by_key(|incident| incident.severity)
    {
        let more = open.filter(urgent).count() - 1;
        let title = clean(&worst.title);
        return match more {
            0 => title,
            more => format!("{title}; and {}", count(more, "more incident")),
        };
    }
    let hidden = |i: &Incident| i.state != IncidentState::Resolved && i.silenced_until.is_some();
    let seen = if report.visibility.complete {
        services_well(report)
    } else if report.incidents.iter().any(hidden) {
        // What is silenced is wrong all the same.
        format!("{}; {}", services_well(report), unread(report))
    } else {
        format!("nothing wrong in what could be read; {}", unread(report))
    };
    match open.by_ref().count() {
        0 => seen,
        noted => format!("{seen}; {} that can wait", count(noted, "thing")),
    }
}

/// What belongs next to the verdict and must not be overlooked.
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
        parts.push(services_well(report));
        if !report.visibility.complete {
            parts.push(unread(report));
        }
    }
    for (messages, what) in [
        (report.delivery.failed, "refused"),
        (report.delivery.queued, "waiting"),
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

/// A number of things, if there are any.
fn some(number: usize, what: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {what}"))
}

fn services_well(report: &Report) -> String {
    let all = report.services.len();
    let well = report
        .services
        .iter()
        .filter(|service| service.status == ServiceStatus::Healthy)
        .count();
    match (well, all) {
        (_, 0) => "no services to judge".to_owned(),
        (well, all) if well == all => format!("all {} healthy", count(all, "service")),
        (well, all) => format!("{well} of {} healthy", count(all, "service")),
    }
}

fn unread(report: &Report) -> String {
    let kinds = report.visibility.unread.len();
    format!("{} could not be read", count(kinds, "kind"))
}

/// What the cycle did besides judging. What it did not do is left out.
pub fn footer(report: &Report) -> String {
    let mut parts = vec![format!(
        "cycle {}, {} ms",
        clean(&report.cycle.id),
        report.cycle.duration_ms
    )];
    let delivery = &report.delivery;
    parts.extend(counts(
        "messages",
        &[
            (delivery.sent, "sent"),
            (delivery.failed, "refused"),
            (delivery.queued, "waiting"),
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

/// `requests: 31 kubernetes, 2 slack`, without those that are none.
fn counts(label: &str, numbers: &[(u32, &str)]) -> Option<String> {
    let some = numbers
        .iter()
        .filter_map(|(number, what)| some(as_usize(*number), what));
    let some: Vec<String> = some.collect();
    (!some.is_empty()).then(|| format!("{label}: {}", some.join(", ")))
}

fn model(llm: &Llm) -> String {
    let calls = match llm.calls {
        0 => "not asked".to_owned(),
        calls => format!(
            "{}, {:.4} USD",
            count(as_usize(calls), "call"),
            llm.cost_usd
        ),
    };
    let note = llm
        .note
        .as_deref()
        .map_or_else(String::new, |note| format!(" ({})", clean(note)));
    format!("model: {calls}, {:.4} USD this month{note}", llm.month_usd)
}

fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
