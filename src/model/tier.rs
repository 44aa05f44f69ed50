//! How critical a service is.

use super::named_enum;

named_enum! {
    /// How critical a service is. Ordered: `P0 < P3`, lower is more critical.
    #[derive(Default)]
    pub enum Tier {
        /// Business critical.
        P0 = "P0",
        /// Infrastructure that P0 services depend on.
        P1 = "P1",
        /// Support services: an outage of hours is acceptable.
        P2 = "P2",
        /// The least critical services, and unlisted workloads.
        #[default]
        P3 = "P3",
    }
}
