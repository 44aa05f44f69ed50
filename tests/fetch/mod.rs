//! Reading a cluster over HTTP, against a stub API server with the failures that
//! real API servers, and proxies in front of them, are known to have.

#![allow(clippy::unwrap_used, missing_docs)]

mod connecting;
mod discovery;
mod failures;
mod lists;
mod logs;
mod pulls;
mod stub;
