//! One incident with the services whose commits may be behind it, the commits
//! that were found, and what is concluded from them.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::candidate::{Candidate, ScoreInput};
use super::deploy_history::DeployHistory;
use super::manifest_source::{self, ManifestSource, SourceHints};
use super::repository::{CommitSummary, RepositoryError};
use super::score::at_most;
use super::{CorrelateInput, IncidentCorrelation, Suspect, github, rollback, timeline};
use crate::assess::Incident;
use crate::cluster::types::Application;
use crate::detect::ownership::ServiceMatcher;
use crate::inventory::Service;
use crate::model::{Confidence, Time};
use crate::report::{Commit, Correlation};

/// Commits listed for a service.
pub const LISTED: usize = 100;
/// Commits opened for a service.
const OPENED: usize = 10;
/// Commits that are opened even where another scores higher already.
const COMPARED: usize = 3;
/// Other services of the chain that are looked at.
const CHAIN: usize = 2;
/// Commits shown.
const SHOWN: usize = 5;

/// A service whose commits are looked for.
pub struct Subject<'a> {
    /// The service.
    pub service: &'a Service,
    /// Where its manifests are.
    pub place: ManifestSource,
    /// What the cluster shows of it.
    pub trail: DeployHistory,
}

/// One incident and what was found.
pub struct Investigation<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The failing service first; empty: nobody knows where to look.
    pub subjects: Vec<Subject<'a>>,
    /// Commits, the most suspect first once all is asked.
    pub candidates: Vec<Candidate>,
    /// Whether the failing service's commits were listed.
    pub is_listed: bool,
    /// Why not all was asked.
    pub trouble: Option<String>,
    /// How far before the onset commits count.
    pub window: TimeDelta,
}

/// An incident before anything is asked.
pub fn open<'a>(
    incident: &'a Incident,
    scene: &CorrelateInput<'a>,
    applications: &HashMap<usize, &'a Application>,
) -> Investigation<'a> {
    let config = &scene.config.github;
    let mut case = Investigation {
        incident,
        subjects: Vec::new(),
        candidates: Vec::new(),
        is_listed: false,
        trouble: None,
        window: TimeDelta::from_std(config.window).unwrap_or(TimeDelta::hours(24)),
    };
    for name in chain(incident) {
        let Some(at) = scene.roster.iter().position(|s| s.name == name) else {
            continue;
        };
        let service = &scene.roster[at];
        let application = applications.get(&at).copied();
        let known = SourceHints {
            config,
            common: scene.repository,
            is_public: scene.config.endpoints.github == github::PUBLIC,
        };
        match manifest_source::place(service, application, &known) {
            Ok(place) => case.subjects.push(Subject {
                service,
                place,
                trail: DeployHistory::of(service, application, &incident.findings, scene.snapshot),
            }),
            // Without the failing service's own files the others prove nothing.
            Err(why) if case.subjects.is_empty() => {
                case.trouble = Some(why);
                return case;
            }
            Err(_) => {}
        }
    }
    if case.subjects.is_empty() {
        case.trouble = Some("no service is at its root, so no repository is known".to_owned());
    }
    case
}

/// The failing service, then those that it leans on or that suffer with it.
fn chain(incident: &Incident) -> Vec<&str> {
    let Some(own) = incident.service.as_deref() else {
        return Vec::new();
    };
    let leans = incident
        .findings
        .iter()
        .filter_map(|f| f.depends_on.as_deref());
    let others = leans.chain(incident.affects.iter().map(String::as_str));
    let mut chain = vec![own];
    for name in others {
        if chain.len() <= CHAIN && !chain.contains(&name) {
            chain.push(name);
        }
    }
    chain
}

/// Argo CD's Applications by the service that they deploy.
pub fn applications<'a>(scene: &CorrelateInput<'a>) -> HashMap<usize, &'a Application> {
    let owners = ServiceMatcher::new(scene.roster);
    let applications = scene.snapshot.objects.applications.iter();
    applications
        .filter_map(|application| {
            let namespace = &application.spec.destination.namespace;
            let at = owners.of_application(&application.metadata.name, namespace)?;
            Some((at, application))
        })
        .collect()
}

