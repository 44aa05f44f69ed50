//! An incident as text for a model, line by line. The least important lines are left out to save
//! tokens. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use super::budget::tokens;
use super::commands::AllowedNames;
use super::untrusted::line;
use crate::cluster::ContainerLog;
use crate::correlate::CandidateCommit;
use crate::inventory::{Dependency, Service};
use crate::model::Time;
use crate::model::duration::{age, human};
use crate::redact::redact;
use crate::report::{Analysis, Correlation, Finding, Incident};

/// The importance of a line. The last variants are left out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    /// Never left out.
    Always,
    /// The root finding, its evidence, known issues, commits.
    Core,
    /// The service's purpose and dependencies.
    Service,
    /// The other findings, and more evidence of the root finding.
    Findings,
    /// Everything else.
    Details,
}

/// Characters of a line.
const MAX_LINE_LENGTH: usize = 260;
/// Findings, and names in a list.
const MAX_FINDINGS: usize = 30;
/// Evidence per finding.
const MAX_EVIDENCE: usize = 8;
/// Lines of a log.
const MAX_LOG_LINES: usize = 12;
/// Entries of the timeline.
const MAX_TIMELINE: usize = 6;
/// Changes per commit.
const MAX_CHANGES: usize = 12;

/// One incident as text.
#[derive(Debug, Clone, Default)]
pub struct PromptContext {
    lines: Vec<(Priority, String)>,
}

impl PromptContext {
    /// The incident with its findings and evidence.
    #[must_use]
    pub fn new(incident: &Incident, now: Time) -> Self {
        let mut context = Self::default();
        let decisive = decisive_finding(incident);
        let mut seen = BTreeSet::new();
        context.add_head(incident, now);
        for (index, finding) in incident.findings.iter().take(MAX_FINDINGS).enumerate() {
            let is_root = index == 0;
            let cause = finding.cause.as_deref().unwrap_or("not known");
            let known = finding.known_issue.as_deref().unwrap_or_default();
            let known = if known.is_empty() {
                ""
            } else {
                " (a known issue)"
            };
            let sets_rule = if decisive == Some(index) {
                ", which sets the rule"
            } else {
                ""
            };
            let since = finding.since.filter(|since| *since != incident.since);
            let since =
                since.map_or_else(String::new, |since| format!(", since {}", at(since, now)));
            let text = format!(
                "- {}: {}{sets_rule}, cause {cause}{known}{since}: {}",
                finding.resource, finding.reason, finding.message
            );
            context.add(
                if is_root {
                    Priority::Always
                } else {
                    Priority::Findings
                },
                &text,
            );
            // What another finding shows already is not repeated.
            let mut evidence = finding.evidence.iter();
            let evidence = evidence.by_ref().filter(|e| seen.insert(e.text.clone()));
            for (position, evidence) in evidence.take(MAX_EVIDENCE).enumerate() {
                let priority = match (is_root, position) {
                    (true, 0..3) => Priority::Core,
                    (true, _) | (false, 0) => Priority::Findings,
                    _ => Priority::Details,
                };
                let text = format!("  {} {}: {}", evidence.id, evidence.kind, evidence.text);
                context.add(priority, &text);
            }
        }
        context
    }

    fn add_head(&mut self, incident: &Incident, now: Time) {
        self.add(Priority::Always, &format!("INCIDENT {}", incident.title));
        let tier = incident
            .tier
            .map_or_else(String::new, |t| format!(", tier {t}"));
        let (began, today) = (at(incident.since, now), now.format("%Y-%m-%d %H:%M UTC"));
        self.add(
            Priority::Always,
            &format!("rule {}{tier}, began {began}, now {today}", incident.rule),
        );
        if !incident.affects.is_empty() {
            self.add(
                Priority::Core,
                &format!(
                    "affects: {}",
                    join(incident.affects.iter().map(String::as_str))
                ),
            );
        }
        self.add(Priority::Core, "FINDINGS, the root first");
    }

