//! The monitor's own telemetry: the heartbeat, and metrics to a file or a Pushgateway.

pub mod heartbeat;
pub mod metrics;
