//! lib
pub mod assess;
pub mod cluster;
pub mod detect;
pub mod diagnose;
pub mod duration;
pub mod inventory;
pub mod verdict;
