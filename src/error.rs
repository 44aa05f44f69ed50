//! Everything that ends a command without its result, and with which status.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::cluster::dump::DumpError;
use crate::cluster::fetch::{ConnectError, FetchError};
use crate::config::ConfigError;
use crate::exit::ExitStatus;

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
    /// The services file has errors: what `services lint` ends with.
    #[error("{count} error{} in {}", if *count == 1 { "" } else { "s" }, .path.display())]
    ServicesErrors {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
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
    /// Part of the contract that this version does not have.
    #[error("`{0}` is not part of this version")]
    NotYet(&'static str),
}

impl Error {
    /// The status that the program ends with.
    #[must_use]
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::Config(_) | Self::OptionFile { .. } | Self::Connect(_) => ExitStatus::BadConfig,
            Self::ServicesFile { .. }
            | Self::NoServices { .. }
            | Self::ServicesErrors { .. }
            | Self::Dump(_) => ExitStatus::BadInput,
            Self::UnknownService { .. } | Self::NotYet(_) => ExitStatus::Usage,
            Self::Fetch(FetchError::DeadlineExceeded { .. }) => ExitStatus::DeadlineExceeded,
            Self::Fetch(_) => ExitStatus::ClusterUnreadable,
            Self::Render(_) => ExitStatus::Defect,
        }
    }
}
