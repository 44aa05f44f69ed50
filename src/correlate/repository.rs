//! What correlation needs from the host of a repository, as a trait: GitHub in production, a table
//! in tests.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::change::Change;
use crate::config;
use crate::model::Time;

/// Requests per cycle, retries included.
pub const MAX_REQUESTS: u32 = 12;

/// A list of commits on a branch within a time range.
#[derive(Debug, Clone, Copy)]
pub struct CommitQuery<'a> {
    /// The repository.
    pub repository: &'a config::Repository,
    /// The branch.
    pub branch: &'a str,
    /// Only commits that touch this file or folder; `None`: all commits.
    pub path: Option<&'a str>,
    /// The earliest commit date.
    pub since: Time,
    /// The latest commit date.
    pub until: Time,
    /// The highest number of commits.
    pub limit: usize,
}

/// A commit as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSummary {
    /// The full SHA.
    pub sha: String,
    /// The web page.
    pub url: String,
    /// The first line of the message, redacted and cut.
    pub title: String,
    /// The committer's date, not the author's.
    pub at: Time,
    /// Whether it has more than one parent.
    pub is_merge: bool,
}

/// A file of a commit, reduced to what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The path.
    pub path: String,
    /// The path before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// What a commit changes under the requested paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitDetail {
    /// The files under these paths.
    pub files: Vec<FileChange>,
    /// Whether the commit has more files than were read.
    pub is_partial: bool,
}

/// The pull request that merged a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The number.
    pub number: u64,
    /// The web page.
    pub url: String,
    /// When it was merged.
    pub merged_at: Option<Time>,
    /// The SHA of the merge on the branch.
    pub merge_sha: Option<String>,
}

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RepositoryError {
    /// The host: no request of this cycle will succeed.
    #[error("{0}")]
    Unavailable(String),
    /// This repository or branch.
    #[error("{0}")]
    NotFound(String),
    /// This request only.
    #[error("{0}")]
    Unreadable(String),
    /// The limit of the cycle.
    #[error("the limit of {MAX_REQUESTS} GitHub requests per cycle is reached")]
    LimitReached,
}

/// The host of repositories.
pub trait Repository {
    /// Lists commits, newest first.
    ///
    /// # Errors
    /// When the list cannot be read.
    fn commits(&mut self, query: &CommitQuery) -> Result<Vec<CommitSummary>, RepositoryError>;

    /// Reads what a commit changes in files under these paths.
    ///
    /// # Errors
    /// When the commit cannot be read.
    fn commit(
        &mut self,
        repository: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError>;

    /// Finds the pull request that merged a commit into a branch.
    ///
    /// # Errors
    /// When the pull requests cannot be read.
    fn pull_request(
        &mut self,
        repository: &config::Repository,
        branch: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError>;

    /// The requests left in this cycle.
    fn requests_left(&self) -> u32;
}
