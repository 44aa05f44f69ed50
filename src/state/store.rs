//! How a state is loaded and saved. Loading never writes; saving checks that
//! nobody else has saved in between.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::document::{self, Unusable};
use super::model::State;
use crate::cluster::api::ConfigMapError;
use crate::model::{Advice, Remedy};

/// A place that holds the state.
pub trait Store {
    /// What is remembered; a fresh state where nothing is. What cannot be used
    /// is left where it is until the first [`Store::save`].
    ///
    /// # Errors
    /// When the place cannot be read.
    fn load(&self) -> Result<Loaded, StoreError>;

    /// Replaces what `version` stands for, and hands back the version of what
    /// is there now. A document that could not be used is set aside first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when something else is there by now: nothing is
    /// written then. Otherwise when the place cannot be written.
    fn save(&self, state: &State, version: &Version) -> Result<Version, StoreError>;

    /// Keeps other cycles from this place for as long as the hold lives. A
    /// kill ends it too.
    ///
    /// # Errors
    /// When the place cannot be written.
    fn hold(&self) -> Result<CycleLock, StoreError> {
        Ok(CycleLock::Nobody)
    }

    /// The place, as `--state` spells it.
    fn place(&self) -> String;

    /// Requests to the API server so far, retries included.
    fn requests(&self) -> u32 {
        0
    }
}

/// Whether this cycle has a place for itself.
#[derive(Debug)]
pub enum CycleLock {
    /// It has, until this is dropped.
    Own(File),
    /// Another cycle has.
    Taken,
    /// The place knows no holds: [`super::Sending`] tells who is at work.
    Nobody,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The state; fresh when there was none to use.
    pub state: State,
    /// To be handed to [`Store::save`].
    pub version: Version,
    /// The document that could not be used, if one was found.
    pub aside: Option<QuarantinedState>,
}

impl Loaded {
    /// There is nothing yet.
    #[must_use]
    pub fn absent() -> Self {
        Self {
            state: State::default(),
            version: Version::Absent,
            aside: None,
        }
    }

    /// The document of version `at`. One that cannot be used goes to the name
    /// that `aside` makes of the reason's word.
    pub fn found(
        document: Result<State, Unusable>,
        at: String,
        aside: impl FnOnce(&str) -> String,
    ) -> Self {
        match document {
            Ok(state) => Self {
                state,
                version: Version::At(at),
                aside: None,
            },
            Err(why) => {
                let name = aside(why.word());
                Self {
                    state: State::default(),
                    version: Version::Unusable {
                        at,
                        aside: name.clone(),
                    },
                    aside: Some(QuarantinedState { why, name }),
                }
            }
        }
    }

    /// One line for log and report when a document was set aside.
    #[must_use]
    pub fn warning(&self, place: &str) -> Option<String> {
        let aside = self.aside.as_ref()?;
        Some(format!(
            "the state in {place} cannot be used: {}; it is set aside as {} and the monitor starts \
             without memory, so open incidents are announced again",
            aside.why, aside.name
        ))
    }
}

/// A document that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedState {
    /// Why.
    pub why: Unusable,
    /// The name that it gets.
    pub name: String,
}

/// Which writing of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// There was none.
    Absent,
    /// This one, in the store's own terms.
    At(String),
    /// This one, which cannot be used and goes to another name.
    Unusable {
        /// In the store's own terms.
        at: String,
        /// The other name.
        aside: String,
    },
}

impl Version {
    /// The store's own term; none where there was no state.
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
    /// Another cycle has written meanwhile, or is about to.
    #[error(
        "the state in {place} was written by another run meanwhile; that run sends what is due, \
         this one sends nothing"
    )]
    Conflict {
        /// The place.
        place: String,
    },
    /// The file system said no.
    #[error("cannot {doing} {}: {cause}; {}", .path.display(), Advice(self))]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The API server said no.
    #[error("cannot keep the state in {place}: {cause}")]
    Cluster {
        /// The place.
        place: String,
        /// What was refused, and what to do.
        cause: ConfigMapError,
    },
    /// More is open than fits.
    #[error(
        "the state has {bytes} bytes with everything dropped that can be, and {limit} fit in {place}; {}",
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

    /// Whether another run was faster.
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
            Self::TooLarge { .. } => "resolve or silence what is open",
        };
        Some(remedy.to_owned())
    }
}

/// `--state none`: every cycle is the first.
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
