//! One cycle: collect, evaluate, enrich, advance, render, deliver, record.

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
use crate::cluster::{Snapshot, dump};
use crate::config::Config;
use crate::detect;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{Inventory, Service, ServicesFile};
use crate::lifecycle::{self, Due, Observation, Rendered, Tracked, Transition};
use crate::model::{Mode, Resource, Severity, now};
use crate::net::{Http, Peer, SystemClock};
use crate::notify::{self, MessageExtras, RenderContext};
use crate::report::{self, Report};
use crate::runtime::termination;
use crate::state::{State, Store};

pub use deliver::DeliveryMode;
use state_session::StateSession;

/// The inputs of a cycle.
pub struct Cycle<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Which services file it is.
    pub services_file: &'a ServicesFile,
    /// The services file.
    pub inventory: &'a Inventory,
    /// The source of the objects.
    pub source: Source<'a>,
    /// The store of the state.
    pub store: &'a dyn Store,
    /// The HTTP client for everything except the cluster.
    pub http: &'a Http,
    /// Whether to search for commits on GitHub.
    pub github: bool,
    /// The service of `check`; `None`: all services.
    pub focus: Option<&'a str>,
    /// When the cycle must end.
    pub deadline: Instant,
    /// `run` or `check`.
    pub mode: Mode,
    /// Whether to send and write nothing.
    pub dry_run: bool,
    /// Whether exit statuses 1 to 3 become 0.
    pub exit_zero: bool,
    /// What to do with messages.
    pub delivery: DeliveryMode<'a>,
    /// Why the model is not asked.
    pub model_off: Option<String>,
    /// Notes for the report from before the cycle.
    pub notes: Vec<String>,
    /// Shows the current step to the user.
    pub progress: &'a dyn Fn(&str),
}

/// The source of the objects.
pub enum Source<'a> {
    /// An API server.
    Live(&'a Cluster),
    /// A dump that was read.
    Dump(Box<Snapshot>),
}

/// The result of a cycle.
pub struct Outcome {
    /// The cluster.
    pub snapshot: Snapshot,
    /// The evaluation.
    pub verdict: Verdict,
    /// The report.
    pub report: Report,
    /// The state after the cycle.
    pub state: State,
    /// Whether all required kinds were read and all due messages were delivered.
    pub is_whole: bool,
}

impl<'a> Cycle<'a> {
    /// Runs the cycle.
    ///
    /// # Errors
    /// When the cluster cannot be read before the deadline.
    pub fn run(mut self) -> Result<Outcome, Error> {
        let start = (Instant::now(), now());
        let mut session = self.open_session();
        let (snapshot, mut verdict) = self.collect(&session.state)?;
        let mut agents = Agents::new(self.config, self.http, self.model_off.take());
        let enrichment = self.enrich(&mut agents, &mut session.state, &snapshot, &mut verdict);
        let (tracked, due) = self.advance(&mut session.state, &snapshot, &mut verdict);
        let mut report = self.report(start.1, &snapshot, &verdict, &mut session);
        self.add_incidents(&mut report, &tracked, &verdict.monitored);
        let mut extras = enrichment.add_to(&mut report);
        report.bound();
        verdict.incidents = tracked.into_iter().map(|t| t.incident).collect();
        if self.delivery.needs_messages() {
            let (seen, due) = ((&snapshot, &verdict), (&*due, &report));
            self.announce(&mut agents, &mut session.state, seen, due, &mut extras);
        }
        report.llm = agents.llm(&session.state.spend);
        let messages = self.render(due, &report, &session.state, &extras, snapshot.now);
        let is_delivered = self.deliver(messages, &mut session, &mut report, snapshot.now);
        self.record(&mut report, &snapshot, start.0);
        Ok(Outcome {
            is_whole: is_delivered && !is_blind(&report),
            snapshot,
            verdict,
            report,
            state: session.state,
        })
    }

