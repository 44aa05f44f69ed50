//! Correlation with a GitHub stub that serves the history of a real Git repository, checks every
//! request, and fails in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod candidates;
mod faults;
mod harness;
mod history;
mod server;

use crate::support::{clock, stub};