impl Investigation<'_> {
    /// When it began; before Unix there is no time to count back from.
    pub fn onset(&self) -> Time {
        self.incident.since.max(Time::UNIX_EPOCH)
    }

    /// What a candidate is judged by.
    fn seen(&self, subject: usize) -> ScoreInput<'_> {
        let chosen = &self.subjects[subject];
        ScoreInput {
            incident: self.incident,
            onset: self.onset(),
            paths: &chosen.place.paths,
            trail: &chosen.trail,
            chain: (subject > 0).then_some(chosen.service.name.as_str()),
        }
    }

    /// Judges a candidate.
    pub fn judge(&mut self, candidate: usize) {
        let mut judged = self.candidates[candidate].clone();
        judged.judge(&self.seen(judged.subject));
        self.candidates[candidate] = judged;
    }

    /// The most points that a candidate can get, by what is known unopened.
    pub fn promise(&self, candidate: &Candidate) -> u32 {
        let (arrived, onset) = (candidate.arrived(), self.onset());
        let trail = &self.subjects[candidate.subject].trail;
        let has_rollout = trail.rollout(arrived, onset).is_some();
        let applied = trail.applied(&candidate.shas(), arrived, onset);
        at_most(
            onset - arrived,
            candidate.subject == 0,
            has_rollout,
            &applied,
        )
    }

    /// The highest confidence so far.
    pub fn best(&self) -> Confidence {
        let scores = self.candidates.iter().filter_map(|c| c.score.as_ref());
        scores
            .map(|s| s.confidence)
            .min()
            .unwrap_or(Confidence::None)
    }

    /// Adds listed commits of the window, each once.
    pub fn add(&mut self, listed: Vec<CommitSummary>, subject: usize) {
        let (since, onset) = (self.onset() - self.window, self.onset());
        let known = |sha: &str| self.candidates.iter().any(|c| c.listed.sha == sha);
        let new = listed
            .into_iter()
            .filter(|l| l.at >= since && l.at <= onset && !known(&l.sha));
        let mut new: Vec<Candidate> = new.map(|l| Candidate::new(l, subject)).collect();
        new.sort_by_key(|c| std::cmp::Reverse(c.listed.at));
        new.truncate(LISTED);
        self.candidates.extend(new);
    }

    /// The unopened candidate that can still score most, if it is worth it.
    pub fn next(&self, subject: usize) -> Option<usize> {
        let own = || self.candidates.iter().filter(|c| c.subject == subject);
        let opened = own().filter(|c| c.opened.is_some() || c.is_closed).count();
        if opened >= OPENED {
            return None;
        }
        let points = self
            .candidates
            .iter()
            .map(Candidate::points)
            .max()
            .unwrap_or(0);
        let waiting = self.candidates.iter().enumerate();
        let waiting =
            waiting.filter(|(_, c)| c.subject == subject && c.opened.is_none() && !c.is_closed);
        let (at, next) = waiting.max_by_key(|(at, c)| (self.promise(c), std::cmp::Reverse(*at)))?;
        (opened < COMPARED || self.promise(next) > points).then_some(at)
    }

    /// Remembers the first trouble.
    pub fn note(&mut self, trouble: &RepositoryError) {
        if self.trouble.is_none() {
            self.trouble = Some(trouble.to_string());
        }
    }

    /// What is said of the incident.
    pub fn answer(mut self) -> IncidentCorrelation {
        let none = |c: &Candidate| {
            c.score
                .as_ref()
                .is_none_or(|s| s.confidence == Confidence::None)
        };
        self.candidates.retain(|c| !none(c));
        self.candidates.sort_by_key(|c| {
            let confidence = c.score.as_ref().map(|s| s.confidence);
            (
                confidence,
                std::cmp::Reverse(c.points()),
                std::cmp::Reverse(c.arrived()),
            )
        });
        self.candidates.truncate(SHOWN);
        let confidence = self.best();
        let unsure = confidence > Confidence::Medium;
        let note = self.trouble.take().filter(|_| unsure).map(|why| {
            let what = if self.is_listed {
                "incomplete"
            } else {
                "unavailable"
            };
            format!("correlation {what}: {why}")
        });
        IncidentCorrelation {
            correlation: Correlation {
                confidence,
                commits: self.candidates.iter().map(|c| commit(&self, c)).collect(),
                timeline: timeline::timeline(&self),
                note,
            },
            rollback: rollback::rollback(&self),
            suspects: self.candidates.iter().map(|c| suspect(&self, c)).collect(),
        }
    }
}

fn commit(case: &Investigation, candidate: &Candidate) -> Commit {
    let score = candidate.score.clone();
    Commit {
        sha: candidate.listed.sha.clone(),
        url: candidate.listed.url.clone(),
        pull_request: candidate.pull.as_ref().map(|pull| pull.url.clone()),
        committed_at: candidate.listed.at,
        lag_seconds: (case.onset() - candidate.listed.at).num_seconds(),
        reasons: score.map(|score| score.reasons).unwrap_or_default(),
    }
}

fn suspect(case: &Investigation, candidate: &Candidate) -> Suspect {
    let paths = &case.subjects[candidate.subject].place.paths;
    let changes = candidate.changes(paths).into_iter();
    let score = candidate.score.as_ref();
    Suspect {
        sha: candidate.listed.sha.clone(),
        title: candidate.listed.title.clone(),
        changes: changes
            .map(|(file, change)| format!("{}: {}", crate::redact::redact(file), change.text))
            .collect(),
        confidence: score.map_or(Confidence::None, |score| score.confidence),
    }
}
