//! Which commit caused an incident: the commits of the repository that Argo CD follows, compared
//! with what the cluster shows, as a score with reasons, a timeline and a rollback through Git.
//!
//! ```text
//! incident -> manifest_source -> search -----------> candidate -> score -> timeline, rollback
//!             repository, paths  requests to the     changes,     points,
//!                                repository's host   arrival      reasons
//! ```
//!
//! | file | purpose |
//! | --- | --- |
//! | [`manifest_source`] | repository, branch and paths of a service |
//! | [`investigation`] | one incident with its services and candidate commits |
//! | [`search`] | the order of the requests, within the limit of a cycle |
//! | [`yaml_keys`], [`patch`] | a patch as differences of YAML keys |
//! | [`classify`], [`change`] | what a difference changes, in text without secrets |
//! | [`relevance`] | which changes can lead to which causes |
//! | [`deploy_history`] | syncs and rollouts that the cluster shows |
//! | [`candidate`], [`score`] | how likely a commit is the cause, and why |
//! | [`timeline`], [`rollback`], [`conclusion`] | the result for the report |
//! | [`github`] | the client of GitHub's API, the only file with I/O |
//!
//! Everything except `github` is pure. The repository's host is a trait.

mod candidate;
mod change;
mod classify;
mod conclusion;
mod deploy_history;
pub mod github;
mod investigation;
mod manifest_source;
mod patch;
mod relevance;
mod repository;
mod rollback;
mod score;
mod search;
mod timeline;
mod yaml_keys;

pub use change::Change;
pub use conclusion::{CandidateCommit, IncidentCorrelation};
pub use investigation::CorrelateInput;
pub use repository::{
    CommitDetail, CommitQuery, CommitSummary, FileChange, MAX_REQUESTS, PullRequest, Repository,
    RepositoryError,
};

use crate::assess::Incident;
use crate::model::Severity;

/// Searches for the commits behind incidents, the most important incident first. The results are
/// in the order of the incidents; SEV-4 incidents are not searched for and have none.
#[must_use]
pub fn correlate(
    incidents: &[&Incident],
    input: &CorrelateInput,
    repository: &mut dyn Repository,
) -> Vec<Option<IncidentCorrelation>> {
    let is_searched = |incident: &Incident| incident.severity < Severity::Sev4;
    let searched: Vec<&Incident> = incidents
        .iter()
        .copied()
        .filter(|incident| is_searched(incident))
        .collect();
    let mut investigations = search::search(&searched, input, repository).into_iter();
    incidents
        .iter()
        .map(|incident| {
            let investigation = is_searched(incident).then(|| investigations.next());
            investigation.flatten().map(conclusion::conclude)
        })
        .collect()
}

#[cfg(test)]
mod tests;
