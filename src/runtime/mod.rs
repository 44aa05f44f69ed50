//! The process: how it ends, and what it writes beside its result.

pub mod fs_util;
pub mod heartbeat;
pub mod metrics;
pub mod panic_hook;
pub mod termination;
