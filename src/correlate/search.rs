//! The requests to the repository's host, in an order that spends the few requests of a cycle on
//! the likeliest commits.
//!
//! 1. List the commits to each failing service's files.
//! 2. Read the commits that can score highest, in turns between incidents.
//! 3. Without a HIGH result, list and read merges: a list by path shows the merged commits with
//!    their own, older dates.
//! 4. Without a likely commit, list and read the commits to the other services of the chain.
//! 5. Find the pull requests of the best commits.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::investigation::{self, CorrelateInput, Investigation, MAX_LISTED};
use super::manifest_source::ManifestSource;
use super::repository::{CommitDetail, CommitQuery, CommitSummary, Repository, RepositoryError};
use crate::assess::Incident;
use crate::model::{Confidence, Time};

/// Merges read per incident.
const MAX_MERGES: usize = 3;
/// Pull requests read per incident.
const MAX_PULL_REQUESTS: usize = 2;
/// Requests that listing another incident's commits must leave for reading commits.
const RESERVED_FOR_COMMITS: u32 = 6;
/// Requests that reading commits leaves for pull requests, at most.
const RESERVED_FOR_PULL_REQUESTS: u32 = 3;
/// The fewest requests with which merges are listed and read.
const MIN_FOR_MERGES: u32 = 3;
/// The fewest requests with which another service's commits are listed and read.
const MIN_FOR_OTHER_SERVICE: u32 = 4;

/// Investigates incidents.
pub fn search<'a>(
    incidents: &[&'a Incident],
    input: &CorrelateInput<'a>,
    repository: &mut dyn Repository,
) -> Vec<Investigation<'a>> {
    let applications = investigation::applications(input);
    let mut investigations: Vec<Investigation> = incidents
        .iter()
        .map(|incident| Investigation::new(incident, input, &applications))
        .collect();
    let mut search = CommitSearch::new(repository, &investigations);
    search.list_all(&mut investigations);
    search.read_all(&mut investigations);
    for investigation in &mut investigations {
        search.read_merges(investigation);
    }
    for investigation in &mut investigations {
        search.read_other_services(investigation);
    }
    for investigation in &mut investigations {
        search.find_pull_requests(investigation);
    }
    investigations
}

/// Repository, branch and path of a list.
type ListKey = (String, String, Option<String>);

/// The requests of a cycle and their results: incidents share both.
struct CommitSearch<'r> {
    repository: &'r mut dyn Repository,
    /// The time range of each list, over all incidents.
    ranges: HashMap<ListKey, (Time, Time)>,
    lists: HashMap<ListKey, Result<Vec<CommitSummary>, RepositoryError>>,
    /// By repository and SHA.
    commits: HashMap<(String, String), Result<CommitDetail, RepositoryError>>,
    /// The paths of all incidents: a commit is read once for all of them.
    paths: Vec<String>,
}

impl<'r> CommitSearch<'r> {
    fn new(repository: &'r mut dyn Repository, investigations: &[Investigation]) -> Self {
        let mut ranges: HashMap<ListKey, (Time, Time)> = HashMap::new();
        let mut paths: Vec<String> = Vec::new();
        for investigation in investigations {
            let (since, until) = investigation.range();
            for service in &investigation.services {
                let source = &service.source;
                let keys = source.paths.iter().map(|path| key(source, Some(path)));
                for key in keys.chain([key(source, None)]) {
                    let range = ranges.entry(key).or_insert((since, until));
                    *range = (range.0.min(since), range.1.max(until));
                }
                paths.extend(source.paths.iter().cloned());
            }
        }
        paths.sort();
        paths.dedup();
        Self {
            repository,
            ranges,
            lists: HashMap::new(),
            commits: HashMap::new(),
            paths,
        }
    }

    fn requests_left(&self) -> u32 {
        self.repository.requests_left()
    }

    fn commits(
        &mut self,
        source: &ManifestSource,
        path: Option<&String>,
        limit: usize,
    ) -> Result<Vec<CommitSummary>, RepositoryError> {
        let key = key(source, path);
        if let Some(known) = self.lists.get(&key) {
            return known.clone();
        }
        let (since, until) = self.ranges[&key];
        let commits = self.repository.commits(&CommitQuery {
            repository: &source.repository,
            branch: &source.branch,
            path: path.map(String::as_str),
            since,
            until,
            limit,
        });
        self.lists.insert(key, commits.clone());
        commits
    }

    /// Lists the commits of the failing services. The first incident goes ahead in any case.
    fn list_all(&mut self, investigations: &mut [Investigation]) {
        for (index, investigation) in investigations.iter_mut().enumerate() {
            if index == 0 || self.can_list(investigation) {
                self.list(investigation, 0);
            } else {
                investigation.record(&RepositoryError::LimitReached);
            }
        }
    }

