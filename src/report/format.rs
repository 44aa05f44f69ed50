//! Times, numbers and short sentences of the documents for people.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Commit, Correlation, Cycle, Incident, Notification, Service, TimelineEvent};
use crate::model::duration::{age, human};
use crate::model::text::clean;
use crate::model::{AnalysisSource, Decision, ServiceStatus};
use crate::render::Line;

/// The cluster and the time of a report.
pub fn place(cycle: &Cycle) -> Line {
    Line::from(&cycle.cluster).text(", ").time(cycle.started_at)
}

/// `1 incident`, `2 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// How long ago.
pub fn ago(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (now - since).to_std() {
        Ok(passed) if passed.as_secs() > 0 => format!("{} ago", age(passed)),
        _ => "just now".to_owned(),
    }
}

/// A number of seconds as a duration.
pub fn seconds(seconds: u64) -> String {
    human(Duration::from_secs(seconds))
}

/// For example `2/3`; empty where it is not known.
pub fn ready(ready: Option<u32>, desired: Option<u32>) -> String {
    match (ready, desired) {
        (Some(ready), Some(desired)) => format!("{ready}/{desired}"),
        (Some(ready), None) => ready.to_string(),
        (None, Some(desired)) => format!("?/{desired}"),
        (None, None) => String::new(),
    }
}

/// Ready replicas, start of the status, downtime and max downtime of a service.
pub fn service_cells(service: &Service, now: DateTime<Utc>) -> [String; 4] {
    let since = service.since.map(|since| ago(since, now));
    let down = service.downtime_seconds;
    let max = service.max_downtime_seconds.map(seconds);
    [
        ready(service.ready, service.desired),
        since.unwrap_or_default(),
        if down > 0 {
            age(Duration::from_secs(down))
        } else {
            String::new()
        },
        max.unwrap_or_else(|| "no limit".to_owned()),
    ]
}

/// Services by tier, those with the worst status first.
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

/// State, start and tier of an incident.
pub fn life(incident: &Incident, now: DateTime<Utc>) -> Line {
    let mut line = Line::from(incident.state.as_str())
        .text(", started ")
        .time(incident.since)
        .text(&format!(" ({})", ago(incident.since, now)));
    if let Some(end) = incident.end {
        let lasted = age((end.at - incident.since).to_std().unwrap_or_default());
        line = if end.or_later {
            let after = format!(" after at least {lasted}");
            line.text(", last seen ").time(end.at).text(&after)
        } else {
            let after = format!(" after {lasted}");
            line.text(", ended ").time(end.at).text(&after)
        };
    }
    if let Some(tier) = incident.tier {
        line = line.text(&format!(", {tier}"));
    }
    if let Some(until) = incident.silenced_until {
        line = line.text(", silenced until ").time(until);
    }
    line
}

/// The root cause. Its summary is left out where a finding says the same.
pub fn root_cause(incident: &Incident) -> String {
    let root = &incident.root_cause;
    let cause = root.cause.as_deref().unwrap_or("unknown");
    let is_repeated = incident
        .findings
        .iter()
        .any(|finding| finding.message == root.summary);
    if is_repeated || root.summary.trim().is_empty() {
        format!("{cause}, {}", root.resource)
    } else {
        format!("{cause}, {}: {}", root.resource, root.summary)
    }
}

/// The known issues of the findings, each once.
pub fn known_issues(incident: &Incident) -> Vec<String> {
    let mut issues: Vec<String> = Vec::new();
    for finding in &incident.findings {
        if let Some(issue) = finding.known_issue.as_deref().map(clean)
            && !issues.contains(&issue)
        {
            issues.push(issue);
        }
    }
    issues
}

/// What was decided about the notification, and why.
pub fn notification(notification: &Notification) -> String {
    let channel = notification.channel.as_deref().unwrap_or("no channel");
    let why = &notification.why;
    let delivered = if notification.delivered.is_some() {
        "delivered"
    } else {
        "not delivered"
    };
    match notification.decision {
        Decision::Send => format!("message to {channel}, {delivered}: {why}"),
        Decision::Thread => format!("thread reply in {channel}, {delivered}: {why}"),
        Decision::Defer => format!("deferred, for {channel}: {why}"),
        Decision::Suppress | Decision::Log => format!("none: {why}"),
    }
}

/// The hypothesis, unless findings, root cause or title say the same.
pub fn hypothesis(incident: &Incident) -> Option<String> {
    let analysis = &incident.analysis;
    let text = clean(&analysis.hypothesis);
    let mut known = incident.findings.iter().map(|finding| &finding.message);
    let is_repeated = text.is_empty()
        || clean(&incident.root_cause.summary) == text
        || clean(&incident.title) == text
        || known.any(|message| clean(message) == text);
    let source = match analysis.source {
        AnalysisSource::Rules => "from the rules",
        AnalysisSource::Model => "from the model",
    };
    (!is_repeated).then(|| format!("{text} ({} confidence, {source})", analysis.confidence))
}

/// How likely it is that one of the commits is the cause.
pub fn commit_confidence(correlation: &Correlation) -> String {
    let note = correlation.note.as_deref();
    if correlation.commits.is_empty() {
        return note.unwrap_or("no commit can be the cause").to_owned();
    }
    let note = note.map_or_else(String::new, |note| format!("; {note}"));
    format!("{} confidence{note}", correlation.confidence)
}

/// An event of the timeline and its source.
pub fn event_text(event: &TimelineEvent) -> Line {
    format!("{} ({})", event.what, event.source).into()
}

/// When a commit was made and why it can be the cause.
pub fn commit(commit: &Commit) -> String {
    let lag = u64::try_from(commit.lag_seconds).map_or_else(
        |_| "after the onset".to_owned(),
        |lag| format!("{} before the onset", age(Duration::from_secs(lag))),
    );
    if commit.reasons.is_empty() {
        lag
    } else {
        format!("{lag}: {}", commit.reasons.join("; "))
    }
}

/// The first seven digits, as git shows them.
pub fn short_sha(commit: &Commit) -> String {
    commit.sha.chars().take(7).collect()
}
