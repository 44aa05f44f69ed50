//! What correlation asks of a repository's host, as a trait: GitHub in life, a
//! table in tests.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::change::Change;
use crate::config;
use crate::model::Time;

/// Commits on a branch, in a span of time.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// Which repository.
    pub repository: &'a config::Repository,
    /// Which branch.
    pub branch: &'a str,
    /// A file or folder that they touch; none: any.
    pub path: Option<&'a str>,
    /// Not before.
    pub since: Time,
    /// Not after.
    pub until: Time,
    /// No more than this.
    pub most: usize,
}

/// A commit as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSummary {
    /// In full.
    pub sha: String,
    /// Its page.
    pub url: String,
    /// The first line of its message, redacted and cut.
    pub title: String,
    /// When it was committed, as opposed to written.
    pub at: Time,
    /// More than one parent.
    pub is_merge: bool,
}

/// A file of a commit, reduced to what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Where it is.
    pub path: String,
    /// Where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What changes in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// What a commit does to the paths that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitDetail {
    /// The files under these paths.
    pub files: Vec<FileChange>,
    /// Whether there were more files than were read.
    pub is_partial: bool,
}

/// The pull request that brought a commit to its branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// When it was merged.
    pub merged_at: Option<Time>,
    /// What the branch got by it.
    pub merge_sha: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RepositoryError {
    /// Nothing more is to be had in this cycle.
    #[error("{0}")]
    Down(String),
    /// Not of this repository.
    #[error("{0}")]
    NotThere(String),
    /// Not to this question.
    #[error("{0}")]
    Unreadable(String),
    /// This cycle has asked enough.
    #[error("the {most} requests of a cycle are used up", most = super::REQUESTS)]
    Spent,
}

/// The host of repositories.
pub trait Repository {
    /// Commits, newest first.
    ///
    /// # Errors
    /// When there is no answer.
    fn commits(&mut self, listing: &Listing) -> Result<Vec<CommitSummary>, RepositoryError>;

    /// What a commit does to files under these paths.
    ///
    /// # Errors
    /// When there is no answer.
    fn open(
        &mut self,
        repository: &config::Repository,
        sha: &str,
        paths: &[String],
    ) -> Result<CommitDetail, RepositoryError>;

    /// The pull request that brought a commit to a branch.
    ///
    /// # Errors
    /// When there is no answer.
    fn pull_request(
        &mut self,
        repository: &config::Repository,
        branch: &str,
        sha: &str,
    ) -> Result<Option<PullRequest>, RepositoryError>;

    /// How many more requests this cycle may make.
    fn left(&self) -> u32;
}
