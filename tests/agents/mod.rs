//! The four agents against a model that is helpful, broken or hostile, over an
//! API that checks every request.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod failures;
mod helpful;
mod hostile;
mod lookups;
mod sdk;
mod secrets;
mod thrift;
mod world;

use crate::support::{clock, stub};
