//! Everything that ends a command without its result, and with which status.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cluster::api::{ConnectError, FetchError};
use crate::cluster::dump::DumpError;
use crate::config::ConfigError;
use crate::exit::ExitStatus;
use crate::state::StoreError;

/// Why a command gave no result.
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
        /// What the system said.
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
        /// What the system said.
        cause: io::Error,
    },
    /// The services file has no service in it.
    #[error(
        "{} names no service, so nothing could be watched; `k8s-monitor services lint` shows what \
         was read, docs/services-txt.md the format", .path.display()
    )]
    NoServices {
        /// The file.
        path: PathBuf,
    },
    /// No service of that name.
    #[error(
        "no service {name:?} in {}{}; `k8s-monitor services list` shows all", .path.display(),
        .nearest.as_ref().map_or_else(String::new, |n| format!(": did you mean {n:?}?"))
    )]
    UnknownService {
        /// The name that was asked for.
        name: String,
        /// The file.
        path: PathBuf,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
    /// No client could be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The cluster could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The dump cannot be used, or not be written.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The report cannot be written in the form that was asked for.
    #[error("cannot write the report: {0}")]
    Render(String),
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StoreError),
    /// `--state none`, and a command that lives by what is remembered.
    #[error(
        "nothing is remembered with --state none; name the state that `run` writes: --state configmap:NAMESPACE/NAME or dir:PATH"
    )]
    NoMemory,
    /// No incident or silence of that id.
    #[error("no {what} {id:?} in {place}; `k8s-monitor {list}` shows all")]
    NotRemembered {
        /// `incident` or `silence`.
        what: &'static str,
        /// The id that was asked for.
        id: String,
        /// Where it was looked for.
        place: String,
        /// The command that lists them.
        list: &'static str,
    },
    /// No reason of that name.
    #[error("no reason {name:?}{}; docs/findings.md lists all", .nearest.as_ref().map_or_else(String::new, |n| format!(": did you mean {n:?}?")))]
    UnknownReason {
        /// The name that was asked for.
        name: String,
        /// The name that looks most like it.
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
            | Self::NotRemembered { .. }
            | Self::NoMemory
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
