//! One commit before one incident: what it changes, when it arrived, how
//! suspect it is.

use super::change::{self, Change, File};
use super::deploy_history::DeployHistory;
use super::manifest_source::is_under;
use super::relevance::{self, Relevance};
use super::repository::{CommitDetail, CommitSummary, FileChange, PullRequest};
use super::score::{self, Evidence, Score};
use crate::assess::Incident;
use crate::model::{Cause, Finding, Reason, Time};

/// A commit that may have done it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// As listed.
    pub listed: CommitSummary,
    /// Whose files it touches, as an index of the case's subjects.
    pub subject: usize,
    /// What it does, once asked.
    pub opened: Option<CommitDetail>,
    /// It could not be opened.
    pub is_closed: bool,
    /// What brought it, once asked.
    pub pull: Option<PullRequest>,
    /// Whether that was asked.
    pub is_traced: bool,
    /// How suspect it is, once opened.
    pub score: Option<Score>,
}

impl Candidate {
    /// One that is known from a list.
    #[must_use]
    pub fn new(listed: CommitSummary, subject: usize) -> Self {
        Self {
            listed,
            subject,
            opened: None,
            is_closed: false,
            pull: None,
            is_traced: false,
            score: None,
        }
    }

    /// When it was on the branch: a commit of a pull request only once that is
    /// merged.
    #[must_use]
    pub fn arrived(&self) -> Time {
        let merged = self.pull.as_ref().and_then(|pull| pull.merged_at);
        merged.map_or(self.listed.at, |at| at.max(self.listed.at))
    }

    /// Points so far.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.score.as_ref().map_or(0, |score| score.points)
    }

    /// The names under which Argo CD may know it.
    #[must_use]
    pub fn shas(&self) -> Vec<&str> {
        let merge = self
            .pull
            .as_ref()
            .and_then(|pull| pull.merge_sha.as_deref());
        std::iter::once(self.listed.sha.as_str())
            .chain(merge)
            .collect()
    }

    /// What it changes under these paths, by file.
    #[must_use]
    pub fn changes(&self, paths: &[String]) -> Vec<(&str, Change)> {
        let files = self.opened.iter().flat_map(|opened| &opened.files);
        files.flat_map(|file| of_file(file, paths)).collect()
    }

    /// Judges it.
    pub fn judge(&mut self, subject: &ScoreInput) {
        let arrived = self.arrived();
        let changes = self.changes(subject.paths);
        let (change, fit) = best(&changes, subject.incident).unwrap_or_else(|| self.unread());
        let shas = self.shas();
        let rollout = subject.trail.rollout(arrived, subject.onset);
        let evidence = Evidence {
            lag: subject.onset - arrived,
            fit,
            change,
            others: changes.len().saturating_sub(1),
            chain: subject.chain.map(str::to_owned),
            rollout: rollout.map(|r| (r.what.clone(), r.at - arrived)),
            applied: subject.trail.applied(&shas, arrived, subject.onset),
            cause: cause(subject.incident),
        };
        self.score = Some(score::score(&evidence));
    }

    /// A commit of which not all was read may have changed anything.
    fn unread(&self) -> (String, Relevance) {
        let is_partial = self.opened.as_ref().is_some_and(|opened| opened.is_partial);
        let fit = if is_partial {
            Relevance::Weak
        } else {
            Relevance::None
        };
        ("changes more files than were read".to_owned(), fit)
    }
}

/// What a commit is judged by.
#[derive(Clone, Copy)]
pub struct ScoreInput<'a> {
    /// What is to be explained.
    pub incident: &'a Incident,
    /// When it began.
    pub onset: Time,
    /// The files that count.
    pub paths: &'a [String],
    /// What the cluster shows of the service.
    pub trail: &'a DeployHistory,
    /// The service's name, if it is not the failing one.
    pub chain: Option<&'a str>,
}

fn of_file<'a>(file: &'a FileChange, paths: &[String]) -> Vec<(&'a str, Change)> {
    let is_here = is_under(&file.path, paths);
    let Some(previous) = &file.previous else {
        let own = file.changes.iter().filter(|_| is_here);
        return own
            .map(|change| (file.path.as_str(), change.clone()))
            .collect();
    };
    let was_here = is_under(previous, paths);
    let mut changes: Vec<Change> = Vec::new();
    if is_here != was_here {
        let file = File {
            path: &file.path,
            previous: Some(previous),
            status: "renamed",
            patch: None,
        };
        changes.push(change::moved(&file, was_here));
    }
    if is_here {
        changes.extend(file.changes.iter().cloned());
    }
    changes
        .into_iter()
        .map(|change| (file.path.as_str(), change))
        .collect()
}

/// The change that explains most.
fn best(changes: &[(&str, Change)], incident: &Incident) -> Option<(String, Relevance)> {
    let symptoms = symptoms(incident);
    let fit = |change: &Change| {
        let fits = symptoms
            .iter()
            .map(|(cause, reason)| relevance::relevance(*cause, *reason, change));
        fits.max().unwrap_or(Relevance::None)
    };
    let judged = changes.iter().map(|(_, change)| (change, fit(change)));
    // Of equals the first, as the file has them.
    let best = judged.rev().max_by_key(|(_, fit)| *fit)?;
    Some((best.0.text.clone(), best.1))
}

/// The root's cause and symptom, and those of the same service beside it.
fn symptoms(incident: &Incident) -> Vec<(Option<Cause>, Reason)> {
    let root = incident.root();
    let same = |f: &&Finding| f.service.is_some() && f.service == root.service;
    let others = incident.findings.iter().skip(1).filter(same);
    let mut symptoms = vec![(root.cause, root.reason)];
    // A symptom without a cause is explained by the root, if that has one.
    symptoms.extend(
        others
            .filter(|f| f.cause.is_some())
            .map(|f| (f.cause, f.reason)),
    );
    symptoms
}

/// The cause in one word, or the symptom.
fn cause(incident: &Incident) -> &'static str {
    let root = incident.root();
    root.cause.map_or(root.reason.as_str(), Cause::as_str)
}
