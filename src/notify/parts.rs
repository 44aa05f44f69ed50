//! The parts that messages have in common. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::MessageContext;
use super::limits::{FACT, HEADLINE, REFERENCES, SUMMARY};
use super::text::{code, cost, prose, sentence};
use crate::model::duration::{age, human};
use crate::model::{IncidentState, Severity};
use crate::report::{Finding, Incident};
use crate::state::{ActiveSilence, Block, Fact, Line, Marker, Message, Section, Topic};

/// A colour for the severity, which is seen before anything is read.
pub fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Sev1 => "🔴",
        Severity::Sev2 => "🟠",
        Severity::Sev3 => "🟡",
        Severity::Sev4 => "⚪",
    }
}

/// How long the incident has been open, or was.
pub fn duration(context: &MessageContext, incident: &Incident) -> String {
    let lasted = (end(context, incident) - incident.since).to_std();
    let lasted = in_minutes(lasted.unwrap_or_default());
    if incident.end.is_some_and(|end| end.or_later) {
        format!("at least {lasted}")
    } else {
        lasted
    }
}

/// When the incident ended. A message about it may be sent much later: after a weekend, or when its
/// receiver is back.
fn end(context: &MessageContext, incident: &Incident) -> DateTime<Utc> {
    incident.end.map_or(context.now, |end| end.at)
}

/// A duration without seconds, unless it is shorter than a minute.
pub fn in_minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    let rest = if seconds >= 60 { seconds % 60 } else { 0 };
    age(Duration::from_secs(seconds - rest))
}

/// The time of day, with the date unless it is today's.
pub fn time_of_day(context: &MessageContext, time: DateTime<Utc>) -> String {
    let local = time.with_timezone(&context.zone);
    let today = context.now.with_timezone(&context.zone).date_naive();
    let format = if local.date_naive() == today {
        "%H:%M %Z"
    } else {
        "%a %-d %b %H:%M %Z"
    };
    local.format(format).to_string()
}

/// From when to when the incident was open.
pub fn period(context: &MessageContext, incident: &Incident) -> String {
    let from = time_of_day(context, incident.since);
    let to = time_of_day(context, end(context, incident));
    if incident.end.is_some_and(|end| end.or_later) {
        format!("From {from}, last seen {to}.")
    } else {
        format!("From {from} to {to}.")
    }
}

/// A headline: its beginning, and as much of the title as fits.
pub fn headline(lead: &str, title: &str) -> String {
    let left = HEADLINE.saturating_sub(cost(lead));
    format!("{lead}{}", prose(title, left))
}

/// The title of the incident, by the model or by the rules.
pub fn title<'a>(context: &MessageContext<'a>, incident: &'a Incident) -> &'a str {
    match context.model_text {
        Some(text) if !text.headline.trim().is_empty() => text.headline,
        _ => &incident.title,
    }
}

/// What the incident was about, for a message that says it is resolved. The title would claim that
/// it is still open.
pub fn subject(incident: &Incident) -> String {
    let finding = incident.findings.first();
    let cause = incident.root_cause.cause.as_deref();
    let why = cause.or(finding.map(|finding| finding.reason.as_str()));
    let root = &incident.root_cause.resource;
    let what = match (&incident.service, why) {
        (Some(service), _) => service.clone(),
        (None, Some("MonitoringBlind")) => return "the monitor could not read the cluster".into(),
        (None, Some("InventoryInvalid")) => return "the services file had errors".into(),
        (None, _) if root.name.is_empty() => incident.title.clone(),
        (None, _) => root.to_string(),
    };
    match why {
        Some(why) => format!("{what} ({why})"),
        None => what,
    }
}

