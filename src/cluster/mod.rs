//! The cluster as data: slim objects, the snapshot that they make up, and the two ways to get one:
//! [`api`] from an API server, [`dump`] from files.

pub mod api;
pub mod compact;
mod damage;
pub mod dump;
mod event_limits;
mod intern;
pub mod log_targets;
mod missing_nodes;
mod objects;
pub mod quantity;
mod repair;
pub mod snapshot;
mod trim;
pub mod types;

pub use crate::model::Resource;
pub use damage::{DamagedKind, DamagedObject};
pub use intern::Interner;
pub use missing_nodes::MissingNodes;
pub use objects::{ObjectList, Objects};
pub use repair::{DamagedItem, FieldDamage};
pub use snapshot::{ContainerLog, Read, Snapshot, Source, Unread, UnreadReason};
