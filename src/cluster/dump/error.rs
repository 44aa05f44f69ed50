//! Why a snapshot could not be read or written: what, where, what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::{Advice, Remedy};

/// A snapshot that cannot be read or written.
#[derive(Debug, Error)]
pub enum DumpError {
    /// The path does not exist.
    #[error("snapshot {path} does not exist; {}", Advice(self), path = path.display())]
    Missing {
        /// The requested path.
        path: PathBuf,
    },
    /// The operating system returned an error.
    #[error("snapshot {path} cannot be read: {source}; {}", Advice(self), path = path.display())]
    Unreadable {
        /// The requested path.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
    /// The format is not supported.
    #[error("snapshot {path} is {found}; {}", Advice(self), path = path.display())]
    Format {
        /// The requested path.
        path: PathBuf,
        /// The format.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The archive is truncated or not consistent.
    #[error("archive {path} is damaged: {detail}; {}", Advice(self), path = path.display())]
    Corrupt {
        /// The requested path.
        path: PathBuf,
        /// The reader's message.
        detail: String,
    },
    /// More than [`super::Limits`] allow.
    #[error("snapshot {path} is too large: more than {limit}; {}", Advice(self), path = path.display())]
    TooLarge {
        /// The requested path.
        path: PathBuf,
        /// The limit that was reached, with its unit.
        limit: String,
    },
    /// No object of a kind that is read.
    #[error("snapshot {path} has no usable Kubernetes objects{detail}; {}", Advice(self), path = path.display())]
    NothingUsable {
        /// The requested path.
        path: PathBuf,
        /// The first error in parentheses after a space; or empty.
        detail: String,
    },
    /// There is a file, or a folder that is not empty, at the path.
    #[error("{path} already exists; {}", Advice(self), path = path.display())]
    Exists {
        /// Where to write.
        path: PathBuf,
    },
    /// The path to write has an unsupported ending.
    #[error("a snapshot cannot be written as {path}; {}", Advice(self), path = path.display())]
    Target {
        /// Where to write.
        path: PathBuf,
    },
    /// The operating system returned an error.
    #[error("snapshot {path} cannot be written: {source}; {}", Advice(self), path = path.display())]
    Unwritable {
        /// Where to write.
        path: PathBuf,
        /// The operating system's message.
        source: io::Error,
    },
}

impl Remedy for DumpError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Missing { .. } => "give a folder, a .tar.gz or a file of Kubernetes objects",
            Self::Unreadable { .. } => "check its permissions",
            Self::Format { advice, .. } => advice,
            Self::Corrupt { .. } => "copy or create it again",
            Self::TooLarge { .. } => "unpack it, and give a folder with only the kinds you need",
            Self::NothingUsable { .. } => {
                "create one with `k8s-monitor snapshot` or `kubectl cluster-info dump \
                 --all-namespaces --output-directory`"
            }
            Self::Exists { .. } => "choose another path or remove it",
            Self::Target { .. } => "give a folder or a name that ends in .tar.gz",
            Self::Unwritable { .. } => "check the permissions and the free space of its folder",
        };
        Some(remedy.to_owned())
    }
}

/// The first line of a parser's message, cut, and without secrets that it may quote.
pub(super) fn one_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let short: String = line.chars().take(200).collect();
    crate::redact::redact(&short).into_owned()
}

impl DumpError {
    /// The error for a path that could not be opened.
    pub(super) fn opening(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::NotFound {
            Self::Missing { path }
        } else {
            Self::Unreadable { path, source }
        }
    }

    /// The error for a path that could not be written.
    pub(super) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => {
                Self::Exists { path }
            }
            _ => Self::Unwritable { path, source },
        }
    }
}
