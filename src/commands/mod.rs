//! From options to exit status: which command, with what, and its output.
//!
//! [`cycle`] holds the commands that look at the cluster, [`memory`] those that
//! live by what earlier cycles left, [`doctor`] the one that asks whether all of
//! it works.

mod doctor;
mod incidents;
mod run;
pub mod service_view;

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use log::{Log, Metadata, Record};

use crate::cli::{self, Command, Options, OutputFormat, ServicesCommand};
use crate::cluster::api::{self, ConnectOptions, ProxyVariables};
use crate::config::{self, Config, Environment};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{self, Inventory, Level};
use crate::report::RenderOptions;
use crate::runtime::termination;

/// Runs the command. Its result is on stdout whole or not at all.
#[must_use]
pub fn run(options: &Options) -> ExitStatus {
    match execute(options) {
        Ok((text, status)) => printed(&print(&text), status),
        Err(error) => {
            let _ = writeln!(io::stderr(), "k8s-monitor: {error}");
            error.status()
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    termination::start_printing();
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// The status, once the result is written or could not be. A reader that went away has
/// read enough: no reason to fail.
#[must_use]
pub fn printed(outcome: &io::Result<()>, status: ExitStatus) -> ExitStatus {
    match outcome {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "k8s-monitor: the result cannot be written to stdout: {cause}"
            );
            status.without_output()
        }
        _ => status,
    }
}

/// For what is read before the configuration says how long.
const DEADLINE: Duration = Duration::from_secs(120);
/// For the last words of what keeps its deadline by itself.
const GRACE: Duration = Duration::from_secs(10);

type CommandOutput = (String, ExitStatus);

fn execute(options: &Options) -> Result<CommandOutput, Error> {
    match &options.command {
        Command::Completions(shell) => return Ok((cli::completions(*shell), ExitStatus::Healthy)),
        Command::Man => return Ok((cli::man(), ExitStatus::Healthy)),
        _ => {}
    }
    let session = Session::open(options)?;
    match &options.command {
        Command::Services(command) => session.services(command),
        Command::Snapshot { path } => session.capture(path),
        Command::Check { service } => session.check(service),
        Command::Doctor => session.doctor(),
        Command::Run { dry_run, exit_zero } => session.run(*dry_run, *exit_zero),
        Command::Incidents(command) => session.incidents(command),
        Command::Silence(command) => session.silence(command),
        _ => unreachable!("commands without a session ended above"),
    }
}

/// Options joined with environment and configuration file.
struct Session<'a> {
    options: &'a Options,
    env: Environment,
    config: Config,
    began: Instant,
}

impl<'a> Session<'a> {
    fn open(options: &'a Options) -> Result<Self, Error> {
        let began = Instant::now();
        termination::exit_after(options.deadline.unwrap_or(DEADLINE) + GRACE);
        let mut env = config::process_environment()?;
        if let Some(path) = &options.env_file {
            let text = read_option("--env-file", path)?;
            config::env_file::apply(&mut env, path, &text)?;
        }
        let file = match &options.config {
            Some(path) => Some((path.as_path(), read_option("--config", path)?)),
            None => None,
        };
        let loaded = Config::load(
            file.as_ref().map(|(path, text)| (*path, text.as_str())),
            &env,
        )?;
        termination::exit_after(options.deadline(&loaded.config) + GRACE);
        start_log(options, &loaded.config);
        for warning in &loaded.warnings {
            log::warn!("{warning}");
        }
        Ok(Self {
            options,
            env,
            config: loaded.config,
            began,
        })
    }

    fn inventory(&self) -> Result<(PathBuf, Inventory), Error> {
        let path = self.options.services_file(&self.config);
        let bytes = fs::read(&path).map_err(|cause| Error::ServicesFile {
            path: path.clone(),
            cause,
        })?;
        let inventory = inventory::parse(&bytes);
        Ok((path, inventory))
    }

    /// The services file, with at least one service in it.
    fn watched(&self) -> Result<(PathBuf, Inventory), Error> {
        let (path, inventory) = self.inventory()?;
        if inventory.services.is_empty() {
            return Err(Error::NoServices { path });
        }
        Ok((path, inventory))
    }

    fn services(&self, command: &ServicesCommand) -> Result<CommandOutput, Error> {
        let (path, inventory) = self.inventory()?;
        let form = self.options.output;
        let is_for_people = is_for_people(form, "services")?;
        let text = match command {
            ServicesCommand::Lint => return lint(&path, &inventory, form),
            ServicesCommand::List if is_for_people => inventory::render::list(&inventory),
            ServicesCommand::List => render(&inventory::json::list(&inventory), form)?,
            ServicesCommand::Show { name } => {
                let service = inventory
                    .get(name)
                    .ok_or_else(|| unknown(name, &path, &inventory))?;
                if is_for_people {
                    inventory::render::show(service, &inventory)
                } else {
                    render(&inventory::json::show(service), form)?
                }
            }
        };
        Ok((text, ExitStatus::Healthy))
    }

