//! The parts that messages have in common. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::blocks::{self, FIELD, FOOTER, HEADER, Lines, PREVIEW, REFERENCES};
use super::text::{code, cost, say, sentence};
use super::{Message, MessageContext};
use crate::model::duration::human;
use crate::model::{IncidentState, Severity};
use crate::report::{Finding, Incident};

/// A colour that is seen before anything is read.
pub fn icon(incident: &Incident) -> &'static str {
    match incident.severity {
        Severity::Sev1 => "🔴",
        Severity::Sev2 => "🟠",
        Severity::Sev3 => "🟡",
        Severity::Sev4 => "⚪",
    }
}

/// How long it has been, or was.
pub fn lasted(story: &MessageContext, incident: &Incident) -> String {
    about((story.now - incident.since).to_std().unwrap_or_default())
}

/// A time without seconds that nobody wants to read.
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    let rest = if seconds >= 60 { seconds % 60 } else { 0 };
    human(Duration::from_secs(seconds - rest))
}

/// The time of day; with the date unless it is today's.
pub fn moment(story: &MessageContext, moment: DateTime<Utc>) -> String {
    let here = moment.with_timezone(&story.zone);
    let today = story.now.with_timezone(&story.zone).date_naive();
    let format = if here.date_naive() == today {
        "%H:%M %Z"
    } else {
        "%a %-d %b %H:%M %Z"
    };
    here.format(format).to_string()
}

/// A headline: what it begins with, and the title in what room is left.
pub fn headline(lead: &str, title: &str) -> String {
    format!("{lead}{}", say(title, HEADER.saturating_sub(cost(lead))))
}

/// What the incident is called, by the model or by the rules.
pub fn title<'a>(story: &MessageContext<'a>, incident: &'a Incident) -> &'a str {
    match story.words {
        Some(words) if !words.headline.trim().is_empty() => words.headline,
        _ => &incident.title,
    }
}

/// What was wrong, where the title would claim that it still is.
pub fn subject(incident: &Incident) -> String {
    let finding = incident.findings.first();
    let cause = incident.root_cause.cause.as_deref();
    let why = cause.or(finding.map(|finding| finding.reason.as_str()));
    let root = &incident.root_cause.resource;
    let what = match (&incident.service, why) {
        (Some(service), _) => service.clone(),
        (None, Some("MonitoringBlind")) => return "the monitor could not see the cluster".into(),
        (None, Some("InventoryInvalid")) => return "the services file had errors".into(),
        (None, _) if root.name.is_empty() => incident.title.clone(),
        (None, _) => root.to_string(),
    };
    match why {
        Some(why) => format!("{what} ({why})"),
        None => what,
    }
}

/// The first sentence: what is wrong, in more words than the title's.
pub fn what(story: &MessageContext, incident: &Incident, cap: usize) -> String {
    if let Some(words) = story.words
        && !words.summary.trim().is_empty()
    {
        return sentence(words.summary, cap);
    }
    let root = &incident.root_cause.summary;
    let first = incident.findings.first().map(|finding| &finding.message);
    match first.filter(|_| root.trim().is_empty()).unwrap_or(root) {
        empty if empty.trim().is_empty() => String::new(),
        message => sentence(&capital(message), cap),
    }
}

/// Who notices, and how.
pub fn impact(incident: &Incident, cap: usize) -> String {
    let affected = incident.affects.join(", ");
    let said = sentence(&incident.analysis.business_impact, cap * 2 / 3);
    let left = cap.saturating_sub(cost(&said) + 18);
    let is_said = incident
        .affects
        .iter()
        .all(|name| incident.analysis.business_impact.contains(name.as_str()));
    if affected.is_empty() || is_said {
        return said;
    }
    let space = if said.is_empty() { "" } else { " " };
    format!("{said}{space}Also affected: {}", sentence(&affected, left))
}

/// Severity, status, duration, tier.
pub fn fields(story: &MessageContext, incident: &Incident) -> Vec<String> {
    let field = |label: &str, text: &str| format!("*{label}*\n{}", say(text, FIELD - 30));
    let was = match story.previous_severity {
        Some(previous) if previous != incident.severity => format!(", was {previous}"),
        _ => String::new(),
    };
    let since = moment(story, incident.since);
    let mut fields = vec![
        field("Severity", &format!("{}{was}", incident.severity)),
        field("Status", incident.state.as_str()),
        field(
            "Duration",
            &format!("{}, since {since}", lasted(story, incident)),
        ),
    ];
    if let Some(tier) = incident.tier {
        let allowed = match story.service(incident).map(|s| s.max_downtime.limit()) {
            Some(Some(limit)) if limit.is_zero() => ", may not be down at all".to_owned(),
            Some(Some(limit)) => format!(", may be down {}", human(limit)),
            Some(None) => ", may be down for long".to_owned(),
            None => String::new(),
        };
        fields.push(field("Tier", &format!("{tier}{allowed}")));
    }
    fields
}

