//! Full messages: an incident that is new, repeated or escalated, and one that is resolved. Pure.

use super::MessageContext;
use super::limits::{HYPOTHESIS, LEAD, SUMMARY};
use super::parts::{self, duration, icon, impact_line, period, section, time_of_day};
use super::text::{code, command_problem, cost, link, prose, sentence};
use crate::model::{AnalysisSource, Confidence};
use crate::report::{Action, Commit, Incident};
use crate::state::{Block, Line, Marker, Message, MessageKind, Topic};

/// An open incident, in the order in which somebody on call needs it: what is wrong, who is
/// affected, how severe it is, why, and which commands help.
pub fn full(context: &MessageContext, incident: &Incident) -> Message {
    let lead = format!("{} {}", icon(incident.severity), opening(context, incident));
    let title = parts::headline(&lead, parts::title(context, incident));
    // The rollback has a section of its own.
    let is_rollback = |action: &&Action| context.rollback.contains(action);
    let actions: Vec<_> = incident
        .actions
        .iter()
        .filter(|a| !is_rollback(a))
        .collect();
    let rollback: Vec<_> = context.rollback.iter().collect();
    let blocks = [
        section(Topic::Lead, "", first_lines(context, incident)),
        Some(parts::facts(context, incident)),
        section(Topic::Findings, "Findings", findings(context, incident)),
        section(Topic::Cause, "", cause(incident)),
        section(Topic::Commits, "", commits(incident)),
        section(Topic::Timeline, "Timeline", timeline(context, incident)),
        section(Topic::Actions, "Next steps", steps(&actions)),
        section(Topic::Rollback, "Rollback", steps(&rollback)),
        parts::references(context, incident),
        Some(parts::footer(context, Some(incident))),
    ];
    let cluster = prose(context.cluster, 24);
    // The title of a repetition begins with the duration.
    let line = match context.kind {
        MessageKind::Repeat => format!("{title} ({cluster})"),
        _ => format!("{title} ({cluster}, {})", duration(context, incident)),
    };
    let left = SUMMARY.saturating_sub(cost(&title) + 2);
    let impact = parts::impact(incident, left.saturating_sub(40));
    message(incident, title, parts::summary(&line, &impact), blocks)
}

fn message(
    incident: &Incident,
    title: String,
    summary: String,
    blocks: impl IntoIterator<Item = Option<Block>>,
) -> Message {
    Message {
        summary,
        title,
        severity: Some(incident.severity),
        is_short: false,
        blocks: blocks.into_iter().flatten().collect(),
    }
}

/// What the headline says before the title.
fn opening(context: &MessageContext, incident: &Incident) -> String {
    let severity = incident.severity;
    match (context.kind, context.previous_severity) {
        (MessageKind::Repeat, _) => format!("{severity} for {}: ", duration(context, incident)),
        (MessageKind::Escalated, Some(previous)) => format!("{severity}, was {previous}: "),
        (MessageKind::Escalated, None) => format!("Now {severity}: "),
        _ => format!("{severity}: "),
    }
}

fn first_lines(context: &MessageContext, incident: &Incident) -> Vec<Line> {
    let mut lines = vec![Line::text(parts::overview(context, incident, LEAD / 3))];
    lines.extend(impact_line(incident, LEAD * 2 / 5));
    if let (MessageKind::Escalated, Some(silence)) = (context.kind, context.silence) {
        let reason = sentence(&silence.reason, LEAD / 8);
        lines.push(Line::labelled("Was silenced:", reason));
    }
    lines
}

/// The findings, each with its strongest evidence.
fn findings(context: &MessageContext, incident: &Incident) -> Vec<Line> {
    let mut lines = Vec::new();
    let is_first_line_by_rules = context.model_text.is_none();
    for (index, finding) in incident.findings.iter().enumerate() {
        // The first line of the message is this finding's message.
        let repeats =
            is_first_line_by_rules && index == 0 && finding.message == incident.root_cause.summary;
        lines.push(parts::finding(finding, !repeats));
        for evidence in finding.evidence.iter().take(2) {
            let kind = prose(&evidence.kind, 20);
            let text = prose(&evidence.text, 220);
            lines.push(Line::text(format!("{kind}: {text}")).marked(Marker::SubBullet));
        }
    }
    lines
}

fn cause(incident: &Incident) -> Vec<Line> {
    let root = &incident.root_cause;
    let cause = prose(root.cause.as_deref().unwrap_or("not known"), 60);
    let mut lines = vec![
        Line::labelled("Root cause:", format!("{cause} in "))
            .code(code(&root.resource.to_string(), 160)),
    ];
    let analysis = &incident.analysis;
    // The hypothesis of the rules repeats the findings.
    if analysis.source == AnalysisSource::Model && !analysis.hypothesis.trim().is_empty() {
        let confidence = analysis.confidence;
        let text = sentence(&analysis.hypothesis, HYPOTHESIS);
        lines.push(Line::text(format!(
            "{text} (the model, {confidence} confidence)"
        )));
    }
    let dissent = sentence(analysis.dissent.as_deref().unwrap_or_default(), 200);
    if !dissent.is_empty() {
        lines.push(Line::labelled("The model disagrees:", dissent));
    }
    lines
}

