//! One cycle, in the order in which it happens.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use crate::assess::{Outages, Severity};
use crate::cluster::Snapshot;
use crate::cluster::dump;
use crate::cluster::fetch::{Cluster, SnapshotRequest};
use crate::config::Config;
use crate::detect::RestartCounts;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::Inventory;
use crate::lifecycle::{self, Today, Tracked};
use crate::report::{self, Llm, Mode, Report, Requests};
use crate::state::State;
use crate::verdict::{self, Grounds, Verdict};

/// What a cycle works with.
pub struct Cycle<'a> {
    /// Settings.
    pub config: &'a Config,
    /// The services file.
    pub inventory: &'a Inventory,
    /// Where the objects come from.
    pub source: Source,
    /// When the cycle must be over.
    pub deadline: Instant,
    /// A full cycle, or the triage of one service.
    pub mode: Mode,
    /// Neither send nor write.
    pub dry_run: bool,
    /// Map 1 to 3 to 0.
    pub exit_zero: bool,
    /// Why nobody will be told, if so.
    pub mute: Option<String>,
    /// Why the model is not asked, if so.
    pub model_off: Option<String>,
    /// A line for whoever watches, at the start of each stage.
    pub progress: &'a dyn Fn(&str),
}

/// Where the objects come from.
pub enum Source {
    /// An API server.
    Live(Cluster),
    /// A dump, already read.
    Dump(Box<Snapshot>),
}

/// All that a cycle saw and concluded.
pub struct Outcome {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What it means.
    pub verdict: Verdict,
    /// The document.
    pub report: Report,
}

/// A trouble this young may pass before anybody reads about it.
const YOUNG: TimeDelta = TimeDelta::minutes(2);

impl Cycle<'_> {
    /// Runs the cycle.
    ///
    /// # Errors
    /// When there is no verdict: the cluster cannot be read, or not in time.
    pub fn run(self) -> Result<Outcome, Error> {
        let began = Instant::now();
        let started_at = now();
        (self.progress)("reading the cluster");
        let mut snapshot = self.look()?;
        (self.progress)("judging");
        let mut verdict = self.judge(&snapshot);
        if let Some(pause) = self.confirmation(&verdict, snapshot.now) {
            (self.progress)("looking once more: some trouble is very young");
            std::thread::sleep(pause);
            let requests = snapshot.requests;
            snapshot = self.look()?;
            snapshot.requests += requests;
            verdict = self.judge(&snapshot);
        }
        let incidents = std::mem::take(&mut verdict.incidents);
        let today = Today {
            incidents,
            is_read: &|resource| snapshot.is_read(resource),
            now: snapshot.now,
            restarts: RestartCounts::default(),
        };
        let tracked = lifecycle::advance(&State::default(), today, self.config).tracked;
        let live = matches!(self.source, Source::Live(_));
        let mut report = Report::new(report::Cycle {
            id: started_at.format("%Y%m%dT%H%M%SZ").to_string(),
            // A drill tells its story as of the moment of its snapshot.
            started_at: if live { started_at } else { snapshot.now },
            finished_at: if live { now() } else { snapshot.now },
            duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            cluster: snapshot.cluster.clone(),
            mode: self.mode,
            dry_run: self.dry_run,
        });
        self.fill(&mut report, &snapshot, &verdict, &tracked);
        verdict.incidents = tracked.into_iter().map(|t| t.incident).collect();
        Ok(Outcome {
            snapshot,
            verdict,
            report,
        })
    }

    fn look(&self) -> Result<Snapshot, Error> {
        let mut snapshot = match &self.source {
            Source::Dump(snapshot) => (**snapshot).clone(),
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                deadline: self.remaining(),
                look_back: self.config.interval,
            })?,
        };
        if let Some(name) = &self.config.cluster {
            snapshot.cluster.clone_from(name);
        }
        Ok(snapshot)
    }

    fn judge(&self, snapshot: &Snapshot) -> Verdict {
        let restarts = RestartCounts::default();
        let grounds = Grounds {
            inventory: self.inventory,
            look_back: self.config.interval,
            restarts: &restarts,
            outages: &Outages::default(),
            unlisted: self.config.unlisted_tier,
        };
        verdict::judge(snapshot, &grounds)
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// How long to wait before a second look, if one is due: the trouble is
    /// grave and young, the cluster is live, and there is time.
    fn confirmation(&self, verdict: &Verdict, now: DateTime<Utc>) -> Option<Duration> {
        let pause = self.config.confirm_after;
        let is_due = self.mode == Mode::Run
            && matches!(self.source, Source::Live(_))
            && !pause.is_zero()
            && verdict
                .incidents
                .iter()
                .any(|i| i.severity <= Severity::Sev2 && now - i.since < YOUNG);
        (is_due && self.remaining() > pause * 2).then_some(pause)
    }

    fn fill(
        &self,
        report: &mut Report,
        snapshot: &Snapshot,
        verdict: &Verdict,
        tracked: &[Tracked],
    ) {
        report.visibility = report::visibility(snapshot);
        report.services = verdict.services.iter().map(report::service).collect();
        report.incidents = tracked
            .iter()
            .map(|t| report::incident(t, &verdict.roster))
            .collect();
        let counted = report.incidents.iter().filter(|i| i.counts());
        let highest = counted.map(|i| i.severity).min();
        report.severity = highest.unwrap_or(Severity::Sev4);
        report.exit_code = ExitStatus::of_verdict(highest, self.exit_zero).code();
        for incident in &mut report.incidents {
            if let (Some(mute), Some(_)) = (&self.mute, &incident.notification.channel) {
                incident.notification.why += &format!("; not sent: {mute}");
            }
        }
        report.llm = Llm {
            note: self.model_off.clone(),
            ..Llm::default()
        };
        report.requests = Requests {
            kubernetes: snapshot.requests,
            ..Requests::default()
        };
    }
}

/// Reads a dump in place of the API.
///
/// # Errors
/// When there is nothing in it to judge.
pub fn from_dump(path: &std::path::Path, now: Option<DateTime<Utc>>) -> Result<Source, Error> {
    Ok(Source::Dump(Box::new(dump::read(path, now)?)))
}

/// The one clock. Reports count in seconds.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the edge where time enters")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}
