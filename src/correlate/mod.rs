//! Which commit did it: commits, synchronisations, rollouts and the first
//! failure in one line of time, a score with its reasons, and the way back.
//!
//! ```text
//! incident ─► place ─► hunt ─────────► suspect ─► score ─► timeline, rollback
//!             where    what to ask     what it    how      what to show,
//!                      of Repository   changes    likely   what to type
//! ```
//!
//! | file | its one job |
//! | --- | --- |
//! | [`place`] | repository, branch and paths of a service |
//! | [`case`] | one incident, its services and commits, and the conclusion |
//! | [`hunt`] | what is asked, in which order, within the requests of a cycle |
//! | [`leaves`], [`patch`] | a patch as differences of keys |
//! | [`classify`], [`change`] | what a difference is about, in words without secrets |
//! | [`fit`] | which change can have which cause |
//! | [`trail`] | what the cluster shows of deployments |
//! | [`suspect`], [`score`] | how likely a commit did it, and why |
//! | [`timeline`], [`rollback`] | the story, and the way back through Git |
//! | [`github`] | the edge: the only one that talks |
//!
//! All but `github` is pure; the host of the repository is a trait.

mod candidate;
mod change;
mod classify;
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
pub use repository::{
    CommitDetail, CommitSummary, FileChange, Listing, PullRequest, Repository, RepositoryError,
};

use crate::assess::Incident;
use crate::cluster::Snapshot;
use crate::config::Config;
use crate::inventory::Service;
use crate::model::{Confidence, Severity};
use crate::report::{self, Action, Correlation};

/// A cycle asks no more often, retries included.
pub const REQUESTS: u32 = 12;

/// What correlation knows besides incidents and commits.
#[derive(Clone, Copy)]
pub struct CorrelateInput<'a> {
    /// Listed services and K3s's own parts.
    pub roster: &'a [Service],
    /// The repository that the services file names for all.
    pub repository: Option<&'a str>,
    /// What the cluster shows.
    pub snapshot: &'a Snapshot,
    /// Settings.
    pub config: &'a Config,
}

/// What came of one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentCorrelation {
    /// For the report and for messages.
    pub correlation: Correlation,
    /// The way back, where a commit is suspect enough.
    pub rollback: Vec<Action>,
    /// The commits of the report, in its order, with what they change.
    pub suspects: Vec<Suspect>,
}

impl IncidentCorrelation {
    /// Says it in the report: what is surely the way back goes before all other
    /// steps, what may be after them. Returns the way back, for messages.
    pub fn tell(self, incident: &mut report::Incident) -> Vec<Action> {
        let same = |a: &Action, b: &Action| a.command.is_some() && a.command == b.command;
        let is_known = |action: &Action| self.rollback.iter().any(|step| same(step, action));
        incident.actions.retain(|action| !is_known(action));
        if self.correlation.confidence == Confidence::High {
            incident.actions.splice(0..0, self.rollback.iter().cloned());
        } else {
            incident.actions.extend(self.rollback.iter().cloned());
        }
        incident.correlation = Some(self.correlation);
        self.rollback
    }
}

/// A commit as a reviewer needs it; redacted, without a line of its patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// In full.
    pub sha: String,
    /// The first line of its message.
    pub title: String,
    /// What it changes, in words, by file.
    pub changes: Vec<String>,
    /// How likely.
    pub confidence: Confidence,
}

/// Looks for the commits behind incidents, the most important first. The
/// answers stand in the order of the incidents; there is none for SEV-4, for
/// which nobody is asked.
#[must_use]
pub fn correlate(
    incidents: &[&Incident],
    scene: &CorrelateInput,
    hub: &mut dyn Repository,
) -> Vec<Option<IncidentCorrelation>> {
    let grave = |incident: &&&Incident| incident.severity < Severity::Sev4;
    let asked: Vec<&Incident> = incidents.iter().filter(grave).copied().collect();
    let mut cases = search::hunt(&asked, scene, hub).into_iter();
    incidents
        .iter()
        .map(|incident| {
            let case = grave(&incident).then(|| cases.next()).flatten()?;
            Some(case.answer())
        })
        .collect()
}

#[cfg(test)]
mod tests;
