//! One cycle, in the order in which it happens.

mod collect;
mod deliver;
mod enrich;
mod state_session;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::agents::Agents;
use crate::assess::{self, EvaluateInput, Rule, Verdict};
use crate::cluster::api::Cluster;
use crate::cluster::{Resource, Snapshot, dump};
use crate::config::Config;
use crate::detect;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{Inventory, Service};
use crate::lifecycle::{self, Due, Observation, Rendered, Tracked, Transition};
use crate::model::{Mode, Severity, now};
use crate::net::{Http, Peer, SystemClock};
use crate::notify::{self, MessageExtras, RenderContext};
use crate::report::{self, Report};
use crate::runtime::termination;
use crate::state::{State, Store};

pub use deliver::DeliveryMode;
use enrich::{Enricher, Enrichment};
use state_session::StateSession;

/// What a cycle works with.
pub struct Cycle<'a> {
    /// Settings.
    pub config: &'a Config,
    /// The services file.
    pub inventory: &'a Inventory,
    /// Where the objects come from.
    pub source: Source<'a>,
    /// What earlier cycles left.
    pub store: &'a dyn Store,
    /// The client for everything that is not the cluster.
    pub http: &'a Http,
    /// Whether commits are looked for.
    pub github: bool,
    /// The one service that matters in a triage.
    pub focus: Option<&'a str>,
    /// When the cycle must be over.
    pub deadline: Instant,
    /// A full cycle, or the triage of one service.
    pub mode: Mode,
    /// Neither send nor write.
    pub dry_run: bool,
    /// Map 1 to 3 to 0.
    pub exit_zero: bool,
    /// What to do with messages.
    pub delivery: DeliveryMode<'a>,
    /// Why the model is not asked, if so.
    pub model_off: Option<String>,
    /// What must be known of this run before it begins.
    pub notes: Vec<String>,
    /// A line for whoever watches, at the start of each stage.
    pub progress: &'a dyn Fn(&str),
}

/// Where the objects come from.
pub enum Source<'a> {
    /// An API server.
    Live(&'a Cluster),
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
    /// What is remembered after it.
    pub state: State,
    /// Whether the whole cluster was seen and all that was due was said.
    pub is_whole: bool,
}

impl<'a> Cycle<'a> {
    /// Runs the cycle.
    ///
    /// # Errors
    /// When there is no verdict: the cluster cannot be read, or not in time.
    pub fn run(mut self) -> Result<Outcome, Error> {
        let began = Instant::now();
        let started_at = now();
        let mut memory = self.recall();
        let (snapshot, mut verdict) = self.see(&memory.state)?;
        self.notes.extend(snapshot.skew.map(collect::skewed));
        let inquiry = self.inquiry();
        let mut agents = Agents::new(self.config, self.http, self.model_off.take());
        let mut insight = Enrichment::default();
        if inquiry.is_due(&verdict) {
            (self.progress)("looking for commits and causes");
            insight = inquiry.ask(&mut agents, &mut memory.state, &snapshot, &mut verdict);
        }
        let Transition {
            tracked,
            due,
            state,
        } = self.advance(&memory.state, &snapshot, &mut verdict);
        memory.state = state;

        let mut report = self.report(&snapshot, &verdict, started_at);
        report.notes = std::mem::take(&mut self.notes);
        report.notes.append(&mut memory.notes);
        report.incidents = tracked
            .iter()
            .map(|t| reported(t, &verdict.monitored))
            .collect();
        let mut extras = insight.enrich(&mut report);
        verdict.incidents = tracked.into_iter().map(|t| t.incident).collect();
        self.conclude(&mut report);
        if self.delivery.needs_messages() {
            let (seen, said) = ((&snapshot, &verdict), (&*due, &report));
            inquiry.announce(&mut agents, &mut memory.state, seen, said, &mut extras);
        }
        report.llm = agents.llm(&memory.state.spend);

        let messages = self.write(due, &report, &memory.state, &extras, snapshot.now);
        if !messages.is_empty() && self.delivery.stores() {
            (self.progress)("sending messages");
        }
        let mode = std::mem::replace(&mut self.delivery, DeliveryMode::Off);
        let is_delivered = termination::finish_before_exit(|| {
            deliver::deliver(mode, &mut memory, messages, &mut report, snapshot.now)
        });
        report.requests.slack = self.http.attempts(Peer::Slack);
        report.requests.anthropic = self.http.attempts(Peer::Anthropic);
        report.requests.github = self.http.attempts(Peer::Github);
        report.requests.kubernetes = snapshot.requests + self.store.requests();
        if self.is_live() {
            report.cycle.finished_at = now() + snapshot.skew.unwrap_or_default();
        }
        report.cycle.duration_ms = millis(began);
        Ok(Outcome {
            is_whole: is_delivered && !is_blind(&report),
            snapshot,
            verdict,
            report,
            state: memory.state,
        })
    }

