//! What is asked of the repository's host, in which order, so that the few
//! requests of a cycle go where the answer most likely is.
//!
//! 1. Lists of the commits to each failing service's own files.
//! 2. The commits that can still score most, in turns between incidents.
//! 3. Merges, where that found no culprit: a list by path shows the merged
//!    commits with their own, older dates.
//! 4. The other services of the chain, where still nothing is likely.
//! 5. Pull requests of the best.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::place::{self, Known, Place};
use super::repository::{Listed, Listing, Opened, Repository, Trouble};
use super::score::at_most;
use super::suspect::{Candidate, Seen};
use super::trail::Trail;
use super::{Answer, Scene, Suspect, github, rollback, timeline};
use crate::assess::Incident;
use crate::cluster::objects::{Application, Time};
use crate::detect::ownership::Owners;
use crate::inventory::Service;
use crate::report::{Commit, Confidence, Correlation};

/// Commits listed for a service.
const LISTED: usize = 100;
/// Commits opened for a service.
const OPENED: usize = 10;
/// Commits that are opened even where another scores higher already.
const COMPARED: usize = 3;
/// Merges opened for an incident.
const MERGES: usize = 3;
/// Other services of the chain that are looked at.
const CHAIN: usize = 2;
/// Commits shown.
const SHOWN: usize = 5;
/// Pull requests asked for, for an incident.
const TRACED: usize = 2;
/// Requests that lists of further incidents leave for opening commits.
const TO_OPEN: u32 = 6;
/// Requests that are left for pull requests at most.
const TO_TRACE: u32 = 3;

/// A service whose commits are looked for.
pub struct Subject<'a> {
    /// The service.
    pub service: &'a Service,
    /// Where its manifests are.
    pub place: Place,
    /// What the cluster shows of it.
    pub trail: Trail,
}

/// One incident and what was found.
pub struct Case<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The failing service first; empty: nobody knows where to look.
    pub subjects: Vec<Subject<'a>>,
    /// Commits, the most suspect first once all is asked.
    pub candidates: Vec<Candidate>,
    /// Whether the failing service's commits were listed.
    is_listed: bool,
    /// Why not all was asked.
    trouble: Option<String>,
    window: TimeDelta,
}

/// Looks into every incident.
pub fn hunt<'a>(
    incidents: &[&'a Incident],
    scene: &Scene<'a>,
    hub: &mut dyn Repository,
) -> Vec<Case<'a>> {
    let applications = applications(scene);
    let cases = incidents
        .iter()
        .map(|incident| open_case(incident, scene, &applications));
    let mut cases: Vec<Case> = cases.collect();
    let mut hunt = Hunt::new(hub, &cases);
    for (at, case) in cases.iter_mut().enumerate() {
        if at == 0 || hunt.can_list(case) {
            hunt.list(case, 0);
        } else {
            case.note(&Trouble::Spent);
        }
    }
    hunt.open_all(&mut cases);
    for case in &mut cases {
        hunt.merges(case);
    }
    for case in &mut cases {
        hunt.chain(case);
    }
    for case in &mut cases {
        hunt.trace(case);
    }
    cases
}

