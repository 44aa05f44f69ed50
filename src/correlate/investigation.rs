//! One incident with the services whose commits may be the cause, and the commits found so far.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::TimeDelta;

use super::candidate::{Candidate, ScoreInput};
use super::deploy_history::DeployHistory;
use super::manifest_source::{ManifestSource, SourceHints};
use super::repository::{CommitSummary, RepositoryError};
use super::score;
use crate::assess::Incident;
use crate::cluster::Snapshot;
use crate::cluster::types::Application;
use crate::config::{Config, Endpoints};
use crate::detect::ownership::ServiceMatcher;
use crate::inventory::Service;
use crate::model::{Confidence, Time};

/// Commits listed per service.
pub const MAX_LISTED: usize = 100;
/// Commits read per service.
const MAX_READ: usize = 10;
/// Commits read per service even if a commit that was read scores higher than they can.
const MIN_READ: usize = 3;
/// Other services of the dependency chain whose commits count.
const MAX_OTHER_SERVICES: usize = 2;

/// What correlation needs besides incidents and commits.
#[derive(Clone, Copy)]
pub struct CorrelateInput<'a> {
    /// The listed services and the components of K3s.
    pub monitored: &'a [Service],
    /// The default repository of the services file.
    pub repository: Option<&'a str>,
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// The configuration.
    pub config: &'a Config,
}

/// A service whose commits are searched.
pub struct SearchedService<'a> {
    /// The service.
    pub service: &'a Service,
    /// Where its manifests are.
    pub source: ManifestSource,
    /// What the cluster shows of its deployments.
    pub history: DeployHistory,
}

/// One incident and what was found.
pub struct Investigation<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The failing service first; empty if its manifests cannot be located.
    pub services: Vec<SearchedService<'a>>,
    /// The commits, in the order in which they were listed.
    pub candidates: Vec<Candidate>,
    /// Whether the failing service's commits were listed.
    pub is_listed: bool,
    /// The first error.
    pub error: Option<String>,
    /// How long before the onset commits count.
    window: TimeDelta,
}

impl<'a> Investigation<'a> {
    /// An investigation before the first request.
    #[must_use]
    pub fn new(
        incident: &'a Incident,
        input: &CorrelateInput<'a>,
        applications: &HashMap<usize, &'a Application>,
    ) -> Self {
        let config = &input.config.github;
        let mut investigation = Self {
            incident,
            services: Vec::new(),
            candidates: Vec::new(),
            is_listed: false,
            error: None,
            window: TimeDelta::from_std(config.window).unwrap_or(TimeDelta::hours(24)),
        };
        let hints = SourceHints {
            config,
            default_repository: input.repository,
            is_public: input.config.endpoints.github == Endpoints::GITHUB,
        };
        for name in services_of(incident) {
            let Some(index) = input.monitored.iter().position(|s| s.name == name) else {
                continue;
            };
            let service = &input.monitored[index];
            let application = applications.get(&index).copied();
            match ManifestSource::locate(service, application, &hints) {
                Ok(source) => investigation.services.push(SearchedService {
                    service,
                    source,
                    history: DeployHistory::new(
                        service,
                        application,
                        &incident.findings,
                        input.snapshot,
                    ),
                }),
                // Without the failing service's files the others prove nothing.
                Err(error) if investigation.services.is_empty() => {
                    investigation.error = Some(error);
                    return investigation;
                }
                Err(_) => {}
            }
        }
        if investigation.services.is_empty() {
            let error = "the root finding belongs to no service, so no repository is known";
            investigation.error = Some(error.to_owned());
        }
        investigation
    }

    /// When the incident began. Times before 1970 are set to 1970, so that the window fits.
    #[must_use]
    pub fn onset(&self) -> Time {
        self.incident.since.max(Time::UNIX_EPOCH)
    }

    /// The time range of the commits that count.
    #[must_use]
    pub fn range(&self) -> (Time, Time) {
        (self.onset() - self.window, self.onset())
    }

