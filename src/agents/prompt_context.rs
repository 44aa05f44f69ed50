//! What is shown of an incident, piece by piece, the least useful left out
//! where room is short. Pure.

use super::budget::tokens;
use super::untrusted::line;
use crate::correlate::CandidateCommit;
use crate::inventory::Service;
use crate::report::{Analysis, Correlation, Incident};

/// How much a piece is needed; what is least needed is left out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    /// Always there.
    Always,
    /// The root, its proof, known issues, suspects.
    Core,
    /// What the service is for, whom it serves.
    Service,
    /// The other findings, what the root further shows.
    More,
    /// What else is known.
    Rest,
}

/// No line is longer, in characters.
const LINE: usize = 260;
/// Of more findings and facts there is never room to speak.
const FINDINGS: usize = 30;
const FACTS: usize = 8;
/// Changes of one commit that are shown.
const CHANGES: usize = 12;

/// Text about one incident, as a model will see it.
#[derive(Debug, Clone, Default)]
pub struct PromptContext {
    pieces: Vec<(Priority, String)>,
}

impl PromptContext {
    /// An incident with its findings and evidence.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        let mut case = Self::default();
        case.head(incident);
        for (index, finding) in incident.findings.iter().take(FINDINGS).enumerate() {
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
            case.add(
                if is_root {
                    Priority::Always
                } else {
                    Priority::More
                },
                &text,
            );
            for (place, evidence) in finding.evidence.iter().take(FACTS).enumerate() {
                let need = match (is_root, place) {
                    (true, 0..3) => Priority::Core,
                    (true, _) | (false, 0) => Priority::More,
                    _ => Priority::Rest,
                };
                let text = format!("  {} {}: {}", evidence.id, evidence.kind, evidence.text);
                case.add(need, &text);
            }
        }
        case
    }

    fn head(&mut self, incident: &Incident) {
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
                    listed(incident.affects.iter().map(String::as_str))
                ),
            );
        }
        self.add(Priority::Core, "FINDINGS, the root first");
    }

    /// What the services file says.
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
        let mut field = |need, name: &str, text: &str| {
            if !text.is_empty() {
                self.add(need, &format!("- {name}: {text}"));
            }
        };
        let names =
            |list: &[crate::inventory::Dependency]| listed(list.iter().map(|d| d.name.as_str()));
        let limit = match service.max_downtime.limit() {
            Some(limit) => crate::model::duration::human(limit),
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
            field(Priority::Rest, "quirk", quirk);
        }
        field(
            Priority::Rest,
            "health check",
            service.health_check.as_deref().unwrap_or_default(),
        );
        self
    }

    /// The suspect commits, with what they change where that is at hand.
    #[must_use]
    pub fn commits(
        mut self,
        correlation: Option<&Correlation>,
        suspects: &[CandidateCommit],
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
            let own = suspects.iter().filter(|suspect| suspect.sha == commit.sha);
            for suspect in own {
                self.add(Priority::Service, &format!("  {}", suspect.title));
                for change in suspect.changes.iter().take(CHANGES) {
                    self.add(Priority::More, &format!("  - {change}"));
                }
            }
        }
        self
    }

    /// The suspect that matters to a reader, in one line.
    #[must_use]
    pub fn suspect(mut self, correlation: Option<&Correlation>) -> Self {
        if let Some(correlation) = correlation
            && let Some(commit) = correlation.commits.first()
        {
            let reasons = commit.reasons.join("; ");
            let text = format!("COMMIT, {} confidence: {reasons}", correlation.confidence);
            self.add(Priority::Service, &text);
        }
        self
    }

    /// What was made of it so far.
    #[must_use]
    pub fn analysis(mut self, analysis: &Analysis) -> Self {
        let text = format!(
            "ANALYSIS, {} confidence: {}",
            analysis.confidence, analysis.hypothesis
        );
        self.add(Priority::Core, &text);
        self
    }

    /// Who notices what.
    #[must_use]
    pub fn impact(mut self, text: &str) -> Self {
        self.add(Priority::Service, &format!("IMPACT {text}"));
        self
    }

    /// The steps that the rules suggest.
    #[must_use]
    pub fn actions(mut self, incident: &Incident) -> Self {
        let titles: Vec<_> = incident.actions.iter().map(|a| a.title.as_str()).collect();
        self.add(
            Priority::Service,
            &format!("ACTIONS already given: {}", titles.join("; ")),
        );
        self
    }

    fn add(&mut self, need: Priority, text: &str) {
        let indent = text.len() - text.trim_start().len();
        self.pieces
            .push((need, " ".repeat(indent) + &line(text, LINE)));
    }

    /// The text within so many tokens, and how many lines are left out.
    #[must_use]
    pub fn fit(&self, room: u64) -> (String, usize) {
        let cost = |text: &str| tokens(text) + 1;
        let mut total: u64 = self.pieces.iter().map(|(_, text)| cost(text)).sum();
        let mut order: Vec<usize> = (0..self.pieces.len()).collect();
        order.sort_by_key(|at| (self.pieces[*at].0, *at));
        let mut dropped = vec![false; self.pieces.len()];
        for at in order.into_iter().rev() {
            if total <= room || self.pieces[at].0 == Priority::Always {
                break;
            }
            total -= cost(&self.pieces[at].1);
            dropped[at] = true;
        }
        let kept = self.pieces.iter().zip(&dropped).filter(|(_, gone)| !**gone);
        let lines: Vec<_> = kept.map(|((_, text), _)| text.as_str()).collect();
        let left_out = dropped.iter().filter(|gone| **gone).count();
        (lines.join("\n"), left_out)
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(FINDINGS).collect::<Vec<_>>().join(", ")
}