    /// What earlier cycles left; for this one alone if it writes.
    fn recall(&self) -> StateSession<'a> {
        if self.delivery.stores() {
            StateSession::acquire(self.store, &SystemClock, self.remaining() / 2)
        } else {
            StateSession::load(self.store)
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.source, Source::Live(_))
    }

    fn judge(&self, snapshot: &Snapshot, state: &State) -> Verdict {
        let grounds = EvaluateInput {
            inventory: self.inventory,
            look_back: self.config.interval,
            restarts: &detect::restarts_at(snapshot, &state.restarts, state.restarts_at),
            outages: &lifecycle::outages(state),
            unlisted: self.config.unlisted_tier,
        };
        assess::evaluate(snapshot, &grounds)
    }

    fn inquiry(&self) -> Enricher<'a> {
        Enricher {
            config: self.config,
            inventory: self.inventory,
            http: self.http,
            github: self.github,
            focus: self.focus,
            deadline: self.deadline,
        }
    }

    fn advance(&self, state: &State, snapshot: &Snapshot, verdict: &mut Verdict) -> Transition {
        let today = Observation {
            incidents: std::mem::take(&mut verdict.incidents),
            is_read: &|resource| snapshot.is_read(resource),
            now: snapshot.now,
            local_now: snapshot.now - snapshot.skew.unwrap_or_default(),
            restarts: snapshot
                .is_read(Resource::Pods)
                .then(|| detect::restart_counts(snapshot)),
        };
        lifecycle::advance(state, today, self.config)
    }

    /// The messages that are due, in words.
    fn write(
        &self,
        due: Vec<Due>,
        report: &Report,
        state: &State,
        extras: &BTreeMap<String, MessageExtras>,
        now: DateTime<Utc>,
    ) -> Vec<(Due, Rendered)> {
        let scene = RenderContext {
            incidents: &report.incidents,
            services: &self.inventory.services,
            state,
            config: self.config,
            cluster: &report.cycle.cluster,
            cycle: &report.cycle.id,
            now,
            extras,
        };
        due.into_iter()
            .map(|due| {
                let rendered = notify::render(&due, &scene);
                (due, rendered)
            })
            .collect()
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn report(&self, snapshot: &Snapshot, verdict: &Verdict, started_at: DateTime<Utc>) -> Report {
        // A report goes by the clock of its snapshot, a drill by the moment of it.
        let started_at = match self.source {
            Source::Live(_) => started_at + snapshot.skew.unwrap_or_default(),
            Source::Dump(_) => snapshot.now,
        };
        let mut report = Report::new(report::Cycle {
            id: started_at.format("%Y%m%dT%H%M%SZ").to_string(),
            started_at,
            finished_at: started_at,
            duration_ms: 0,
            cluster: snapshot.cluster.clone(),
            mode: self.mode,
            dry_run: self.dry_run,
        });
        report.visibility = report::visibility(snapshot);
        report.services = verdict.services.iter().map(report::service).collect();
        report
    }

    /// What the incidents amount to.
    fn conclude(&self, report: &mut Report) {
        let counted = report.incidents.iter().filter(|i| i.counts());
        let highest = counted.map(|i| i.severity).min();
        report.severity = highest.unwrap_or(Severity::Sev4);
        report.exit_code = ExitStatus::of_verdict(highest, self.exit_zero).code();
    }
}

/// An incident with its id, its state and its notification.
fn reported(tracked: &Tracked, roster: &[Service]) -> report::Incident {
    report::Incident {
        id: tracked.id.clone(),
        state: tracked.state,
        silenced_until: tracked.silenced_until,
        notification: tracked.notification.clone(),
        ..report::draft(&tracked.incident, roster)
    }
}

/// Whether something was unread whose absence means not to see outages.
fn is_blind(report: &Report) -> bool {
    let open = |i: &&report::Incident| i.state != report::IncidentState::Resolved;
    let mut open = report.incidents.iter().filter(open);
    open.any(|i| i.rule == Rule::MonitoringBlind.as_str())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Reads a dump in place of the API.
///
/// # Errors
/// When there is nothing in it to judge.
pub fn from_dump<'a>(
    path: &std::path::Path,
    now: Option<DateTime<Utc>>,
) -> Result<Source<'a>, Error> {
    Ok(Source::Dump(Box::new(dump::read(path, now)?)))
}
