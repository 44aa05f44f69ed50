//! Messages in full: an incident when it is new, due again or worse, and its
//! last word once it is over. Pure.

use super::blocks::{
    ACTIONS, CAUSE, COMMITS, LEAD, Lines, PREVIEW, ROLLBACK, SlackBlocks, TIMELINE, WRONG,
};
use super::fragments::{self, icon, lasted, moment};
use super::text::{code, command, cost, link, say, sentence};
use super::{Message, MessageContext, MessageKind};
use crate::model::{AnalysisSource, Confidence};
use crate::report::{Action, Commit, Incident};

/// An incident, in the order in which somebody half asleep needs it: what, who
/// suffers, how bad, why, what to type.
pub fn full(story: &MessageContext, incident: &Incident) -> Message {
    let lead = format!("{} {}", icon(incident), opening(story, incident));
    let header = fragments::headline(&lead, fragments::title(story, incident));
    let impact = fragments::impact(incident, LEAD * 2 / 5);
    let mut page = SlackBlocks::default();
    page.header(&header);
    page.section(&first_lines(story, incident, &impact));
    page.fields(&fragments::fields(story, incident));
    page.section(&wrong(story, incident));
    page.section(&cause(incident));
    page.section(&commits(incident));
    page.section(&timeline(story, incident));
    // The way back has a section of its own.
    let is_back = |action: &&Action| story.rollback.contains(action);
    let actions = incident.actions.iter().filter(|a| !is_back(a)).cloned();
    let actions: Vec<_> = actions.collect();
    page.section(&steps("*What to do*", &actions, ACTIONS));
    page.section(&steps("*How to go back*", story.rollback, ROLLBACK));
    page.section(&fragments::references(story, incident));
    page.footer(&fragments::footer(story, Some(incident)));
    let room = PREVIEW.saturating_sub(cost(&header) + 2);
    let rest = fragments::impact(incident, room.saturating_sub(40));
    let place = say(story.cluster, 24);
    // A repetition begins with how long it has been.
    let line = match story.kind {
        MessageKind::Repeat => format!("{header} ({place})"),
        _ => format!("{header} ({place}, {})", lasted(story, incident)),
    };
    page.message(fragments::preview(&line, &rest))
}

/// What the headline says before the title.
fn opening(story: &MessageContext, incident: &Incident) -> String {
    let severity = incident.severity;
    match (story.kind, story.previous_severity) {
        (MessageKind::Repeat, _) => format!("{severity} for {}: ", lasted(story, incident)),
        (MessageKind::Escalated, Some(previous)) => format!("{severity}, was {previous}: "),
        (MessageKind::Escalated, None) => format!("Now {severity}: "),
        _ => format!("{severity}: "),
    }
}

fn first_lines(story: &MessageContext, incident: &Incident, impact: &str) -> String {
    let mut lines = Lines::new(LEAD);
    let what = fragments::what(story, incident, LEAD / 3);
    lines.push(&what);
    if !impact.is_empty() {
        lines.push(&format!("*Impact:* {impact}"));
    }
    if let (MessageKind::Escalated, Some(silence)) = (story.kind, &story.was_silenced) {
        let reason = sentence(&silence.reason, LEAD / 8);
        lines.push(&format!("*It was silenced:* {reason}"));
    }
    lines.finish()
}

/// The findings and the strongest of what they rest on.
fn wrong(story: &MessageContext, incident: &Incident) -> String {
    let mut lines = Lines::new(WRONG);
    lines.push("*What is wrong*");
    let is_said = story.words.is_none();
    for (index, finding) in incident.findings.iter().enumerate() {
        // The first line of the message has said it.
        let repeats = is_said && index == 0 && finding.message == incident.root_cause.summary;
        lines.push(&fragments::finding(finding, !repeats));
        for evidence in finding.evidence.iter().take(2) {
            let kind = say(&evidence.kind, 20);
            lines.push(&format!("    ◦ {kind}: {}", say(&evidence.text, 220)));
        }
    }
    if incident.findings.is_empty() {
        return String::new();
    }
    lines.finish()
}

fn cause(incident: &Incident) -> String {
    let root = &incident.root_cause;
    let mut lines = Lines::new(CAUSE);
    let cause = root.cause.as_deref().unwrap_or("not known");
    let place = code(&root.resource.to_string(), 160);
    lines.push(&format!("*Root cause:* {} in {place}", say(cause, 60)));
    let analysis = &incident.analysis;
    // The rules only repeat what the findings say.
    if analysis.source == AnalysisSource::Model && !analysis.hypothesis.trim().is_empty() {
        let confidence = analysis.confidence;
        let text = sentence(&analysis.hypothesis, CAUSE / 2);
        lines.push(&format!("{text} (the model, {confidence} confidence)"));
    }
    let dissent = sentence(analysis.dissent.as_deref().unwrap_or_default(), 200);
    if !dissent.is_empty() {
        lines.push(&format!("*The model would say:* {dissent}"));
    }
    lines.finish()
}