    /// Adds the last lines of a failing container's log, with ids. Lines that the evidence has already
    /// are left out.
    #[must_use]
    pub fn log(mut self, log: Option<&ContainerLog>) -> Self {
        let Some(log) = log else {
            return self;
        };
        let text = redact(&log.text);
        let lines: Vec<_> = text
            .lines()
            .rev()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(MAX_LOG_LINES)
            .collect();
        let is_new = |text: &str| {
            let text = line(text, MAX_LINE_LENGTH / 2);
            self.lines
                .iter()
                .all(|(_, known)| !known.contains(text.trim_end_matches('…')))
        };
        let lines: Vec<_> = lines
            .into_iter()
            .rev()
            .filter(|text| is_new(text))
            .collect();
        if lines.is_empty() {
            return self;
        }
        let run = if log.previous {
            "previous run"
        } else {
            "this run"
        };
        self.add(
            Priority::Findings,
            &format!("LOG of container {}, {run}, the end", log.container),
        );
        for (index, text) in lines.iter().enumerate() {
            self.add(Priority::Findings, &format!("  L{}: {text}", index + 1));
        }
        self
    }

    /// Adds what happened before the first failure.
    #[must_use]
    pub fn timeline(mut self, correlation: Option<&Correlation>) -> Self {
        let timeline = correlation.map_or(&[][..], |correlation| &correlation.timeline);
        if let Some(last) = timeline.len().checked_sub(1) {
            self.add(Priority::Service, "TIMELINE, the last change last");
            for event in &timeline[last.saturating_sub(MAX_TIMELINE - 1)..] {
                let text = format!("- {} {}", event.at.format("%H:%M"), event.what);
                self.add(Priority::Service, &text);
            }
        }
        self
    }

    /// Adds what the cluster itself says of the last change.
    #[must_use]
    pub fn last_change(mut self, change: Option<(Time, String)>, now: Time) -> Self {
        if let Some((time, what)) = change {
            self.add(
                Priority::Service,
                &format!("LAST CHANGE {}: {what}", at(time, now)),
            );
        }
        self
    }

    /// Adds the services file's entry.
    #[must_use]
    pub fn service(mut self, service: &Service, down_for: Option<Duration>) -> Self {
        self.add(
            Priority::Core,
            &format!("SERVICE {}, tier {}", service.name, service.tier),
        );
        for issue in &service.known_issues {
            self.add(Priority::Core, &format!("- known issue: {}", issue.text));
        }
        let mut field = |priority, name: &str, text: &str| {
            if !text.is_empty() {
                self.add(priority, &format!("- {name}: {text}"));
            }
        };
        let names = |list: &[Dependency]| join(list.iter().map(|d| d.name.as_str()));
        let limit = match (service.max_downtime.limit(), down_for) {
            (Some(limit), Some(down)) => {
                format!("{}, down for {} so far", human(limit), age(down))
            }
            (Some(limit), None) => human(limit),
            (None, _) => "any time".to_owned(),
        };
        field(
            Priority::Service,
            "purpose",
            service.purpose.as_deref().unwrap_or_default(),
        );
        field(Priority::Service, "may be down", &limit);
        field(Priority::Service, "needs", &names(&service.dependencies));
        field(Priority::Service, "needed by", &names(&service.dependents));
        for quirk in &service.quirks {
            field(Priority::Details, "quirk", quirk);
        }
        field(
            Priority::Details,
            "health check",
            service.health_check.as_deref().unwrap_or_default(),
        );
        self
    }

    /// Adds the commits, with their changes if they are known.
    #[must_use]
    pub fn commits(
        mut self,
        correlation: Option<&Correlation>,
        candidates: &[CandidateCommit],
    ) -> Self {
        let Some(correlation) = correlation.filter(|c| !c.commits.is_empty()) else {
            return self;
        };
        let title = format!(
            "COMMITS, {} confidence by the rules",
            correlation.confidence
        );
        self.add(Priority::Core, &title);
        for (index, commit) in correlation.commits.iter().enumerate() {
            let text = format!(
                "- C{}, {} min before the onset; rules: {}",
                index + 1,
                commit.lag_seconds / 60,
                commit.reasons.join("; ")
            );
            self.add(Priority::Core, &text);
            for candidate in candidates.iter().filter(|c| c.sha == commit.sha) {
                self.add(Priority::Service, &format!("  {}", candidate.title));
                for change in candidate.changes.iter().take(MAX_CHANGES) {
                    self.add(Priority::Findings, &format!("  - {change}"));
                }
            }
        }
        self
    }

