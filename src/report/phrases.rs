//! What the forms for people say alike: the verdict, times, short sentences.
//! All of it is [`clean`]ed here; a form escapes it for its own medium.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::clean::clean;
use super::{
    Commit, Correlation, Decision, Finding, Incident, IncidentState, Mode, Notification, Report,
    Service, ServiceStatus, Severity,
};
use crate::duration::human;

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
    let seen = if report.visibility.complete {
        services_well(report)
    } else {
        format!("nothing wrong in what could be read; {}", unread(report))
    };
    match open.by_ref().count() {
        0 => seen,
        noted => format!("{seen}; {} that can wait", count(noted, "thing")),
    }
}

/// The lines that belong next to the verdict: what else must not be overlooked.
pub fn situation(report: &Report) -> String {
    let of = |test: &dyn Fn(&Incident) -> bool| {
        report
            .incidents
            .iter()
            .filter(|incident| test(incident))
            .count()
    };
    let resolved = |incident: &Incident| incident.state == IncidentState::Resolved;
    let mut parts = Vec::new();
    let open = of(&|incident| incident.counts());
    if open > 0 {
        parts.push(format!("{} open", count(open, "incident")));
    }
    match of(&|incident| !resolved(incident) && incident.silenced_until.is_some()) {
        0 => {}
        silenced => parts.push(format!("{silenced} silenced")),
    }
    match of(&resolved) {
        0 => {}
        resolved => parts.push(format!("{resolved} resolved")),
    }
    if report.severity != Severity::Sev4 {
        parts.push(services_well(report));
        if !report.visibility.complete {
            parts.push(unread(report));
        }
    }
    if report.delivery.failed > 0 {
        parts.push(format!(
            "{} refused",
            count(as_usize(report.delivery.failed), "message")
        ));
    }
    if report.delivery.queued > 0 {
        parts.push(format!(
            "{} waiting",
            count(as_usize(report.delivery.queued), "message")
        ));
    }
    if report.cycle.dry_run {
        parts.push("dry run: nothing was sent or stored".to_owned());
    } else if report.cycle.mode == Mode::Check {
        parts.push("a check: nothing is sent or stored".to_owned());
    }
    parts.join(", ")
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

/// Cluster and time: where and when the verdict holds.
pub fn place(report: &Report) -> String {
    format!(
        "{}, {}",
        clean(&report.cycle.cluster),
        moment(report.cycle.started_at)
    )
}

/// `1 incident`, `2 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A time of day on a date.
pub fn moment(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long ago, to two units.
pub fn ago(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (now - since).to_std() {
        Ok(passed) if passed.as_secs() > 0 => format!("{} ago", human(passed)),
        _ => "just now".to_owned(),
    }
}

/// A number of seconds for people.
pub fn seconds(seconds: u64) -> String {
    human(Duration::from_secs(seconds))
}

/// `2/3`, or nothing where it is not known.
pub fn ready(ready: Option<u32>, desired: Option<u32>) -> String {
    match (ready, desired) {
        (Some(ready), Some(desired)) => format!("{ready}/{desired}"),
        (Some(ready), None) => ready.to_string(),
        (None, Some(desired)) => format!("?/{desired}"),
        (None, None) => String::new(),
    }
}

/// What the table of services says of one: status, ready, since, down, max.
pub fn service_cells(service: &Service, now: DateTime<Utc>) -> [String; 5] {
    [
        service.status.to_string(),
        ready(service.ready, service.desired),
        service
            .since
            .map_or_else(String::new, |since| ago(since, now)),
        match service.downtime_seconds {
            0 => String::new(),
            down => seconds(down),
        },
        service
            .max_downtime_seconds
            .map_or_else(|| "no limit".to_owned(), seconds),
    ]
}

/// Services as they are listed: by tier, the worst first, else as they came.
pub fn by_tier(services: &[Service]) -> Vec<&Service> {
    let mut sorted: Vec<&Service> = services.iter().collect();
    sorted.sort_by_key(|service| {
        let rank = match service.status {
            ServiceStatus::Unavailable => 0,
            ServiceStatus::Degraded => 1,
            ServiceStatus::Starting => 2,
            ServiceStatus::Unknown => 3,
            ServiceStatus::Healthy => 4,
        };
        (service.tier, rank)
    });
    sorted
}

/// State, age and tier of an incident.
pub fn life(incident: &Incident, now: DateTime<Utc>) -> String {
    let since = incident.since;
    let tier = incident.tier.map(|tier| tier.to_string());
    let silence = incident
        .silenced_until
        .map(|until| format!("silenced until {}", moment(until)));
    let parts = [
        Some(incident.state.to_string()),
        Some(format!("since {}", moment(since))),
        Some(ago(since, now)),
        tier,
        silence,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A finding without its evidence.
pub fn finding(finding: &Finding) -> String {
    let cause = match &finding.cause {
        Some(cause) if *cause != finding.reason => format!(" ({})", clean(cause)),
        _ => String::new(),
    };
    format!(
        "{}: {}{cause}: {}",
        clean(&finding.resource.to_string()),
        clean(&finding.reason),
        clean(&finding.message)
    )
}

/// The root cause. What the findings say already is not said twice.
pub fn root_cause(incident: &Incident) -> String {
    let root = &incident.root_cause;
    let cause = root
        .cause
        .as_deref()
        .map_or_else(|| "not known".to_owned(), clean);
    let place = clean(&root.resource.to_string());
    let said = incident
        .findings
        .iter()
        .any(|finding| finding.message == root.summary);
    if said || root.summary.trim().is_empty() {
        format!("{cause}, {place}")
    } else {
        format!("{cause}, {place}: {}", clean(&root.summary))
    }
}

/// Known issues that describe the findings, each once.
pub fn known_issues(incident: &Incident) -> Vec<String> {
    let mut issues: Vec<String> = Vec::new();
    for issue in incident
        .findings
        .iter()
        .filter_map(|finding| finding.known_issue.as_deref())
    {
        let issue = clean(issue);
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    issues
}

/// What was decided about telling people, and why.
pub fn notification(notification: &Notification) -> String {
    let what = match notification.decision {
        Decision::Send => "message",
        Decision::Thread => "reply in the thread",
        Decision::Defer => "later, in business hours",
        Decision::Suppress => "none",
        Decision::Log => "none, logged only",
    };
    let channel = notification
        .channel
        .as_deref()
        .map_or_else(String::new, |channel| format!(" to {}", clean(channel)));
    let outcome = match (&notification.delivered, notification.decision) {
        (Some(_), _) => "; delivered",
        (None, Decision::Send | Decision::Thread) => "; not delivered",
        _ => "",
    };
    format!("{what}{channel}: {}{outcome}", clean(&notification.why))
}

/// How sure it is that one of the commits did it.
pub fn suspicion(correlation: &Correlation) -> String {
    if correlation.commits.is_empty() {
        return "none found that could have done it".to_owned();
    }
    format!("{} confidence", correlation.confidence)
}

/// When a commit came and why it is suspect.
pub fn commit(commit: &Commit) -> String {
    let lag = u64::try_from(commit.lag_seconds).map_or_else(
        |_| "after the onset".to_owned(),
        |lag| format!("{} before the onset", seconds(lag)),
    );
    let reasons: Vec<String> = commit.reasons.iter().map(|reason| clean(reason)).collect();
    if reasons.is_empty() {
        lag
    } else {
        format!("{lag}: {}", reasons.join("; "))
    }
}

/// The first seven digits, as git shows them.
pub fn short_sha(commit: &Commit) -> String {
    clean(&commit.sha).chars().take(7).collect()
}

/// What the cycle did besides judging.
pub fn footer(report: &Report) -> String {
    let delivery = &report.delivery;
    let llm = &report.llm;
    let requests = &report.requests;
    let note = llm
        .note
        .as_deref()
        .map_or_else(String::new, |note| format!(" ({})", clean(note)));
    format!(
        "cycle {}, {} ms; messages: {} sent, {} refused, {} waiting; model: {}, {:.4} USD, \
         {:.4} this month{note}; requests: {} kubernetes, {} github, {} slack, {} anthropic",
        clean(&report.cycle.id),
        report.cycle.duration_ms,
        delivery.sent,
        delivery.failed,
        delivery.queued,
        count(as_usize(llm.calls), "call"),
        llm.cost_usd,
        llm.month_usd,
        requests.kubernetes,
        requests.github,
        requests.slack,
        requests.anthropic,
    )
}
