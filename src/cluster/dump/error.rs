//! Why a snapshot could not be read or written: what, where, what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A snapshot that cannot be read or written.
#[derive(Debug, Error)]
pub enum DumpError {
    /// Nothing there.
    #[error("snapshot {path} does not exist: give a folder, a .tar.gz or a file of Kubernetes objects", path = path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("snapshot {path} cannot be read: {source}: check its permissions", path = path.display())]
    Unreadable {
        /// What was asked for.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A format that is not read.
    #[error("snapshot {path} is {found}: {advice}", path = path.display())]
    Format {
        /// What was asked for.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// An archive that breaks off or does not add up.
    #[error("archive {path} is damaged: {detail}: copy or create it again", path = path.display())]
    Corrupt {
        /// What was asked for.
        path: PathBuf,
        /// The reader's words.
        detail: String,
    },
    /// More than [`super::Limits`] allow.
    #[error("snapshot {path} is too large: more than {limit}: unpack it and give a folder of only the kinds that matter", path = path.display())]
    TooLarge {
        /// What was asked for.
        path: PathBuf,
        /// The bound that was met, with its unit.
        limit: String,
    },
    /// No object of a kind that is read.
    #[error("snapshot {path} holds no Kubernetes objects that can be used{detail}: make one with `k8s-monitor snapshot` or `kubectl cluster-info dump --all-namespaces --output-directory`", path = path.display())]
    NothingUsable {
        /// What was asked for.
        path: PathBuf,
        /// What stood in the way, beginning with a blank; or nothing.
        detail: String,
    },
    /// Something is there already.
    #[error("{path} exists already: choose another path or remove it", path = path.display())]
    Exists {
        /// Where to write.
        path: PathBuf,
    },
    /// A target that is neither folder nor `.tar.gz`.
    #[error("a snapshot cannot be written as {path}: give a folder or a name that ends in .tar.gz", path = path.display())]
    Target {
        /// Where to write.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("snapshot {path} cannot be written: {source}", path = path.display())]
    Unwritable {
        /// Where to write.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
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