fn commits(incident: &Incident) -> Vec<Line> {
    // An incident of no service, such as a node's, has no commits.
    let correlation = incident.correlation.as_ref();
    let Some(correlation) = correlation.filter(|_| incident.service.is_some()) else {
        return Vec::new();
    };
    let note = correlation.note.as_deref().map(|note| sentence(note, 300));
    if correlation.commits.is_empty() || correlation.confidence == Confidence::None {
        let none = "none found that explains it.".to_owned();
        return vec![Line::labelled("Commits:", note.unwrap_or(none))];
    }
    let confidence = correlation.confidence;
    let heading = Line::labelled("Likely caused by", format!("({confidence} confidence)"));
    let commits = correlation.commits.iter().take(3).map(commit);
    std::iter::once(heading)
        .chain(commits)
        .chain(note.map(Line::text))
        .collect()
}

/// The events before the onset, and the onset.
fn timeline(context: &MessageContext, incident: &Incident) -> Vec<Line> {
    let events = incident.correlation.iter().flat_map(|c| &c.timeline);
    events
        .map(|event| {
            let at = time_of_day(context, event.at);
            let (what, source) = (prose(&event.what, 120), prose(&event.source, 60));
            Line::text(format!("{at} {what} ({source})")).marked(Marker::Bullet)
        })
        .collect()
}

/// A commit with links to itself and to its pull request, and to nothing else.
fn commit(commit: &Commit) -> Line {
    let short: String = commit.sha.chars().take(7).collect();
    let is_own = commit.url.ends_with(&format!("/commit/{}", commit.sha));
    let mut line = Line::default().with(link(&short, if is_own { &commit.url } else { "" }, 240));
    let pull_request = commit.pull_request.as_deref();
    if let Some((url, number)) =
        pull_request.and_then(|url| Some((url, url.rsplit_once("/pull/")?.1)))
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
    {
        line = line
            .and(", pull request ")
            .with(link(&format!("#{number}"), url, 240));
    }
    let lag = match u64::try_from(commit.lag_seconds) {
        Ok(lag) => {
            let lag = std::time::Duration::from_secs(lag);
            format!("{} before the onset", parts::in_minutes(lag))
        }
        Err(_) => "after the onset".to_owned(),
    };
    let reasons = prose(&commit.reasons.join("; "), 160);
    let colon = if reasons.is_empty() { "" } else { ": " };
    line.and(format!(", {lag}{colon}{reasons}"))
        .marked(Marker::Bullet)
}

/// Numbered steps with their commands.
pub fn steps(actions: &[&Action]) -> Vec<Line> {
    let steps = (1..).zip(actions).map(|(number, action)| {
        let title = prose(&action.title, 240);
        let command = action.command.as_ref();
        let problem = command.and_then(|command| command_problem(command, 600));
        let note = problem.map_or_else(String::new, |why| format!(" ({why})"));
        Line {
            command: command.filter(|_| problem.is_none()).cloned(),
            ..Line::text(format!("{title}{note}")).marked(Marker::Number(number))
        }
    });
    steps.collect()
}

/// A resolved incident: the new text of its first message, or the only message where none could
/// be delivered while it was open.
pub fn resolved(context: &MessageContext, incident: &Incident) -> Message {
    let severity = incident.severity;
    let duration = duration(context, incident);
    let lead = if context.is_undelivered {
        format!("✅ Already resolved, {severity} for {duration}: ")
    } else {
        format!("✅ Resolved, {severity} for {duration}: ")
    };
    let title = parts::headline(&lead, &parts::subject(incident));
    let period = period(context, incident);
    let mut lines = Vec::new();
    if context.is_undelivered {
        lines.push(Line::text(
            "No message could be delivered while it was open.",
        ));
    }
    lines.push(Line::text(period.clone()));
    let overview = parts::overview(context, incident, LEAD / 3);
    if !overview.is_empty() {
        lines.push(Line::labelled("What happened:", overview));
    }
    lines.extend(impact_line(incident, LEAD / 4));
    let blocks = [
        section(Topic::Lead, "", lines),
        section(Topic::Cause, "", cause(incident)),
        section(Topic::Commits, "", commits(incident)),
        parts::references(context, incident),
        Some(parts::footer(context, Some(incident))),
    ];
    let summary = parts::summary(&title, &period);
    message(incident, title, summary, blocks)
}
