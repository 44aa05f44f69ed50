//! The arguments for clap, with the help texts.

#![allow(clippy::doc_markdown, reason = "these comments are the help texts")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{ArgAction, ArgGroup, Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;

use crate::model::secret::Secret;

use super::examples;
use super::values::{
    StateLocation, format_name, incident_id, not_blank, positive_duration, push_url, timestamp,
};
use super::{
    ColorChoice, Command, IncidentsCommand, MetricsOptions, ServicesCommand, SilenceCommand,
    SilenceTarget,
};

/// Monitors a K3s homelab: finds problems, their severity, cause and impact, and the commands to fix them
#[derive(Debug, Parser)]
#[command(name = "k8s-monitor", version, after_help = examples::PROGRAM, max_term_width = 80)]
pub struct Args {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Sub,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Services file, - for stdin [env: SERVICES_FILE] [default: the first of the usual places]
    #[arg(long, global = true, value_name = "FILE")]
    pub services: Option<PathBuf>,

    /// Configuration in YAML
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// KEY=VALUE lines for variables that the environment does not set
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,

    /// Kubeconfig [env: KUBECONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [env: K3S_CONTEXT]
    #[arg(long, global = true, value_name = "NAME", value_parser = not_blank)]
    pub context: Option<String>,

    /// Read a dump (directory or .tar.gz) instead of the API; nothing is sent or stored
    #[arg(long, global = true, value_name = "PATH")]
    pub snapshot: Option<PathBuf>,

    /// With --snapshot: the time of evaluation [default: the newest time in the dump]
    #[arg(long, global = true, value_name = "RFC3339", value_parser = timestamp)]
    pub now: Option<DateTime<Utc>>,

    /// With --snapshot: send and store anyway, as a drill
    #[arg(long, global = true)]
    pub send: bool,

    /// Location of the state: configmap:NAMESPACE/NAME, dir:PATH or none
    #[arg(long, global = true, value_name = "PLACE")]
    pub state: Option<StateLocation>,

    /// Output format: text, json, yaml, markdown or html
    // `snapshot -o PATH` has an option of this id of its own, so the types must be the same.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        value_parser = format_name(),
        default_value = "text",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub output: OsString,

    /// Do not use the language model, only the rules
    #[arg(long, global = true)]
    pub no_llm: bool,

    /// Time limit of the command [default: 120s, or the configuration's]
    #[arg(long, global = true, value_name = "DURATION", value_parser = positive_duration)]
    pub deadline: Option<Duration>,

    /// Colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help = "Colour: auto, always or never"
    )]
    pub color: ColorChoice,

    /// Log more; repeat for even more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Log less; repeat for no logs
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
}

