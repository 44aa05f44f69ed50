//! Commit, merge, synchronisation, rollout and first failure in one line of
//! time, each with its source.

use chrono::TimeDelta;

use super::candidate::Candidate;
use super::investigation::Investigation;
use super::score::Applied;
use crate::model::{Confidence, Time};
use crate::redact::redact;
use crate::report::TimelineEvent;

/// Suspects that are told of.
const SUSPECTS: usize = 2;
/// Events shown.
const MOST: usize = 8;
/// Argo CD looks every 3 minutes and takes some time.
const USUAL: TimeDelta = TimeDelta::minutes(3);
/// Without a suspect, what the cluster did so shortly before is told.
const SHORTLY: TimeDelta = TimeDelta::hours(1);
/// What a rollout does may be noticed before its last object is made.
const SLACK: TimeDelta = TimeDelta::minutes(5);

/// The story; empty where there is nothing but the failure.
#[must_use]
pub fn timeline(case: &Investigation) -> Vec<TimelineEvent> {
    let Some(own) = case.subjects.first() else {
        return Vec::new();
    };
    let suspects: Vec<&Candidate> = case.candidates.iter().take(SUSPECTS).collect();
    let onset = case.onset();
    let first = suspects.iter().map(|c| c.arrived()).min();
    let from = first.unwrap_or(onset - SHORTLY);
    let trail = suspects
        .first()
        .map_or(&own.trail, |c| &case.subjects[c.subject].trail);
    let mut events: Vec<TimelineEvent> = suspects.iter().flat_map(|c| commit(c)).collect();
    if let Some(suspect) = suspects.first() {
        events.extend(estimate(case, suspect));
    }
    let is_near = |at: Time| at >= from && at <= onset + SLACK;
    let syncs = trail.syncs.iter().filter(|sync| is_near(sync.at));
    events.extend(syncs.map(|sync| {
        let what = format!("Argo CD applied revision {}", short(&sync.revision));
        event(
            sync.at,
            what.trim_end_matches(" revision ").to_owned(),
            "Argo CD",
        )
    }));
    let failed = trail.failed.iter().filter(|failed| failed.at >= from);
    events
        .extend(failed.map(|f| event(f.at, "Argo CD failed to synchronise".to_owned(), "Argo CD")));
    let rollouts = trail.rollouts.iter().filter(|rollout| is_near(rollout.at));
    events.extend(rollouts.map(|r| event(r.at, r.what.clone(), &r.source)));
    if events.is_empty() {
        return events;
    }
    events.sort_by_key(|event| event.at);
    events.truncate(MOST - 1);
    events.push(failure(case));
    // At the same moment, the cause stands before the consequence.
    events.sort_by_key(|event| event.at);
    events
}

fn event(at: Time, what: String, source: &str) -> TimelineEvent {
    TimelineEvent {
        at,
        what,
        source: source.to_owned(),
    }
}

fn commit(candidate: &Candidate) -> Vec<TimelineEvent> {
    let listed = &candidate.listed;
    let what = format!("commit {}: {}", short(&listed.sha), listed.title);
    let mut events = vec![event(listed.at, what, "GitHub")];
    if let Some(pull) = &candidate.pull
        && let Some(at) = pull.merged_at
    {
        let what = format!("pull request #{} merged", pull.number);
        events.push(event(at, what, "GitHub"));
    }
    events
}

/// When Argo CD will have applied it, where it does not say.
fn estimate(case: &Investigation, candidate: &Candidate) -> Option<TimelineEvent> {
    let trail = &case.subjects[candidate.subject].trail;
    let arrived = candidate.arrived();
    let is_unknown = trail.applied(&candidate.shas(), arrived, case.onset()) == Applied::Unknown;
    let is_told = trail.syncs.iter().any(|sync| sync.at >= arrived);
    let is_likely = candidate
        .score
        .as_ref()
        .is_some_and(|s| s.confidence <= Confidence::Medium);
    (is_unknown && !is_told && is_likely && arrived + USUAL <= case.onset()).then(|| {
        let what = "about now Argo CD applies it, 3 to 5 minutes after the commit".to_owned();
        event(arrived + USUAL, what, "estimate")
    })
}

fn failure(case: &Investigation) -> TimelineEvent {
    let root = case.incident.root();
    let what = format!("first failure: {}", redact(&root.sentence()));
    event(case.onset(), what, &root.resource.to_string())
}

/// The first seven digits, as git shows them.
#[must_use]
pub fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}