/// The first sentences: the model's summary, or the message of the root cause.
pub fn overview(context: &MessageContext, incident: &Incident, cap: usize) -> String {
    if let Some(text) = context.model_text
        && !text.summary.trim().is_empty()
    {
        return sentence(text.summary, cap);
    }
    let root = &incident.root_cause.summary;
    let first = incident.findings.first().map(|finding| &finding.message);
    match first.filter(|_| root.trim().is_empty()).unwrap_or(root) {
        empty if empty.trim().is_empty() => String::new(),
        message => sentence(&capitalized(message), cap),
    }
}

/// Which people and services are affected.
pub fn impact(incident: &Incident, cap: usize) -> String {
    let affected = incident.affects.join(", ");
    let impact = sentence(&incident.analysis.business_impact, cap * 2 / 3);
    let left = cap.saturating_sub(cost(&impact) + 18);
    let names_all = incident
        .affects
        .iter()
        .all(|name| incident.analysis.business_impact.contains(name.as_str()));
    if affected.is_empty() || names_all {
        return impact;
    }
    let space = if impact.is_empty() { "" } else { " " };
    format!(
        "{impact}{space}Also affected: {}",
        sentence(&affected, left)
    )
}

/// The impact as a line with its label; nothing where none is known.
pub fn impact_line(incident: &Incident, cap: usize) -> Option<Line> {
    let impact = impact(incident, cap);
    (!impact.is_empty()).then(|| Line::labelled("Impact:", impact))
}

/// Severity, status, duration, tier.
pub fn facts(context: &MessageContext, incident: &Incident) -> Block {
    let fact = |label: &str, value: &str| Fact {
        label: label.to_owned(),
        value: prose(value, FACT - 30),
    };
    let previous = match context.previous_severity {
        Some(previous) if previous != incident.severity => format!(", was {previous}"),
        _ => String::new(),
    };
    let since = time_of_day(context, incident.since);
    let mut facts = vec![
        fact("Severity", &format!("{}{previous}", incident.severity)),
        fact("Status", incident.state.as_str()),
        fact(
            "Duration",
            &format!("{}, since {since}", duration(context, incident)),
        ),
    ];
    if let Some(tier) = incident.tier {
        let allowed = match context.service(incident).map(|s| s.max_downtime.limit()) {
            Some(Some(limit)) if limit.is_zero() => ", no downtime allowed".to_owned(),
            Some(Some(limit)) => format!(", max downtime {}", human(limit)),
            Some(None) => ", no limit on downtime".to_owned(),
            None => String::new(),
        };
        facts.push(fact("Tier", &format!("{tier}{allowed}")));
    }
    Block::Facts(facts)
}

/// A finding in one line.
pub fn finding(finding: &Finding, with_message: bool) -> Line {
    let cause = match &finding.cause {
        Some(cause) if *cause != finding.reason => format!(" ({})", prose(cause, 60)),
        _ => String::new(),
    };
    let message = if with_message {
        format!(": {}", prose(&finding.message, 300))
    } else {
        String::new()
    };
    let reason = prose(&finding.reason, 60);
    Line::default()
        .code(code(&finding.resource.to_string(), 160))
        .and(format!(" {reason}{cause}{message}"))
        .marked(Marker::Bullet)
}

/// Namespace, Argo CD app, manifests, hosts and known issues.
pub fn references(context: &MessageContext, incident: &Incident) -> Option<Block> {
    let service = context.service(incident);
    let namespace = service
        .and_then(|service| service.namespace.as_deref())
        .or(incident.root_cause.resource.namespace.as_deref());
    let mut references = vec![("namespace", namespace)];
    if let Some(service) = service {
        references.push(("Argo CD app", service.gitops.app_name.as_deref()));
        references.push(("manifests", service.gitops.manifests.as_deref()));
        let hosts = service.ingress.iter().take(3);
        references.extend(hosts.map(|host| ("ingress", Some(host.as_str()))));
    }
    let mut line = Line::default();
    for (label, text) in references {
        let text = code(text.unwrap_or_default(), 100);
        let separator = if line.spans.is_empty() { "" } else { " · " };
        let label = format!("{separator}{label} ");
        let total = cost(&line.plain()) + cost(&label) + cost(&text) + 2;
        if !text.is_empty() && total <= REFERENCES / 2 {
            line = line.and(label).code(text);
        }
    }
    let mut lines = Vec::new();
    if !line.spans.is_empty() {
        lines.push(Line::labelled("References:", "").append(line));
    }
    let issues = known_issues(context, incident).into_iter();
    let issues = issues.map(|issue| prose(issue, 200));
    lines.extend(
        issues
            .filter(|issue| !issue.is_empty())
            .map(|issue| Line::labelled("Known issue:", issue)),
    );
    section(Topic::References, "", lines)
}

