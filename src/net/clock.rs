//! The clock for timeouts and retries.

use std::time::{Duration, Instant};

use crate::runtime::termination;

/// A clock. Tests use one that does not wait.
pub trait Clock {
    /// The current instant.
    fn now(&self) -> Instant;
    /// Waits.
    fn wait(&self, pause: Duration);
}

/// The clock of the system. A wait ends early when the program is being terminated.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, pause: Duration) {
        termination::pause(pause);
    }
}
