//! The status of a service.

use super::named_enum;

named_enum! {
    /// The status of a service, ordered from healthy to unavailable.
    #[derive(Default)]
    pub enum ServiceStatus {
        /// It is available.
        Healthy = "healthy",
        /// It is not ready yet, but within its startup grace.
        Starting = "starting",
        /// Not enough was read, or no workload belongs to it.
        #[default]
        Unknown = "unknown",
        /// A part is down, or its pods keep restarting.
        Degraded = "degraded",
        /// It is not available.
        Unavailable = "unavailable",
    }
}
