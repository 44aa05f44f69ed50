//! An incident as text for a model, line by line. The least important lines are left out to save
//! tokens. Pure.

use super::budget::tokens;
use super::untrusted::line;
use crate::correlate::CandidateCommit;
use crate::inventory::{Dependency, Service};
use crate::model::duration::human;
use crate::report::{Analysis, Correlation, Incident};

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
    pub fn new(incident: &Incident) -> Self {
        let mut context = Self::default();
        context.add_head(incident);
        for (index, finding) in incident.findings.iter().take(MAX_FINDINGS).enumerate() {
            let is_root = index == 0;
            let cause = finding.cause.as_deref().unwrap_or("not known");
            let known = finding.known_issue.as_deref().unwrap_or_default();
            let known = if known.is_empty() {
                ""
            } else {
                " (a known issue)"
            };
            let text = format!(
                "- {}: {}, cause {cause}{known}: {}",
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
            for (position, evidence) in finding.evidence.iter().take(MAX_EVIDENCE).enumerate() {
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

    fn add_head(&mut self, incident: &Incident) {
        self.add(Priority::Always, &format!("INCIDENT {}", incident.title));
        let began = incident.since.format("%Y-%m-%d %H:%M UTC");
        let tier = incident
            .tier
            .map_or_else(String::new, |t| format!(", tier {t}"));
        self.add(
            Priority::Always,
            &format!("rule {}{tier}, began {began}", incident.rule),
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

    /// Adds the services file's entry.
    #[must_use]
    pub fn service(mut self, service: Option<&Service>) -> Self {
        let Some(service) = service else {
            return self;
        };
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
        let limit = match service.max_downtime.limit() {
            Some(limit) => human(limit),
            None => "any time".to_owned(),
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
        for commit in &correlation.commits {
            let text = format!(
                "- {}, {} min before the onset; rules: {}",
                commit.sha,
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
    pub fn first_commit(mut self, correlation: Option<&Correlation>) -> Self {
        if let Some(correlation) = correlation
            && let Some(commit) = correlation.commits.first()
        {
            let reasons = commit.reasons.join("; ");
            let text = format!("COMMIT, {} confidence: {reasons}", correlation.confidence);
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

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(MAX_FINDINGS).collect::<Vec<_>>().join(", ")
}
