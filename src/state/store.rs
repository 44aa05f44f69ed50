//! How a state is loaded and saved. Loading never writes. Saving checks that nothing else was saved
//! in between.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::document::{self, Unusable};
use super::model::State;
use crate::cluster::api::ConfigMapError;
use crate::model::{Advice, Remedy};

/// Where a state is kept.
pub trait Store {
    /// Loads the state; an empty one where there is none. A document that cannot be used stays
    /// until the first [`Store::save`].
    ///
    /// # Errors
    /// When the store cannot be read.
    fn load(&self) -> Result<Loaded, StoreError>;

    /// Replaces the document of `version` and returns the new version. A document that could not
    /// be used is set aside first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has another version by now; nothing is written then.
    /// Otherwise when the store cannot be written.
    fn save(&self, state: &State, version: &Version) -> Result<Version, StoreError>;

    /// Locks the store against other cycles until the lock is dropped. The system releases it after
    /// a kill.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn hold(&self) -> Result<CycleLock, StoreError> {
        Ok(CycleLock::Nobody)
    }

    /// Its location, as `--state` spells it.
    fn place(&self) -> String;

    /// Requests to the API server so far, retries included.
    fn requests(&self) -> u32 {
        0
    }
}

/// Whether this cycle has the store's lock.
#[derive(Debug)]
pub enum CycleLock {
    /// It has, until this is dropped.
    Own(File),
    /// Another cycle has.
    Taken,
    /// The store has no lock. [`super::Sending`] shows whether another cycle is delivering.
    Nobody,
}

/// A loaded state.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The state; empty when there was none. Of one that cannot be used as a whole, what can be
    /// read.
    pub state: State,
    /// For [`Store::save`].
    pub version: Version,
    /// The document that could not be used, if one was found.
    pub quarantined: Option<QuarantinedState>,
}

impl Loaded {
    /// There is no document.
    #[must_use]
    pub fn absent() -> Self {
        Self {
            state: State::default(),
            version: Version::Absent,
            quarantined: None,
        }
    }

    /// One line for log and report when a document was set aside.
    #[must_use]
    pub fn warning(&self, place: &str) -> Option<String> {
        let quarantined = self.quarantined.as_ref()?;
        let (why, name) = (&quarantined.why, &quarantined.name);
        Some(match self.state.incidents.len() {
            0 => format!(
                "the state in {place} cannot be used: {why}; it is set aside as {name} and the \
                 monitor starts with an empty state, so open incidents are reported as new"
            ),
            read => format!(
                "the state in {place} cannot be used as a whole: {why}; it is set aside as {name} \
                 and the monitor goes on with the {read} incidents that could be read"
            ),
        })
    }
}

/// A document that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedState {
    /// Why.
    pub why: Unusable,
    /// The name under which it is set aside.
    pub name: String,
}

/// A version of the stored state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// There is none.
    Absent,
    /// This one, in the store's own terms.
    At(String),
    /// This one. It cannot be used and is set aside.
    Unusable {
        /// In the store's own terms.
        at: String,
        /// The name under which it is set aside.
        quarantine_name: String,
    },
}

impl Version {
    /// In the store's own terms; none where there is no state.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::At(at) | Self::Unusable { at, .. } => Some(at),
        }
    }
}

/// Why a state could not be loaded or saved.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another cycle has written meanwhile, or is writing.
    #[error(
        "the state in {place} was written by another run meanwhile; that run delivers what is due, \
         this one sends nothing"
    )]
    Conflict {
        /// The place.
        place: String,
    },
    /// The file system refused it.
    #[error("cannot {doing} {}: {cause}; {}", .path.display(), Advice(self))]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The API server refused it.
    #[error("cannot store the state in {place}: {cause}")]
    Cluster {
        /// The place.
        place: String,
        /// What was refused, and what to do.
        cause: ConfigMapError,
    },
    /// The open incidents do not fit.
    #[error(
        "the state has {bytes} bytes without everything that can be dropped; {place} allows {limit}; {}",
        Advice(self)
    )]
    TooLarge {
        /// The place.
        place: String,
        /// What remains.
        bytes: usize,
        /// What fits.
        limit: usize,
    },
}

impl StoreError {
    /// The state that does not fit into a place.
    pub(super) fn too_large(place: String, bytes: usize) -> Self {
        Self::TooLarge {
            place,
            bytes,
            limit: document::LIMIT,
        }
    }

    /// Whether another run has written first.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

impl Remedy for StoreError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Conflict { .. } => return None,
            Self::Io { .. } => "check the path, its permissions and the free space",
            Self::Cluster { cause, .. } => return cause.remedy(),
            Self::TooLarge { .. } => "resolve or silence open incidents",
        };
        Some(remedy.to_owned())
    }
}

/// `--state none`: every cycle starts with an empty state.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStore;

impl Store for NoStore {
    fn load(&self) -> Result<Loaded, StoreError> {
        Ok(Loaded::absent())
    }

    fn save(&self, _: &State, _: &Version) -> Result<Version, StoreError> {
        Ok(Version::Absent)
    }

    fn place(&self) -> String {
        "none".to_owned()
    }
}