fn commits(incident: &Incident) -> String {
    // What is no service's, like a node, has no commits.
    let correlation = incident.correlation.as_ref();
    let Some(correlation) = correlation.filter(|_| incident.service.is_some()) else {
        return String::new();
    };
    let mut lines = Lines::new(COMMITS);
    let note = correlation.note.as_deref().map(|note| sentence(note, 300));
    if correlation.commits.is_empty() || correlation.confidence == Confidence::None {
        let none = "none found that could have done it.".to_owned();
        lines.push(&format!("*Commits:* {}", note.unwrap_or(none)));
        return lines.finish();
    }
    lines.push(&format!(
        "*Probably from a commit* ({} confidence)",
        correlation.confidence
    ));
    for suspect in correlation.commits.iter().take(3) {
        lines.push(&commit(suspect));
    }
    if let Some(note) = note {
        lines.push(&note);
    }
    lines.finish()
}

/// What led to it, a line a moment.
fn timeline(story: &MessageContext, incident: &Incident) -> String {
    let events = incident.correlation.iter().flat_map(|c| &c.timeline);
    let mut lines = Lines::new(TIMELINE);
    let mut events = events.peekable();
    if events.peek().is_none() {
        return String::new();
    }
    lines.push("*What led to it*");
    for event in events {
        let (at, what) = (moment(story, event.at), say(&event.what, 120));
        lines.push(&format!("• {at} {what} ({})", say(&event.source, 60)));
    }
    lines.finish()
}

/// A suspect with links to itself and its pull request, and to nothing else.
fn commit(commit: &Commit) -> String {
    let short: String = commit.sha.chars().take(7).collect();
    let is_own = commit.url.ends_with(&format!("/commit/{}", commit.sha));
    let page = link(&short, if is_own { &commit.url } else { "" }, 240);
    let pull = commit.pull_request.as_deref().and_then(|url| {
        let number = url.rsplit_once("/pull/")?.1;
        let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        is_number.then(|| format!(", pull request {}", link(&format!("#{number}"), url, 240)))
    });
    let lag = match u64::try_from(commit.lag_seconds) {
        Ok(lag) => format!(
            "{} before the onset",
            fragments::about(std::time::Duration::from_secs(lag))
        ),
        Err(_) => "after the onset".to_owned(),
    };
    let reasons = say(&commit.reasons.join("; "), 160);
    let colon = if reasons.is_empty() { "" } else { ": " };
    format!(
        "• {page}{}, {lag}{colon}{reasons}",
        pull.unwrap_or_default()
    )
}

/// Numbered steps with their commands.
pub fn steps(title: &str, actions: &[Action], cap: usize) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let mut lines = Lines::new(cap);
    lines.push(title);
    for (number, action) in (1..).zip(actions) {
        let step = format!("{number}. {}", say(&action.title, 160));
        let line = match action.command.as_deref().map(|text| command(text, 600)) {
            Some(Some(block)) => format!("{step}\n{block}"),
            Some(None) => format!("{step} (too long for Slack: see the report)"),
            None => step,
        };
        lines.push(&line);
    }
    lines.finish()
}

/// An incident that is over: the edited first message, or the only one when
/// nobody could be told in time.
pub fn closed(story: &MessageContext, incident: &Incident) -> Message {
    let severity = incident.severity;
    let lasted = lasted(story, incident);
    let lead = if story.collapsed {
        format!("✅ Came and went, {severity} for {lasted}: ")
    } else {
        format!("✅ Resolved, {severity} for {lasted}: ")
    };
    let header = fragments::headline(&lead, &fragments::subject(incident));
    let mut page = SlackBlocks::default();
    page.header(&header);
    let mut lines = Lines::new(LEAD);
    if story.collapsed {
        lines.push("It is over. Slack could not be reached while it lasted.");
    }
    lines.push(&span(story, incident));
    let what = fragments::what(story, incident, LEAD / 3);
    if !what.is_empty() {
        lines.push(&format!("*It was:* {what}"));
    }
    let impact = fragments::impact(incident, LEAD / 4);
    if !impact.is_empty() {
        lines.push(&format!("*Impact:* {impact}"));
    }
    page.section(&lines.finish());
    page.section(&cause(incident));
    page.section(&commits(incident));
    page.section(&fragments::references(story, incident));
    page.footer(&fragments::footer(story, Some(incident)));
    page.message(fragments::preview(&header, &span(story, incident)))
}

/// From when to when.
pub fn span(story: &MessageContext, incident: &Incident) -> String {
    format!(
        "From {} to {}.",
        moment(story, incident.since),
        moment(story, story.now)
    )
}
