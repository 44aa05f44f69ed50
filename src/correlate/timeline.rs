//! Commit, merge, sync, rollout and first failure in the order of time, each with its source.

use chrono::TimeDelta;

use super::candidate::Candidate;
use super::investigation::Investigation;
use super::score::SyncOutcome;
use crate::model::{Confidence, Time};
use crate::redact::redact;
use crate::report::TimelineEvent;

/// Commits shown.
const MAX_COMMITS: usize = 2;
/// Events shown.
const MAX_EVENTS: usize = 8;
/// From a commit to its sync: Argo CD polls every 3 minutes.
const SYNC_DELAY: TimeDelta = TimeDelta::minutes(3);
/// Without a commit, syncs and rollouts of this time before the onset are shown.
const WINDOW_WITHOUT_COMMIT: TimeDelta = TimeDelta::hours(1);
/// Syncs and rollouts are shown until this time after the onset: a failure can be noticed before
/// the last object of a rollout is created.
const WINDOW_AFTER_ONSET: TimeDelta = TimeDelta::minutes(5);

/// The timeline; empty if nothing is known besides the failure.
#[must_use]
pub fn timeline(investigation: &Investigation) -> Vec<TimelineEvent> {
    let commits = investigation.candidates.iter().take(MAX_COMMITS);
    let mut events: Vec<TimelineEvent> = commits.flat_map(commit_events).collect();
    let likeliest = investigation.candidates.first();
    events.extend(likeliest.and_then(|candidate| sync_estimate(investigation, candidate)));
    events.extend(deploy_events(investigation));
    if events.is_empty() {
        return events;
    }
    events.sort_by_key(|event| event.at);
    events.truncate(MAX_EVENTS - 1);
    events.push(first_failure(investigation));
    // The sort is stable: at the same time, the failure stays last.
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

fn commit_events(candidate: &Candidate) -> Vec<TimelineEvent> {
    let commit = &candidate.commit;
    let what = format!("commit {}: {}", short(&commit.sha), commit.title);
    let mut events = vec![event(commit.at, what, "GitHub")];
    if let Some(pull_request) = &candidate.pull_request
        && let Some(at) = pull_request.merged_at
    {
        let what = format!("pull request #{} merged", pull_request.number);
        events.push(event(at, what, "GitHub"));
    }
    events
}

/// Syncs and rollouts around the onset, of the likeliest commit's service.
fn deploy_events(investigation: &Investigation) -> Vec<TimelineEvent> {
    let candidates = investigation.candidates.iter().take(MAX_COMMITS);
    let service = investigation.candidates.first().map_or(0, |c| c.service);
    let Some(service) = investigation.services.get(service) else {
        return Vec::new();
    };
    let (history, onset) = (&service.history, investigation.onset());
    let first_arrival = candidates.map(Candidate::arrived_at).min();
    let from = first_arrival.unwrap_or(onset - WINDOW_WITHOUT_COMMIT);
    let is_near = |at: Time| at >= from && at <= onset + WINDOW_AFTER_ONSET;
    let syncs = history.syncs.iter().filter(|sync| is_near(sync.at));
    let syncs = syncs.map(|sync| {
        let what = match short(&sync.revision).as_str() {
            "" => "Argo CD synced".to_owned(),
            revision => format!("Argo CD synced revision {revision}"),
        };
        event(sync.at, what, "Argo CD")
    });
    let failed = history.failed.iter().filter(|failed| failed.at >= from);
    let failed = failed.map(|f| event(f.at, "Argo CD failed to sync".to_owned(), "Argo CD"));
    let rollouts = history.rollouts.iter().filter(|r| is_near(r.at));
    let rollouts = rollouts.map(|r| event(r.at, r.what.clone(), &r.source));
    syncs.chain(failed).chain(rollouts).collect()
}

/// The expected sync of a likely commit, if the Application does not show it.
fn sync_estimate(investigation: &Investigation, candidate: &Candidate) -> Option<TimelineEvent> {
    let history = &investigation.services[candidate.service].history;
    let (arrived_at, onset) = (candidate.arrived_at(), investigation.onset());
    let sync = history.sync(&candidate.shas(), arrived_at, onset);
    let is_shown = history.syncs.iter().any(|sync| sync.at >= arrived_at);
    let is_likely = candidate.confidence() <= Confidence::Medium;
    let at = arrived_at + SYNC_DELAY;
    let what = "Argo CD is expected to sync 3 to 5 minutes after the commit";
    (sync == SyncOutcome::Unknown && !is_shown && is_likely && at <= onset)
        .then(|| event(at, what.to_owned(), "estimate"))
}

fn first_failure(investigation: &Investigation) -> TimelineEvent {
    let root = investigation.incident.root();
    let what = format!("first failure: {}", redact(&root.sentence()));
    event(investigation.onset(), what, &root.resource.to_string())
}

/// The first seven digits, as git shows them.
#[must_use]
pub fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}
