//! The report as Markdown, as GitHub renders it.
//!
//! Text from the cluster goes through [`escape`], [`code`] or [`block`] and
//! cannot become markup, break a table or mention anybody.

use super::incident_text::{RenderContext, is_minor};
use super::{Action, Finding, Incident, RenderOptions, Report, Unread, format, headline, plan};
use crate::model::IncidentState;
use crate::model::text::{clean, clean_lines};

/// Renders the report as Markdown. Width and colour mean nothing here.
#[must_use]
pub fn markdown(report: &Report, _options: &RenderOptions) -> String {
    let mut page = String::new();
    verdict(&mut page, report);
    for note in &report.notes {
        push(&mut page, &format!("> **Note:** {}", escape(note)));
    }
    for (index, item) in report.incidents.iter().enumerate() {
        incident(&mut page, index + 1, item, RenderContext::of(&report.cycle));
    }
    services(&mut page, report);
    unread(&mut page, &report.visibility.unread);
    if let Some(plan) = &report.plan {
        plan::markdown(&mut page, plan);
    }
    push(
        &mut page,
        &format!("---\n\n{}", escape(&headline::footer(report))),
    );
    page
}

fn verdict(page: &mut String, report: &Report) {
    let sentence = escape(&headline::verdict(report));
    push(page, &format!("# {}: {sentence}", report.severity));
    let place = escape(&format::place(
        &report.cycle.cluster,
        report.cycle.started_at,
    ));
    let situation = escape(&headline::situation(report));
    let colon = if situation.is_empty() { "" } else { ": " };
    push(page, &format!("**{place}**{colon}{situation}"));
}

/// One incident as a section.
pub fn incident(page: &mut String, number: usize, incident: &Incident, frame: RenderContext) {
    let title = escape(&incident.title);
    push(
        page,
        &format!("## {number}. {}: {title}", incident.severity),
    );
    let life = escape(&format::life(incident, frame.now));
    push(page, &format!("{}, {life}", code(&incident.id)));
    if incident.state == IncidentState::Resolved {
        return;
    }
    let minor = is_minor(incident);
    findings(page, incident, minor);
    facts(page, incident, minor, frame.tells);
    if !minor {
        commits(page, incident);
    }
    actions(page, "**What to do**", &incident.actions);
}

fn findings(page: &mut String, incident: &Incident, minor: bool) {
    if incident.findings.is_empty() {
        return;
    }
    push(page, "**What is wrong**");
    for item in &incident.findings {
        line(page, &format!("- {}", finding(item)));
        for evidence in item.evidence.iter().filter(|_| !minor) {
            line(
                page,
                &format!("  - {}: {}", escape(&evidence.kind), escape(&evidence.text)),
            );
        }
    }
    page.push('\n');
}

fn finding(finding: &Finding) -> String {
    let cause = match &finding.cause {
        Some(cause) if *cause != finding.reason => format!(" ({})", escape(cause)),
        _ => String::new(),
    };
    format!(
        "{}: **{}**{cause}: {}",
        code(&finding.resource.to_string()),
        escape(&finding.reason),
        escape(&finding.message)
    )
}

/// What an incident means, as a table of two columns.
fn facts(page: &mut String, incident: &Incident, minor: bool, tells: bool) {
    let mut rows: Vec<(&str, String)> = Vec::new();
    if !minor {
        if !incident.affects.is_empty() {
            rows.push(("Affects", escape(&incident.affects.join(", "))));
        }
        rows.push(("Root cause", escape(&format::root_cause(incident))));
        rows.extend(analysis(incident));
    }
    rows.push(("Rule", code_cell(&incident.rule)));
    for issue in format::known_issues(incident) {
        rows.push(("Known issue", escape(&issue)));
    }
    if tells {
        let message = format::notification(&incident.notification);
        rows.push(("Message", escape(&message)));
    }
    page.push_str("| | |\n| --- | --- |\n");
    for (label, text) in rows {
        line(page, &format!("| {label} | {text} |"));
    }
    page.push('\n');
}

fn analysis(incident: &Incident) -> Vec<(&'static str, String)> {
    let analysis = &incident.analysis;
    let mut rows = Vec::new();
    if let Some(hypothesis) = format::hypothesis(incident) {
        rows.push(("Likely", escape(&hypothesis)));
    }
    if !analysis.business_impact.trim().is_empty() {
        rows.push(("Impact", escape(&analysis.business_impact)));
    }
    if let Some(dissent) = &analysis.dissent {
        rows.push(("Dissent", escape(dissent)));
    }
    rows
}

