//! The monitor's own telemetry: the heartbeat, and metrics to a file or a Pushgateway.

use std::time::Duration;

use crate::net::Retry;

pub mod heartbeat;
pub mod metrics;

/// A second ping or push has no side effect.
const RETRY: Retry = Retry {
    unsent: 1,
    unsure: 1,
    limited: 0,
    statuses: &[500, 502, 503, 504],
    pause: Duration::from_millis(250),
};
