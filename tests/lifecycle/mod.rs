//! Incidents over hours, days and weeks, with a clock that the tests set.

mod delivery;
mod flapping;
pub mod harness;
mod identity;
mod property;
mod required_reads;
mod silence;
mod table;

use crate::support::laws;
