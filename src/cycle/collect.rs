//! What a cycle sees: one look at the cluster, and a second one before people
//! are woken for what may have passed by then.

use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cycle, Source};
use crate::assess::{Incident, Verdict};
use crate::cluster::Snapshot;
use crate::cluster::api::SnapshotRequest;
use crate::error::Error;
use crate::lifecycle;
use crate::model::{Mode, Severity, duration, now};
use crate::state::State;

/// A trouble this young may pass before anybody reads about it.
const YOUNG: TimeDelta = TimeDelta::minutes(2);

impl Cycle<'_> {
    /// The cluster, and what it means; once more after a pause where that is
    /// grave and young.
    pub(super) fn see(&mut self, state: &State) -> Result<(Snapshot, Verdict), Error> {
        (self.progress)("reading the cluster");
        let mut first = self.look()?;
        (self.progress)("judging");
        let verdict = self.judge(&first, state);
        let Some(pause) = self.confirmation(&verdict, first.now) else {
            return Ok((first, verdict));
        };
        (self.progress)("looking once more: some trouble is very young");
        thread::sleep(pause);
        // Only what is seen to have recovered has: of a look that fails the first counts.
        let why = match self.look() {
            Ok(mut second) if confirms(&verdict, &second) => {
                second.requests += first.requests;
                let verdict = self.judge(&second, state);
                return Ok((second, verdict));
            }
            Ok(second) => {
                first.requests += second.requests;
                let kinds: Vec<_> = second.unread().map(|(kind, _)| kind.name()).collect();
                format!("it could not read {}", kinds.join(", "))
            }
            Err(error) => error.to_string(),
        };
        self.notes.push(format!(
            "what is younger than 2 min was to be confirmed by a second look, which failed, so it \
             is told as first seen: {why}"
        ));
        Ok((first, verdict))
    }

    fn look(&self) -> Result<Snapshot, Error> {
        let mut snapshot = match &self.source {
            Source::Dump(snapshot) => (**snapshot).clone(),
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                // A server that is slow without end leaves time to say so.
                deadline: self.remaining() * 3 / 4,
                look_back: self.config.interval,
            })?,
        };
        if let Some(name) = &self.config.cluster {
            snapshot.cluster.clone_from(name);
        }
        Ok(snapshot)
    }

    /// How long to wait before a second look, if one is due: the trouble is
    /// grave and young, the cluster is live, and there is time.
    fn confirmation(&self, verdict: &Verdict, now: DateTime<Utc>) -> Option<Duration> {
        let pause = self.config.confirm_after;
        let is_due = self.mode == Mode::Run
            && self.is_live()
            && !pause.is_zero()
            && verdict
                .incidents
                .iter()
                .any(|incident| is_grave(incident) && now - incident.since < YOUNG);
        (is_due && self.remaining() > pause * 2).then_some(pause)
    }
}

fn is_grave(incident: &Incident) -> bool {
    incident.severity <= Severity::Sev2
}

/// Whether a later look saw all that grave trouble rests on.
fn confirms(verdict: &Verdict, later: &Snapshot) -> bool {
    let mut grave = verdict.incidents.iter().filter(|i| is_grave(i));
    grave.all(|incident| lifecycle::all_read(&incident.findings, &|kind| later.is_read(kind)))
}

/// What to say when a snapshot goes by another clock than this machine's.
pub(super) fn skewed(ahead: TimeDelta) -> String {
    let side = if ahead > TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    let amount = duration::human(ahead.abs().to_std().unwrap_or_default());
    format!(
        "this machine's clock is {amount} {side} the API server's; the cycle goes by the server's, \
         as the objects do: set the one that is wrong"
    )
}
