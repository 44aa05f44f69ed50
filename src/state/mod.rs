//! The state that the monitor keeps from cycle to cycle: one JSON document, and the stores for it.
//!
//! [`model`] and [`message`] are the document. [`document`] is its text, which [`trim()`] keeps
//! below [`document::LIMIT`]. [`store`] says how a state is loaded and saved so that of two cycles
//! at once only one writes; [`directory`] and [`config_map`] are the stores. [`silences`],
//! [`listing`] and [`history()`] read the state for the commands and the report. Only the stores do
//! I/O.

pub mod config_map;
pub mod directory;
pub mod document;
mod history;
pub mod listing;
mod message;
pub mod model;
pub mod retention;
pub mod silences;
pub mod store;
mod terminal;
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
pub use retention::trim;
pub use store::{CycleLock, Loaded, NoStore, QuarantinedState, Store, StoreError, Version};