    /// Adds the likeliest commit in one line.
    #[must_use]
    pub fn first_commit(mut self, correlation: Option<&Correlation>, names: &AllowedNames) -> Self {
        if let Some(correlation) = correlation
            && let Some(commit) = correlation.commits.first()
            && let Some(index) = names.commits.iter().position(|sha| *sha == commit.sha)
        {
            let reasons = commit.reasons.join("; ");
            let number = index + 1;
            let text = format!(
                "C{number}: commit, {} confidence: {reasons}",
                correlation.confidence
            );
            self.add(Priority::Service, &text);
        }
        self
    }

    /// Adds the analysis.
    #[must_use]
    pub fn analysis(mut self, analysis: &Analysis) -> Self {
        let text = format!(
            "ANALYSIS, {} confidence: {}",
            analysis.confidence, analysis.hypothesis
        );
        self.add(Priority::Core, &text);
        self
    }

    /// Adds what users notice.
    #[must_use]
    pub fn impact(mut self, text: &str) -> Self {
        self.add(Priority::Service, &format!("IMPACT {text}"));
        self
    }

    /// Adds the rules' steps.
    #[must_use]
    pub fn actions(mut self, incident: &Incident) -> Self {
        let titles: Vec<_> = incident.actions.iter().map(|a| a.title.as_str()).collect();
        self.add(
            Priority::Service,
            &format!("ACTIONS already given: {}", titles.join("; ")),
        );
        self
    }

    fn add(&mut self, priority: Priority, text: &str) {
        let indent = text.len() - text.trim_start().len();
        self.lines
            .push((priority, " ".repeat(indent) + &line(text, MAX_LINE_LENGTH)));
    }

    /// The text within this many tokens, and the number of lines left out.
    #[must_use]
    pub fn within(&self, max_tokens: u64) -> (String, usize) {
        let cost = |text: &str| tokens(text) + 1;
        let mut total: u64 = self.lines.iter().map(|(_, text)| cost(text)).sum();
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|at| (self.lines[*at].0, *at));
        let mut dropped = vec![false; self.lines.len()];
        for at in order.into_iter().rev() {
            if total <= max_tokens || self.lines[at].0 == Priority::Always {
                break;
            }
            total -= cost(&self.lines[at].1);
            dropped[at] = true;
        }
        let kept = self
            .lines
            .iter()
            .zip(&dropped)
            .filter(|(_, is_dropped)| !**is_dropped);
        let lines: Vec<_> = kept.map(|((_, text), _)| text.as_str()).collect();
        let left_out = dropped.iter().filter(|is_dropped| **is_dropped).count();
        (lines.join("\n"), left_out)
    }
}

/// The first finding of the tier that decided the severity. The rules weigh the most critical tier.
fn decisive_finding(incident: &Incident) -> Option<usize> {
    (incident.findings.len() > 1).then_some(())?;
    let is_unknown = |finding: &&Finding| finding.known_issue.is_none();
    let first = incident.findings.iter().find(is_unknown)?;
    incident
        .findings
        .iter()
        .position(|finding| finding == first)
}

/// `11:02 UTC (33m ago)`, with the date unless it is today.
fn at(time: Time, now: Time) -> String {
    let form = if time.date_naive() == now.date_naive() {
        "%H:%M UTC"
    } else {
        "%Y-%m-%d %H:%M UTC"
    };
    let ago = (now - time).to_std().unwrap_or_default();
    format!("{} ({} ago)", time.format(form), age(ago))
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(MAX_FINDINGS).collect::<Vec<_>>().join(", ")
}
