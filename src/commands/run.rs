//! `run`, `check` and `snapshot`: the commands that look at the cluster.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use super::{CommandOutput, Session, unknown};
use crate::cli::{OutputFormat, StateLocation};
use crate::cluster::api::{Cluster, SnapshotRequest};
use crate::cluster::{Objects, dump};
use crate::commands::service_view;
use crate::config::Endpoints;
use crate::cycle::{self, Cycle, DeliveryMode, Outcome, Source};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{self, Inventory};
use crate::model::{Mode, now};
use crate::net::Http;
use crate::notify::Slack;
use crate::report;
use crate::runtime::termination;
use crate::state;
use crate::telemetry::{heartbeat, metrics};

/// What `run` and `check` have in common.
struct RunOptions<'a> {
    mode: Mode,
    focus: Option<&'a str>,
    dry_run: bool,
    exit_zero: bool,
}

const NO_TOKEN: &str = "nobody is told: SLACK_BOT_TOKEN is not set";

impl Session<'_> {
    pub(super) fn run(&self, dry_run: bool, exit_zero: bool) -> Result<CommandOutput, Error> {
        let http = Http::new(&self.config);
        let pulse = HeartbeatGuard::start(self, &http, dry_run);
        let done = self.cycle(&http, dry_run, exit_zero);
        if let Ok((outcome, _)) = &done
            && !dry_run
            && !self.is_silent()
        {
            self.measure(&http, outcome);
        }
        pulse.end(&done);
        let (outcome, status) = done?;
        let report = &outcome.report;
        let text = match self.options.output {
            OutputFormat::Text => report::text(report, &self.looks()),
            OutputFormat::Markdown => report::markdown(report, &self.looks()),
            form => self.document(&outcome, form)?,
        };
        Ok((text, status))
    }

    /// Metrics of the cycle, where somebody wants them. They decide nothing:
    /// what fails is logged.
    fn measure(&self, http: &Http, outcome: &Outcome) {
        let report = &outcome.report;
        // Whoever collects them has this machine's clock, or a better one.
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

    fn document(&self, outcome: &Outcome, form: OutputFormat) -> Result<String, Error> {
        let report = &outcome.report;
        let render = |error: String| Error::Render(error);
        match form {
            OutputFormat::Html => {
                let is_remembered = self.options.state != Some(StateLocation::None);
                let history = is_remembered.then(|| state::history(&outcome.state));
                Ok(report::html(report, history.as_ref()))
            }
            OutputFormat::Yaml => report::yaml(report).map_err(|e| render(e.to_string())),
            _ => report::json(report).map_err(|e| render(e.to_string())),
        }
    }

    fn cycle(
        &self,
        http: &Http,
        dry_run: bool,
        exit_zero: bool,
    ) -> Result<(Outcome, ExitStatus), Error> {
        let (_, inventory) = self.watched()?;
        let kind = RunOptions {
            mode: Mode::Run,
            focus: None,
            dry_run,
            exit_zero,
        };
        let mut outcome = self.look(http, &inventory, &kind)?;
        // All is said in the report, which is as large again where much is wrong.
        outcome.snapshot.objects = Objects::default();
        let status = status(&outcome, exit_zero);
        Ok((outcome, status))
    }

    pub(super) fn check(&self, name: &str) -> Result<CommandOutput, Error> {
        let (path, inventory) = self.watched()?;
        let known = inventory.get(name).map(|s| s.name.clone());
        let builtin = inventory::builtin()
            .into_iter()
            .find(|s| s.is_called(name))
            .map(|s| s.name);
        let service = known
            .or(builtin)
            .ok_or_else(|| unknown(name, &path, &inventory))?;
        let kind = RunOptions {
            mode: Mode::Check,
            focus: Some(&service),
            dry_run: false,
            exit_zero: false,
        };
        let mut outcome = self.look(&Http::new(&self.config), &inventory, &kind)?;
        service_view::narrow(&mut outcome.report, &service);
        let text = match self.options.output {
            OutputFormat::Text => report::check_text(
                &service_view::view(&outcome, &inventory, &service),
                &self.looks(),
            ),
            OutputFormat::Markdown => report::check_markdown(
                &service_view::view(&outcome, &inventory, &service),
                &self.looks(),
            ),
            form => self.document(&outcome, form)?,
        };
        Ok((text, status(&outcome, false)))
    }

    fn look(
        &self,
        http: &Http,
        inventory: &Inventory,
        kind: &RunOptions,
    ) -> Result<Outcome, Error> {
        let quiet = self.options.verbosity.is_quiet() || !io::stderr().is_terminal();
        let cluster = self.cluster()?;
        let recall = self.recall(cluster.as_ref());
        let store = self.store(&recall.place, cluster.as_ref());
        let (voice, mut notes) = self.voice(http, kind);
        notes.extend(recall.note.clone());
        Cycle {
            config: &self.config,
            inventory,
            source: self.source(cluster.as_ref())?,
            store: &*store,
            http,
            github: self.github_is_asked(),
            deadline: self.deadline(),
            mode: kind.mode,
            dry_run: kind.dry_run,
            exit_zero: kind.exit_zero,
            voice,
            focus: kind.focus,
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

    /// Whom to tell: nobody in a triage and of a dump; a drill and a cycle tell
    /// Slack, if they can.
    fn voice<'h>(&'h self, http: &'h Http, kind: &RunOptions) -> (DeliveryMode<'h>, Vec<String>) {
        let token = self.config.keys.slack.as_ref();
        let mut notes = Vec::new();
        if kind.mode == Mode::Check || self.is_silent() && !kind.dry_run {
            return (DeliveryMode::None, notes);
        }
        if token.is_none() {
            notes.push(NO_TOKEN.to_owned());
        }
        let voice = match token {
            _ if kind.dry_run => DeliveryMode::Plan,
            None => DeliveryMode::Mute,
            Some(token) => DeliveryMode::Slack {
                slack: Slack::new(http, &self.config.endpoints.slack, token),
                http,
                deadline: self.deadline(),
            },
        };
        (voice, notes)
    }

    /// A dump is judged without a word to anybody, unless somebody says so: by
    /// `--send`, or by naming an endpoint of their own.
    fn is_silent(&self) -> bool {
        self.options
            .snapshot
            .as_ref()
            .is_some_and(|dump| !dump.send)
    }

    fn github_is_asked(&self) -> bool {
        !self.is_silent() || self.config.endpoints.github != Endpoints::GITHUB
    }

    fn model_is_off(&self) -> Option<String> {
        if !self.options.llm {
            return Some("--no-llm".to_owned());
        }
        let is_own = self.config.endpoints.anthropic != Endpoints::ANTHROPIC;
        let is_off = self.is_silent() && !is_own && self.config.keys.anthropic.is_some();
        is_off.then(|| "not asked about a dump; --send asks".to_owned())
    }

    fn source<'c>(&self, cluster: Option<&'c Cluster>) -> Result<Source<'c>, Error> {
        match (&self.options.snapshot, cluster) {
            (None, Some(cluster)) => Ok(Source::Live(cluster)),
            (Some(dump), _) => cycle::from_dump(&dump.path, dump.now),
            (None, None) => unreachable!("without a dump there is a cluster"),
        }
    }

    /// Captures what a cycle reads.
    pub(super) fn capture(&self, path: &Path) -> Result<CommandOutput, Error> {
        let cluster = self.cluster()?;
        let snapshot = match self.source(cluster.as_ref())? {
            Source::Dump(snapshot) => *snapshot,
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                deadline: self.options.deadline(&self.config),
                look_back: self.config.interval,
            })?,
        };
        let written = dump::write(&snapshot, path)?;
        Ok((
            format!(
                "{}: {} objects and {} logs, redacted\n",
                written.path.display(),
                written.objects,
                written.logs
            ),
            ExitStatus::Healthy,
        ))
    }
}

fn status(outcome: &Outcome, exit_zero: bool) -> ExitStatus {
    let counted = outcome.report.incidents.iter().filter(|i| i.counts());
    ExitStatus::of_verdict(counted.map(|i| i.severity).min(), exit_zero)
}

/// The sign of life of a real cycle, where somebody listens for it.
struct HeartbeatGuard<'a> {
    session: &'a Session<'a>,
    http: &'a Http,
    is_on: bool,
}

impl<'a> HeartbeatGuard<'a> {
    fn start(session: &'a Session, http: &'a Http, dry_run: bool) -> Self {
        let pulse = Self {
            session,
            http,
            is_on: !dry_run && session.options.snapshot.is_none(),
        };
        if let (true, Some(url)) = (pulse.is_on, &session.config.heartbeat) {
            let (secret, own) = (url.clone(), Http::new(&session.config));
            termination::set_shutdown_hook(move |why| heartbeat::farewell(&secret, &own, why));
            heartbeat::start(url, http, "a cycle starts");
        }
        pulse
    }

    fn end(&self, done: &Result<(Outcome, ExitStatus), Error>) {
        let (true, Some(url)) = (self.is_on, &self.session.config.heartbeat) else {
            return;
        };
        match done {
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