    fn connect(&self) -> Result<api::Cluster, Error> {
        let files = self.options.kubeconfig_files(&self.config);
        let joined = std::env::join_paths(&files)
            .ok()
            .filter(|_| !files.is_empty());
        let connect = ConnectOptions {
            kubeconfig: joined.map(PathBuf::from),
            context: self.options.context(&self.config).map(ToOwned::to_owned),
        };
        let proxies = ProxyVariables {
            https_proxy: self
                .config
                .https_proxy
                .as_ref()
                .map(|p| p.expose().to_owned()),
            no_proxy: self.config.no_proxy.clone(),
        };
        Ok(api::connect_through(&connect, &proxies)?)
    }

    /// When this run must be over.
    fn deadline(&self) -> Instant {
        self.began + self.options.deadline(&self.config)
    }

    fn looks(&self) -> RenderOptions {
        let terminal = io::stdout().is_terminal();
        let columns = self.env.get("COLUMNS").and_then(|c| c.parse().ok());
        RenderOptions {
            color: self.options.color.enabled(terminal, &self.env),
            width: columns
                .filter(|c| (40..=200).contains(c))
                .unwrap_or_else(page_width),
        }
    }
}

/// 80, or what a narrower terminal has: longer lines are hard to read.
fn page_width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    terminal.map_or(80, |(width, _)| usize::from(width.0).clamp(40, 80))
}

fn lint(
    path: &std::path::Path,
    inventory: &Inventory,
    form: OutputFormat,
) -> Result<CommandOutput, Error> {
    let file_name = path.display().to_string();
    let text = if is_for_people(form, "services")? {
        inventory::lint::report(inventory, &file_name)
    } else {
        render(&inventory::json::lint(inventory, &file_name), form)?
    };
    let errors = inventory
        .diagnostics
        .iter()
        .filter(|d| d.level == Level::Error)
        .count();
    if inventory.services.is_empty() && errors == 0 {
        return Err(Error::NoServices {
            path: path.to_owned(),
        });
    }
    let status = if errors == 0 {
        ExitStatus::Healthy
    } else {
        ExitStatus::BadInput
    };
    Ok((text, status))
}

fn unknown(name: &str, path: &std::path::Path, inventory: &Inventory) -> Error {
    Error::UnknownService {
        name: name.to_owned(),
        path: path.to_owned(),
        nearest: inventory.nearest(name).map(ToOwned::to_owned),
    }
}

/// Whether a list is written for people, in text that serves as Markdown too.
/// Only reports have pages.
fn is_for_people(form: OutputFormat, command: &'static str) -> Result<bool, Error> {
    match form {
        OutputFormat::Text | OutputFormat::Markdown => Ok(true),
        OutputFormat::Json | OutputFormat::Yaml => Ok(false),
        OutputFormat::Html => Err(Error::NoSuchForm { command }),
    }
}

/// A document for programs.
fn render(value: &serde_json::Value, form: OutputFormat) -> Result<String, Error> {
    let rendered = match form {
        OutputFormat::Yaml => serde_yaml::to_string(value).map_err(|e| e.to_string()),
        _ => serde_json::to_string_pretty(value).map_err(|e| e.to_string()),
    };
    let text = rendered.map_err(Error::Render)?;
    Ok(format!("{}\n", text.trim_end()))
}

fn read_option(option: &'static str, path: &std::path::Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|cause| Error::OptionFile {
        option,
        path: path.to_owned(),
        cause,
    })
}

/// What this program says and no library of its: clients log whole answers, headers and
/// addresses, which may hold secrets. Outside of the filter, where no directive leads.
struct CrateFilter(env_logger::Logger);

impl Log for CrateFilter {
    fn enabled(&self, metadata: &Metadata) -> bool {
        let path = metadata.target().strip_prefix(env!("CARGO_CRATE_NAME"));
        path.is_some_and(|path| path.is_empty() || path.starts_with("::"))
            && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Logs go to stderr.
fn start_log(options: &Options, config: &Config) {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(options.verbosity.level());
    if let Some(filter) = &config.rust_log {
        builder.parse_filters(filter);
    }
    builder.format_timestamp(None).format_target(false);
    let logger = builder.build();
    let level = logger.filter();
    // A second start in one process (tests) keeps the first.
    if log::set_boxed_logger(Box::new(CrateFilter(logger))).is_ok() {
        log::set_max_level(level);
    }
}