    /// Loads the state, and locks it if this cycle writes it.
    fn open_session(&self) -> StateSession<'a> {
        if self.delivery.stores() {
            StateSession::acquire(self.store, &SystemClock, self.remaining() / 2)
        } else {
            StateSession::load(self.store)
        }
    }

    fn evaluate(&self, snapshot: &Snapshot, state: &State) -> Verdict {
        let input = EvaluateInput {
            inventory: self.inventory,
            look_back: self.config.interval,
            restarts: &detect::restarts_at(snapshot, &state.restarts, state.restarts_at),
            outages: &lifecycle::outages(state),
            unlisted: self.config.unlisted_tier,
        };
        assess::evaluate(snapshot, &input)
    }

    /// Compares the incidents with the state and decides which messages are due.
    fn advance(
        &self,
        state: &mut State,
        snapshot: &Snapshot,
        verdict: &mut Verdict,
    ) -> (Vec<Tracked>, Vec<Due>) {
        let observation = Observation {
            incidents: std::mem::take(&mut verdict.incidents),
            is_read: &|resource, namespace| snapshot.is_read_in(resource, namespace),
            now: snapshot.now,
            local_now: snapshot.now - snapshot.skew.unwrap_or_default(),
            restarts: snapshot
                .is_read(Resource::Pods)
                .then(|| detect::restart_counts(snapshot)),
            recoveries: std::mem::take(&mut verdict.recoveries),
        };
        let Transition {
            tracked,
            due,
            state: next,
        } = lifecycle::advance(state, observation, self.config);
        *state = next;
        (tracked, due)
    }

    /// The report without incidents.
    fn report(
        &mut self,
        started_at: DateTime<Utc>,
        snapshot: &Snapshot,
        verdict: &Verdict,
        session: &mut StateSession,
    ) -> Report {
        // The times of a report are those of the API server, or of the dump.
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
        report.services_file = report::services_file(
            self.services_file,
            self.inventory.services.len(),
            &verdict.unlisted,
        );
        if detect::workloads_are_read(snapshot) {
            let note = report::services_note(&report.services_file);
            report.notes.extend(note);
        }
        report.services = verdict.services.iter().map(report::service).collect();
        report.notes.append(&mut self.notes);
        report
            .notes
            .extend(snapshot.skew.map(collect::clock_skew_note));
        report
            .notes
            .extend(collect::logs_note(&snapshot.logs_left_out));
        report.notes.append(&mut session.notes);
        report
    }

    /// Adds the incidents, the highest severity and the exit status.
    fn add_incidents(&self, report: &mut Report, tracked: &[Tracked], monitored: &[Service]) {
        report.incidents = tracked.iter().map(|t| reported(t, monitored)).collect();
        let counted = report.incidents.iter().filter(|i| i.counts());
        let highest = Severity::highest(counted.map(|i| i.severity));
        report.severity = highest.unwrap_or(Severity::Sev4);
        report.exit_code = ExitStatus::of_verdict(highest, self.exit_zero).code();
    }

    fn render(
        &self,
        due: Vec<Due>,
        report: &Report,
        state: &State,
        extras: &BTreeMap<String, MessageExtras>,
        now: DateTime<Utc>,
    ) -> Vec<(Due, Rendered)> {
        let context = RenderContext {
            incidents: &report.incidents,
            services: &self.inventory.services,
            state,
            config: self.config,
            cluster: &report.cycle.cluster,
            cycle: &report.cycle.id,
            now,
            extras,
            model_refused: report.llm.refused.as_deref(),
        };
        due.into_iter()
            .map(|due| {
                let rendered = notify::render(&due, &context);
                (due, rendered)
            })
            .collect()
    }

    /// Stores the state and sends the messages. A signal does not interrupt it.
    fn deliver(
        &mut self,
        messages: Vec<(Due, Rendered)>,
        session: &mut StateSession,
        report: &mut Report,
        now: DateTime<Utc>,
    ) -> bool {
        if !messages.is_empty() && self.delivery.stores() {
            (self.progress)("sending messages");
        }
        let mode = std::mem::replace(&mut self.delivery, DeliveryMode::Off);
        termination::finish_before_exit(|| deliver::deliver(mode, session, messages, report, now))
    }

    /// Records requests and times in the report.
    fn record(&self, report: &mut Report, snapshot: &Snapshot, start: Instant) {
        report.requests.slack = self.http.attempts(Peer::Slack);
        report.requests.anthropic = self.http.attempts(Peer::Anthropic);
        report.requests.github = self.http.attempts(Peer::Github);
        report.requests.kubernetes = snapshot.requests + self.store.requests();
        if self.is_live() {
            report.cycle.finished_at = now() + snapshot.skew.unwrap_or_default();
        }
        let elapsed = start.elapsed().as_millis();
        report.cycle.duration_ms = u64::try_from(elapsed).unwrap_or(u64::MAX);
        // The notes of the delivery and the model came last.
        report.bound();
    }

    fn is_live(&self) -> bool {
        matches!(self.source, Source::Live(_))
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// The incident of the report, with ID, state and notification.
fn reported(tracked: &Tracked, monitored: &[Service]) -> report::Incident {
    report::Incident {
        id: tracked.id.clone(),
        state: tracked.state,
        end: tracked.end,
        silenced_until: tracked.silenced_until,
        notification: tracked.notification.clone(),
        ..report::draft(&tracked.incident, monitored)
    }
}

/// Whether a kind was not read without which outages are not found.
fn is_blind(report: &Report) -> bool {
    let mut incidents = report.incidents.iter();
    incidents.any(|incident| {
        incident.state != report::IncidentState::Resolved
            && incident.rule == Rule::MonitoringBlind.as_str()
    })
}

/// Reads a dump.
///
/// # Errors
/// When it contains no objects.
pub fn from_dump<'a>(
    path: &std::path::Path,
    now: Option<DateTime<Utc>>,
) -> Result<Source<'a>, Error> {
    Ok(Source::Dump(Box::new(dump::read(path, now)?)))
}
