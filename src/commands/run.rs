//! `run`: a full cycle. Also the cycle that `check` shares.

use std::io::{self, IsTerminal as _, Write as _};

use super::CommandOutput;
use super::session::Session;
use crate::cli::StateLocation;
use crate::cluster::Objects;
use crate::cluster::api::Cluster;
use crate::config::Endpoints;
use crate::cycle::{self, Cycle, DeliveryMode, Outcome, Source};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{Inventory, ServicesFile};
use crate::model::Mode;
use crate::net::Http;
use crate::notify::receivers;
use crate::report::{self, RunDocument};
use crate::runtime::termination;
use crate::state;
use crate::telemetry::{heartbeat, metrics};

/// Options of a cycle.
pub struct CycleOptions<'a> {
    pub mode: Mode,
    /// The one service that `check` is about.
    pub focus: Option<&'a str>,
    pub dry_run: bool,
    pub exit_zero: bool,
}

const NO_TOKEN: &str = "no notifications are sent: SLACK_BOT_TOKEN is not set";

impl Session<'_> {
    pub(super) fn run(&self, dry_run: bool, exit_zero: bool) -> Result<CommandOutput, Error> {
        let http = Http::new(&self.config);
        let heartbeat = HeartbeatGuard::start(self, &http, dry_run);
        let result = self.run_cycle(&http, dry_run, exit_zero);
        if let Ok((outcome, _)) = &result
            && !dry_run
            && !self.is_offline()
        {
            self.export_metrics(&http, outcome);
        }
        heartbeat.end(&result);
        let (outcome, status) = result?;
        let has_state = self.options.state != Some(StateLocation::None);
        let history = has_state.then(|| state::history(&outcome.state));
        let document = RunDocument::new(&outcome.report, history);
        Ok((self.render(&document)?, status))
    }

    fn run_cycle(
        &self,
        http: &Http,
        dry_run: bool,
        exit_zero: bool,
    ) -> Result<(Outcome, ExitStatus), Error> {
        let (file, inventory) = self.services_to_monitor()?;
        let options = CycleOptions {
            mode: Mode::Run,
            focus: None,
            dry_run,
            exit_zero,
        };
        let mut outcome = self.cycle(http, (&file, &inventory), &options)?;
        // The report needs the objects no longer. Both together would double the peak of
        // memory.
        outcome.snapshot.objects = Objects::default();
        let status = exit_status(&outcome, exit_zero);
        Ok((outcome, status))
    }

    /// Metrics of the cycle, if configured. Failures are logged.
    fn export_metrics(&self, http: &Http, outcome: &Outcome) {
        let report = &outcome.report;
        // Prometheus compares this time with the clock of this machine, not with the API
        // server's.
        let ended = report.cycle.finished_at - outcome.snapshot.skew.unwrap_or_default();
        let text = report::metrics(report, ended);
        if let Some(path) = &self.options.metrics.file
            && let Err(error) = metrics::write(path, &text)
        {
            log::warn!("{error}");
        }
        if let Some(gateway) = self.options.metrics_push(&self.config) {
            let cluster = &report.cycle.cluster;
            let pushed = metrics::push(http, gateway, cluster, &text, self.deadline());
            if let Err(error) = pushed {
                log::warn!("{error}");
            }
        }
    }

    pub(super) fn cycle(
        &self,
        http: &Http,
        (services_file, inventory): (&ServicesFile, &Inventory),
        options: &CycleOptions,
    ) -> Result<Outcome, Error> {
        let quiet = self.options.verbosity.is_quiet() || !io::stderr().is_terminal();
        let cluster = self.cluster()?;
        let access = self.state_access(cluster.as_ref());
        let store = self.store(&access.place, cluster.as_ref());
        let (delivery, mut notes) = self.delivery_mode(http, options);
        notes.extend(access.note.clone());
        Cycle {
            config: &self.config,
            services_file,
            inventory,
            source: self.source(cluster.as_ref())?,
            store: &*store,
            http,
            github: self.uses_github(),
            deadline: self.deadline(),
            mode: options.mode,
            dry_run: options.dry_run,
            exit_zero: options.exit_zero,
            delivery,
            focus: options.focus,
            model_off: self.model_is_off(),
            notes,
            progress: &|stage| {
                if !quiet {
                    let _ = writeln!(io::stderr(), "{stage} ...");
                }
            },
        }
        .run()
    }

    /// How messages are delivered. `check` and a run on a dump send none, except with
    /// `--send`.
    fn delivery_mode<'h>(
        &'h self,
        http: &'h Http,
        options: &CycleOptions,
    ) -> (DeliveryMode<'h>, Vec<String>) {
        let mut notes = Vec::new();
        if options.mode == Mode::Check || self.is_offline() && !options.dry_run {
            return (DeliveryMode::Off, notes);
        }
        let notifiers = receivers::configured(&self.config, http);
        let has_none = notifiers.is_empty();
        notes.extend(has_none.then(|| NO_TOKEN.to_owned()));
        let mode = if options.dry_run {
            DeliveryMode::DryRun
        } else if has_none {
            DeliveryMode::StoreOnly {
                why: "SLACK_BOT_TOKEN is not set",
            }
        } else {
            DeliveryMode::Send {
                notifiers,
                clock: http.clock(),
                deadline: self.deadline(),
            }
        };
        (mode, notes)
    }

    /// Whether the run is on a dump and without `--send`: it contacts no service of the
    /// internet, except at an endpoint that the configuration names.
    fn is_offline(&self) -> bool {
        self.options
            .snapshot
            .as_ref()
            .is_some_and(|dump| !dump.send)
    }

    fn uses_github(&self) -> bool {
        !self.is_offline() || self.config.endpoints.github != Endpoints::GITHUB
    }

    fn model_is_off(&self) -> Option<String> {
        if !self.options.llm {
            return Some("--no-llm".to_owned());
        }
        let is_own = self.config.endpoints.anthropic != Endpoints::ANTHROPIC;
        let is_off = self.is_offline() && !is_own && self.config.keys.anthropic.is_some();
        is_off.then(|| "not called for a dump, except with --send".to_owned())
    }

    pub(super) fn source<'c>(&self, cluster: Option<&'c Cluster>) -> Result<Source<'c>, Error> {
        match (&self.options.snapshot, cluster) {
            (None, Some(cluster)) => Ok(Source::Live(cluster)),
            (Some(dump), _) => cycle::from_dump(&dump.path, dump.now),
            (None, None) => unreachable!("without a dump there is a cluster"),
        }
    }
}

