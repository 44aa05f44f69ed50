//! What the program says of its own run: the heartbeat, and metrics in a file or at a Pushgateway.

pub mod heartbeat;
pub mod metrics;
