//! The state that the monitor keeps from cycle to cycle: one JSON document, and the stores for it.
//!
//! [`model`] and [`message`] are the document. [`document`] is its text, which [`trim()`] keeps
//! below [`document::LIMIT`]. [`store`] says how a state is loaded and saved so that of two cycles
//! at once only one writes; [`directory`] and [`config_map`] are the stores, and `quarantine` is what
//! they share. [`silences`] adds and removes silences, `output` has the documents of `incidents` and
//! `silence`, [`history()`] the past incidents for the report.
//! Only the stores do I/O.

pub mod config_map;
pub mod directory;
pub mod document;
mod history;
mod message;
pub mod model;
mod output;
mod quarantine;
pub mod retention;
pub mod silences;
pub mod store;
mod text;

pub use config_map::ConfigMapStore;
pub use directory::DirectoryStore;
pub use history::history;
pub use message::{
    Block, DEFAULT_RECEIVER, Destination, Fact, Line, Marker, Message, MessageHandle, MessageKind,
    MessageTarget, OutboxMessage, Section, Span, Topic,
};
pub use model::{
    ActiveSilence, Cached, ChangeKey, IncidentRecord, Notified, RootFinding, SCHEMA, Sending, Sent,
    Silence, SilenceTarget, Spend, State,
};
pub use output::{AddedSilence, IncidentDocument, IncidentList, RemovedSilence, SilenceList};
pub use retention::trim;
pub use store::{CycleLock, Loaded, NoStore, QuarantinedState, Store, StoreError, Version};
