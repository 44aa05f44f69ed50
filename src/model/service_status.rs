//! Whether a service works.

use super::named_enum;

named_enum! {
    /// Whether a service works. Ordered from healthy to unavailable.
    #[derive(Default)]
    pub enum ServiceStatus {
        /// It serves.
        Healthy = "healthy",
        /// It is not up yet, and within its grace.
        Starting = "starting",
        /// Not enough was read, or there is nothing to judge.
        #[default]
        Unknown = "unknown",
        /// A part is down, or all of it keeps restarting.
        Degraded = "degraded",
        /// It does not serve.
        Unavailable = "unavailable",
    }
}