fn commits(page: &mut String, incident: &Incident) {
    let Some(correlation) = &incident.correlation else {
        return;
    };
    push(
        page,
        &format!("**Commits**: {}", escape(&format::suspicion(correlation))),
    );
    for commit in &correlation.commits {
        let sha = link(&format::short_sha(commit), &commit.url);
        let pull = commit
            .pull_request
            .as_deref()
            .map_or_else(String::new, |url| {
                format!(", {}", link("pull request", url))
            });
        line(
            page,
            &format!("- {sha}{pull}: {}", escape(&format::commit(commit))),
        );
    }
    if !correlation.commits.is_empty() {
        page.push('\n');
    }
    if !correlation.timeline.is_empty() {
        push(page, "**What led to it**");
        for event in &correlation.timeline {
            line(page, &format!("- {}", escape(&format::event(event))));
        }
        page.push('\n');
    }
}

/// Numbered steps, commands in blocks of code.
pub fn actions(page: &mut String, title: &str, actions: &[Action]) {
    if actions.is_empty() {
        return;
    }
    push(page, title);
    for (index, action) in actions.iter().enumerate() {
        let lead = format!("{}. ", index + 1);
        line(page, &format!("{lead}{}", escape(&action.title)));
        if let Some(command) = &action.command {
            page.push_str(&block("sh", command, lead.len()));
        }
    }
    page.push('\n');
}

fn services(page: &mut String, report: &Report) {
    if report.services.is_empty() {
        return;
    }
    page.push_str("## Services\n\n");
    page.push_str("| Tier | Service | Status | Ready | Since | Down | Max |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for service in format::by_tier(&report.services) {
        let cells = format::service_cells(service, report.cycle.started_at);
        let name = escape(&service.name);
        line(
            page,
            &format!("| {} | {name} | {} |", service.tier, cells.join(" | ")),
        );
    }
    page.push('\n');
}

/// What could not be seen.
pub fn unread(page: &mut String, unread: &[Unread]) {
    if unread.is_empty() {
        return;
    }
    push(page, "## Could not be read");
    page.push_str("| What | Why | |\n| --- | --- | --- |\n");
    for kind in unread {
        let (reason, message) = (escape(&kind.reason), escape(&kind.message));
        line(
            page,
            &format!("| {} | {reason} | {message} |", code_cell(&kind.resource)),
        );
    }
    page.push('\n');
}

/// A line of a list or a table.
pub fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// A paragraph of its own.
pub fn push(page: &mut String, text: &str) {
    page.push_str(text);
    page.push_str("\n\n");
}

/// Text that stays text, on one line.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Markup does not keep GitHub from reading a mention; this does.
            '@' => escaped.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                escaped.extend(['\\', c]);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A span of code in a table, whose cells a pipe would end even there.
pub fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A span of code.
pub fn code(text: &str) -> String {
    let text = clean(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A backtick at either end would join the fence.
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of code, indented to belong to a step of a list.
pub fn block(language: &str, text: &str, indent: usize) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let pad = " ".repeat(indent);
    let mut block = format!("{pad}{fence}{language}\n");
    for text in clean_lines(text) {
        line(&mut block, format!("{pad}{text}").trim_end());
    }
    line(&mut block, &format!("{pad}{fence}"));
    block
}

/// A link, if the address is one to the web; else its text alone.
fn link(text: &str, url: &str) -> String {
    let safe = |c: char| c.is_ascii_graphic() && !"<>()[]|\\`\"".contains(c);
    if url.starts_with("https://") && url.chars().all(safe) {
        format!("[{}]({url})", escape(text))
    } else {
        escape(text)
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("a | b\n# c"), "a \\| b \\# c");
        assert_eq!(escape("<script>&"), "&lt;script&gt;&amp;");
        assert_eq!(
            escape("**x** `y` [z](u)"),
            "\\*\\*x\\*\\* \\`y\\` \\[z\\](u)"
        );
        assert_eq!(escape("ping @octocat"), "ping @\u{200b}octocat");
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code(" \u{1b}[0m"), "");
        assert_eq!(
            block("sh", "x\n```\ny", 3),
            "   ````sh\n   x\n   ```\n   y\n   ````\n"
        );
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(link("a", "https://x/y"), "[a](https://x/y)");
        assert_eq!(link("a", "javascript:x"), "a");
        assert_eq!(link("a", "https://x/) [b](c"), "a");
    }
}
