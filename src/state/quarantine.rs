//! How a document is loaded and saved, the same for each store that keeps one. A document that
//! cannot be used is set aside when the next one is saved.

use super::document::{self, Unusable};
use super::model::State;
use super::store::{Loaded, QuarantinedState, Store, StoreError, Version};

/// A document as it is stored.
pub struct StoredDocument {
    /// The state, or why it cannot be used.
    pub state: Result<State, Unusable>,
    /// Of one that cannot be used, the incidents, messages and silences that can be read.
    pub rest: State,
    /// Its version, in the store's own terms.
    pub version: String,
}

impl StoredDocument {
    /// From its text.
    #[must_use]
    pub fn of(text: &str, version: String) -> Self {
        let state = document::parse(text);
        let rest = match &state {
            Err(Unusable::Corrupt(_)) => document::salvage(text),
            Ok(_) | Err(Unusable::Newer(_)) => State::default(),
        };
        Self {
            state,
            rest,
            version,
        }
    }
}

/// What a store does with its document.
pub trait DocumentStore: Store {
    /// Keeps other writers out until it is dropped.
    type Guard;

    /// Reads the document; none if there is none.
    fn read(&self) -> Result<Option<StoredDocument>, StoreError>;

    /// The name under which a document is set aside for the reason `why`.
    fn quarantine_name(&self, why: &str) -> String;

    /// Begins to write over version `at`. A store whose server compares versions does nothing here.
    fn lock_version(&self, at: Option<&str>) -> Result<Self::Guard, StoreError>;

    /// Sets the document of version `at` aside as `name`.
    fn set_aside(&self, at: &str, name: &str) -> Result<(), StoreError>;

    /// Writes the document over version `at` and returns the new version.
    fn write(&self, text: &str, at: Option<&str>) -> Result<String, StoreError>;
}

/// [`Store::load`] of a store that keeps a document.
pub fn load(store: &impl DocumentStore) -> Result<Loaded, StoreError> {
    let Some(StoredDocument {
        state,
        rest,
        version: at,
    }) = store.read()?
    else {
        return Ok(Loaded::absent());
    };
    Ok(match state {
        Ok(state) => Loaded {
            state,
            version: Version::At(at),
            quarantined: None,
        },
        Err(why) => {
            let name = store.quarantine_name(why.word());
            Loaded {
                state: rest,
                version: Version::Unusable {
                    at,
                    quarantine_name: name.clone(),
                },
                quarantined: Some(QuarantinedState { why, name }),
            }
        }
    })
}

/// [`Store::save`] of a store that keeps a document.
pub fn save(
    store: &impl DocumentStore,
    state: &State,
    version: &Version,
) -> Result<Version, StoreError> {
    let text =
        document::render(state).map_err(|bytes| StoreError::too_large(store.place(), bytes))?;
    let _guard = store.lock_version(version.at())?;
    if let Version::Unusable {
        at,
        quarantine_name,
    } = version
    {
        store.set_aside(at, quarantine_name)?;
    }
    store.write(&text, version.at()).map(Version::At)
}