#[derive(Debug, Subcommand)]
pub enum Sub {
    /// Run one full cycle: read the cluster, evaluate, notify, save the state
    #[command(after_help = examples::RUN)]
    Run {
        /// Send and save nothing; print each message, its channel and the reason
        #[arg(long)]
        dry_run: bool,
        /// Exit with 0 where the severity would be 1, 2 or 3
        #[arg(long)]
        exit_zero: bool,
        /// Write metrics to this file, for node exporter's textfile collector
        #[arg(long, value_name = "FILE")]
        metrics: Option<PathBuf>,
        /// Push metrics of the cycle to this Pushgateway [env: METRICS_PUSH_URL]
        #[arg(long, value_name = "URL", value_parser = push_url)]
        metrics_push: Option<Secret>,
    },
    /// Show everything about one service, without notifications and without state
    #[command(after_help = examples::CHECK, override_usage = examples::CHECK_USAGE)]
    Check {
        /// Name or alias from the services file
        #[arg(value_parser = not_blank)]
        name: Option<String>,
        /// The same as NAME
        #[arg(long, value_name = "NAME", value_parser = not_blank, conflicts_with = "name")]
        service: Option<String>,
    },
    /// Draft, lint, list or show the services file
    #[command(subcommand, after_help = examples::SERVICES)]
    Services(ServicesSub),
    /// Save everything that a cycle reads, redacted, to inspect or replay later
    #[command(after_help = examples::SNAPSHOT)]
    Snapshot {
        /// A directory, or an archive when it ends in .tar.gz
        #[arg(id = "output", short = 'o', value_name = "PATH", value_parser = clap::value_parser!(OsString))]
        path: OsString,
        /// Scripts pass it to every command. This one prints one line.
        #[arg(long = "output", hide = true, value_name = "FORMAT", value_parser = format_name())]
        format: Option<OsString>,
    },
    /// List open and resolved incidents and their notifications
    #[command(after_help = examples::INCIDENTS)]
    Incidents {
        /// Show this incident, for example INC-2026-11-02-001
        #[arg(value_parser = incident_id)]
        id: Option<String>,
        #[command(subcommand)]
        command: Option<IncidentsSub>,
    },
    /// Add, list or remove silences
    #[command(subcommand, after_help = examples::SILENCE)]
    Silence(SilenceSub),
    /// Check every dependency of the monitor, with a remedy for each problem
    #[command(after_help = examples::DOCTOR)]
    Doctor,
    /// Print a completion script for bash, elvish, fish, powershell or zsh
    #[command(after_help = examples::COMPLETIONS, help_template = examples::SHORT)]
    Completions {
        /// bash, elvish, fish, powershell or zsh
        #[arg(value_enum, hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual page, in roff
    #[command(after_help = examples::MAN, help_template = examples::SHORT)]
    Man,
}

#[derive(Debug, Subcommand)]
pub enum ServicesSub {
    /// Show every problem of the services file with line and column
    #[command(after_help = examples::SERVICES_LINT)]
    Lint,
    /// Draft a services file from the cluster or a dump
    #[command(after_help = examples::SERVICES_INIT)]
    Init {
        /// Show what runs and is not in this file, and the reverse
        #[arg(long, value_name = "FILE")]
        diff: Option<PathBuf>,
    },
    /// List the services with tier, namespace and max downtime
    #[command(after_help = examples::SERVICES_LIST)]
    List,
    /// Show all settings of one service
    #[command(after_help = examples::SERVICES_SHOW)]
    Show {
        /// Name or alias
        #[arg(value_parser = not_blank)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum IncidentsSub {
    /// List incidents, open ones first (the default)
    #[command(after_help = examples::INCIDENTS_LIST)]
    List,
    /// Show one incident
    #[command(after_help = examples::INCIDENTS_SHOW)]
    Show {
        /// For example INC-2026-11-02-001
        #[arg(value_parser = incident_id)]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum SilenceSub {
    /// Silence a service, a reason or one incident
    #[command(after_help = examples::SILENCE_ADD, override_usage = examples::SILENCE_ADD_USAGE)]
    Add(SilenceAdd),
    /// List active and scheduled silences
    #[command(after_help = examples::SILENCE_LIST)]
    List,
    /// End a silence early
    #[command(after_help = examples::SILENCE_REMOVE)]
    Remove {
        /// The id that `silence list` shows
        #[arg(value_parser = not_blank)]
        id: String,
    },
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("target").required(true).multiple(false))]
pub struct SilenceAdd {
    /// Silence incidents of this service
    #[arg(long, value_name = "NAME", group = "target", value_parser = not_blank)]
    service: Option<String>,
    /// Silence findings with this reason, for example BackupOverdue
    #[arg(long, value_name = "REASON", group = "target", value_parser = not_blank)]
    reason_code: Option<String>,
    /// Silence one incident, for example INC-2026-11-02-001
    #[arg(long, value_name = "ID", group = "target", value_parser = incident_id)]
    incident: Option<String>,
    /// Duration, for example 90m, 2h or 1d
    #[arg(long = "for", value_name = "DURATION", value_parser = positive_duration)]
    duration: Duration,
    /// Reason, shown in the report
    #[arg(long, value_name = "TEXT", value_parser = not_blank)]
    reason: String,
}

impl Sub {
    /// Whether it is about one service, and none is named.
    pub fn lacks_name(&self) -> bool {
        matches!(
            self,
            Self::Check {
                name: None,
                service: None
            }
        )
    }

    /// Where metrics go. Only full cycles have metrics.
    pub fn metrics(&self) -> MetricsOptions {
        match self {
            Self::Run {
                metrics,
                metrics_push,
                ..
            } => MetricsOptions {
                file: metrics.clone(),
                push: metrics_push.clone(),
            },
            _ => MetricsOptions::default(),
        }
    }

    pub fn into_command(self) -> Command {
        match self {
            Self::Run {
                dry_run, exit_zero, ..
            } => Command::Run { dry_run, exit_zero },
            Self::Check { name, service } => Command::Check {
                // `validate` has made sure of one of them.
                service: name.or(service).unwrap_or_default(),
            },
            Self::Services(sub) => Command::Services(match sub {
                ServicesSub::Init { diff } => ServicesCommand::Init { diff },
                ServicesSub::Lint => ServicesCommand::Lint,
                ServicesSub::List => ServicesCommand::List,
                ServicesSub::Show { name } => ServicesCommand::Show { name },
            }),
            Self::Snapshot { path, .. } => Command::Snapshot { path: path.into() },
            Self::Incidents { id, command } => Command::Incidents(match (id, command) {
                (_, Some(IncidentsSub::Show { id })) | (Some(id), None) => {
                    IncidentsCommand::Show { id }
                }
                (_, None | Some(IncidentsSub::List)) => IncidentsCommand::List,
            }),
            Self::Silence(sub) => Command::Silence(match sub {
                SilenceSub::Add(add) => add.into_command(),
                SilenceSub::List => SilenceCommand::List,
                SilenceSub::Remove { id } => SilenceCommand::Remove { id },
            }),
            Self::Doctor => Command::Doctor,
            Self::Completions { shell } => Command::Completions(shell),
            Self::Man => Command::Man,
        }
    }
}

impl SilenceAdd {
    fn into_command(self) -> SilenceCommand {
        // clap's group guarantees exactly one of them.
        let target = match (self.service, self.reason_code) {
            (Some(name), _) => SilenceTarget::Service(name),
            (None, Some(reason)) => SilenceTarget::ReasonCode(reason),
            (None, None) => SilenceTarget::Incident(self.incident.unwrap_or_default()),
        };
        SilenceCommand::Add {
            target,
            duration: self.duration,
            reason: self.reason,
        }
    }
}
