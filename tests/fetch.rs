//! Reading a cluster over HTTP, against a stub API server that misbehaves in
//! every way that a real one, or what stands in front of it, has been seen to.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "fetch/connecting.rs"]
mod connecting;
#[path = "fetch/discovery.rs"]
mod discovery;
#[path = "fetch/failures.rs"]
mod failures;
#[path = "fetch/lists.rs"]
mod lists;
#[path = "fetch/logs.rs"]
mod logs;
#[path = "fetch/stub.rs"]
mod stub;
