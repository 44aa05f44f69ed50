//! A clock that passes at once while the program waits.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use k8s_monitor::net::Clock;

#[derive(Clone)]
pub struct FakeClock {
    start: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl FakeClock {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            waits: Arc::default(),
        }
    }

    /// A deadline this long after now.
    pub fn after(&self, time: Duration) -> Instant {
        self.now() + time
    }

    /// Every pause so far.
    pub fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.start + self.waits().iter().sum::<Duration>()
    }

    fn wait(&self, pause: Duration) {
        self.waits.lock().unwrap().push(pause);
    }
}
