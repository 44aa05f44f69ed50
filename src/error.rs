//! Errors that end a command, and their exit statuses.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cluster::api::{ConnectError, FetchError};
use crate::cluster::dump::DumpError;
use crate::config::ConfigError;
use crate::exit::ExitStatus;
use crate::inventory::{Origin, ServicesFile};
use crate::model::{Advice, Remedy};
use crate::render::RenderError;
use crate::state::StoreError;

/// Why a command has no result.
#[derive(Debug, Error)]
pub enum Error {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that an option names cannot be read.
    #[error("cannot read {option} {}: {cause}; {}", .path.display(), Advice(self))]
    OptionFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The services file cannot be read.
    #[error("cannot read the services file {}: {cause}; {}", .path.display(), Advice(self))]
    ServicesFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// There is no services file.
    #[error("no services file: it was {origin}; {}", Advice(self))]
    NoServicesFile {
        /// Where it was looked for.
        origin: Origin,
    },
    /// The services file contains no service.
    #[error("{} contains no service; {}", .path.display(), Advice(self))]
    NoServices {
        /// The file.
        path: PathBuf,
    },
    /// No service has this name.
    #[error("no service {name:?} in {}{}; {}", place(.file), suggested(.nearest.as_deref()), Advice(self))]
    UnknownService {
        /// The name.
        name: String,
        /// The services file.
        file: ServicesFile,
        /// The most similar name.
        nearest: Option<String>,
    },
    /// There is no client for the cluster.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The cluster could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The dump cannot be read or written.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The output cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StoreError),
    /// The command needs a state, and there is none.
    #[error("--state none stores no state; {}", Advice(self))]
    NoState,
    /// No incident or silence has this id.
    #[error("no {what} {id:?} in {store}; {}", Advice(self))]
    NotInState {
        /// `incident` or `silence`.
        what: &'static str,
        /// The id.
        id: String,
        /// Location of the state.
        store: String,
        /// The command that lists the ids.
        list: &'static str,
    },
    /// No reason or cause has this name.
    #[error("no reason {name:?}{}; {}", suggested(*.nearest), Advice(self))]
    UnknownReason {
        /// The name.
        name: String,
        /// The most similar name.
        nearest: Option<&'static str>,
    },
}

fn place(file: &ServicesFile) -> String {
    match &file.path {
        Some(path) => path.display().to_string(),
        None => format!(
            "the cluster's own parts, and the services file was {}",
            file.origin
        ),
    }
}

fn suggested(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(": did you mean {name:?}?"))
}

impl Error {
    /// The exit status.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::ServicesFile { .. }
            | Self::NoServicesFile { .. }
            | Self::NoServices { .. }
            | Self::Dump(_) => ExitStatus::BadInput,
            Self::UnknownService { .. }
            | Self::UnknownReason { .. }
            | Self::NotInState { .. }
            | Self::NoState => ExitStatus::Usage,
            Self::Fetch(FetchError::DeadlineExceeded { .. })
            | Self::State(StoreError::Conflict { .. }) => ExitStatus::DeadlineExceeded,
            Self::Fetch(_) | Self::State(StoreError::Cluster { .. }) => {
                ExitStatus::ClusterUnreadable
            }
            Self::Config(_) | Self::OptionFile { .. } | Self::Connect(_) | Self::State(_) => {
                ExitStatus::BadConfig
            }
            Self::Render(_) => ExitStatus::Defect,
        }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::OptionFile { .. } => "check the path and its permissions",
            Self::ServicesFile { .. } => {
                "pass --services FILE or set SERVICES_FILE (the format: docs/services-txt.md)"
            }
            Self::NoServicesFile { .. } => {
                "draft one with `k8s-monitor services init`, or pass --services FILE"
            }
            Self::NoServices { .. } => {
                "`k8s-monitor services lint` shows the problems, docs/services-txt.md the format"
            }
            Self::UnknownService { file, .. } if file.path.is_none() => {
                "draft a services file with `k8s-monitor services init`, or pass --services FILE"
            }
            Self::UnknownService { .. } => "run `k8s-monitor services list` for all names",
            Self::NoState => "pass the --state of `run`: configmap:NAMESPACE/NAME or dir:PATH",
            Self::NotInState { list, .. } => {
                return Some(format!("run `k8s-monitor {list}` for all ids"));
            }
            Self::UnknownReason { .. } => "see docs/findings.md for all reasons",
            Self::Connect(error) => return error.remedy(),
            Self::Fetch(error) => return error.remedy(),
            Self::State(error) => return error.remedy(),
            Self::Dump(error) => return error.remedy(),
            Self::Config(_) | Self::Render(_) => return None,
        };
        Some(remedy.to_owned())
    }
}
