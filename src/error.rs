//! Errors that end a command, and their exit statuses.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cluster::api::{ConnectError, FetchError};
use crate::cluster::dump::DumpError;
use crate::config::ConfigError;
use crate::exit::ExitStatus;
use crate::state::StoreError;

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that an option names cannot be read.
    #[error("cannot read {option} {}: {cause}; check the path and its permissions", .path.display())]
    OptionFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The services file cannot be read.
    #[error(
        "cannot read the services file {}: {cause}; pass --services FILE or set SERVICES_FILE \
         (the format: docs/services-txt.md)", .path.display()
    )]
    ServicesFile {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The services file contains no service.
    #[error(
        "{} contains no service; `k8s-monitor services lint` shows the problems, docs/services-txt.md \
         the format", .path.display()
    )]
    NoServices {
        /// The file.
        path: PathBuf,
    },
    /// No service of that name.
    #[error(
        "no service {name:?} in {}{}; run `k8s-monitor services list` for all names", .path.display(),
        .nearest.as_ref().map_or_else(String::new, |n| format!(": did you mean {n:?}?"))
    )]
    UnknownService {
        /// The requested name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The most similar name.
        nearest: Option<String>,
    },
    /// The client could not be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The cluster could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The dump cannot be read or written.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The report cannot be rendered in the requested format.
    #[error("cannot write the report: {0}")]
    Render(String),
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StoreError),
    /// `--state none` with a command that needs the state.
    #[error(
        "--state none stores no state; pass the --state of `run`: configmap:NAMESPACE/NAME or dir:PATH"
    )]
    NoState,
    /// No incident or silence of that id.
    #[error("no {what} {id:?} in {store}; run `k8s-monitor {list}` for all ids")]
    NotInState {
        /// `incident` or `silence`.
        what: &'static str,
        /// The requested id.
        id: String,
        /// The state that was searched.
        store: String,
        /// The command that lists them.
        list: &'static str,
    },
    /// No reason of that name.
    #[error("no reason {name:?}{}; see docs/findings.md for all reasons", .nearest.as_ref().map_or_else(String::new, |n| format!(": did you mean {n:?}?")))]
    UnknownReason {
        /// The requested name.
        name: String,
        /// The most similar name.
        nearest: Option<&'static str>,
    },
    /// A form that only reports have.
    #[error("`{command}` has no HTML: use --output text, markdown, json or yaml")]
    NoSuchForm {
        /// The command.
        command: &'static str,
    },
}

impl Error {
    /// The status that the program ends with.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::ServicesFile { .. } | Self::NoServices { .. } | Self::Dump(_) => {
                ExitStatus::BadInput
            }
            Self::UnknownService { .. }
            | Self::UnknownReason { .. }
            | Self::NotInState { .. }
            | Self::NoState
            | Self::NoSuchForm { .. } => ExitStatus::Usage,
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
