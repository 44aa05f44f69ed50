//! Reading a cluster over HTTP, against a stub API server that misbehaves in
//! every way that a real one, or what stands in front of it, has been seen to.

#![allow(clippy::unwrap_used, missing_docs)]

mod connecting;
mod discovery;
mod failures;
mod lists;
mod logs;
mod stub;
