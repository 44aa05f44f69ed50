//! The time by which the edges wait.

use std::time::{Duration, Instant};

use crate::runtime::termination;

/// Tells the time and lets it pass. Tests have one that does not wait.
pub trait Clock {
    /// Now.
    fn now(&self) -> Instant;
    /// Returns when the pause is over.
    fn wait(&self, pause: Duration);
}

/// The machine's own. A wait ends early when the program is to end.
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
