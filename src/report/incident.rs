//! One incident as an entry of a page.

use chrono::{DateTime, Utc};

use super::format::{
    commit, commit_confidence, event_text, hypothesis, known_issues, life, notification,
    root_cause, short_sha,
};
use super::{Action, Commit, Correlation, Finding, Incident, Service};
use crate::model::duration::age;
use crate::model::{IncidentState, Severity};
use crate::render::{Block, Entry, Event, Fact, GraphStep, Item, Line};

/// What all incidents of a page share.
#[derive(Clone, Copy)]
pub struct IncidentContext<'a> {
    /// The moment that "ago" is measured from.
    pub now: DateTime<Utc>,
    /// Every listed service.
    pub services: &'a [Service],
    /// Whether the command sends notifications. `check` sends none.
    pub notifies: bool,
}

/// Whether an incident is shown in short.
fn is_minor(incident: &Incident) -> bool {
    incident.severity == Severity::Sev4 || incident.silenced_until.is_some()
}

pub fn entry(number: usize, incident: &Incident, context: IncidentContext) -> Entry {
    let is_resolved = incident.state == IncidentState::Resolved;
    let is_minor = is_minor(incident);
    let mut blocks = Vec::new();
    if !is_resolved {
        let mut facts = vec![Fact::of("Findings", findings(incident, is_minor))];
        if !is_minor {
            facts.extend(analysis(incident));
        }
        let actions = Block::steps(incident.actions.iter().map(action));
        facts.push(Fact::of("Actions", actions.into_iter().collect()));
        if !is_minor {
            facts.extend(incident.correlation.as_ref().map(commits));
            facts.push(Fact::of("Timeline", timeline(incident)));
        }
        facts.retain(|fact| !fact.value.is_empty());
        facts.extend(rule_and_notification(incident, context.notifies));
        blocks.push(Block::Facts(facts));
        if !is_minor {
            blocks.extend(graph(incident, context.services));
        }
    }
    Entry {
        number: Some(number),
        id: crate::model::text::clean(&incident.id),
        severity: incident.severity,
        muted: !incident.counts(),
        folded: is_minor || is_resolved,
        title: Line::from(&incident.title),
        status: life(incident, context.now),
        blocks,
    }
}

fn findings(incident: &Incident, is_minor: bool) -> Vec<Block> {
    let item = |finding: &Finding| {
        let evidence = finding.evidence.iter().filter(|_| !is_minor);
        let evidence =
            evidence.map(|evidence| Item::new(format!("{}: {}", evidence.kind, evidence.text)));
        Item::new(finding_line(finding)).with(Block::list(evidence))
    };
    let list = Block::list(incident.findings.iter().map(item));
    list.into_iter().collect()
}

fn finding_line(finding: &Finding) -> Line {
    let cause = match &finding.cause {
        Some(cause) if *cause != finding.reason => format!(" ({cause})"),
        _ => String::new(),
    };
    Line::new()
        .code(&finding.resource.to_string())
        .text(": ")
        .strong(&finding.reason)
        .text(&cause)
        .text(": ")
        .text(&finding.message)
}

fn analysis(incident: &Incident) -> Vec<Fact> {
    let analysis = &incident.analysis;
    let facts = [
        ("Affects", incident.affects.join(", ")),
        ("Root cause", root_cause(incident)),
        ("Likely cause", hypothesis(incident).unwrap_or_default()),
        ("Impact", analysis.business_impact.clone()),
        ("Dissent", analysis.dissent.clone().unwrap_or_default()),
    ];
    let facts = facts.iter().filter(|(_, text)| !text.trim().is_empty());
    facts.map(|(label, text)| Fact::new(label, text)).collect()
}

fn rule_and_notification(incident: &Incident, notifies: bool) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Rule", Line::new().code(&incident.rule))];
    let issues = known_issues(incident);
    facts.extend(
        issues
            .into_iter()
            .map(|issue| Fact::new("Known issue", issue)),
    );
    if notifies {
        let text = notification(&incident.notification);
        facts.push(Fact::new("Notification", text));
    }
    facts
}

fn commits(correlation: &Correlation) -> Fact {
    let item = |it: &Commit| {
        let mut line = Line::new().link(&short_sha(it), &it.url);
        if let Some(pull) = &it.pull_request {
            line = line.text(", ").link("pull request", pull);
        }
        Item::new(line.text(": ").text(&commit(it)))
    };
    let mut value = vec![Block::paragraph(commit_confidence(correlation))];
    value.extend(Block::list(correlation.commits.iter().map(item)));
    Fact::of("Commits", value)
}

/// What led to the incident, and each finding with a start of its own. Empty when that is
/// only the start of the incident.
fn timeline(incident: &Incident) -> Vec<Block> {
    let event = |at, text| Event {
        at,
        text,
        lag: lag(at, incident.since),
    };
    let correlation = incident.correlation.iter().flat_map(|c| &c.timeline);
    let mut events: Vec<_> = correlation.map(|it| event(it.at, event_text(it))).collect();
    // The timeline of a correlation ends with the first failure.
    let first = incident
        .findings
        .iter()
        .position(|finding| finding.since == Some(incident.since))
        .filter(|_| !events.is_empty());
    for (index, finding) in incident.findings.iter().enumerate() {
        if let Some(at) = finding.since.filter(|_| Some(index) != first) {
            let resource = finding.resource.to_string();
            let text = Line::new().code(&resource).text(" ").text(&finding.reason);
            events.push(event(at, text));
        }
    }
    if events.len() < 2 {
        return Vec::new();
    }
    events.sort_by_key(|event| event.at);
    vec![Block::Timeline(events)]
}

/// Distance to the start of the incident.
fn lag(at: DateTime<Utc>, start: DateTime<Utc>) -> String {
    let (distance, side) = if at < start {
        (start - at, "before")
    } else {
        (at - start, "after")
    };
    match distance.to_std() {
        Ok(distance) if distance.as_secs() > 0 => format!("{} {side}", age(distance)),
        _ => String::new(),
    }
}

/// The object at the root, its service, and the services that depend on it.
fn graph(incident: &Incident, services: &[Service]) -> Option<Block> {
    if incident.service.is_none() && incident.affects.is_empty() {
        return None;
    }
    let root = &incident.root_cause;
    let cause = root.cause.as_deref().unwrap_or("unknown cause");
    let of_service = |name: &String| {
        let listed = services.iter().find(|service| service.name == *name);
        let text = match listed {
            Some(service) => Line::from(service.tier.as_str())
                .text(", ")
                .status(service.status),
            None => "not in the services file".into(),
        };
        (Line::from(name), text)
    };
    let root = (Line::from(&root.resource.to_string()), Line::from(cause));
    let steps = [
        ("Root cause", vec![root]),
        ("Service", incident.service.iter().map(of_service).collect()),
        (
            "Affected",
            incident.affects.iter().map(of_service).collect(),
        ),
    ];
    let steps = steps.into_iter().filter(|(_, boxes)| !boxes.is_empty());
    Some(Block::Graph {
        title: "Dependents",
        steps: steps
            .map(|(title, boxes)| GraphStep { title, boxes })
            .collect(),
    })
}

/// A step and its command.
pub fn action(action: &Action) -> Item {
    Item::new(&action.title).with(action.command.as_ref().map(Block::command))
}
