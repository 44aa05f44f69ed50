//! The process: termination, signals, panics, and paths of files that it writes.

pub mod fs_util;
pub mod panic_hook;
pub mod termination;
