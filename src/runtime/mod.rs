//! The process: how it ends, signals, panics, and the paths that it writes to.

pub mod fs_util;
pub mod panic_hook;
pub mod termination;