fn open_case<'a>(
    incident: &'a Incident,
    scene: &Scene<'a>,
    applications: &HashMap<usize, &'a Application>,
) -> Case<'a> {
    let config = &scene.config.github;
    let mut case = Case {
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
        let known = Known {
            config,
            common: scene.repository,
            is_public: scene.config.endpoints.github == github::PUBLIC,
        };
        match place::place(service, application, &known) {
            Ok(place) => case.subjects.push(Subject {
                service,
                place,
                trail: Trail::of(service, application, &incident.findings, scene.snapshot),
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
        .filter_map(|f| f.leans_on.as_deref());
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
fn applications<'a>(scene: &Scene<'a>) -> HashMap<usize, &'a Application> {
    let owners = Owners::new(scene.roster);
    let applications = scene.snapshot.objects.applications.iter();
    applications
        .filter_map(|application| {
            let namespace = &application.spec.destination.namespace;
            let at = owners.of_application(&application.metadata.name, namespace)?;
            Some((at, application))
        })
        .collect()
}

impl Case<'_> {
    /// When it began.
    pub fn onset(&self) -> Time {
        self.incident.since
    }

    /// What a candidate is judged by.
    fn seen(&self, subject: usize) -> Seen<'_> {
        let chosen = &self.subjects[subject];
        Seen {
            incident: self.incident,
            onset: self.onset(),
            paths: &chosen.place.paths,
            trail: &chosen.trail,
            chain: (subject > 0).then_some(chosen.service.name.as_str()),
        }
    }

    fn judge(&mut self, candidate: usize) {
        let mut judged = self.candidates[candidate].clone();
        judged.judge(&self.seen(judged.subject));
        self.candidates[candidate] = judged;
    }

    /// The most points that a candidate can get, by what is known unopened.
    fn promise(&self, candidate: &Candidate) -> u32 {
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

    fn best(&self) -> Confidence {
        let scores = self.candidates.iter().filter_map(|c| c.score.as_ref());
        scores
            .map(|s| s.confidence)
            .min()
            .unwrap_or(Confidence::None)
    }

    fn add(&mut self, listed: Vec<Listed>, subject: usize) {
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
    fn next(&self, subject: usize) -> Option<usize> {
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

    fn note(&mut self, trouble: &Trouble) {
        if self.trouble.is_none() {
            self.trouble = Some(trouble.to_string());
        }
    }

    /// What is said of the incident.
    pub fn answer(mut self) -> Answer {
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
        Answer {
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

fn commit(case: &Case, candidate: &Candidate) -> Commit {
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

fn suspect(case: &Case, candidate: &Candidate) -> Suspect {
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

type Key = (String, String, Option<String>);

/// Asks, and remembers what was answered in this cycle.
struct Hunt<'h> {
    hub: &'h mut dyn Repository,
    /// Span of time by path: incidents of one service ask once.
    spans: HashMap<Key, (Time, Time)>,
    lists: HashMap<Key, Result<Vec<Listed>, Trouble>>,
    commits: HashMap<(String, String), Result<Opened, Trouble>>,
    /// Every path of every incident: a commit is opened once for all.
    paths: Vec<String>,
}

impl<'h> Hunt<'h> {
    fn new(hub: &'h mut dyn Repository, cases: &[Case]) -> Self {
        let mut spans: HashMap<Key, (Time, Time)> = HashMap::new();
        let mut paths: Vec<String> = Vec::new();
        for case in cases {
            let (since, until) = (case.onset() - case.window, case.onset());
            for subject in &case.subjects {
                let place = &subject.place;
                let keys = place.paths.iter().map(|path| key(place, Some(path)));
                for key in keys.chain([key(place, None)]) {
                    let span = spans.entry(key).or_insert((since, until));
                    *span = (span.0.min(since), span.1.max(until));
                }
                paths.extend(place.paths.iter().cloned());
            }
        }
        paths.sort();
        paths.dedup();
        Self {
            hub,
            spans,
            lists: HashMap::new(),
            commits: HashMap::new(),
            paths,
        }
    }

    fn commits(
        &mut self,
        place: &Place,
        path: Option<&String>,
        most: usize,
    ) -> Result<Vec<Listed>, Trouble> {
        let key = key(place, path);
        if let Some(known) = self.lists.get(&key) {
            return known.clone();
        }
        let (since, until) = self.spans[&key];
        let answer = self.hub.commits(&Listing {
            repository: &place.repository,
            branch: &place.branch,
            path: path.map(String::as_str),
            since,
            until,
            most,
        });
        self.lists.insert(key, answer.clone());
        answer
    }

    /// Whether listing another incident's commits leaves enough for opening them.
    fn can_list(&self, case: &Case) -> bool {
        let own = case.subjects.first().map(|subject| &subject.place);
        let paths = own
            .iter()
            .flat_map(|place| place.paths.iter().map(|path| key(place, Some(path))));
        let cost = paths.filter(|key| !self.lists.contains_key(key)).count();
        u32::try_from(cost).is_ok_and(|cost| cost == 0 || self.hub.left() >= cost + TO_OPEN)
    }

    /// Lists the commits to a subject's files.
    fn list(&mut self, case: &mut Case, subject: usize) {
        let Some(place) = case.subjects.get(subject).map(|s| s.place.clone()) else {
            return;
        };
        let mut left = LISTED;
        // The folder is the likelier one and comes last.
        for path in place.paths.iter().rev() {
            match self.commits(&place, Some(path), left) {
                Ok(listed) => {
                    left = left.saturating_sub(listed.len());
                    case.add(listed, subject);
                    case.is_listed |= subject == 0;
                }
                Err(trouble) => case.note(&trouble),
            }
            if left == 0 {
                break;
            }
        }
    }

    fn open(&mut self, case: &mut Case, candidate: usize) {
        let chosen = &case.candidates[candidate];
        let repository = case.subjects[chosen.subject].place.repository.clone();
        let sha = chosen.listed.sha.clone();
        let key = (repository.to_string(), sha);
        if !self.commits.contains_key(&key) {
            let answer = self.hub.open(&repository, &key.1, &self.paths);
            self.commits.insert(key.clone(), answer);
        }
        match &self.commits[&key] {
            Ok(opened) => {
                case.candidates[candidate].opened = Some(opened.clone());
                case.judge(candidate);
            }
            Err(trouble) => {
                case.candidates[candidate].is_closed = true;
                case.note(trouble);
            }
        }
    }

    /// Opens commits in turns; some requests are left for pull requests.
    fn open_all(&mut self, cases: &mut [Case]) {
        let listed = cases
            .iter()
            .filter(|case| !case.candidates.is_empty())
            .count();
        let kept = u32::try_from(listed).map_or(TO_TRACE, |listed| listed.clamp(1, TO_TRACE));
        loop {
            let mut any = false;
            for case in &mut *cases {
                let next = (!case.subjects.is_empty()).then(|| case.next(0)).flatten();
                let Some(next) = next else { continue };
                if self.hub.left() <= kept {
                    case.note(&Trouble::Spent);
                    continue;
                }
                self.open(case, next);
                any = true;
            }
            if !any {
                return;
            }
        }
    }

    /// Merges whose first-parent difference touches the failing service.
    fn merges(&mut self, case: &mut Case) {
        if !case.is_listed || case.best() == Confidence::High || self.hub.left() < 3 {
            return;
        }
        let place = case.subjects[0].place.clone();
        let Ok(mut listed) = self.commits(&place, None, LISTED) else {
            return;
        };
        listed.retain(|commit| commit.is_merge);
        let before = case.candidates.len();
        case.add(listed, 0);
        case.candidates.truncate(before + MERGES);
        for at in before..case.candidates.len() {
            let promise = case.promise(&case.candidates[at]);
            let points = case.candidates.iter().map(Candidate::points).max();
            if self.hub.left() > 1 && promise > points.unwrap_or(0) {
                self.open(case, at);
            }
        }
    }

    /// The other services of the chain.
    fn chain(&mut self, case: &mut Case) {
        for subject in 1..case.subjects.len() {
            if case.best() <= Confidence::Medium || self.hub.left() < 4 {
                return;
            }
            self.list(case, subject);
            while let Some(next) = case.next(subject) {
                if self.hub.left() <= 1 {
                    return;
                }
                self.open(case, next);
            }
        }
    }

    /// Asks what brought the most suspect commits; one that was merged after
    /// the onset falls back, and the next one is asked about.
    fn trace(&mut self, case: &mut Case) {
        for _ in 0..TRACED {
            let suspects = case.candidates.iter().enumerate();
            let suspects = suspects.filter(|(_, c)| c.points() > 0);
            let best = suspects.max_by_key(|(at, c)| (c.points(), std::cmp::Reverse(*at)));
            let Some((at, candidate)) = best else { return };
            if candidate.is_traced || self.hub.left() == 0 {
                return;
            }
            let place = &case.subjects[candidate.subject].place;
            let answer =
                self.hub
                    .pull_request(&place.repository, &place.branch, &candidate.listed.sha);
            case.candidates[at].is_traced = true;
            match answer {
                Ok(pull) => {
                    case.candidates[at].pull = pull;
                    case.judge(at);
                }
                Err(trouble) => case.note(&trouble),
            }
        }
    }
}

fn key(place: &Place, path: Option<&String>) -> Key {
    (
        place.repository.to_string(),
        place.branch.clone(),
        path.cloned(),
    )
}