    /// Scores a candidate.
    pub fn rate(&mut self, candidate: usize) {
        let index = self.candidates[candidate].service;
        let service = &self.services[index];
        let input = ScoreInput {
            incident: self.incident,
            onset: self.onset(),
            paths: &service.source.paths,
            history: &service.history,
            other_service: (index > 0).then_some(service.service.name.as_str()),
        };
        self.candidates[candidate].rate(&input);
    }

    /// The highest points that an unread candidate can get.
    #[must_use]
    pub fn max_points(&self, candidate: &Candidate) -> u32 {
        let (arrived_at, onset) = (candidate.arrived_at(), self.onset());
        let history = &self.services[candidate.service].history;
        score::max_points(
            onset - arrived_at,
            candidate.service == 0,
            history.rollout(arrived_at, onset).is_some(),
            history.sync(&candidate.shas(), arrived_at, onset),
        )
    }

    /// The highest points so far.
    #[must_use]
    pub fn best_points(&self) -> u32 {
        let points = self.candidates.iter().map(Candidate::points);
        points.max().unwrap_or(0)
    }

    /// The highest confidence so far.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        let confidences = self.candidates.iter().map(Candidate::confidence);
        confidences.min().unwrap_or(Confidence::None)
    }

    /// Adds listed commits of the time range, each once.
    pub fn add(&mut self, commits: Vec<CommitSummary>, service: usize) {
        let (since, until) = self.range();
        let is_known = |sha: &str| self.candidates.iter().any(|c| c.commit.sha == sha);
        let new = commits
            .into_iter()
            .filter(|c| c.at >= since && c.at <= until && !is_known(&c.sha));
        let mut new: Vec<Candidate> = new.map(|c| Candidate::new(c, service)).collect();
        new.sort_by_key(|c| Reverse(c.commit.at));
        new.truncate(MAX_LISTED);
        self.candidates.extend(new);
    }

    /// The unread candidate of a service that can score highest; `None` if none is worth reading.
    #[must_use]
    pub fn next(&self, service: usize) -> Option<usize> {
        let is_read = |c: &Candidate| c.detail.is_some() || c.is_unreadable;
        let own = self.candidates.iter().enumerate();
        let own = own.filter(|(_, c)| c.service == service);
        let read = own.clone().filter(|(_, c)| is_read(c)).count();
        if read >= MAX_READ {
            return None;
        }
        let unread = own.filter(|(_, c)| !is_read(c));
        let (index, next) =
            unread.max_by_key(|(index, c)| (self.max_points(c), Reverse(*index)))?;
        (read < MIN_READ || self.max_points(next) > self.best_points()).then_some(index)
    }

    /// Keeps the first error.
    pub fn record(&mut self, error: &RepositoryError) {
        self.error.get_or_insert_with(|| error.to_string());
    }
}

/// The failing service, then the services that it depends on or that depend on it.
fn services_of(incident: &Incident) -> Vec<&str> {
    let Some(own) = incident.service.as_deref() else {
        return Vec::new();
    };
    let dependencies = incident
        .findings
        .iter()
        .filter_map(|f| f.depends_on.as_deref());
    let others = dependencies.chain(incident.affects.iter().map(String::as_str));
    let mut services = vec![own];
    for name in others {
        if services.len() <= MAX_OTHER_SERVICES && !services.contains(&name) {
            services.push(name);
        }
    }
    services
}

/// Argo CD's Applications, by the index of the service that they deploy.
#[must_use]
pub fn applications<'a>(input: &CorrelateInput<'a>) -> HashMap<usize, &'a Application> {
    let matcher = ServiceMatcher::new(input.monitored);
    let applications = input.snapshot.objects.applications.iter();
    applications
        .filter_map(|application| {
            let namespace = &application.spec.destination.namespace;
            let index = matcher.of_application(&application.metadata.name, namespace)?;
            Some((index, application))
        })
        .collect()
}
