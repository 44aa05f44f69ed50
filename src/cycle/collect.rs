//! Reads the cluster, and reads it again before people are notified of a new severe incident.

use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cycle, Source};
use crate::assess::{self, Incident, Verdict};
use crate::cluster::Snapshot;
use crate::cluster::api::SnapshotRequest;
use crate::cluster::log_targets::{LogTarget, MAX_CONTAINERS};
use crate::error::Error;
use crate::inventory;
use crate::lifecycle;
use crate::model::{KindRef, Mode, Severity, duration, now};
use crate::state::State;

/// A severe incident that is younger than this is confirmed by a second snapshot.
const YOUNG: TimeDelta = TimeDelta::minutes(2);

impl Cycle<'_> {
    /// Reads and evaluates the cluster; twice if a severe incident is young.
    pub(super) fn collect(&mut self, state: &State) -> Result<(Snapshot, Verdict), Error> {
        (self.progress)("reading the cluster");
        let mut first = self.snapshot(state)?;
        (self.progress)("evaluating");
        let verdict = self.evaluate(&first, state);
        let Some(pause) = self.confirmation_pause(&verdict, first.now) else {
            return Ok((first, verdict));
        };
        (self.progress)("reading the cluster again to confirm new incidents");
        thread::sleep(pause);
        // A second snapshot that is incomplete proves no recovery: the first one counts.
        let error = match self.snapshot(state) {
            Ok(mut second) if confirms(&verdict, &second) => {
                second.requests += first.requests;
                let verdict = self.evaluate(&second, state);
                return Ok((second, verdict));
            }
            Ok(second) => {
                first.requests += second.requests;
                let kinds: Vec<_> = second.unread().map(|(kind, _)| kind.name()).collect();
                format!("{} could not be read", kinds.join(", "))
            }
            Err(error) => error.to_string(),
        };
        self.notes.push(format!(
            "incidents younger than 2 min are not confirmed, because the second reading of the \
             cluster failed: {error}"
        ));
        Ok((first, verdict))
    }

    fn snapshot(&self, state: &State) -> Result<Snapshot, Error> {
        let order = |snapshot: &Snapshot, targets: &mut [LogTarget]| {
            assess::sort_logs(&self.evaluate(snapshot, state), targets);
        };
        let mut snapshot = match &self.source {
            Source::Dump(snapshot) => (**snapshot).clone(),
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                // A slow server leaves time for notifications.
                deadline: self.remaining() * 3 / 4,
                look_back: self.config.interval,
                resources: inventory::wanted_kinds(&self.config.resources, Some(self.inventory)),
                log_order: Some(&order),
            })?,
        };
        if let Some(name) = &self.config.cluster {
            snapshot.cluster.clone_from(name);
        }
        Ok(snapshot)
    }

    /// The pause before a second snapshot; `None` if none is needed or possible.
    fn confirmation_pause(&self, verdict: &Verdict, now: DateTime<Utc>) -> Option<Duration> {
        let pause = self.config.confirm_after;
        let is_young = |incident: &Incident| now - incident.since < YOUNG;
        let mut incidents = verdict.incidents.iter();
        let is_due = self.mode == Mode::Run
            && self.is_live()
            && !pause.is_zero()
            && incidents.any(|incident| is_severe(incident) && is_young(incident));
        (is_due && self.remaining() > pause * 2).then_some(pause)
    }
}

fn is_severe(incident: &Incident) -> bool {
    incident.severity <= Severity::Sev2
}

/// Whether a later snapshot has everything on which the severe incidents are based.
fn confirms(verdict: &Verdict, later: &Snapshot) -> bool {
    let mut severe = verdict.incidents.iter().filter(|i| is_severe(i));
    let is_read = |kind: KindRef, namespace: &str| later.is_read_in(kind, namespace);
    severe.all(|incident| lifecycle::all_read(&incident.findings, &is_read))
}

/// The note when the clocks of this machine and of the API server differ.
pub(super) fn clock_skew_note(ahead: TimeDelta) -> String {
    let direction = if ahead > TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    let amount = duration::human(ahead.abs().to_std().unwrap_or_default());
    format!(
        "this machine's clock is {amount} {direction} the API server's; the cycle uses the server's \
         time, like the objects: correct the clock that is wrong"
    )
}

/// Names of containers in the note about logs that were not read.
const NAMED: usize = 5;

/// The note when more containers fail than logs are read.
pub(super) fn logs_note(left_out: &[LogTarget]) -> Option<String> {
    if left_out.is_empty() {
        return None;
    }
    let named = left_out.iter().take(NAMED);
    let mut named: Vec<_> = named
        .map(|t| format!("{}/{} ({})", t.namespace, t.pod, t.container))
        .collect();
    if left_out.len() > NAMED {
        named.push(format!("{} more", left_out.len() - NAMED));
    }
    Some(format!(
        "the logs of {} failing containers were not read, because a cycle reads those of \
         {MAX_CONTAINERS}, the most important services first: {}",
        left_out.len(),
        named.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_names_some_of_the_logs_that_were_not_read() {
        let target = |n: usize| LogTarget {
            namespace: "shop".to_owned(),
            pod: format!("web-{n}"),
            container: "app".to_owned(),
            previous: true,
            current: false,
        };
        assert_eq!(logs_note(&[]), None);
        let note = logs_note(&(0..7).map(target).collect::<Vec<_>>()).unwrap_or_default();
        assert!(
            note.starts_with("the logs of 7 failing containers"),
            "{note}"
        );
        assert!(note.ends_with("shop/web-4 (app), 2 more"), "{note}");
    }
}
