//! What every command starts from.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::logging;
use crate::cli::Options;
use crate::cluster::api::{self, Cluster, ConnectOptions, ProxyVariables};
use crate::config::{self, Config, Environment};
use crate::error::Error;
use crate::inventory::{self, Inventory, Origin, ServicesFile};
use crate::render::{Document, RenderOptions, render};
use crate::runtime::{fs_util, termination};

/// The deadline before the configuration is read.
const DEADLINE: Duration = Duration::from_secs(120);
/// Added to the deadline, which commands keep by themselves, before the process is ended.
const GRACE: Duration = Duration::from_secs(10);

/// Bytes of a services file. One with a thousand services has less than one megabyte.
const MAX_SERVICES: u64 = 4 << 20;
/// Bytes of a configuration file or a file of variables.
const MAX_OPTION_FILE: u64 = 1 << 20;

/// Options joined with environment and configuration file.
pub struct Session<'a> {
    pub options: &'a Options,
    pub env: Environment,
    pub config: Config,
    began: Instant,
}

impl<'a> Session<'a> {
    pub fn open(options: &'a Options) -> Result<Self, Error> {
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
        let file = file.as_ref().map(|(path, text)| (*path, text.as_str()));
        let loaded = Config::load(file, &env)?;
        termination::exit_after(options.deadline(&loaded.config) + GRACE);
        logging::start(options, &loaded.config);
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

    /// When this command must have ended.
    pub fn deadline(&self) -> Instant {
        self.began + self.options.deadline(&self.config)
    }

    /// Which services file counts: that of the option or the variable, else the first of the
    /// usual places that exists.
    pub fn services_file(&self) -> ServicesFile {
        if let Some(named) = self.options.services_file(&self.config) {
            return named;
        }
        let places = inventory::places(self.config_home().as_deref());
        let found = places.iter().find(|place| place.exists()).cloned();
        let origin = if found.is_some() {
            Origin::Found
        } else {
            Origin::Nowhere(places)
        };
        ServicesFile {
            path: found,
            origin,
        }
    }

    /// The directory of the user's configuration files.
    fn config_home(&self) -> Option<PathBuf> {
        let path = |name: &str| {
            let value = self.env.get(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        path("XDG_CONFIG_HOME").or_else(|| Some(path("HOME")?.join(".config")))
    }

    /// The services file and its content. Without a file nothing is listed.
    pub fn inventory(&self) -> Result<(ServicesFile, Inventory), Error> {
        let file = self.services_file();
        let inventory = match &file.path {
            Some(path) => read_services(path)?,
            None => Inventory::default(),
        };
        Ok((file, inventory))
    }

    /// The services file of a command that is about this file.
    pub fn existing_inventory(&self) -> Result<(PathBuf, Inventory), Error> {
        match self.inventory()? {
            (
                ServicesFile {
                    path: Some(path), ..
                },
                inventory,
            ) => Ok((path, inventory)),
            (ServicesFile { origin, .. }, _) => Err(Error::NoServicesFile { origin }),
        }
    }

    /// The services file with at least one service, or none at all.
    pub fn services_to_monitor(&self) -> Result<(ServicesFile, Inventory), Error> {
        match self.inventory()? {
            (
                ServicesFile {
                    path: Some(path), ..
                },
                inventory,
            ) if inventory.services.is_empty() => Err(Error::NoServices { path }),
            found => Ok(found),
        }
    }

    pub fn connect(&self) -> Result<Cluster, Error> {
        let files = self.options.kubeconfig_files(&self.config);
        let joined = std::env::join_paths(&files).ok();
        let joined = joined.filter(|_| !files.is_empty());
        let connect = ConnectOptions {
            kubeconfig: joined.map(PathBuf::from),
            context: self.options.context(&self.config).map(ToOwned::to_owned),
        };
        let proxy = self.config.https_proxy.as_ref();
        let proxies = ProxyVariables {
            https_proxy: proxy.map(|proxy| proxy.expose().to_owned()),
            no_proxy: self.config.no_proxy.clone(),
        };
        Ok(api::connect(&connect, &proxies)?)
    }

    /// A document in the form that `--output` names.
    pub fn render(&self, document: &impl Document) -> Result<String, Error> {
        let is_terminal = io::stdout().is_terminal();
        let columns = self.env.get("COLUMNS").and_then(|text| text.parse().ok());
        let columns = columns.filter(|columns| (40..=200).contains(columns));
        let options = RenderOptions {
            color: self.options.color.enabled(is_terminal, &self.env),
            width: columns.unwrap_or_else(terminal_width),
        };
        Ok(render(document, self.options.output, options)?)
    }
}

/// The content of a services file.
pub fn read_services(path: &Path) -> Result<Inventory, Error> {
    let is_stdin = path == Path::new("-") || path == Path::new("/dev/stdin");
    let bytes = if is_stdin {
        let mut bytes = Vec::new();
        let read = io::stdin()
            .lock()
            .take(MAX_SERVICES)
            .read_to_end(&mut bytes);
        read.map(|_| bytes)
    } else {
        fs_util::read(path, MAX_SERVICES)
    };
    match bytes {
        Ok(bytes) => Ok(inventory::parse(&bytes)),
        Err(cause) => Err(Error::ServicesFile {
            path: path.to_owned(),
            cause,
        }),
    }
}

/// The columns of the terminal, at most 80: longer lines are hard to read.
fn terminal_width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    terminal.map_or(80, |(width, _)| usize::from(width.0).clamp(40, 80))
}

/// The name of a service by name or alias. The parts of K3s count as services.
pub fn service_name(
    name: &str,
    file: &ServicesFile,
    inventory: &Inventory,
) -> Result<String, Error> {
    let listed = inventory.get(name).map(|service| service.name.clone());
    let builtin = || {
        let mut builtin = inventory::builtin().into_iter();
        let found = builtin.find(|service| service.is_called(name));
        found.map(|service| service.name)
    };
    let found = listed.or_else(builtin);
    found.ok_or_else(|| unknown_service(name, file, inventory))
}

pub fn unknown_service(name: &str, file: &ServicesFile, inventory: &Inventory) -> Error {
    Error::UnknownService {
        name: name.to_owned(),
        file: file.clone(),
        nearest: inventory.nearest(name).map(ToOwned::to_owned),
    }
}

fn read_option(option: &'static str, path: &Path) -> Result<String, Error> {
    fs_util::read_text(path, MAX_OPTION_FILE).map_err(|cause| Error::OptionFile {
        option,
        path: path.to_owned(),
        cause,
    })
}
