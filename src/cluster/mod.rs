//! The cluster as data: slim objects, the snapshot they make up, and the two
//! ways to get one: [`fetch`] from an API server, [`dump`] from files.

pub mod api;
pub mod compact;
pub mod dump;
mod intern;
pub mod kinds;
pub mod log_targets;
pub mod quantity;
pub mod snapshot;
pub mod types;

pub use intern::Interner;
pub use kinds::Resource;
pub use snapshot::{ContainerLog, Objects, Read, Snapshot, Source, Unread, UnreadReason};