    /// Whether listing an incident's commits leaves enough requests for reading commits.
    fn can_list(&self, investigation: &Investigation) -> bool {
        let source = investigation.services.first().map(|s| &s.source);
        let keys = source
            .iter()
            .flat_map(|source| source.paths.iter().map(|path| key(source, Some(path))));
        let cost = keys.filter(|key| !self.lists.contains_key(key)).count();
        u32::try_from(cost)
            .is_ok_and(|cost| cost == 0 || self.requests_left() >= cost + RESERVED_FOR_COMMITS)
    }

    /// Lists the commits to a service's files.
    fn list(&mut self, investigation: &mut Investigation, service: usize) {
        let source = investigation.services.get(service);
        let Some(source) = source.map(|s| s.source.clone()) else {
            return;
        };
        let mut left = MAX_LISTED;
        // The folder is the last path and has most of the commits.
        for path in source.paths.iter().rev() {
            match self.commits(&source, Some(path), left) {
                Ok(commits) => {
                    left = left.saturating_sub(commits.len());
                    investigation.add(commits, service);
                    investigation.is_listed |= service == 0;
                }
                Err(error) => investigation.record(&error),
            }
            if left == 0 {
                break;
            }
        }
    }

    fn read(&mut self, investigation: &mut Investigation, index: usize) {
        let candidate = &mut investigation.candidates[index];
        let source = &investigation.services[candidate.service].source;
        let key = (source.repository.to_string(), candidate.commit.sha.clone());
        let detail = self.commits.entry(key).or_insert_with(|| {
            let sha = &candidate.commit.sha;
            self.repository.commit(&source.repository, sha, &self.paths)
        });
        match detail {
            Ok(detail) => {
                candidate.detail = Some(detail.clone());
                investigation.rate(index);
            }
            Err(error) => {
                candidate.is_unreadable = true;
                investigation.record(error);
            }
        }
    }

    /// Reads commits in turns between incidents, and leaves some requests for pull requests.
    fn read_all(&mut self, investigations: &mut [Investigation]) {
        let listed = investigations.iter().filter(|i| !i.candidates.is_empty());
        let listed = u32::try_from(listed.count()).unwrap_or(u32::MAX);
        let reserved = listed.clamp(1, RESERVED_FOR_PULL_REQUESTS);
        let mut is_reading = true;
        while is_reading {
            is_reading = false;
            for investigation in &mut *investigations {
                let Some(next) = investigation.next(0) else {
                    continue;
                };
                if self.requests_left() <= reserved {
                    investigation.record(&RepositoryError::LimitReached);
                    continue;
                }
                self.read(investigation, next);
                is_reading = true;
            }
        }
    }

    /// Lists and reads merges that may touch the failing service.
    fn read_merges(&mut self, investigation: &mut Investigation) {
        if !investigation.is_listed
            || investigation.confidence() == Confidence::High
            || self.requests_left() < MIN_FOR_MERGES
        {
            return;
        }
        let source = investigation.services[0].source.clone();
        let Ok(mut merges) = self.commits(&source, None, MAX_LISTED) else {
            return;
        };
        merges.retain(|commit| commit.is_merge);
        let before = investigation.candidates.len();
        investigation.add(merges, 0);
        investigation.candidates.truncate(before + MAX_MERGES);
        for index in before..investigation.candidates.len() {
            let max_points = investigation.max_points(&investigation.candidates[index]);
            if self.requests_left() > 1 && max_points > investigation.best_points() {
                self.read(investigation, index);
            }
        }
    }

    /// Lists and reads the commits of the other services, until one is likely.
    fn read_other_services(&mut self, investigation: &mut Investigation) {
        for service in 1..investigation.services.len() {
            if investigation.confidence() <= Confidence::Medium
                || self.requests_left() < MIN_FOR_OTHER_SERVICE
            {
                return;
            }
            self.list(investigation, service);
            while let Some(next) = investigation.next(service) {
                if self.requests_left() <= 1 {
                    return;
                }
                self.read(investigation, next);
            }
        }
    }

    /// Finds the pull request of the best commit. If it was merged after the onset, another commit
    /// may be the best one and is next.
    fn find_pull_requests(&mut self, investigation: &mut Investigation) {
        for _ in 0..MAX_PULL_REQUESTS {
            let candidates = investigation.candidates.iter_mut().enumerate();
            let best = candidates
                .filter(|(_, c)| c.points() > 0)
                .max_by_key(|(index, c)| (c.points(), Reverse(*index)));
            let Some((index, candidate)) = best else {
                return;
            };
            if candidate.is_traced || self.requests_left() == 0 {
                return;
            }
            candidate.is_traced = true;
            let source = &investigation.services[candidate.service].source;
            let sha = &candidate.commit.sha;
            match self
                .repository
                .pull_request(&source.repository, &source.branch, sha)
            {
                Ok(pull_request) => {
                    candidate.pull_request = pull_request;
                    investigation.rate(index);
                }
                Err(error) => investigation.record(&error),
            }
        }
    }
}

fn key(source: &ManifestSource, path: Option<&String>) -> ListKey {
    (
        source.repository.to_string(),
        source.branch.clone(),
        path.cloned(),
    )
}
