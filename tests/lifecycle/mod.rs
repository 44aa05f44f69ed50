//! Incidents over hours, days and weeks, with a clock that the tests set.

mod delivery;
mod flapping;
mod identity;
mod property;
mod required_reads;
mod silence;
mod table;
pub mod world;

use crate::support::laws;
