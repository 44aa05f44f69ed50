//! One commit before one incident: what it changes, when it arrived, how likely it is the cause.

use super::change::{self, Change, File};
use super::deploy_history::DeployHistory;
use super::manifest_source::is_under;
use super::relevance::{self, Relevance};
use super::repository::{CommitDetail, CommitSummary, FileChange, PullRequest};
use super::score::{self, Evidence, Score};
use crate::assess::Incident;
use crate::model::{Cause, Confidence, Finding, Reason, Time};

/// A commit that may be the cause.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The commit as listed.
    pub commit: CommitSummary,
    /// The service whose files it touches, as an index into the investigation's services.
    pub service: usize,
    /// What it changes, once read.
    pub detail: Option<CommitDetail>,
    /// Whether reading it failed.
    pub is_unreadable: bool,
    /// The pull request that merged it, once read.
    pub pull_request: Option<PullRequest>,
    /// Whether its pull request was requested.
    pub is_traced: bool,
    /// The score, once read.
    pub score: Option<Score>,
}

/// What a commit is scored by.
#[derive(Clone, Copy)]
pub struct ScoreInput<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// When the incident began.
    pub onset: Time,
    /// The paths of the service's manifests.
    pub paths: &'a [String],
    /// What the cluster shows of the service's deployments.
    pub history: &'a DeployHistory,
    /// The service's name, if it is not the failing one.
    pub other_service: Option<&'a str>,
}

impl Candidate {
    /// A commit that is known from a list only.
    #[must_use]
    pub fn new(commit: CommitSummary, service: usize) -> Self {
        Self {
            commit,
            service,
            detail: None,
            is_unreadable: false,
            pull_request: None,
            is_traced: false,
            score: None,
        }
    }

    /// When it was on the branch. A commit of a pull request arrives with the merge.
    #[must_use]
    pub fn arrived_at(&self) -> Time {
        let merged = self.pull_request.as_ref().and_then(|pull| pull.merged_at);
        merged.map_or(self.commit.at, |at| at.max(self.commit.at))
    }

    /// The points so far.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.score.as_ref().map_or(0, |score| score.points)
    }

    /// The confidence so far.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        let score = self.score.as_ref();
        score.map_or(Confidence::None, |score| score.confidence)
    }

    /// The revisions under which Argo CD may have synced it.
    #[must_use]
    pub fn shas(&self) -> Vec<&str> {
        let pull_request = self.pull_request.as_ref();
        let merge = pull_request.and_then(|pull| pull.merge_sha.as_deref());
        std::iter::once(self.commit.sha.as_str())
            .chain(merge)
            .collect()
    }

    /// What it changes under these paths, by file.
    #[must_use]
    pub fn changes(&self, paths: &[String]) -> Vec<(&str, Change)> {
        let files = self.detail.iter().flat_map(|detail| &detail.files);
        files.flat_map(|file| changes_of(file, paths)).collect()
    }

    /// Computes the score.
    pub fn rate(&mut self, input: &ScoreInput) {
        let arrived_at = self.arrived_at();
        let changes = self.changes(input.paths);
        let (change, relevance) =
            most_relevant(&changes, input.incident).unwrap_or_else(|| self.unread());
        let rollout = input.history.rollout(arrived_at, input.onset);
        let evidence = Evidence {
            lag: input.onset - arrived_at,
            relevance,
            change,
            other_changes: changes.len().saturating_sub(1),
            other_service: input.other_service.map(str::to_owned),
            rollout: rollout.map(|r| (r.what.clone(), r.at - arrived_at)),
            sync: input.history.sync(&self.shas(), arrived_at, input.onset),
            cause: cause(input.incident),
        };
        self.score = Some(score::score(&evidence));
    }

    /// A commit that was read in part may have changed anything.
    fn unread(&self) -> (String, Relevance) {
        let is_partial = self.detail.as_ref().is_some_and(|detail| detail.is_partial);
        let relevance = if is_partial {
            Relevance::Weak
        } else {
            Relevance::None
        };
        ("changes more files than were read".to_owned(), relevance)
    }
}

/// The changes of a file under these paths. A rename across their border adds or removes it.
fn changes_of<'a>(file: &'a FileChange, paths: &[String]) -> Vec<(&'a str, Change)> {
    let is_inside = is_under(&file.path, paths);
    let previous = file.previous.as_deref();
    let was_inside = previous.map_or(is_inside, |previous| is_under(previous, paths));
    let mut changes: Vec<Change> = Vec::new();
    if is_inside != was_inside {
        let file = File {
            path: &file.path,
            previous,
            status: "renamed",
            patch: None,
        };
        changes.push(change::moved(&file, was_inside));
    }
    if is_inside {
        changes.extend(file.changes.iter().cloned());
    }
    let changes = changes.into_iter();
    changes.map(|change| (file.path.as_str(), change)).collect()
}

/// The change that explains most; of equals the first in the file.
fn most_relevant(changes: &[(&str, Change)], incident: &Incident) -> Option<(String, Relevance)> {
    let symptoms = symptoms(incident);
    let relevance = |change: &Change| {
        let relevances = symptoms
            .iter()
            .map(|(cause, reason)| relevance::relevance(*cause, *reason, change));
        relevances.max().unwrap_or(Relevance::None)
    };
    let rated = changes
        .iter()
        .map(|(_, change)| (change, relevance(change)));
    let (change, relevance) = rated.rev().max_by_key(|(_, relevance)| *relevance)?;
    Some((change.text.clone(), relevance))
}

/// Cause and reason of the root finding and of the same service's other findings.
fn symptoms(incident: &Incident) -> Vec<(Option<Cause>, Reason)> {
    let root = incident.root();
    let is_own = |f: &&Finding| f.service.is_some() && f.service == root.service;
    let others = incident.findings.iter().skip(1).filter(is_own);
    let mut symptoms = vec![(root.cause, root.reason)];
    // A finding without a cause is a consequence of the root.
    symptoms.extend(
        others
            .filter(|f| f.cause.is_some())
            .map(|f| (f.cause, f.reason)),
    );
    symptoms
}

/// The root finding's cause, or its reason.
fn cause(incident: &Incident) -> &'static str {
    let root = incident.root();
    root.cause.map_or(root.reason.as_str(), Cause::as_str)
}
