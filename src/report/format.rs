//! What the forms for people say alike: times, numbers, short sentences.
//! All of it is [`clean`]ed here; a form escapes it for its own medium.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Commit, Correlation, Finding, Incident, Notification, Service, TimelineEvent};
use crate::model::duration::human;
use crate::model::text::clean;
use crate::model::{AnalysisSource, Decision, ServiceStatus};

/// Cluster and time: where and when a verdict holds.
pub fn place(cluster: &str, now: DateTime<Utc>) -> String {
    format!("{}, {}", clean(cluster), moment(now))
}

/// `1 incident`, `2 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
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
    let channel = clean(notification.channel.as_deref().unwrap_or("no channel"));
    let sent = if notification.delivered.is_some() {
        "delivered"
    } else {
        "not delivered"
    };
    let why = clean(&notification.why);
    match notification.decision {
        Decision::Send => format!("in {channel}, {sent}: {why}"),
        Decision::Thread => format!("a reply in {channel}, {sent}: {why}"),
        Decision::Defer => format!("later, in {channel}: {why}"),
        Decision::Suppress | Decision::Log => format!("none: {why}"),
    }
}

/// What an analysis adds to what the findings and the root cause say already.
pub fn hypothesis(incident: &Incident) -> Option<String> {
    let analysis = &incident.analysis;
    let text = clean(&analysis.hypothesis);
    let known = |said: &str| clean(said) == text;
    let repeats = text.is_empty()
        || known(&incident.root_cause.summary)
        || known(&incident.title)
        || incident
            .findings
            .iter()
            .any(|finding| known(&finding.message));
    let by = match analysis.source {
        AnalysisSource::Rules => "by the rules",
        AnalysisSource::Model => "by the model",
    };
    (!repeats).then(|| format!("{text} ({} confidence, {by})", analysis.confidence))
}

/// How sure it is that one of the commits did it.
pub fn suspicion(correlation: &Correlation) -> String {
    let note = correlation.note.as_deref().map(clean);
    if correlation.commits.is_empty() {
        return note.unwrap_or_else(|| "none found that could have done it".to_owned());
    }
    let note = note.map_or_else(String::new, |note| format!("; {note}"));
    format!("{} confidence{note}", correlation.confidence)
}

/// One moment of what led to a failure.
pub fn event(event: &TimelineEvent) -> String {
    let (what, source) = (clean(&event.what), clean(&event.source));
    format!("{} {what} ({source})", moment(event.at))
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