/// A finding in one line.
pub fn finding(finding: &Finding, with_message: bool) -> String {
    let cause = match &finding.cause {
        Some(cause) if *cause != finding.reason => format!(" ({})", say(cause, 60)),
        _ => String::new(),
    };
    let message = if with_message {
        format!(": {}", say(&finding.message, 300))
    } else {
        String::new()
    };
    let place = code(&finding.resource.to_string(), 160);
    format!("• {place} {}{cause}{message}", say(&finding.reason, 60))
}

/// Where to look: namespace, Argo CD, ingress, what is known.
pub fn references(story: &MessageContext, incident: &Incident) -> String {
    let service = story.service(incident);
    let namespace = service
        .and_then(|service| service.namespace.as_deref())
        .or(incident.root_cause.resource.namespace.as_deref());
    let mut places = Vec::new();
    let mut place = |label: &str, text: Option<&str>| {
        let text = code(text.unwrap_or_default(), 100);
        if !text.is_empty() {
            places.push(format!("{label} {text}"));
        }
    };
    place("namespace", namespace);
    if let Some(service) = service {
        place("Argo CD app", service.gitops.app_name.as_deref());
        place("manifests", service.gitops.manifests.as_deref());
        for host in service.ingress.iter().take(3) {
            place("ingress", Some(host));
        }
    }
    let mut lines = Lines::new(REFERENCES);
    if !places.is_empty() {
        let places = blocks::dotted(places, REFERENCES / 2);
        lines.push(&format!("*References:* {places}"));
    }
    for issue in known_issues(story, incident) {
        let issue = say(issue, 200);
        if !issue.is_empty() {
            lines.push(&format!("*Known issue:* {issue}"));
        }
    }
    lines.finish()
}

/// Of the findings and of the services file, each once.
fn known_issues<'a>(story: &'a MessageContext, incident: &'a Incident) -> Vec<&'a str> {
    let found = incident
        .findings
        .iter()
        .filter_map(|finding| finding.known_issue.as_deref());
    let listed = story
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

/// Id, cycle, who thought, silences, what comes next.
pub fn footer(story: &MessageContext, incident: Option<&Incident>) -> String {
    let silence = story.was_silenced.as_ref().map(|silence| {
        let reason = say(&silence.reason, 120);
        match silence.until {
            Some(until) => format!("silenced until {}: {reason}", moment(story, until)),
            None => format!("silenced: {reason}"),
        }
    });
    let next = story
        .next_repeat
        .map(|next| format!("next reminder {}", moment(story, next)));
    let open = incident.is_none_or(|incident| incident.state != IncidentState::Resolved);
    let parts = [
        incident.map(|incident| code(&incident.id, 60)),
        silence,
        Some(say(story.cluster, 60)),
        Some(format!("cycle {}", say(story.cycle, 40))),
        Some(match story.model_note {
            Some(note) => say(note, 80),
            None => "rules only, no model".to_owned(),
        }),
        incident.map(|incident| format!("rule {}", say(&incident.rule, 40))),
        next.filter(|_| open),
    ];
    blocks::dotted(parts.into_iter().flatten(), FOOTER)
}

/// The message in one line.
pub fn preview(headline: &str, rest: &str) -> String {
    let mut line = headline.to_owned();
    if !rest.is_empty() && cost(&line) + cost(rest) + 2 <= PREVIEW {
        line += ". ";
        line += &rest.replace('*', "");
    }
    line
}

/// With a capital letter, unless that would change a name.
pub fn capital(text: &str) -> String {
    let text = text.trim_start();
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_word = word.chars().all(|c| c.is_ascii_lowercase());
    match text.chars().next() {
        Some(first) if is_word => first.to_ascii_uppercase().to_string() + &text[1..],
        _ => text.to_owned(),
    }
}

/// For a story of nothing, which nobody should tell.
pub fn nothing(story: &MessageContext) -> Message {
    let mut page = blocks::SlackBlocks::default();
    let text = format!("k8s-monitor: nothing to say of {}", say(story.cluster, 60));
    page.section(&text);
    page.message(text)
}
