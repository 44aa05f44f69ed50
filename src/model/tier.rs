//! How critical a service is.

use super::named_enum;

named_enum! {
    /// How critical a service is. Ordered: `P0 < P3`, lower is more critical.
    #[derive(Default)]
    pub enum Tier {
        /// Business critical: an outage is felt at once.
        P0 = "P0",
        /// Infrastructure that P0 services depend on.
        P1 = "P1",
        /// Support: days matter, hours do not.
        P2 = "P2",
        /// Least critical support; also unlisted workloads.
        #[default]
        P3 = "P3",
    }
}
