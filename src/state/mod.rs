//! What the monitor remembers from cycle to cycle: one JSON document, and the
//! places that can hold it.
//!
//! [`model`] is the document. [`store`] says how it is loaded and saved so that
//! two cycles at once never both write; [`directory`] and [`config_map`] do so.
//! [`document`] is its text, kept below [`document::LIMIT`] by [`trim()`].
//! [`silences`] adds and removes silences, `output` holds the documents of `incidents` and
//! `silence`, [`history()`] is the past as the report shows it.
//! Only the stores touch anything outside; the rest is pure.

pub mod config_map;
pub mod directory;
pub mod document;
mod history;
pub mod model;
mod output;
pub mod retention;
mod serde_str;
pub mod silences;
pub mod store;

pub use config_map::ConfigMapStore;
pub use directory::DirectoryStore;
pub use history::history;
pub use model::{
    ActiveSilence, Cached, ChangeKey, IncidentRecord, Message, MessageKind, MessageTarget,
    Notified, OutboxMessage, RootFinding, SCHEMA, Sending, Sent, Silence, SilenceTarget, Spend,
    State, Thread,
};
pub use output::{AddedSilence, IncidentDocument, IncidentList, RemovedSilence, SilenceList};
pub use retention::trim;
pub use store::{CycleLock, Loaded, NoStore, QuarantinedState, Store, StoreError, Version};