/// Of the findings and of the services file, each once.
fn known_issues<'a>(context: &'a MessageContext, incident: &'a Incident) -> Vec<&'a str> {
    let found = incident
        .findings
        .iter()
        .filter_map(|finding| finding.known_issue.as_deref());
    let listed = context
        .service(incident)
        .map_or(&[][..], |service| &service.known_issues);
    let mut issues: Vec<&str> = Vec::new();
    for issue in found.chain(listed.iter().map(|issue| issue.text.as_str())) {
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    issues
}

/// Incident id, silence, cluster, cycle, the model's part, rule, and the next reminder.
pub fn footer(context: &MessageContext, incident: Option<&Incident>) -> Block {
    let silence = context.silence.map(|silence| {
        let ActiveSilence { until, reason, .. } = silence;
        let until = time_of_day(context, *until);
        Line::text(format!("silenced until {until}: {}", prose(reason, 120)))
    });
    let next = context
        .next_repeat
        .map(|next| Line::text(format!("next reminder {}", time_of_day(context, next))));
    let is_open = incident.is_none_or(|incident| incident.state != IncidentState::Resolved);
    let model = match (context.model_note, context.model_refused) {
        (Some(note), _) => prose(note, 80),
        (None, Some(refused)) => format!("rules only: {}", prose(refused, 80)),
        (None, None) => "rules only, no model".to_owned(),
    };
    let parts = [
        incident.map(|incident| Line::default().code(code(&incident.id, 60))),
        silence,
        Some(Line::text(prose(context.cluster, 60))),
        Some(Line::text(format!("cycle {}", prose(context.cycle, 40)))),
        Some(Line::text(model)),
        incident.map(|incident| Line::text(format!("rule {}", prose(&incident.rule, 40)))),
        next.filter(|_| is_open),
    ];
    Block::Footer(parts.into_iter().flatten().collect())
}

/// A section, unless it has no lines.
pub fn section(topic: Topic, heading: &str, lines: Vec<Line>) -> Option<Block> {
    let lines: Vec<_> = lines.into_iter().filter(|l| !l.spans.is_empty()).collect();
    (!lines.is_empty()).then(|| {
        Block::Section(Section {
            topic,
            heading: heading.to_owned(),
            lines,
        })
    })
}

/// The message in one line: the headline, and the rest where it fits.
pub fn summary(headline: &str, rest: &str) -> String {
    let mut line = headline.to_owned();
    if !rest.is_empty() && cost(&line) + cost(rest) + 2 <= SUMMARY {
        line += ". ";
        line += rest;
    }
    line
}

/// With a capital letter, unless the first word is a name in its own spelling.
pub fn capitalized(text: &str) -> String {
    let text = text.trim_start();
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_word = word.chars().all(|c| c.is_ascii_lowercase());
    match text.chars().next() {
        Some(first) if is_word => first.to_ascii_uppercase().to_string() + &text[1..],
        _ => text.to_owned(),
    }
}

/// The message for no incidents. No caller has any use for it.
pub fn empty(context: &MessageContext) -> Message {
    Message::line(format!(
        "k8s-monitor: no incidents in {}",
        prose(context.cluster, 60)
    ))
}
