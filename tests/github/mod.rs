//! Correlation with a GitHub stub that serves the history of a real Git repository, checks every
//! request, and fails in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod faults;
mod guilt;
mod history;
mod server;
mod world;

use crate::support::{clock, stub};
