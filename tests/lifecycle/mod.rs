//! Incidents over hours, days and weeks, with a clock that the tests set.

mod delivery;
mod flapping;
pub mod harness;
mod identity;
mod properties;
mod required_reads;
mod silence;
mod table;
mod times;

use crate::support::property;
