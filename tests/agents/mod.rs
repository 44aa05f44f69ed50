//! The four agents with a model that is helpful, unavailable or hostile, over an API stub that
//! checks every request.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod budget;
mod failures;
mod harness;
mod helpful;
mod hostile;
mod lookups;
mod sdk;
mod secrets;

use crate::support::{clock, stub};