pub fn exit_status(outcome: &Outcome, exit_zero: bool) -> ExitStatus {
    let counted = outcome.report.incidents.iter().filter(|i| i.counts());
    ExitStatus::of_verdict(counted.map(|i| i.severity).min(), exit_zero)
}

/// The heartbeat of a cycle on a live cluster, if configured.
struct HeartbeatGuard<'a> {
    session: &'a Session<'a>,
    http: &'a Http,
    is_on: bool,
}

impl<'a> HeartbeatGuard<'a> {
    fn start(session: &'a Session, http: &'a Http, dry_run: bool) -> Self {
        let guard = Self {
            session,
            http,
            is_on: !dry_run && session.options.snapshot.is_none(),
        };
        if let (true, Some(url)) = (guard.is_on, &session.config.heartbeat) {
            let (secret, own) = (url.clone(), Http::new(&session.config));
            termination::set_shutdown_hook(move |why| heartbeat::interrupted(&secret, &own, why));
            heartbeat::start(url, http, "cycle started");
        }
        guard
    }

    fn end(&self, result: &Result<(Outcome, ExitStatus), Error>) {
        let (true, Some(url)) = (self.is_on, &self.session.config.heartbeat) else {
            return;
        };
        match result {
            Ok((outcome, status)) => {
                let report = &outcome.report;
                let line = format!("{}, exit status {}", report::summary(report), status.code());
                if outcome.is_whole {
                    heartbeat::success(url, self.http, &line);
                } else {
                    heartbeat::fail(url, self.http, &line);
                }
            }
            Err(error) => {
                let line = format!("exit status {}: {error}", error.status().code());
                heartbeat::fail(url, self.http, &line);
            }
        }
    }
}
