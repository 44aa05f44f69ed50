//! What an investigation found, for the report, the messages and the reviewer.

use std::cmp::Reverse;

use super::candidate::Candidate;
use super::investigation::Investigation;
use super::{rollback, timeline};
use crate::model::Confidence;
use crate::redact::redact;
use crate::report::{self, Action, Commit, Correlation};

/// Commits in the report.
const MAX_SHOWN: usize = 5;

/// The result for one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentCorrelation {
    /// For the report and for messages.
    pub correlation: Correlation,
    /// The commits of the report, in its order, with what they change.
    pub candidates: Vec<CandidateCommit>,
}

/// A commit as a reviewer needs it: redacted, without the lines of its patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateCommit {
    /// The full SHA.
    pub sha: String,
    /// The first line of the message.
    pub title: String,
    /// What it changes, by file.
    pub changes: Vec<String>,
    /// How likely it is the cause.
    pub confidence: Confidence,
    /// The rollback steps; empty below MEDIUM confidence.
    pub rollback: Vec<Action>,
}

impl IncidentCorrelation {
    /// The rollback of the first commit.
    #[must_use]
    pub fn rollback(&self) -> &[Action] {
        self.candidates.first().map_or(&[], |first| &first.rollback)
    }

    /// Adds the correlation, as reviewed, and the rollback of its first commit to the report. The
    /// rollback comes before all other actions at HIGH confidence, otherwise after them. Returns the
    /// rollback, for messages.
    pub fn add_to(
        mut self,
        incident: &mut report::Incident,
        reviewed: Option<Correlation>,
    ) -> Vec<Action> {
        let correlation = reviewed.unwrap_or(self.correlation);
        let first = correlation.commits.first().map(|commit| &commit.sha);
        let candidate = self.candidates.iter_mut().find(|c| Some(&c.sha) == first);
        let rollback = candidate.map_or_else(Vec::new, |c| std::mem::take(&mut c.rollback));
        let is_same = |a: &Action, b: &Action| a.command.is_some() && a.command == b.command;
        let is_in_rollback = |action: &Action| rollback.iter().any(|step| is_same(step, action));
        incident.actions.retain(|action| !is_in_rollback(action));
        if correlation.confidence == Confidence::High {
            incident.actions.splice(0..0, rollback.iter().cloned());
        } else {
            incident.actions.extend(rollback.iter().cloned());
        }
        incident.correlation = Some(correlation);
        rollback
    }
}

/// Ranks the candidates and builds the result from them.
#[must_use]
pub fn conclude(mut investigation: Investigation) -> IncidentCorrelation {
    let candidates = &mut investigation.candidates;
    candidates.retain(|c| c.confidence() < Confidence::None);
    candidates.sort_by_key(|c| (c.confidence(), Reverse(c.points()), Reverse(c.arrived_at())));
    candidates.truncate(MAX_SHOWN);
    let confidence = investigation.confidence();
    let candidates = investigation.candidates.iter();
    IncidentCorrelation {
        correlation: Correlation {
            confidence,
            commits: candidates
                .clone()
                .map(|c| commit(&investigation, c))
                .collect(),
            timeline: timeline::timeline(&investigation),
            note: note(&investigation, confidence),
        },
        candidates: candidates.map(|c| candidate(&investigation, c)).collect(),
    }
}

/// What went wrong, unless a likely commit was found all the same.
fn note(investigation: &Investigation, confidence: Confidence) -> Option<String> {
    let error = investigation.error.as_ref();
    let error = error.filter(|_| confidence > Confidence::Medium)?;
    let extent = if investigation.is_listed {
        "incomplete"
    } else {
        "unavailable"
    };
    Some(format!("correlation {extent}: {error}"))
}

fn commit(investigation: &Investigation, candidate: &Candidate) -> Commit {
    let commit = &candidate.commit;
    let score = candidate.score.as_ref();
    Commit {
        sha: commit.sha.clone(),
        url: commit.url.clone(),
        pull_request: candidate.pull_request.as_ref().map(|pull| pull.url.clone()),
        committed_at: commit.at,
        lag_seconds: (investigation.onset() - commit.at).num_seconds(),
        reasons: score.map(|score| score.reasons.clone()).unwrap_or_default(),
    }
}

fn candidate(investigation: &Investigation, candidate: &Candidate) -> CandidateCommit {
    let paths = &investigation.services[candidate.service].source.paths;
    let changes = candidate.changes(paths).into_iter();
    CandidateCommit {
        sha: candidate.commit.sha.clone(),
        title: candidate.commit.title.clone(),
        changes: changes
            .map(|(file, change)| format!("{}: {}", redact(file), change.text))
            .collect(),
        confidence: candidate.confidence(),
        rollback: rollback::rollback(investigation, candidate),
    }
}
