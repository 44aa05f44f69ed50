//! What is said in Slack and how it gets there, against a Slack that checks
//! everything and breaks in every way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cycles;
mod drill;
mod edge;
mod faults;
mod hostile;
mod killed;
mod messages;
mod other_edges;
mod others;
mod outages;
mod page;
mod pulse;
mod stories;

use crate::support::{check, clock, homelab, stub, workspace};
