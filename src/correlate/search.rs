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

use super::CorrelateInput;
use super::candidate::Candidate;
use super::investigation::{self, Investigation, LISTED};
use super::manifest_source::ManifestSource;
use super::repository::{CommitDetail, CommitSummary, Listing, Repository, RepositoryError};
use crate::assess::Incident;
use crate::model::{Confidence, Time};

/// Merges opened for an incident.
const MERGES: usize = 3;
/// Pull requests asked for, for an incident.
const TRACED: usize = 2;
/// Requests that lists of further incidents leave for opening commits.
const TO_OPEN: u32 = 6;
/// Requests that are left for pull requests at most.
const TO_TRACE: u32 = 3;

/// Looks into every incident.
pub fn hunt<'a>(
    incidents: &[&'a Incident],
    scene: &CorrelateInput<'a>,
    hub: &mut dyn Repository,
) -> Vec<Investigation<'a>> {
    let applications = investigation::applications(scene);
    let cases = incidents
        .iter()
        .map(|incident| investigation::open(incident, scene, &applications));
    let mut cases: Vec<Investigation> = cases.collect();
    let mut hunt = CommitSearch::new(hub, &cases);
    for (at, case) in cases.iter_mut().enumerate() {
        if at == 0 || hunt.can_list(case) {
            hunt.list(case, 0);
        } else {
            case.note(&RepositoryError::Spent);
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

type Key = (String, String, Option<String>);

/// Asks, and remembers what was answered in this cycle.
struct CommitSearch<'h> {
    hub: &'h mut dyn Repository,
    /// Span of time by path: incidents of one service ask once.
    spans: HashMap<Key, (Time, Time)>,
    lists: HashMap<Key, Result<Vec<CommitSummary>, RepositoryError>>,
    commits: HashMap<(String, String), Result<CommitDetail, RepositoryError>>,
    /// Every path of every incident: a commit is opened once for all.
    paths: Vec<String>,
}

impl<'h> CommitSearch<'h> {
    fn new(hub: &'h mut dyn Repository, cases: &[Investigation]) -> Self {
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
        place: &ManifestSource,
        path: Option<&String>,
        most: usize,
    ) -> Result<Vec<CommitSummary>, RepositoryError> {
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
    fn can_list(&self, case: &Investigation) -> bool {
        let own = case.subjects.first().map(|subject| &subject.place);
        let paths = own
            .iter()
            .flat_map(|place| place.paths.iter().map(|path| key(place, Some(path))));
        let cost = paths.filter(|key| !self.lists.contains_key(key)).count();
        u32::try_from(cost).is_ok_and(|cost| cost == 0 || self.hub.left() >= cost + TO_OPEN)
    }

    /// Lists the commits to a subject's files.
    fn list(&mut self, case: &mut Investigation, subject: usize) {
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

    fn open(&mut self, case: &mut Investigation, candidate: usize) {
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
    fn open_all(&mut self, cases: &mut [Investigation]) {
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
                    case.note(&RepositoryError::Spent);
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
    fn merges(&mut self, case: &mut Investigation) {
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
    fn chain(&mut self, case: &mut Investigation) {
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
    fn trace(&mut self, case: &mut Investigation) {
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

fn key(place: &ManifestSource, path: Option<&String>) -> Key {
    (
        place.repository.to_string(),
        place.branch.clone(),
        path.cloned(),
    )
}
