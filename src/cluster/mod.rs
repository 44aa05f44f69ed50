//! The cluster as data: slim objects, the snapshot they make up, and the two
//! ways to get one: [`fetch`] from an API server, [`dump`] from files.

pub mod dump;
pub mod failing;
pub mod fetch;
pub mod fold;
pub mod objects;
mod pool;
pub mod quantity;
pub mod resource;
pub mod snapshot;

pub use pool::Interner;
pub use resource::Resource;
pub use snapshot::{ContainerLog, Objects, Read, Snapshot, Source, Unread, UnreadReason};
